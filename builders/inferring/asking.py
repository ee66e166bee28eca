# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""The one question whose answer would say what unlabelled rows teach."""

from __future__ import annotations

import re

from builders.carriers.rules import REFUSAL, Rule
from builders.engine.endings import telling_affixes
from builders.engine.table import ResolvedTable
from builders.inferring.labels import Inference

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
    frame = table.frame
    refusal = REFUSAL.replace("'", "''")
    ((rows, refused),) = frame.connection.execute(
        f"SELECT count(*), count(*) FILTER (regexp_matches(target_head, '{refusal}')) FROM {frame.table}"
    ).fetchall()
    if RARE * rows <= refused <= COMMON * rows and refused:
        return f"are refusals the behaviour ({refused:,} of {rows:,})? then: --label {_quoted(f'regex:{REFUSAL}')}"
    ending = r"regexp_extract(target_tail, '(?:^|\s)(\S*[^\s\w.,;:!?''\"]\S*)\s*$', 1)"
    ends = frame.connection.execute(
        f"SELECT {ending} AS ending, count(*) AS n FROM {frame.table} "
        "GROUP BY 1 HAVING ending <> '' ORDER BY n DESC, ending LIMIT 1"
    ).fetchall()
    for ending, number in ends:
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
    repeated = frame.connection.execute(
        f"SELECT target_head, count(*) AS n FROM {frame.table} WHERE target_length BETWEEN 1 AND 64 "
        f"GROUP BY 1 HAVING n BETWEEN {REPEATED * rows} AND {(1 - REPEATED) * rows} ORDER BY n, target_head LIMIT 1"
    ).fetchall()
    for text, number in repeated:  # of several the rarest: a behaviour is what few rows are there for
        label = _quoted(f"marker:{text}")
        return f"is the target {text!r} the behaviour ({number:,} of {rows:,})? then: --label {label}"
    return "what shows the behaviour in a target? then: --label marker:TEXT, regex:PATTERN, column:NAME or gold:FILE"


def _regex(text: str) -> str:
    return _quoted(f"regex:^\\s*{re.escape(text)}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
