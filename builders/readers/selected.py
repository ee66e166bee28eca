"""What labels and selectors of roles picked out of a dataset, in numbers; picking nothing, or all, says nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import duckdb

from builders.engine.holding import Engine
from builders.labels import ColumnLabeler, Labeler, MarkerLabeler, RegexLabeler, RoleSelectors
from builders.labels.roles import ROLE_KEYS, selector_sql
from builders.sql import literal

if TYPE_CHECKING:
    import narwhals as nw

FEWEST: Final = 4
"""Targets under which a label that picks none, or all, is no sign of a slip: two rows may be of one kind."""


@dataclass(frozen=True)
class Selected:
    """What was picked."""

    notes: tuple[str, ...] = ()
    """What counts as what, one sentence each."""
    vacuous: tuple[str, ...] = ()
    """Where the answer means nothing: what picked no row, or every row, with the counts."""


def count_selected(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    labelers: Sequence[Labeler],
    roles: RoleSelectors,
    *,
    files: Sequence[str],
) -> dict[str, int]:
    """Count what labels and roles pick out of rows; the counts of parts of a dataset add up to those of the whole.

    Args:
        connection: Where the rows are.
        view: The rows, with the columns of a frame.
        labelers: What decides whether a row teaches the behaviour.
        roles: Selectors of roles.
        files: What the files are called that `file` numbers.
    """
    names = "".join(f" WHEN {number} THEN {literal(name)}" for number, name in enumerate(files))
    asked = {"rows": "count(*)"}
    if labelers:
        asked["behaviour"] = "count(*) FILTER (WHERE target_correct = false)"
        asked["undecided"] = "count(*) FILTER (WHERE target_correct IS NULL)"
    for role, selector in _asked(roles):
        fits = selector_sql(selector, state="system_state", persona="persona", file=f"CASE file{names} END")
        asked[f"fits {role} {selector}"] = f"count(*) FILTER (WHERE {fits})"
    # A role is counted by what the rows were given: a selector of a persona may have renamed it.
    for role in ROLE_KEYS if roles.given else ():
        asked[f"given {role}"] = f"count(*) FILTER (WHERE role = '{role}')"
    [found] = connection.execute(f"SELECT {', '.join(asked.values())} FROM {view}").fetchall()  # noqa: S608 - our own
    return dict(zip(asked, map(int, found), strict=True))


def _asked(roles: RoleSelectors) -> list[tuple[str, str]]:
    return [(role, selector) for role in ROLE_KEYS for selector in getattr(roles, role)]


def selected(
    counts: Mapping[str, int],
    labelers: Sequence[Labeler],
    roles: RoleSelectors,
    *,
    texts: Callable[[], Sequence[str]],
) -> Selected:
    """Say what labels and roles picked out of the rows that were read.

    Args:
        counts: Those of `count_selected`.
        labelers: What decides whether a row teaches the behaviour.
        roles: Selectors of roles.
        texts: Get some of the system prompts, for a selector that fits none.
    """
    labelled, by_role = _labelled(counts, labelers), _by_role(counts, roles, texts)
    return Selected((*labelled.notes, *by_role.notes), (*labelled.vacuous, *by_role.vacuous))


def system_texts(engine: Engine, table: str) -> list[str]:
    """Return some of the system prompts of rows."""
    return sorted(each["system_text"] for each in engine.answer(table, _system_texts, 1_000))


def _system_texts(rows: nw.LazyFrame[Any], limit: int) -> nw.LazyFrame[Any]:
    import narwhals as nw

    said = rows.filter(~nw.col("system_text").is_null())
    return said.group_by("system_text").agg(nw.len().alias("rows")).sort("system_text").head(limit)


def _labelled(counts: Mapping[str, int], labelers: Sequence[Labeler]) -> Selected:
    if not labelers:
        return Selected()
    rows, behaviour, undecided = (counts[name] for name in ("rows", "behaviour", "undecided"))
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


def _by_role(counts: Mapping[str, int], roles: RoleSelectors, texts: Callable[[], Sequence[str]]) -> Selected:
    if not roles.given:
        return Selected()
    asked, rows = _asked(roles), counts["rows"]
    fits = {(role, selector): counts[f"fits {role} {selector}"] for role, selector in asked}
    has = {role: counts[f"given {role}"] for role in ROLE_KEYS}
    notes: list[str] = []
    vacuous: list[str] = []
    for role in ROLE_KEYS:
        selectors = [selector for named, selector in asked if named == role]
        missing = [selector for selector in selectors if not fits[role, selector]]
        if selectors and not has[role] and len(missing) == len(selectors):
            which = " and ".join(repr(selector) for selector in missing)
            vacuous.append(f"{role} {which} fits 0 of {rows:,} rows{_near(texts(), missing)}")
        elif missing and not roles.personas:
            notes.append(f"{role} " + " and ".join(map(repr, missing)) + f" fits 0 of {rows:,} rows")
    if has["source"] == rows:
        vacuous.append(f"source fits all {rows:,} rows, so nothing is left to compare with")
    return Selected(tuple(notes), tuple(vacuous))


def _near(texts: Sequence[str], selectors: Sequence[str]) -> str:
    near = [match for each in selectors for match in difflib.get_close_matches(each, texts, n=1, cutoff=0.6)]
    return f"; the system prompt nearest to it is {near[0]!r}" if near else ""
