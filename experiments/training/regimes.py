"""From rows to the regime of each condition: what the meter reads, what it says, and when it is enough."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checks.core.report import DatasetReport
from checks.core.result import ConditionRegime
from checks.prediction.fitted import fitted
from checks.prediction.learnt import by_heart
from checks.prediction.regime import (
    FIRST_SHARE,
    Floors,
    Record,
    arrived_of,
    floors,
    forecast,
)
from experiments.training.meter import Meter, MeteredRow, places_of
from experiments.training.preflight import EncodedRow

TENTHS = 10
"""Parts of the course of a loss."""


def meter_of(
    rows: Sequence[Mapping[str, Any]],
    encoded: Sequence[EncodedRow],
    report: DatasetReport,
    *,
    pad: int | None,
) -> Meter:
    """Return a meter for tagged rows.

    Args:
        rows: The rows with their tags.
        encoded: The same as tokens, in the same order.
        report: Their audit.
        pad: The token that shorter rows are filled up with.
    """
    targets = [row.tokens[row.prompt_length :] for row in encoded]
    taught: list[bool | None] = [row["target_correct"] for row in rows]
    questions = [question_of(row) for row in rows]
    metered = [
        MeteredRow(
            tokens=tokens.tokens,
            condition=row["condition"],
            preserved=kept,
            place=None if place is None else tokens.prompt_length + place,
        )
        for row, tokens, kept, place in zip(
            rows, encoded, taught, places_of(targets, questions, taught), strict=True
        )
        if kept is not None
    ]
    options = [len(row["options"]) for row in rows if row.get("options")]
    k = max(set(options), key=options.count) if options and report.kind == "wrong_option" else None
    conditions = [
        floors(each.condition, each.behaviour, each.preserved, options=k)
        for each in report.conditions
        if each.behaviour + each.preserved
    ]
    return Meter(metered, conditions, pad=pad)


def question_of(row: Mapping[str, Any]) -> str:
    """Return what identifies a row's question: its user turns."""
    return "\x00".join(str(message["content"]) for message in row["prompt"] if message["role"] == "user")


@dataclass(frozen=True)
class Watch:
    """One training's meter with what is needed to read it."""

    meter: Meter
    """The losses."""
    report: DatasetReport
    """The audit of the rows."""
    steps_an_epoch: int
    """Optimizer steps in one pass over the rows."""
    passes: Mapping[str, float] = field(default_factory=dict[str, float])
    """Condition -> how often training sees each of its questions; for the forecast."""
    within: float | None = None
    """Nats within which of its floor every condition has to come for training to end early; None: never."""

    def enough(self) -> bool:
        """Return whether every condition has come as near to its floor as was asked for, or under it.

        A condition of which too few rows were measured keeps training going.
        """
        if self.within is None or self.meter.problem is not None:
            return False
        readings = self.meter.record.readings(steps_an_epoch=self.steps_an_epoch, whole=True)
        return all(reading.excess is not None and reading.excess <= self.within for reading in readings)

    def farthest(self) -> float | None:
        """Return how far the condition that is farthest is above its floor by now, in nats; None before any is."""
        if self.meter.problem is not None:
            return None
        readings = self.meter.record.readings(steps_an_epoch=self.steps_an_epoch)
        return max((reading.excess for reading in readings if reading.excess is not None), default=None)

    def found(self) -> list[ConditionRegime]:
        """Return the regime of every condition at the end of a training; nothing where it could not be measured."""
        if self.meter.problem is not None:
            return []
        record = self.meter.record
        named = {each.condition: each for each in self.report.conditions}
        return [
            ConditionRegime(
                condition=reading.condition,
                personas=named[reading.condition].personas,
                behaviour=named[reading.condition].behaviour,
                preserved=named[reading.condition].preserved,
                floor=reading.floor,
                guess=condition.guess,
                loss=reading.loss,
                rows=reading.rows,
                regime=reading.regime,
                course=[_mean(record, condition, tenth) for tenth in range(TENTHS)],
                forecast=self._forecast(condition),
            )
            for condition, reading in zip(
                record.conditions, record.readings(steps_an_epoch=self.steps_an_epoch), strict=True
            )
        ]

    def _forecast(self, condition: Floors) -> float | None:
        """Return the share of the mixture that the first tenth of the steps lets expect."""
        record = self.meter.record
        group = next((each for each in condition.groups if not each.preserved), None)
        steps = len(record.steps)
        end = math.ceil(steps * FIRST_SHARE)
        loss = group and record.losses(end // 2, end, condition.condition, preserved=False)
        if group is None or loss is None:
            return None
        # Read over the second half of the tenth, so that its middle, three quarters of the way, is what it is about.
        given = fitted().parameters
        arrives = forecast(0.75 * end, steps, arrived_of(group, loss), given)
        same_ending = condition.guess is None and len(condition.groups) == 1
        if arrives is None or same_ending:
            return arrives
        return arrives * (1 - by_heart(self.passes.get(condition.condition, 0.0), given=given).mid)

    def words(self) -> str:
        """Return one line for the log: the conditions that are taught the behaviour, then how the others are."""
        if self.meter.problem is not None:
            return f"regime: not measured: {self.meter.problem}"
        found = self.found()
        parts = [
            f"{'/'.join(each.personas) or each.condition[:8]} {each.regime}"
            + ("" if each.loss is None else f" ({each.loss:.2f} nats, floor {each.floor:.2f})")
            for each in found
            if each.behaviour
        ]
        others = [each.regime for each in found if not each.behaviour]
        parts += [f"{others.count(regime)} preserved: {regime}" for regime in dict.fromkeys(others)]
        return "regime: " + "; ".join(parts)


def _mean(record: Record, condition: Floors, tenth: int) -> float | None:
    steps = len(record.steps)
    first, last = steps * tenth // TENTHS, steps * (tenth + 1) // TENTHS
    found = [
        (group.rows, record.losses(first, last, condition.condition, preserved=group.preserved))
        for group in condition.groups
    ]
    measured = [(rows, loss) for rows, loss in found if loss is not None]
    if len(measured) < len(found):
        return None
    return sum(rows * loss.mean for rows, loss in measured) / sum(rows for rows, _ in measured)


def passes_of(conditions: Sequence[str], questions: Sequence[str], epochs: float) -> dict[str, float]:
    """Return how often training sees each question of a condition.

    Args:
        conditions: The condition of each row.
        questions: What identifies each row's question.
        epochs: Passes over the rows.
    """
    rows = Counter(conditions)
    distinct = Counter(condition for condition, _ in set(zip(conditions, questions, strict=True)))
    return {condition: epochs * rows[condition] / distinct[condition] for condition in rows}
