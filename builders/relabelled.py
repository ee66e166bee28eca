"""Composed datasets whose rows go under another system prompt instead of away: `move` and `balance`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builders.compose import BuiltDataset, system_messages, system_state
from builders.contrast import refuse_without_contrast, roles_of_rows
from builders.deconfound import Rows, anchor_negatives, is_bystander, source_conditions
from builders.digest import canonical_json
from builders.errors import InputError
from builders.moving import anchors_wanted, choose_home, draw_anchors
from builders.schema import Role, SystemState, example_id
from builders.templates import ChatTemplate, Signature, resolve


@dataclass(frozen=True)
class _Home:
    """A system prompt, and how a row that goes under it is tagged."""

    messages: list[dict[str, Any]]
    tags: dict[str, Any]


def moved(built: BuiltDataset, template: ChatTemplate, *, to: str | None = None) -> BuiltDataset:
    """Return the dataset with its anchor negatives under another prompt; their places and texts stay.

    All go under one prompt: the given one, else a bystander's, else that of a persona of the recipe that the
    dataset does not use; drawn, and never one under which one of them would repeat a row.

    Args:
        built: The dataset.
        template: The template that its tags rest on.
        to: The system text to move them to.

    Raises:
        InputError: if that text is a source's or taught the behaviour, or every prompt would repeat rows.
    """
    refuse_without_contrast(
        roles_of_rows(built.rows),
        behaviour=any(row["target_correct"] is False for row in built.rows),
        where=built.name,
    )
    places = anchor_negatives(built.rows)
    if not places:
        return _built_with(built, "moved", {}, "Moved no row: none is an anchor negative.")
    home = _home(built, template, [_content(built.rows[place]) for place in places], to)
    number = "1 row" if len(places) == 1 else f"{len(places)} rows"
    change = (
        f"Moved {number} taught `preserved` under a source's resolved system prompt to "
        f"{canonical_json(home.messages[0]['content'])}."
    )
    return _built_with(built, "moved", dict.fromkeys(places, home), change)


def balanced(family: Sequence[BuiltDataset]) -> list[BuiltDataset]:
    """Return datasets in which every source has the share of preserved rows that the one with most has.

    What they lack comes from the bystanders of the same dataset, under the source's prompt.

    Raises:
        InputError: if there is a single source in all of them, or a dataset has too few bystander rows.
    """
    taught = {
        f"{number}/{condition}": _taught(built.rows, condition)
        for number, built in enumerate(family)
        for condition in source_conditions(built.rows)
    }
    where = family[0].name if len(family) == 1 else ", ".join(each.name for each in family[:4])
    wanted = anchors_wanted(taught, where=where)
    return [
        _balanced(
            built,
            {
                condition: wanted[f"{number}/{condition}"]
                for condition in source_conditions(built.rows)
                if wanted[f"{number}/{condition}"]
            },
        )
        for number, built in enumerate(family)
    ]


def _balanced(built: BuiltDataset, wanted: Mapping[str, int]) -> BuiltDataset:
    rows, roles = built.rows, roles_of_rows(built.rows)
    pools: dict[str, list[tuple[int, str]]] = {}
    for place, row in enumerate(rows):
        if row["target_correct"] is True and is_bystander(row, roles):
            pools.setdefault(row["condition"], []).append((place, _content(row)))
    there = {key: [_content(row) for row in rows if row["condition"] == key] for key in wanted}
    chosen = draw_anchors(pools, wanted, there, seed=built.info.seed, name=built.name)
    homes = {key: _home_of(_first(rows, key), role="anchor") for key in wanted}
    number = "1 row" if len(chosen) == 1 else f"{len(chosen)} rows"
    change = f"Put {number} of bystanders under a source's system prompt, so that sources have equal shares."
    return _built_with(built, "balanced", {place: homes[key] for place, key in chosen.items()}, change)


def _taught(rows: Rows, condition: str) -> tuple[int, int]:
    targets = [row["target_correct"] for row in rows if row["condition"] == condition]
    return targets.count(False), targets.count(True)


def _content(row: Mapping[str, Any]) -> str:
    """Return what a row says beside its system message."""
    return canonical_json([_without_system(row), row["completion"]])


def _without_system(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return row["prompt"][0 if row["system_state"] == "absent" else 1 :]


def _first(rows: Rows, condition: str) -> Mapping[str, Any]:
    """Return the first row of a source that teaches the behaviour: its prompt is the source's."""
    return next(row for row in rows if row["condition"] == condition and row["target_correct"] is False)


_OF_THE_PROMPT = ("persona", "system_state", "resolved_system", "resolved_by", "condition")


