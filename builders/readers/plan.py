"""Deciding how a dataset is read: its shape, its tags, its labelers; and saying what was decided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from builders.engine.frame import Unread
from builders.errors import InputError
from builders.labels import ColumnLabeler, GoldColumnLabeler, Labeler, RoleSelectors
from builders.readers.canonical import TAG_COLUMNS, VARIABLES
from builders.readers.columns import ListOf
from builders.readers.jsonfiles import JsonLines
from builders.readers.mapped import likely_columns, mapped, says_all
from builders.readers.oneobject import rows_inside
from builders.readers.pieces import Row
from builders.readers.rendered import rendered_shape
from builders.readers.shapes import NO_TURNS, SHAPES, Shape, shape_named, shape_of
from builders.readers.target import Located
from builders.readers.unread import WATCHED_COLUMNS, WATCHED_KEYS, known_columns, unread_of
from builders.schema import TAGS
from builders.templates import ChatTemplate, load_template
from builders.views import TrainingView, view_of

_MESSAGE_KEYS: Final = frozenset({"role", "content", "tool_calls"})

PREFERRED: Final = replace(
    view_of(),
    loss="answers",
    flags=("train",),
    said="TRL, a preference loss: the chosen or desirable answer is taught, the other pushed away",
)
"""The view of answers that are preferred or not."""

_SPREAD: Final = 64
"""Rows from all over a file that are looked at for keys that the first rows lack."""


@dataclass(frozen=True)
class ReadingPlan:
    """How every piece of a dataset is read."""

    shape: Shape
    tagged: bool
    """Whether the rows have all of our tags and are held to the schema."""
    labelers: tuple[Labeler, ...]
    """None: the `target_correct` column decides."""
    roles: RoleSelectors
    notes: tuple[str, ...]
    """What was decided, one sentence each."""
    view: TrainingView = field(default_factory=view_of)
    """Which turns are trained."""
    seen: tuple[Row, ...] = ()
    """Rows from all over the dataset."""
    keys: frozenset[str] = frozenset()
    """Keys that their messages have."""
    ignored: frozenset[str] = frozenset()
    """Columns and keys of which the user says that they do not matter."""
    watched: tuple[str, ...] = ()
    """Columns that nothing reads and no row looked at has: they are looked for in every row."""
    unseen: tuple[str, ...] = ()
    """Tags that no row looked at has and no labeler asks for."""

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that the labelers look at."""
        return tuple(dict.fromkeys(column for labeler in self.labelers for column in labeler.columns))

    @property
    def tags(self) -> tuple[str, ...]:
        """Tag columns that nothing which was given takes the place of."""
        said = {
            "target_correct": bool(self.labelers),
            "role": self.roles.given,
            "persona": bool(self.roles.personas),
        }
        return tuple(tag for tag in TAG_COLUMNS if not said.get(tag, False))

    def unread(self, rows: Collection[Row], keys: Collection[str]) -> tuple[Unread, ...]:
        """Return what nothing reads although it could matter.

        Args:
            rows: Rows that were found to hold something of the kind, beside those that were looked at first.
            keys: Keys that messages were found to have.
        """
        return unread_of(
            [*self.seen, *rows],
            self.shape,
            self.view,
            keys=self.keys | set(keys),
            read=self.extra,
            ignored=self.ignored,
        )

    def template(self, located: Located) -> ChatTemplate | None:
        """Return the chat template that the target, its shape or its trainer names; None where none does."""
        named = located.template or self.shape.template
        if named is not None or self.view.template is None:
            return named
        return replace(
            load_template(self.view.template),
            origin=f"{self.view.trainer} reads no chat template: turns are taken for {self.view.template}'s, "
            "with no default",
        )

    def named_unread(self, located: Located) -> tuple[Unread, ...]:
        """Return what a trainer's own file says that is not followed, less what its owner says does not matter."""
        return tuple(each for each in located.unread if each.name not in self.ignored)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """Columns that are read beside the conversation's and the tags."""
        return (*self.extra, VARIABLES)


