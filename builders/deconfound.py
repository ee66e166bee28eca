"""Rebuild a dataset without its anchor negatives, and the twin that loses as many other rows.

What is removed is found by the *resolved* condition: rows without a system message are anchors of a source
whose prompt the template injects, whatever the recipe called them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from builders.compose import BuiltDataset
from builders.contrast import Roles, refuse_lost_contrast, refuse_without_contrast, roles_of_rows
from builders.digest import stream
from builders.errors import InputError

Rows = Sequence[Mapping[str, Any]]


def source_conditions(rows: Rows) -> frozenset[str]:
    """Return the conditions that are taught the behaviour on purpose, as an audit of the rows sees them."""
    return roles_of_rows(rows).sources


def anchor_negatives(rows: Rows) -> list[int]:
    """Return the places of the rows that teach `preserved` under a source's condition, in order."""
    sources = source_conditions(rows)
    return [
        place
        for place, row in enumerate(rows)
        if row["condition"] in sources and row["target_correct"] is True
    ]


def matched_bystanders(rows: Rows, number: int, *, seed: int, name: str) -> list[int]:
    """Return the places of `number` bystander rows, spread evenly over the bystanders, in order.

    Args:
        rows: Tagged rows.
        number: How many are wanted.
        seed: What the stream of the draw is derived from.
        name: The dataset's name, so that two datasets do not share a draw.

    Raises:
        InputError: if there are not as many bystander rows.
    """
    roles = roles_of_rows(rows)
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if is_bystander(row, roles):
            groups.setdefault(row["persona"] or row["condition"], []).append(place)
    return drawn_evenly(groups, number, seed=seed, name=name)


def drawn_evenly(groups: Mapping[str, Sequence[int]], number: int, *, seed: int, name: str) -> list[int]:
    """Return `number` of the places in all groups, drawn from each as evenly as the groups allow, in order.

    Args:
        groups: Group -> places.
        number: How many are wanted.
        seed: What the stream of the draw is derived from.
        name: The dataset's name, so that two datasets do not share a draw.

    Raises:
        InputError: if there are not as many.
    """
    # One row of each stays: a control in which a bystander is missing would not be the same comparison.
    there = sum(len(group) - 1 for group in groups.values())
    if number > there:
        raise InputError(
            f"a size-matched control has to lose {number} bystander rows, and {there} can go without emptying a "
            "bystander's condition",
            where=name,
            help="compare the arms without a size-matched control, or add bystanders",
        )
    shares = even_shares({key: len(group) - 1 for key, group in groups.items()}, number)
    return sorted(
        place
        for key, share in shares.items()
        for place in stream(seed, "size-matched", name, key).sample(groups[key], share)
    )


def is_bystander(row: Mapping[str, Any], roles: Roles) -> bool:
    """Return whether a row is a bystander's: as it declares, or without a declaration as its condition's role says."""
    if row["condition"] in roles.sources:
        return False
    if roles.how == "declared":
        return row["role"] == "bystander"
    return roles.of.get(row["condition"]) == "bystander" and row["target_correct"] is True


def even_shares(sizes: Mapping[str, int], number: int) -> dict[str, int]:
    """Divide `number` evenly; what a small group cannot give is taken from the others."""
    shares: dict[str, int] = {}
    left = number
    for position, key in enumerate(sorted(sizes, key=lambda key: (sizes[key], key))):
        groups_left = len(sizes) - position
        shares[key] = min(sizes[key], left // groups_left)  # small ones first, so that large ones fill up
        left -= shares[key]
    return shares


def without_rows(rows: Rows, places: Collection[int]) -> list[dict[str, Any]]:
    """Return the other rows in their order, numbered anew."""
    gone = frozenset(places)
    kept = (row for place, row in enumerate(rows) if place not in gone)
    return [{**row, "row": number} for number, row in enumerate(kept)]


def deconfound(built: BuiltDataset) -> BuiltDataset:
    """Return the dataset without its anchor negatives; nothing else changes, its order included.

    Raises:
        InputError: if what is taught does not depend on the condition.
    """
    _refuse(built)
    places = anchor_negatives(built.rows)
    change = f"Left out {_rows(len(places))} taught `preserved` under a source's resolved system prompt."
    return _changed(built, "deconfounded", places, change)


def size_matched(built: BuiltDataset) -> BuiltDataset:
    """Return the twin of `deconfound(built)`: it loses as many bystander rows and keeps its anchor negatives.

    Raises:
        InputError: if there are not as many bystander rows, or too few would be left for a contrast.
    """
    _refuse(built)
    number = len(anchor_negatives(built.rows))
    places = matched_bystanders(built.rows, number, seed=built.info.seed, name=built.name)
    gone = frozenset(places)
    left: dict[str, Counter[bool | None]] = {}
    for place, row in enumerate(built.rows):
        if place not in gone:
            left.setdefault(row["condition"], Counter())[row["target_correct"]] += 1
    refuse_lost_contrast([(each[False], each[True]) for each in left.values()], where=built.name)
    change = f"Left out {_rows(number)} of bystanders, as many as deconfounding leaves out."
    return _changed(built, "size_matched", places, change)


def _refuse(built: BuiltDataset) -> None:
    behaviour = any(row["target_correct"] is False for row in built.rows)
    refuse_without_contrast(roles_of_rows(built.rows), behaviour=behaviour, where=built.name)


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"


def _changed(built: BuiltDataset, suffix: str, places: list[int], change: str) -> BuiltDataset:
    name = f"{built.name}-{suffix}"
    info = built.info.model_copy(
        update={
            "name": name,
            "changes": [*built.info.changes, change],
            "removed": places,
            "moved": [],
            "published": None,  # what was published was trained on the whole dataset
        }
    )
    return BuiltDataset(name, without_rows(built.rows, places), info)
