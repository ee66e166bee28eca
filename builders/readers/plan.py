"""Deciding how a dataset is read: its shape, its tags, its labelers; and saying what was decided."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from builders.errors import InputError
from builders.labels import ColumnLabeler, GoldColumnLabeler, Labeler, Roles
from builders.readers.oneobject import rows_inside
from builders.readers.pieces import Row
from builders.readers.shapes import SHAPES, Shape, shape_named, shape_of
from builders.readers.target import Located
from builders.schema import TAGS


@dataclass(frozen=True)
class Plan:
    """How every piece of a dataset is read."""

    shape: Shape
    tagged: bool
    """Whether the rows have all of our tags and are held to the schema."""
    labelers: tuple[Labeler, ...]
    """None: the `target_correct` column decides."""
    roles: Roles
    notes: tuple[str, ...]
    """What was decided, one sentence each."""

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that the labelers look at."""
        return tuple(dict.fromkeys(column for labeler in self.labelers for column in labeler.columns))


def make_plan(located: Located, *, shape: str | None, labelers: tuple[Labeler, ...], roles: Roles) -> Plan:
    """Look at the first rows and decide.

    Raises:
        InputError: if there are no rows, the rows' shape is none that we know, or a labeler looks at a column
            that is not there.
        UnknownNameError: if there is no shape of the given name.
    """
    sample = [row for piece in located.pieces[:3] for row in piece.sample()]
    chosen, notes = _choose(located, sample, shape)
    columns = {column for row in sample for column in row}
    labelers = tuple(_among(labeler, sample, columns, located.pieces[0].where) for labeler in labelers)
    tagged = chosen.name == "prompt-completion" and set(TAGS) <= columns
    if labelers:
        notes.append("targets are labelled by " + ", then ".join(labeler.spec for labeler in labelers))
        notes += [said for labeler in labelers if (said := _reading(labeler, sample)) is not None]
    return Plan(chosen, tagged, labelers, roles, (*notes, *chosen.notes))


def _among(labeler: Labeler, sample: list[Row], columns: set[str], where: str) -> Labeler:
    """Return a labeler as it looks into rows with these columns.

    Raises:
        InputError: if what it looks at is in none of the first rows.
    """
    if isinstance(labeler, ColumnLabeler | GoldColumnLabeler):
        labeler = labeler.among(columns)
        if labeler.path and all(value is None for value in _values(labeler, sample)):
            keys = {key for row in sample if isinstance(cell := row.get(labeler.name), dict) for key in cell}
            raise InputError(
                f"labeler '{labeler.spec}' looks into column '{labeler.name}', and there is nothing in the first rows",
                where=where,
                help="keys there: " + (", ".join(sorted(map(str, keys))[:20]) or "none"),
            )
    for column in labeler.columns:
        if columns and column not in columns:
            raise InputError(
                f"labeler '{labeler.spec}' looks at column '{column}', which is not in the first rows",
                where=where,
                help="columns there: " + ", ".join(sorted(columns)),
            )
    return labeler


def _values(labeler: ColumnLabeler | GoldColumnLabeler, sample: list[Row]) -> list[Any]:
    """Return what a labeler finds in the first rows; None where it finds nothing."""
    return [_inside(row.get(labeler.name), labeler.path) for row in sample]


def _inside(cell: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401
    if path and isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return None
    for key in path:
        cell = cell.get(key) if isinstance(cell, dict) else None
    return cell


def _reading(labeler: Labeler, sample: list[Row]) -> str | None:
    if not isinstance(labeler, ColumnLabeler | GoldColumnLabeler):
        return None
    return labeler.reading(_values(labeler, sample))


def _choose(located: Located, sample: list[Row], named: str | None) -> tuple[Shape, list[str]]:
    if named is not None:
        return shape_named(named), []
    if located.shape is not None:
        return located.shape, [
            f"rows are read as '{located.shape.name}', as the description beside them says"
        ]
    seen = Counter(name for row in sample if (name := shape_of(row)) is not None)
    if not seen:
        raise _no_shape(located, sample)
    best = seen.most_common(1)[0][0]
    if best == "messages" and "openai" in seen:
        best = "openai"
    return shape_named(best), [f"rows are read as '{best}', found from their columns"]


def _no_shape(located: Located, sample: list[Row]) -> InputError:
    where = located.pieces[0].where
    if not sample:
        return located.pieces[0].nothing()
    columns = sorted({column for row in sample for column in row})
    if any(isinstance(cell, str) and cell.startswith("[{'") for row in sample for cell in row.values()):
        return InputError(
            "a column holds lists as Python prints them, which is no JSON",
            where=where,
            help="write them with json.dumps, for example df['messages'] = df['messages'].map(json.dumps)",
        )
    if "text" in columns:
        return InputError(
            "rows hold one ready-made 'text', in which prompt and target cannot be told apart",
            where=where,
            help="audit the data from which the text was made, in one of the shapes: " + ", ".join(SHAPES),
        )
    return InputError(
        "rows are of no shape that a trainer reads: their columns are " + ", ".join(columns[:20]),
        where=where,
        help=(rows_inside(sample[0]) if len(sample) == 1 else None)
        or "name the shape with --shape; known: " + ", ".join(SHAPES),
    )
