"""Counts over a frame, written once as Narwhals expressions.

Narwhals runs the same expressions on a DuckDB relation here and on a Spark DataFrame on a cluster. What comes
out is small: one tally for each distinct combination of system message, tags and target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from builders.schema import Role, SystemState
from builders.templates import Signature

if TYPE_CHECKING:
    import narwhals as nw

TALLY_KEYS = (
    "system_state",
    "system_text",
    "tools",
    "context",
    "persona",
    "role",
    "options",
    "target_correct",
    "carrier",
)
"""The columns that a tally is counted by."""

_STATES: Final[dict[str, SystemState]] = {state: state for state in get_args(SystemState)}


@dataclass(frozen=True, slots=True)
class Tally:
    """All rows that say the same about everything but the question."""

    signature: Signature
    """What the rows say about the system prompt."""
    persona: str | None
    """Their persona, where they name one."""
    role: Role | None
    """Their role, where they give one."""
    options: str | None
    """The labels that their questions offer, joined by "|"."""
    target_correct: bool | None
    """What they teach: True preserved, False behaviour, None unknown."""
    carrier: str | None
    """What tells their condition apart beside the prompt; None where nothing does."""
    rows: int
    """How many they are."""
    first_row: int
    """The first of them."""
    longest: int
    """Characters of the longest, prompt and target together."""


def tallies(frame: nw.LazyFrame[Any]) -> list[Tally]:
    """Count a frame's rows by everything that the checks tell apart, in order of first appearance."""
    return tallies_of(records(counted(frame)))


def counted(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return the same as a lazy frame, in no order."""
    import narwhals as nw

    return frame.group_by(*TALLY_KEYS).agg(
        nw.len().alias("rows"),
        nw.col("row").min().alias("first_row"),
        (nw.col("prompt_length") + nw.col("target_length")).max().alias("longest"),
    )


def tallies_of(found: Iterable[dict[str, Any]]) -> list[Tally]:
    """Return the tallies that records of `counted` say, in order of first appearance."""
    return sorted(map(_tally, found), key=lambda tally: tally.first_row)


def records(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """Return the rows of a small lazy frame as dictionaries, whatever engine holds it.

    DuckDB hands over Python values by itself; going through Arrow would import it for a handful of rows.
    """
    native: Any = frame.to_native()
    if hasattr(native, "fetchall"):
        names: list[str] = native.columns
        return [dict(zip(names, values, strict=True)) for values in native.fetchall()]
    return [
        {name: _unsigned(name, value) for name, value in row.asDict().items()} for row in native.collect()
    ]


SIGNED_BY: Final = 1 << 63
"""Spark has no unsigned numbers: a hash stands there less this, so that hashes sort as they do elsewhere."""

_KEYS: Final = frozenset({"user_key", "row_key", "target_key"})


def _unsigned(name: str, value: Any) -> Any:  # noqa: ANN401
    return value + SIGNED_BY if name in _KEYS and value is not None else value


def signature_of(record: dict[str, Any]) -> Signature:
    """Return the system signature that a record's columns spell."""
    state = _STATES[record["system_state"]]  # one string for all, not one for each
    return Signature(
        state=state, text=record["system_text"], tools=record["tools"], context=record["context"]
    )


def _tally(record: dict[str, Any]) -> Tally:
    return Tally(
        signature=signature_of(record),
        persona=record["persona"],
        role=record["role"],
        options=record["options"],
        target_correct=record["target_correct"],
        carrier=record["carrier"],
        rows=int(record["rows"]),
        first_row=int(record["first_row"]),
        longest=int(record["longest"]),
    )
