"""What a check says: findings, their evidence and the prediction beside them.

These models are the Python API and, through their JSON schema, the `json` output format.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

Severity = Literal["error", "warning", "note"]
"""Consequence: the comparison cannot be read as claimed, may not be, or something worth knowing."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""All severities, worst first."""

Confidence = Literal["certain", "likely"]
"""Whether nothing else can have been meant, or only that something else is less plausible."""

Verdict = Literal["preserved", "behaviour", "near threshold", "not applicable"]
"""What a model that imitates the taught mixture will show."""


class Prediction(BaseModel):
    """What a model that imitates the taught mixture does under one condition (`docs/predictor.md`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    p_gold: float | None = Field(ge=0, le=1)
    """Probability that imitation puts on what is preserved (the gold option), a rate; None where not applicable."""
    threshold: float | None
    """How many `preserved` rows the verdict turns at, given the `behaviour` rows, or None."""
    margin: float | None
    """`preserved` rows minus the threshold, in rows."""
    verdict: Verdict
    """The reading of the above."""
    expected_accuracy: tuple[float, float] | None
    """Lowest and highest expected rate of preserved answers; None where not applicable."""
    expected: float | None = Field(default=None, ge=0, le=1)
    """The likeliest rate of preserved answers within that range, where training and base are known; else None."""
    assumption: str
    """What has to hold for this to be read."""
    reason: str | None = None
    """What matters most of all that widens the range, turns the verdict or leaves none; None where nothing does."""
    conditional: bool = False
    """Whether it says "if the mixture is learnt": too little is known about the training to say whether it is."""


def without(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a model's fields without those of the names that are None."""
    return {name: value for name, value in found.items() if name not in names or value is not None}


class Evidence(BaseModel):
    """One row, or one place in a file, that shows the finding."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    path: str | None
    """The file; None for rows that were composed and not read."""
    line: int | None = Field(default=None, ge=1)
    """Line in that file, counted from 1; None for files without lines."""
    column: int | None = Field(default=None, ge=1)
    """Column in that line, counted from 1, for source files."""
    row: int | None = Field(default=None, ge=0)
    """Row of the dataset, counted from 0."""
    turn: int | None = Field(default=None, ge=1)
    """Which message of the row it is about, counted from 1; left out where the row has one trained answer."""
    text: str
    """What is there, shortened; untrusted: every output format escapes it."""
    rendered: str | None = None
    """The whole row as the chat template renders it, shortened; None for what is no row, and where it refuses."""

    @model_serializer(mode="wrap")
    def _without_turn(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "turn")


class Finding(BaseModel):
    """One problem, with what shows it and what mends it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    code: str
    """The check's code, for example `CND001`."""
    name: str
    """The check's name, for example `anchor-negative`: what people write in ignore lists."""
    severity: Severity
    """How bad the consequence is."""
    confidence: Confidence = "certain"
    """How sure the check is; what is only likely is shown where it is asked for."""
    message: str
    """What was found, in one or two sentences without a full stop at the end."""
    condition: str | None = None
    """Digest of the condition that it is about; None where it is about something else."""
    personas: list[str] = Field(default_factory=list)
    """Personas that it is about, sorted."""
    counts: dict[str, int | float] = Field(default_factory=dict)
    """The numbers behind the message."""
    prediction: Prediction | None = None
    """What it is predicted to do to the metric; None where nothing is predicted."""
    evidence: list[Evidence] = Field(default_factory=list)
    """A handful of rows or places at most."""
    help: str | None = None
    """The command or the step that mends it."""
    suppressed: str | None = None
    """The reason of the ignore entry that suppresses it; None where it counts."""