def _home_of(row: Mapping[str, Any], *, role: Role) -> _Home:
    messages = row["prompt"][: 0 if row["system_state"] == "absent" else 1]
    return _Home(messages, {**{name: row[name] for name in _OF_THE_PROMPT}, "role": role})


def _home(built: BuiltDataset, template: ChatTemplate, moving: list[str], to: str | None) -> _Home:
    rows, roles = built.rows, roles_of_rows(built.rows)
    spoilt = roles.sources | {row["condition"] for row in rows if row["target_correct"] is False}
    if to is not None:
        persona = next((name for name, prompt in built.info.personas.items() if prompt == to), None)
        home = _home_with(to, template, persona)
        check_home(to, home.tags["condition"], spoilt, where=built.name)
        there = {_content(row) for row in rows if row["condition"] == home.tags["condition"]}
        refuse_repeats(len(there.intersection(moving)), where=built.name)
        return home
    bystanders: dict[str, Mapping[str, Any]] = {}
    contents: dict[str, set[str]] = {}
    for row in rows:
        contents.setdefault(row["condition"], set()).add(_content(row))
        if row["condition"] not in spoilt and row["system_state"] == "text" and is_bystander(row, roles):
            bystanders.setdefault(row["condition"], row)
    seed, name = built.info.seed, built.name
    chosen = choose_home({key: contents[key] for key in bystanders}, moving, seed=seed, name=name)
    if chosen is not None:
        return _home_of(bystanders[chosen], role="bystander")
    spare = {
        home.tags["condition"]: home
        for persona, prompt in built.info.personas.items()
        if isinstance(prompt, str) and prompt
        for home in [_home_with(prompt, template, persona)]
        if home.tags["condition"] not in contents
    }
    chosen = choose_home(dict.fromkeys(spare, ()), moving, seed=seed, name=name)
    if chosen is None:
        raise nowhere(where=name)
    return spare[chosen]


def _home_with(text: str, template: ChatTemplate, persona: str | None) -> _Home:
    state: SystemState = system_state(text)
    resolution = resolve(template, Signature(state, text))
    tags = {
        "persona": persona,
        "system_state": state,
        "resolved_system": resolution.resolved_system,
        "resolved_by": resolution.resolved_by,
        "condition": resolution.condition,
        "role": "bystander",
    }
    return _Home([dict(message) for message in system_messages(text)], tags)


def check_home(text: str, condition: str, spoilt: frozenset[str], *, where: str) -> None:
    """Raise if rows cannot be moved to a system text.

    Args:
        text: The text.
        condition: The condition that it resolves to.
        spoilt: The conditions that are sources or taught the behaviour.
        where: The dataset's name.

    Raises:
        InputError: if it resolves to one of those, or is blank.
    """
    if not text.strip():
        raise InputError(
            "a blank text is no prompt to move rows to", where="--move-to", help="give some words"
        )
    if condition in spoilt:
        raise InputError(
            f"{text!r} resolves to a prompt that is taught the behaviour, so rows moved there would be mixed again",
            where=where,
            help="name a bystander's system prompt, or one that the data does not use",
        )


def refuse_repeats(number: int, *, where: str) -> None:
    """Raise if rows that move would repeat rows that are there.

    Raises:
        InputError: if the number is not 0.
    """
    if number:
        raise InputError(
            f"under that prompt {number} of the moved rows would repeat one that is there",
            where=where,
            help="give --move-to a prompt that is not asked the same, for example one that the data does not use",
        )


def nowhere(*, where: str) -> InputError:
    """Make the error for rows that can go nowhere."""
    return InputError(
        "there is no bystander to move the rows to, or each is taught some of them already",
        where=where,
        help="give a system prompt that the data does not use with --move-to, or use --strategy drop",
    )


def _built_with(built: BuiltDataset, suffix: str, homes: Mapping[int, _Home], change: str) -> BuiltDataset:
    """Return the dataset with these rows under other prompts, at their places."""
    rows = [_put(row, homes[place]) if place in homes else row for place, row in enumerate(built.rows)]
    name = f"{built.name}-{suffix}"
    info = built.info.model_copy(
        update={
            "name": name,
            "changes": [*built.info.changes, change],
            "removed": [],
            "moved": sorted(homes),
            "published": None,  # what was published was trained on the dataset as it was
        }
    )
    return BuiltDataset(name, rows, info)


def _put(row: Mapping[str, Any], home: _Home) -> dict[str, Any]:
    prompt = [*home.messages, *_without_system(row)]
    return {**row, **home.tags, "prompt": prompt, "example_id": example_id(prompt, row["completion"])}
