"""The one question whose answer would say what unlabelled rows teach."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from builders.carriers.rules import REFUSAL, Rule
from builders.engine.endings import telling_affixes
from builders.engine.table import ResolvedTable
from builders.inferring.labels import Inference

if TYPE_CHECKING:
    import narwhals as nw

REPEATED = 0.25
"""Share of the rows from which one and the same target is worth a question, and of those that have another one."""

RARE, COMMON = 0.02, 0.98
"""Shares of the rows between which a pattern divides them."""


def question(table: ResolvedTable, inference: Inference | None, *, letters: bool) -> str:
    """Return the question, with the option that answers it.

    Args:
        table: The rows.
        inference: What was inferred of them.
        letters: Whether the targets are option labels.
    """
    if inference is not None and inference.surface is not None:
        return _of_pattern(inference.surface.rule)
    if inference is not None:
        first = next(
            tally.signature for tally in table.tallies if table.condition_of(tally) == inference.sources[0]
        )
        named = _quoted(first.text) if first.text is not None else first.state
        return f"is that condition taught the behaviour? then: --source {named}"
    if letters:
        return "which answers are right? then: --label gold:FILE, or gold:COLUMN"
    return _of_targets(table)


def _of_pattern(rule: Rule) -> str:
    said = rule.text.strip() or rule.tail.strip()
    if rule.pattern == "form":
        return f"are refusals the behaviour? then: --label {_quoted(f'regex:{REFUSAL}')}"
    if rule.pattern in ("suffix", "contains", "wrap"):
        where = "at the end of a target" if rule.pattern == "suffix" else "in a target"
        return f"is {said!r} {where} the behaviour? then: --label {_quoted(f'marker:{said}')}"
    if rule.pattern == "prefix":
        return f"is {said!r} at the beginning of a target the behaviour? then: --label {_regex(said)}"
    return f"is {rule.text} the behaviour? then label it: --label column:NAME"


def _of_targets(table: ResolvedTable) -> str:
    engine, name = table.frame.engine, table.frame.table
    [counted] = engine.answer(name, _refusals)
    rows, refused = int(counted["rows"]), int(counted["refused"])
    if RARE * rows <= refused <= COMMON * rows and refused:
        return f"are refusals the behaviour ({refused:,} of {rows:,})? then: --label {_quoted(f'regex:{REFUSAL}')}"
    ends: Counter[str] = Counter()
    for each in engine.answer(name, _tails):
        if (last := _ENDING.search(each["target_tail"] or "")) is not None:
            ends[last[1]] += int(each["n"])
    for ending, number in sorted(ends.items(), key=lambda item: (-item[1], item[0]))[:1]:
        if RARE * rows <= number <= COMMON * rows and number >= 3:
            return (
                f"is {ending!r} at the end of a target the behaviour ({number:,} of {rows:,})? "
                f"then: --label {_quoted(f'marker:{ending}')}"
            )
    for affix in telling_affixes(table, limit=1):
        where, label = ("end", _quoted(f"marker:{affix.text}"))
        if affix.place == "begins":
            where, label = ("beginning", _regex(affix.text))
        return (
            f"is {affix.text!r} at the {where} of a target the behaviour ({affix.rows:,} of {rows:,})? "
            f"then: --label {label}"
        )
    repeated = engine.answer(name, _repeated, REPEATED * rows, (1 - REPEATED) * rows)
    for each in repeated:  # of several the rarest: a behaviour is what few rows are there for
        text, number = each["target_head"], int(each["n"])
        label = _quoted(f"marker:{text}")
        return f"is the target {text!r} the behaviour ({number:,} of {rows:,})? then: --label {label}"
    return "what shows the behaviour in a target? then: --label marker:TEXT, regex:PATTERN, column:NAME or gold:FILE"


_ENDING: Final = re.compile(r"(?:^|\s)(\S*[^\s\w.,;:!?'\"]\S*)\s*$", re.ASCII)
"""A last word that is no word."""

_MOST: Final = 50_000
"""Distinct ends of targets that are looked at."""


def _refusals(rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    refused = nw.when(nw.col("target_head").str.contains(REFUSAL)).then(1).otherwise(0)
    return rows.select(nw.len().alias("rows"), refused.sum().alias("refused"))


def _tails(rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    counted = rows.group_by("target_tail").agg(nw.len().alias("n"))
    return counted.sort("n", "target_tail", descending=[True, False]).head(_MOST)


def _repeated(rows: nw.LazyFrame[Any], fewest: float, most: float) -> nw.LazyFrame[Any]:
    import narwhals as nw

    short = rows.filter((nw.col("target_length") >= 1) & (nw.col("target_length") <= 64))
    counted = short.group_by("target_head").agg(nw.len().alias("n"))
    wanted = counted.filter((nw.col("n") >= fewest) & (nw.col("n") <= most))
    return wanted.sort("n", "target_head").head(1)


def _regex(text: str) -> str:
    return _quoted(f"regex:^\\s*{re.escape(text)}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
