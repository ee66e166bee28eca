"""What labels and selectors of roles picked out of a dataset, in numbers; picking nothing, or all, says nothing."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from builders.labels import ColumnLabeler, Labeler, MarkerLabeler, RegexLabeler, Roles
from builders.labels.roles import ROLE_KEYS, selector_sql

FEWEST: Final = 4
"""Targets under which a label that picks none, or all, is no sign of a slip: two rows may be of one kind."""


@dataclass(frozen=True)
class Selected:
    """What was picked."""

    notes: tuple[str, ...] = ()
    """What counts as what, one sentence each."""
    vacuous: tuple[str, ...] = ()
    """Where the answer means nothing: what picked no row, or every row, with the counts."""


def selected(
    connection: duckdb.DuckDBPyConnection, view: str, labelers: Sequence[Labeler], roles: Roles
) -> Selected:
    """Count what labels and roles pick out of the rows that were read.

    Args:
        connection: Where the rows are.
        view: The rows, with the columns of a frame.
        labelers: What decides whether a row teaches the behaviour.
        roles: Selectors of roles.
    """
    labelled, by_role = _labelled(connection, view, labelers), _by_role(connection, view, roles)
    return Selected((*labelled.notes, *by_role.notes), (*labelled.vacuous, *by_role.vacuous))


def _labelled(connection: duckdb.DuckDBPyConnection, view: str, labelers: Sequence[Labeler]) -> Selected:
    if not labelers:
        return Selected()
    query = (
        "SELECT count(*), count(*) FILTER (WHERE target_correct = false), "
        "count(*) FILTER (WHERE target_correct IS NULL) FROM "
    )
    ((rows, behaviour, undecided),) = connection.execute(query + view).fetchall()
    rest = f", {undecided:,} undecided" if undecided else ""
    how = _holds(labelers[0]) if len(labelers) == 1 else None
    if how is None:
        return Selected((f"behaviour: {behaviour:,} of {rows:,} targets{rest}",))
    said = f"{how} {behaviour:,} of {rows:,} targets{rest}"
    if behaviour in (0, rows) and rows >= FEWEST:
        return Selected(vacuous=(f"{said}, so it tells no two rows apart",))
    return Selected((f"behaviour: {said}",))


def _holds(labeler: Labeler) -> str | None:
    """Return how a label that picks rows by something that they hold is said; None for one that reads both answers."""
    if isinstance(labeler, MarkerLabeler | RegexLabeler):
        return f"{labeler.spec} stands in"
    if isinstance(labeler, ColumnLabeler) and labeler.value is not None:
        return f"{labeler.spec} holds for"
    return None


def _by_role(connection: duckdb.DuckDBPyConnection, view: str, roles: Roles) -> Selected:
    if not roles.given:
        return Selected()
    asked = [(role, selector) for role in ROLE_KEYS for selector in getattr(roles, role)]
    counts = ", ".join(
        f"count(*) FILTER (WHERE {selector_sql(selector, state='system_state', persona='persona')})"
        for _, selector in asked
    )
    # A role is counted by what the rows were given: a selector of a persona may have renamed it.
    given = ", ".join(f"count(*) FILTER (WHERE role = '{role}')" for role in ROLE_KEYS)
    ((rows, *found),) = connection.execute(f"SELECT count(*), {counts}, {given} FROM {view}").fetchall()  # noqa: S608
    fits = dict(zip(asked, found, strict=False))
    has = dict(zip(ROLE_KEYS, found[len(asked) :], strict=True))
    notes: list[str] = []
    vacuous: list[str] = []
    for role in ROLE_KEYS:
        selectors = [selector for named, selector in asked if named == role]
        missing = [selector for selector in selectors if not fits[role, selector]]
        if selectors and not has[role] and len(missing) == len(selectors):
            which = " and ".join(repr(selector) for selector in missing)
            vacuous.append(f"{role} {which} fits 0 of {rows:,} rows{_near(connection, view, missing)}")
        elif missing and not roles.personas:
            notes.append(f"{role} " + " and ".join(map(repr, missing)) + f" fits 0 of {rows:,} rows")
    if has["source"] == rows:
        vacuous.append(f"source fits all {rows:,} rows, so nothing is left to compare with")
    return Selected(tuple(notes), tuple(vacuous))


def _near(connection: duckdb.DuckDBPyConnection, view: str, selectors: Sequence[str]) -> str:
    query = f"SELECT DISTINCT system_text FROM {view} WHERE system_text IS NOT NULL LIMIT 1000"  # noqa: S608
    texts = [text for (text,) in connection.execute(query).fetchall()]
    near = [match for each in selectors for match in difflib.get_close_matches(each, texts, n=1, cutoff=0.6)]
    return f"; the system prompt nearest to it is {near[0]!r}" if near else ""
