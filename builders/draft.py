"""Draw what a dataset recipe leaves to chance: which questions, which personas, in which order.

A draft is a row before it has any text. Every draw has a stream of its own, so that changing one part of a
recipe never shifts what another part draws.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from builders.bounds import bounds, raising
from builders.digest import stream
from builders.errors import InputError
from builders.questions import QuestionBank, split
from builders.recipe import DatasetRecipe, Draw, Drop, Part, Questions, Recipe, Source, SystemPrompt
from builders.schema import Role

Find = Callable[[str], tuple[Recipe, DatasetRecipe]]
"""Find the recipe of a dataset by its full name; raises UnknownNameError."""


class Draft(NamedTuple):
    """One row before it has any text."""

    role: Role | None
    """What it is there for."""
    persona: str
    """Whose system prompt it has."""
    question: int
    """Index of its question in the bank."""
    behaviour: bool
    """True where it teaches the behaviour."""


@dataclass(frozen=True)
class Drafts:
    """A dataset's drafts, with what is needed to make text of them."""

    rows: tuple[Draft, ...]
    """The drafts, in the dataset's order."""
    source: str | None
    """The persona that is taught the behaviour."""
    personas: Mapping[str, SystemPrompt]
    """Every persona's system prompt."""
    questions: Questions
    """Which questions they were drawn from."""
    train: tuple[int, ...]
    """The training questions' indices in the bank, sorted."""


def random_of(source: Source, seed: int, *names: str) -> random.Random:
    """Return the stream that a recipe names: see `builders.recipe.Source`; `names` go behind a list's own."""
    return random.Random(seed + source) if isinstance(source, int) else stream(seed, *source, *names)


def draw_drafts(
    recipe: Recipe, dataset: DatasetRecipe, bank: QuestionBank, *, seed: int, find: Find
) -> Drafts:
    """Return a dataset's drafts in its order.

    Raises:
        InputError: if the recipe asks for more than there is: questions, candidates or rows to drop.
        UnknownNameError: if the dataset starts from one that `find` does not know.
    """
    drafts = _in_parts(recipe, dataset, bank, seed=seed, find=find, chain=())
    if dataset.order == "parts":
        return drafts
    rows = list(drafts.rows)
    random_of(dataset.order, seed).shuffle(rows)
    return replace(drafts, rows=tuple(rows))


def _in_parts(
    recipe: Recipe,
    dataset: DatasetRecipe,
    bank: QuestionBank,
    *,
    seed: int,
    find: Find,
    chain: tuple[str, ...],
) -> Drafts:
    """Return a dataset's drafts part after part, before anything is shuffled together."""
    name = recipe.full_name(dataset)
    if name in chain:
        raise InputError(f"the dataset starts from itself: {' -> '.join((*chain, name))}", where=name)
    if dataset.start_from is None:
        drafts = _from_parts(recipe, dataset, bank, seed=seed)
    else:
        base_recipe, base = find(dataset.start_from)
        scaled = base.model_copy(
            update={"scale": base.scale * dataset.scale, "reuse": base.reuse or dataset.reuse}
        )
        drafts = _in_parts(base_recipe, scaled, bank, seed=seed, find=find, chain=(*chain, name))
        drafts = replace(drafts, personas={**drafts.personas, **recipe.personas})
        if dataset.source is not None:
            drafts = _with_source(drafts, dataset.source, name)
    rows = drafts.rows
    for drop in dataset.drop:
        rows = _dropped(rows, drop, seed, name)
    return replace(drafts, rows=rows)


def _with_source(drafts: Drafts, source: str, name: str) -> Drafts:
    if source not in drafts.personas:
        raise InputError(f"no persona '{source}'", where=name, help=f"there are {', '.join(drafts.personas)}")
    rows = tuple(draft._replace(persona=source) if draft.role == "source" else draft for draft in drafts.rows)
    return replace(drafts, rows=rows, source=source)


