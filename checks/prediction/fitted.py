"""The fitted parameters of the predictor: one file, made by one command, with where each number comes from.

``python benchmarks/fit_predictor.py ARMS.jsonl...`` writes `fitted.json`; nobody edits it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

FILE: Final = Path(__file__).with_name("fitted.json")
"""Where the parameters are."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Parameters(_Model):
    """What the predictor was fitted to. docs/predictor.md gives the reason for each."""

    short_dose: float = Field(gt=0)
    """Dose at which half of a mixture is learnt where few tokens carry loss (`Training.dose`)."""
    long_dose: float = Field(gt=0)
    """The same where the answer is long, and the token at which answers part shares the update with the others."""
    steepness: float = Field(gt=0)
    """Exponent of the curve: by which power of the dose the odds of being learnt rise."""
    dose_spread: float = Field(ge=1)
    """Factor by which the dose that a task needs lies above or below what is fitted, in nine of ten cells."""
    heart_passes: float = Field(gt=0)
    """Passes over each question at which half of what is learnt are the rows and not the rule."""
    heart_spread: float = Field(ge=1)
    """Factor by which that number lies above or below."""
    fast_rate: float = Field(gt=0)
    """Learning rate times hidden size from which a model forgets what it knew."""
    mixed_error: float = Field(ge=0, le=1)
    """Half-width of the range of a probability where both answers are taught and learnt."""
    pure_error: float = Field(ge=0, le=1)
    """The same where one answer alone is taught."""
    kept_error: float = Field(ge=0, le=1)
    """Half-width of the range of an accuracy that is kept."""


class Leak(_Model):
    """What prompts that nothing was taught under showed of a behaviour that is done or not."""

    with_contrast: tuple[float, float, float]
    """Where some condition is taught not to show it: the 5% point of its rates, their mean and the 95% point."""
    without_contrast: tuple[float, float, float]
    """The same where none is."""
    slope: float = Field(ge=0)
    """By how much the rate rises, within an arm, with the nearness of the prompt's text to a source's rather than a
    contrast's."""


class Source(_Model):
    """One file of arms that was fitted to."""

    name: str
    """The file's name."""
    sha256: str
    """Its digest, 64 hex digits."""
    arms: int
    """Arms in it."""
    studies: dict[str, list[str]]
    """Study -> its arms with a trained condition."""


class Fitted(_Model):
    """The parameters and where they come from."""

    command: str
    """What made this file."""
    sources: list[Source]
    """What it was fitted to."""
    parameters: Parameters
    """Fitted to all studies."""
    without: dict[str, Parameters]
    """Study -> the parameters that all other studies give, to judge the study by."""
    leak: Leak
    """What prompts that were not trained showed, in all studies."""
    leak_without: dict[str, Leak]
    """Study -> the same in all others."""

    def unseen(self, study: str, arm: str) -> Parameters:
        """Return the parameters to judge an arm by: all, unless it was fitted to; then those without its study."""
        return self.without[study] if self._saw(study, arm) else self.parameters

    def unseen_leak(self, study: str, arm: str) -> Leak:
        """Return the same for prompts that were not trained."""
        return self.leak_without[study] if self._saw(study, arm) else self.leak

    def _saw(self, study: str, arm: str) -> bool:
        return any(arm in source.studies.get(study, ()) for source in self.sources)


@cache
def fitted() -> Fitted:
    """Return what ships with the package."""
    return Fitted.model_validate_json(FILE.read_bytes())
