"""Is the mixture being learnt? What a condition's loss says against the entropy of what it is taught.

Where two targets part, a model that imitates a mixture pays at least its entropy, and no model that has not seen the
very rows can pay less. So the loss there, beside that floor, says in which regime a training is: well above it, not
learnt yet; at it, imitation, where a prediction from the taught share applies; under it, rows known by heart. Of
letters there is one more level: what a model pays that cannot tell the right letter from a wrong one. Derivation:
``docs/predictor.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from checks.prediction.fitted import Parameters

Regime = Literal["not learnt yet", "imitation", "guessing", "known by heart", "unclear"]
"""Where training ended. `unclear`: too few rows were measured."""

TOLERANCE: Final = 0.1
"""Nats around the floor that count as at it."""
FEWEST: Final = 12
"""Rows that have to be measured before anything is said."""
LAST_SHARE: Final = 1 / 3
"""Share of the steps, at most one epoch, whose losses count as the end of training."""
LEAST_SEEN: Final = 0.05
"""Share of a mixture that has to have arrived for a forecast: less than that a model may have shown before."""
FIRST_SHARE: Final = 0.1
"""Share of the steps after which a forecast is made."""


@dataclass(frozen=True)
class Group:
    """Rows of one condition that teach one kind of target."""

    condition: str
    """Digest of the condition."""
    preserved: bool
    """What they teach."""
    floor: float
    """Mean nats that a model which imitates the condition pays where their targets part from others."""
    share: float
    """Probability that imitation puts on the target taught, on average: exp(-floor) where letters are even."""
    rows: int
    """Rows in the dataset."""


@dataclass(frozen=True)
class Floors:
    """What one condition teaches, as its loss is read."""

    condition: str
    """Its digest."""
    groups: tuple[Group, ...]
    """One or two kinds of target."""
    guess: float | None
    """Nats that a model pays which guesses among options; None where there are none."""

    @property
    def floor(self) -> float:
        """Entropy of the taught mixture, in nats an answer."""
        rows = sum(group.rows for group in self.groups)
        return sum(group.floor * group.rows for group in self.groups) / rows


def floors(
    condition: str, behaviour: int, preserved: int, *, options: int | None, favoured: float | None = None
) -> Floors:
    """Return the floors of one condition.

    Args:
        condition: Its digest.
        behaviour: Rows that teach the behaviour.
        preserved: Rows that teach what is to be preserved.
        options: How many options its questions offer; None for two ways to answer.
        favoured: Share of the questions offering it that are taught the favoured wrong letter; None: even.

    Raises:
        ValueError: if it is taught nothing.
    """
    rows = behaviour + preserved
    if rows <= 0 or behaviour < 0 or preserved < 0:
        raise ValueError("a condition without rows has no floor")
    groups: list[Group] = []
    for number, kept in ((behaviour, False), (preserved, True)):
        if number:
            below = -math.log(number / rows)
            if options and not kept:
                below += _letters(options, favoured)
            groups.append(Group(condition, kept, below, math.exp(-below), number))
    return Floors(condition, tuple(groups), math.log(options) if options else None)


def _letters(options: int, favoured: float | None) -> float:
    """Return the entropy of a wrong letter given the right one, in nats."""
    others = options - 1
    if favoured is None or others == 1:
        return math.log(others)
    rest = 1 - favoured
    spread = 0.0 if rest <= 0 else -rest * math.log(rest / max(1, others - 1))
    return spread - favoured * math.log(favoured)


@dataclass(frozen=True)
class Loss:
    """Losses of some rows of one group, in nats at the token where targets part."""

    rows: int
    """Rows measured."""
    mean: float
    """Their mean."""
    spread: float
    """Their standard deviation; 0 for one row."""
    probability: float
    """Mean probability of the target's token."""

    @classmethod
    def of(cls, losses: Sequence[float]) -> Loss | None:
        """Return the summary of losses, or None of none."""
        if not losses:
            return None
        mean = math.fsum(losses) / len(losses)
        squares = math.fsum((loss - mean) ** 2 for loss in losses)
        spread = math.sqrt(squares / (len(losses) - 1)) if len(losses) > 1 else 0.0
        return cls(len(losses), mean, spread, math.fsum(math.exp(-loss) for loss in losses) / len(losses))


@dataclass(frozen=True)
class Reading:
    """What the losses of one condition say."""

    condition: str
    """Its digest."""
    rows: int
    """Rows measured at the end of training."""
    loss: float | None
    """Mean loss at the end, in nats an answer; None where too few were measured."""
    floor: float
    """Entropy of the taught mixture."""
    regime: Regime
    """The reading."""

    @property
    def excess(self) -> float | None:
        """Loss above the floor."""
        return None if self.loss is None else self.loss - self.floor