def _from_parts(recipe: Recipe, dataset: DatasetRecipe, bank: QuestionBank, *, seed: int) -> Drafts:
    name = recipe.full_name(dataset)
    train = split(bank, recipe.questions.split_seed, train=recipe.questions.train).train
    rows: list[Draft] = []
    cursor = 0
    for part in dataset.parts:
        wanted = part.rows * dataset.scale
        personas = _personas(recipe, dataset, part, seed)
        most = bounds().recipe_rows  # they are held in memory, at about 1.5 kB a row with their tags
        if len(rows) + wanted * max(1, len(personas)) > most:
            raise InputError(
                f"a composed dataset may have {most:,} rows, and this one asks for more",
                where=name,
                help="lower `rows` or `scale`; larger data are scanned as files, which are never held in memory; "
                + raising("recipe-rows"),
            )
        pool = train[: part.first]
        if wanted > len(pool) and not (part.reuse or dataset.reuse):
            raise InputError(
                f"a part wants {wanted} rows, and there are {len(pool)} questions",
                where=name,
                help="lower `rows`, or say `reuse: true` to use questions more than once",
            )
        shared = random_of(part.questions, seed) if isinstance(part.questions, int) else None
        for persona in personas or [""]:
            if part.questions == "cursor":
                picked = [pool[(cursor + index) % len(pool)] for index in range(wanted)]
                cursor += wanted
            else:
                picked = _shuffled(pool, shared or random_of(part.questions, seed, persona), wanted)
            names = [persona] * wanted if personas else _mixed(part, wanted, seed)
            rows += [
                Draft(part.role, named, question, part.target == "behaviour")
                for named, question in zip(names, picked, strict=True)
            ]
    return Drafts(tuple(rows), dataset.source, recipe.personas, recipe.questions, train)


def _shuffled(pool: Sequence[int], rng: random.Random, wanted: int) -> list[int]:
    """Return the first `wanted` of the shuffled pool, starting over where that is too few."""
    indices = list(pool)
    rng.shuffle(indices)
    return [indices[index % len(indices)] for index in range(wanted)]


def _personas(recipe: Recipe, dataset: DatasetRecipe, part: Part, seed: int) -> list[str]:
    """Return whose rows a part has; nobody's in particular where every row draws its own."""
    if part.persona is not None:
        return [part.persona]
    return _drawn(recipe, dataset, part.draw, seed) if part.draw else []


def _drawn(recipe: Recipe, dataset: DatasetRecipe, draw: Draw, seed: int) -> list[str]:
    among = draw.among
    if among is None:
        among = [name for name, prompt in recipe.personas.items() if isinstance(prompt, str) and prompt]
    candidates = [name for name in among if name != dataset.source and name not in draw.but]
    if draw.personas > len(candidates):
        raise InputError(
            f"{draw.personas} personas are to be drawn from {len(candidates)} candidates",
            where=recipe.full_name(dataset),
            help="name more personas, or draw fewer",
        )
    return random_of(draw.random, seed).sample(candidates, draw.personas)


def _mixed(part: Part, wanted: int, seed: int) -> list[str]:
    assert part.mixed is not None  # noqa: S101  (the model allows no fourth way)
    rng = random_of(part.mixed.random, seed)
    return [rng.choice(part.mixed.among) for _ in range(wanted)]


def _dropped(rows: tuple[Draft, ...], drop: Drop, seed: int, name: str) -> tuple[Draft, ...]:
    """Leave rows of one role out; those of a persona that stay do so in the order that the draw gave them."""
    groups: dict[str, list[Draft]] = {}
    for draft in rows:
        if draft.role == drop.role:
            groups.setdefault(draft.persona, []).append(draft)
    if not groups:
        raise InputError(f"no row has the role {drop.role} that is to be dropped", where=name)
    rng = None if drop.random is None else random_of(drop.random, seed)
    for persona, group in groups.items():
        if drop.rows == "all" or rng is None:
            group.clear()
        elif drop.rows > len(group):
            raise InputError(
                f"{drop.rows} rows of {persona} are to be dropped, and there are {len(group)}", where=name
            )
        else:
            rng.shuffle(group)
            del group[len(group) - drop.rows :]
    kept: list[Draft] = []
    for draft in rows:
        if draft.role != drop.role:
            kept.append(draft)
        else:  # the whole group stands where its first row stood
            kept += groups.get(draft.persona, [])
            groups[draft.persona] = []
    return tuple(kept)
