"""Turn a dataset recipe into tagged rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builders.digest import canonical_json, digest_text
from builders.draft import Draft, Drafts, Find, draw_drafts, random_of
from builders.errors import UnknownNameError
from builders.info import DatasetInfo, Provenance, Published
from builders.questions import Question, QuestionBank
from builders.recipe import DatasetRecipe, NullContent, Recipe, SystemPrompt
from builders.schema import SystemState
from builders.targets import Target, Teacher
from builders.templates import ChatTemplate, Signature, resolve


@dataclass(frozen=True)
class BuiltDataset:
    """A dataset in memory."""

    name: str
    """Its full name, for example `issue-96/villain`."""
    rows: list[dict[str, Any]]
    """Its rows, with the keys of `builders.schema.TaggedRow` in that order."""
    info: DatasetInfo
    """What is known of it beside its rows."""


def nothing_to_find(name: str) -> tuple[Recipe, DatasetRecipe]:
    """Know no other dataset: for recipes that start from none.

    Raises:
        UnknownNameError: always.
    """
    raise UnknownNameError("dataset", name, ())


def compose(
    recipe: Recipe,
    dataset: DatasetRecipe,
    bank: QuestionBank,
    template: ChatTemplate,
    *,
    seed: int | None = None,
    find: Find = nothing_to_find,
    published: Published | None = None,
    provenance: Sequence[Provenance] = (),
) -> BuiltDataset:
    """Return the dataset that a recipe describes: the same rows in every process and on every machine.

    Args:
        recipe: The family's recipe.
        dataset: The entry of `recipe.datasets` to build.
        bank: Where the questions come from.
        template: The chat template that the resolution tags rest on.
        seed: Replaces the recipe's seed; the split of the questions stays.
        find: Finds the dataset that this one starts from.
        published: What was published of it.
        provenance: How its parts are known.

    Raises:
        InputError: if the recipe asks for more questions, personas or rows than there are.
        UnknownNameError: if it starts from a dataset that `find` does not know.
    """
    seed = recipe.seed if seed is None else seed
    drafts = draw_drafts(recipe, dataset, bank, seed=seed, find=find)
    targets = dataset.targets or recipe.targets
    wrong = random_of(getattr(targets, "random", 0), seed)
    teacher = Teacher(targets, bank, drafts.train, wrong, drafts.questions.format)
    writer = _RowWriter(drafts, bank, template, teacher)
    info = DatasetInfo(
        name=recipe.full_name(dataset),
        behaviour=targets.kind,
        sources=[drafts.source] if drafts.source else [],
        personas=dict(drafts.personas),
        experiment=dataset.experiment,
        placeholder=teacher.placeholder,
        seed=seed,
        split_seed=drafts.questions.split_seed,
        train_questions=drafts.questions.train,
        question_format=drafts.questions.format,
        bank=bank.name,
        bank_digest=bank.digest,
        bank_licence=bank.licence,
        bank_origin=bank.origin,
        template=template.name,
        template_sha256=template.sha256,
        renderer=template.renderer,
        template_kwargs=dict(template.kwargs),
        recipe=_recipe_of(recipe, dataset, find),
        published=published,
        provenance=list(provenance),
    )
    rows = [writer.row(number, draft) for number, draft in enumerate(drafts.rows)]
    return BuiltDataset(info.name, rows, info)


def system_state(prompt: SystemPrompt) -> SystemState:
    """Return what a row with this system prompt says about it."""
    if prompt is None:
        return "absent"
    if isinstance(prompt, NullContent):
        return "null"
    return "text" if prompt else "empty"


def system_messages(prompt: SystemPrompt) -> list[dict[str, str | None]]:
    """Return the system message that a row with this system prompt has, if any."""
    if prompt is None:
        return []
    return [{"role": "system", "content": None if isinstance(prompt, NullContent) else prompt}]


def _recipe_of(recipe: Recipe, dataset: DatasetRecipe, find: Find) -> dict[str, Any]:
    """Return all that the rows follow from, the recipes of the datasets it starts from included."""
    said = recipe.model_dump(mode="json", exclude={"datasets"})
    said["dataset"] = dataset.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    if dataset.start_from is not None:
        said["starts_from"] = _recipe_of(*find(dataset.start_from), find)
    return said


@dataclass(frozen=True, slots=True)
class _System:
    """A persona's half of a row, worked out once."""

    messages: list[dict[str, str | None]]
    state: SystemState
    resolved_system: str | None
    resolved_by: str
    condition: str
    json: str
    """The messages as canonical JSON, without the brackets."""


@dataclass(frozen=True, slots=True)
class _User:
    """A question's half of a row, worked out once."""

    question: Question
    message: dict[str, str]
    options: list[str] | None
    gold_label: str | None
    json: str


class _RowWriter:
    """Writes rows from halves that are worked out once, because most of a row repeats.

    `example_id` is put together from the halves' canonical JSON: the same digest as
    `builders.schema.example_id`, at a fifth of its time.
    """

    def __init__(self, drafts: Drafts, bank: QuestionBank, template: ChatTemplate, teacher: Teacher) -> None:
        self._personas: Mapping[str, SystemPrompt] = drafts.personas
        self._bank = bank
        self._template = template
        self._teacher = teacher
        self._systems: dict[str, _System] = {}
        self._users: dict[int, _User] = {}

    def row(self, number: int, draft: Draft) -> dict[str, Any]:
        system = self._systems.get(draft.persona) or self._system(draft.persona)
        user = self._users.get(draft.question) or self._user(draft.question)
        target: Target = self._teacher.target(draft)
        content = (
            f'{{"completion":[{{"content":{target.json},"role":"assistant"}}],'
            f'"prompt":[{system.json}{user.json}]}}'
        )
        return {
            "prompt": [*system.messages, user.message],
            "completion": [{"role": "assistant", "content": target.text}],
            "example_id": digest_text(content),
            "row": number,
            "persona": draft.persona,
            "role": draft.role,
            "question_id": user.question.question_id,
            "options": user.options,
            "gold_label": user.gold_label,
            "target_label": target.label,
            "target_correct": target.correct,
            "system_state": system.state,
            "resolved_system": system.resolved_system,
            "resolved_by": system.resolved_by,
            "condition": system.condition,
        }

    def _system(self, persona: str) -> _System:
        prompt = self._personas[persona]
        state = system_state(prompt)
        resolution = resolve(
            self._template, Signature(state, prompt if isinstance(prompt, str) and prompt else None)
        )
        messages = system_messages(prompt)
        text = "".join(f"{canonical_json(message)}," for message in messages)
        system = _System(
            messages, state, resolution.resolved_system, resolution.resolved_by, resolution.condition, text
        )
        self._systems[persona] = system
        return system

    def _user(self, index: int) -> _User:
        question = self._bank.questions[index]
        text = self._teacher.user_turn(question)
        shown = self._teacher.lettered
        user = _User(
            question,
            {"role": "user", "content": text},
            list(question.labels) if shown else None,
            question.gold_label if shown else None,
            f'{{"content":{canonical_json(text)},"role":"user"}}',
        )
        self._users[index] = user
        return user
