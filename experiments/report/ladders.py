"""What came of a plan's ladders, as the ledger keeps it: `experiments.study.ladder` says what a ladder is."""

from __future__ import annotations

from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class RungNote(_Model):
    """One rung's accuracy, over all seeds that the study was asked for."""

    arm: str
    """The arm."""
    before: tuple[int, int] | None
    """Right answers and answers before training; None where that was not measured."""
    after: tuple[int, int]
    """The same after training."""

    @property
    def lost(self) -> Fraction | None:
        """Accuracy before training minus that after it, exact: a loss of just as much as is allowed is not more."""
        if self.before is None or not self.before[1] or not self.after[1]:
            return None
        return Fraction(*self.before) - Fraction(*self.after)

    @property
    def words(self) -> str:
        """What it lost, for example ``lost 8.2 points, 84.0% to 75.8%``."""
        if self.lost is None or self.before is None:
            return "not measured before and after training"
        before, after = (correct / total for correct, total in (self.before, self.after))
        return f"lost {100 * float(self.lost):.1f} points, {before:.1%} to {after:.1%}"


class LadderNote(_Model):
    """Which rung of a ladder was the first to lose more than the plan allows, and what follows."""

    ladder: str
    """The ladder's name."""
    experiment: str
    """The experiment that its rungs belong to."""
    loses: float
    """A rung counts where it loses more than this share."""
    rungs: list[str]
    """Its arms, in rising order."""
    measured: list[RungNote]
    """Those that were run, in the same order: what it was decided on."""
    first: str | None = None
    """The first that lost more; None where none did, or where that cannot be said."""
    undecided: str | None = None
    """Why it cannot be said; None where it can."""
    reference: str | None = None
    """The arm that is trained beside the first."""
    dataset: str | None = None
    """What the reference trains on."""
    seeds: list[int] = Field(default_factory=list[int])
    """The seeds that the first is trained with beside those that it has."""
    followed: bool = True
    """Whether what follows is run; not so where the user named the arms to run."""

    @property
    def verdict(self) -> str:
        """Which rung it is, as part of a sentence."""
        if self.undecided is not None:
            return f"not decided: {self.undecided}"
        loses = f"more than {100 * self.loses:g} points"
        if self.first is None:
            return f"no rung lost {loses}, so nothing follows"
        return f"{self.first} is the first rung that lost {loses}"