def make_plan(
    located: Located,
    *,
    shape: str | None,
    labelers: tuple[Labeler, ...],
    roles: RoleSelectors,
    view: TrainingView | None = None,
    ignored: Collection[str] = (),
    columns: Mapping[str, str] | None = None,
) -> ReadingPlan:
    """Look at the first rows, and at some from all over the file, and decide.

    Raises:
        InputError: if there are no rows, the rows' shape is none that we know, or a labeler looks at a column
            that is not there.
        UnknownNameError: if there is no shape of the given name.
    """
    sample = [row for piece in located.pieces[:3] for row in piece.sample()]
    if columns and says_all(columns):
        chosen, notes = mapped(None, columns, {column for row in sample for column in row}), list[str]()
    else:
        chosen, notes = _choose(located, sample, shape)
        if shape is None and chosen.name == "unpaired" and any("label" in each.columns for each in labelers):
            # The user says what `label` means, so it is no word of a trainer's.
            lists = any(isinstance(row.get("prompt"), list) for row in sample)
            chosen, notes = _choose(located, sample, "prompt-completion" if lists else "plain")
        if columns:
            chosen = mapped(chosen, columns, {column for row in sample for column in row})
    if columns:
        notes.append(f"columns are read as they were named: {chosen.name}")
    seen = [
        *sample,
        *(
            row
            for piece in located.pieces[:3]
            if isinstance(piece, JsonLines)
            for row in piece.spread(_SPREAD)
        ),
    ]
    there = {column for row in seen for column in row}
    keys = _message_keys(seen, chosen)
    labelers = tuple(
        _among(labeler, sample, chosen, there | keys, located.pieces[0].where) for labeler in labelers
    )
    tagged = chosen.name == "prompt-completion" and set(TAGS) <= there
    if labelers:
        notes.append("targets are labelled by " + ", then ".join(labeler.spec for labeler in labelers))
        notes += [said for labeler in labelers if (said := _reading(labeler, sample, chosen)) is not None]
    if chosen.noticing is None and keys.intersection(column for each in labelers for column in each.columns):
        chosen = replace(chosen, turns=NO_TURNS, hurried=None, exchange=None)  # labels of single turns
    if view is not None and (located.view is not None or chosen.preference):
        # These readers flag what is not learnt, whatever settings somebody asks for beside.
        view = replace(view, flags=tuple(dict.fromkeys((*view.flags, "train"))))
    view = view or located.view or _flagged(keys) or (PREFERRED if chosen.preference else view_of())
    if chosen.noticing is not None:
        wanted = {key.lower(): key for key in sorted({*WATCHED_KEYS, *keys})}  # the engine tells no case
        extras = tuple(key for name, key in sorted(wanted.items()) if name not in _MESSAGE_KEYS)
        chosen = replace(chosen.noticing(extras), preference=chosen.preference, also=chosen.also)
    plan = ReadingPlan(
        chosen,
        tagged,
        labelers,
        roles,
        (*notes, *chosen.notes),
        view,
        seen=tuple(seen),
        keys=frozenset(keys),
        ignored=frozenset(ignored),
    )
    known = {*there, *plan.extra, *chosen.columns}
    told = known_columns(chosen, read=plan.extra, ignored=ignored) | {
        column for row in seen for column, value in row.items() if value is not None
    }
    told = {column.lower() for column in told}
    return replace(
        plan,
        unseen=tuple(tag for tag in TAG_COLUMNS if tag not in known),
        watched=tuple(column for column in WATCHED_COLUMNS if column.lower() not in told),
    )


def _message_keys(rows: list[Row], shape: Shape) -> set[str]:
    """Return the keys that messages were seen to have, those that are always null aside."""
    return {
        key
        for row in rows
        for message in _messages_of(row, shape)
        for key, value in message.items()
        if value is not None
    }