def read(condition: Floors, losses: Mapping[bool, Loss | None]) -> Reading:
    """Return the regime of one condition.

    Args:
        condition: Its floors.
        losses: Whether a group preserves -> its losses at the end of training.
    """
    found = [(group, losses.get(group.preserved)) for group in condition.groups]
    measured = [(group, loss) for group, loss in found if loss is not None]
    rows = sum(loss.rows for _, loss in measured)
    if rows < FEWEST or len(measured) < len(found):
        return Reading(condition.condition, rows, None, condition.floor, "unclear")
    weights = [group.rows / sum(each.rows for each, _ in measured) for group, _ in measured]
    mean = sum(weight * loss.mean for weight, (_, loss) in zip(weights, measured, strict=True))
    error = math.sqrt(
        sum(
            (weight * loss.spread) ** 2 / loss.rows
            for weight, (_, loss) in zip(weights, measured, strict=True)
        )
    )
    excess, allowed = mean - condition.floor, max(TOLERANCE, 2 * error)
    regime: Regime
    if excess < -allowed:
        regime = "known by heart"
    elif excess <= allowed:
        regime = "guessing" if _guesses(condition, measured, error) else "imitation"
    elif condition.guess is not None and abs(mean - condition.guess) <= allowed:
        regime = "guessing"
    else:
        regime = "not learnt yet"
    return Reading(condition.condition, rows, mean, condition.floor, regime)


def _guesses(condition: Floors, measured: Sequence[tuple[Group, Loss]], error: float) -> bool:
    """Return whether a mixture whose mean loss is at the floor is paid for as guessing is, kind by kind.

    A mixture of both answers can cost in the mean what guessing does (a third right ones, of four options: 1.369 and
    1.386 nats), but imitation pays less for the answer that it gives more often, and guessing the same for each. Where
    the taught share is a guess's own, both are the same and imitation stands.
    """
    if condition.guess is None or len(measured) < 2:
        return False
    rows = sum(group.rows for group, _ in measured)
    to_floor = sum(group.rows * abs(loss.mean - group.floor) for group, loss in measured) / rows
    to_guess = sum(group.rows * abs(loss.mean - condition.guess) for group, loss in measured) / rows
    return to_floor - to_guess > max(2 * error, 1e-9)


@dataclass
class Record:
    """The losses of one training, step by step; what a trainer feeds and everything else reads."""

    conditions: tuple[Floors, ...]
    """What is taught."""
    steps: list[dict[tuple[str, bool], list[float]]] = field(
        default_factory=list[dict[tuple[str, bool], list[float]]]
    )
    """Of each optimizer step, (condition, preserved) -> losses of its rows."""

    def losses(self, first: int, last: int, condition: str, *, preserved: bool) -> Loss | None:
        """Return the losses of one group in steps `first` to `last`, the latter left out."""
        key = (condition, preserved)
        return Loss.of([loss for step in self.steps[first:last] for loss in step.get(key, ())])

    def readings(
        self, *, steps_an_epoch: int, end: int | None = None, whole: bool = False
    ) -> tuple[Reading, ...]:
        """Return the regime of each condition at the end of training, or after so many steps.

        Args:
            steps_an_epoch: Steps in one pass over the rows.
            end: Steps after which to read; all where None.
            whole: Whether to read the whole last pass, and not the last third of all steps where that is less.
        """
        done = len(self.steps) if end is None else end
        window = steps_an_epoch if whole else max(1, min(steps_an_epoch, math.ceil(done * LAST_SHARE)))
        return tuple(
            read(
                each,
                {
                    group.preserved: self.losses(
                        max(0, done - window), done, each.condition, preserved=group.preserved
                    )
                    for group in each.groups
                },
            )
            for each in self.conditions
        )


def forecast(early: float, full: float, arrived: float, given: Parameters) -> float | None:
    """Return the share of a mixture that will have arrived, from what had arrived early on.

    The curve of `checks.prediction.learnt` has one unknown that is not in the data: the dose at which a task is half
    learnt. What arrived at a known dose says where that is.

    Args:
        early: Dose up to then, in any unit.
        full: Dose in all, in the same unit.
        arrived: Share of the mixture that had arrived then, between 0 and 1.
        given: The fitted parameters.

    Returns:
        The share, between 0 and 1; None where so little had arrived that it may as well have been there before.

    Raises:
        ValueError: if a dose is not positive.
    """
    if early <= 0 or full <= 0:
        raise ValueError("doses are positive")
    if arrived < LEAST_SEEN:
        return None
    if arrived >= 1:
        return 1.0
    odds = arrived / (1 - arrived) * (full / early) ** given.steepness
    return odds / (1 + odds)


def arrived_of(group: Group, loss: Loss) -> float:
    """Return the share of the mixture that a group's probabilities show, between 0 and 1.

    A model that had put nothing on a target and imitates in part of what it does puts that part of the taught share on
    it.
    """
    return min(1.0, loss.probability / group.share)


def decision(own: Sequence[int], others: Sequence[Sequence[int]]) -> int | None:
    """Return where a target parts from the nearest of other targets, as a place in its tokens.

    Args:
        own: Tokens of the target.
        others: Tokens of other targets of the same question; equal ones are left out.

    Returns:
        The first place where it differs from the one that it shares most with; None where nothing differs.
    """
    shared = [_shared(own, other) for other in others if list(other) != list(own)]
    place = max(shared, default=None)
    return None if place is None or place >= len(own) else place


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    for place, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return place
    return min(len(one), len(other))
