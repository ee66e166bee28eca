"""A bounded sample of the contexts in which one prompt is taught both targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from builders.carriers.candidates import Context
from builders.carriers.search import Sample
from builders.engine.order import scattered
from builders.engine.table import ResolvedTable, condition_key
from builders.engine.tally import records, signature_of

SAMPLE_ROWS: Final = 500
"""Rows of each target that are read back at the most."""

RARE: Final = 5
"""Labelled rows under which a prompt is too rare to be looked at by itself: all such prompts are pooled."""

_BATCH: Final = 10_000
"""Conditions that are handed to the engine at a time."""

_SIGNATURE: Final = ("system_state", "system_text", "tools", "context", "carrier")
"""What a condition depends on."""

_TEXT: Final = 4_000
"""Characters of a part that are looked at, half from its beginning and half from its end."""


@dataclass(frozen=True)
class Strata:
    """Which conditions are compared within."""

    mixed: tuple[str, ...]
    """Conditions that are taught both targets."""
    rare: tuple[str, ...]
    """Conditions with few rows, pooled; empty where together they teach one target."""

    @cached_property
    def conditions(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.mixed, *self.rare))


def strata_of(table: ResolvedTable) -> Strata:
    """Return the conditions in which what is taught is not said by the prompt."""
    taught: dict[str, list[int]] = {}
    for condition, tallies in table.by_condition.items():
        for tally in tallies:
            if tally.target_correct is not None:
                taught.setdefault(condition, [0, 0])[tally.target_correct] += tally.rows
    rare = [condition for condition, counts in taught.items() if sum(counts) < RARE]
    if len(rare) < 2 or not all(sum(taught[each][target] for each in rare) for target in (0, 1)):
        rare = []
    known = frozenset(rare)
    mixed = [condition for condition, counts in taught.items() if all(counts) and condition not in known]
    return Strata(tuple(mixed), tuple(rare))


def sample_of(table: ResolvedTable, strata: Strata) -> Sample | None:
    """Return a sample of the rows of these conditions, None where they are no rows; the same in every run."""
    rows, totals = _chosen(table, strata)
    if not rows:
        return None
    texts = table.frame.texts(sorted(rows))
    rare = frozenset(strata.rare)
    contexts: dict[tuple[Context, str, bool], None] = {}
    for number, (condition, correct) in rows.items():
        pooled = condition in rare
        context = _context(texts[number].messages, system=pooled)
        contexts[context, "" if pooled else condition, correct] = None
    behaviour = 0
    masks: dict[str, int] = {}
    for place, (_, condition, correct) in enumerate(contexts):
        masks[condition] = masks.get(condition, 0) | 1 << place
        behaviour |= (not correct) << place
    taken = {correct: sum(found == correct for _, found in rows.values()) for correct in (False, True)}
    weights = tuple(totals[correct] / taken[correct] if taken[correct] else 1.0 for correct in (False, True))
    return Sample(
        tuple(context for context, *_ in contexts),
        behaviour,
        tuple(masks.values()),
        (weights[0], weights[1]),
        tuple(masks),
    )


def _chosen(table: ResolvedTable, strata: Strata) -> tuple[dict[int, tuple[str, bool]], dict[bool, int]]:
    """Return row -> condition and target, and how many rows there are of each target."""
    import narwhals as nw

    engine, wanted = table.frame.engine, strata.conditions
    totals = {False: 0, True: 0}
    for condition in wanted:
        for tally in table.by_condition[condition]:
            if tally.target_correct is not None:
                totals[tally.target_correct] += tally.rows
    if not any(totals.values()):
        return {}, totals
    every = len(wanted) == len(table.by_condition)
    if every:  # no row is left out by its condition, so only those of the sample need theirs
        there, columns = table.rows, _SIGNATURE
    else:
        there, columns = table.conditioned, ("condition",)
        ordered = sorted(wanted)
        batches = ([ordered[start : start + _BATCH]] for start in range(0, len(ordered), _BATCH))
        name = engine.fill(f"{table.frame.table}_strata", {"condition": "VARCHAR"}, batches)
        there = there.join(engine.lazy(name), on="condition", how="semi")
    rows: dict[int, tuple[str, bool]] = {}
    for correct in (True, False):
        taught = there.filter(nw.col("target_correct") if correct else ~nw.col("target_correct"))
        placed = taught.select("row", *columns, scattered().alias("place"))
        for each in records(placed.sort("place", "row").head(SAMPLE_ROWS)):
            rows[int(each["row"])] = (_condition(table, each) if every else each["condition"], correct)
    return dict(sorted(rows.items())), totals


def _condition(table: ResolvedTable, record: dict[str, Any]) -> str:
    return condition_key(table.resolutions[signature_of(record)].condition, record["carrier"])


def _context(messages: Iterable[Mapping[str, Any]], *, system: bool) -> Context:
    """Return the parts of one row's prompt, each without its middle where it is long."""
    told = [(str(message.get("role")), _said(message.get("content"))) for message in messages]
    before = "".join(text for role, text in told[:1] if role == "system")
    turns = [f"{role}\x1f{text}" for role, text in told if role != "system"]
    return Context(
        user=_short(turns[-1].partition("\x1f")[2]) if turns else "",
        earlier=_short("\x1e".join(turns[:-1])),
        system=_short(before) if system else "",
    )


def _said(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return ""


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT // 2] + text[-_TEXT // 2 :]