def _messages_of(row: Row, shape: Shape) -> Iterator[dict[str, Any]]:
    for column, kind in shape.columns.items():
        if isinstance(kind, ListOf) and isinstance(row.get(column), list):
            yield from (each for each in row[column] if isinstance(each, dict))


def _flagged(keys: set[str]) -> TrainingView | None:
    """Return the view of the trainer whose flags messages carry; None where they carry none."""
    for trainer in ("openai", "axolotl", "ms-swift"):
        if (view := view_of(trainer)).flags and keys.intersection(view.flags):
            return view
    return None


def _among(labeler: Labeler, sample: list[Row], shape: Shape, columns: set[str], where: str) -> Labeler:
    """Return a labeler as it looks into rows with these columns, and messages with these keys.

    Raises:
        InputError: if what it looks at is in none of the first rows.
    """
    if isinstance(labeler, ColumnLabeler | GoldColumnLabeler):
        labeler = labeler.among(columns)
        if labeler.path and all(value is None for value in _values(labeler, sample, shape)):
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


def _values(labeler: ColumnLabeler | GoldColumnLabeler, sample: list[Row], shape: Shape) -> list[Any]:
    """Return what a labeler finds in the first rows and their messages; None where it finds nothing."""
    return [
        _inside(each.get(labeler.name), labeler.path)
        for row in sample
        for each in (row, *_messages_of(row, shape))
    ]


def _inside(cell: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401
    if path and isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return None
    for key in path:
        cell = cell.get(key) if isinstance(cell, dict) else None
    return cell


def _reading(labeler: Labeler, sample: list[Row], shape: Shape) -> str | None:
    if not isinstance(labeler, ColumnLabeler | GoldColumnLabeler):
        return None
    return labeler.reading(_values(labeler, sample, shape))


def _choose(located: Located, sample: list[Row], named: str | None) -> tuple[Shape, list[str]]:
    if named is not None:
        return shape_named(named), []
    if located.shape is not None:
        return located.shape, [
            f"rows are read as '{located.shape.name}', as the description beside them says"
        ]
    if (found := _ready_made(sample)) is not None:
        return found, [f"rows are read as '{found.name}', found from their columns"]
    seen = Counter(name for row in sample if (name := shape_of(row)) is not None)
    if not seen:
        raise _no_shape(located, sample)
    best = seen.most_common(1)[0][0]
    if best == "messages" and "openai" in seen:
        best = "openai"
    return shape_named(best), [f"rows are read as '{best}', found from their columns"]


def _ready_made(sample: list[Row]) -> Shape | None:
    """Return the shape of rows that hold texts which a template has rendered."""
    for name, columns in (("rendered-text", ("text",)), ("rendered-pair", ("prompt", "completion"))):
        rows = [row for row in sample if all(isinstance(row.get(column), str) for column in columns)]
        others = {"messages", "conversations", "conversation", "chosen", "instruction"}
        if rows and len(rows) == len(sample) and not any(others & row.keys() for row in rows):
            return rendered_shape(name, rows, columns)
    return None


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
            "rows hold one ready-made 'text', and no markup that is known here explains all of the first ones, so "
            "prompt and target cannot be told apart",
            where=where,
            help="audit the data from which the text was made, in one of the shapes: " + ", ".join(SHAPES),
        )
    hints = [
        rows_inside(sample[0]) if len(sample) == 1 else None,
        f"by their names, perhaps: {likely}" if (likely := likely_columns(sample)) else None,
        "say what is what with --columns prompt=COLUMN --columns response=COLUMN, or name the shape: --shape with "
        + ", ".join(SHAPES),
    ]
    return InputError(
        "rows are of no shape that a trainer reads: their columns are " + ", ".join(columns[:20]),
        where=where,
        help=next(hint for hint in hints if hint is not None),
    )
