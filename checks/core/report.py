"""What an audit says as a whole: conditions, findings, and whether it could look everywhere."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from builders.schema import Level, ResolvedBy, Role, SystemState
from builders.version import DISTRIBUTION, tool_version
from checks.core.finding import Finding, Prediction, without
from checks.core.predictor import BehaviourKind
from checks.prediction.training import NOTHING, Known

Status = Literal["findings", "clean", "incomplete"]
"""`incomplete`: something could not be looked at, so the absence of findings means nothing."""

SCHEMA_VERSION = 1
"""Version of the JSON that `audit scan --format json` prints; it rises with any change that breaks a reader."""


class ToolInfo(BaseModel):
    """Which tool said it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    """The distribution's name."""
    version: str
    """Its version."""


def tool_info() -> ToolInfo:
    """Return this tool's name and version."""
    return ToolInfo(name=DISTRIBUTION, version=tool_version())


class TemplateInfo(BaseModel):
    """Which chat template the rows were read through."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    """What the user calls it."""
    sha256: str
    """Digest of its source, 64 hex digits."""
    renderer: str
    """The training stack whose rules applied: `transformers` or `llamafactory`."""
    origin: str
    """Which one it is and why it was used, as a sentence."""


class GivenReport(BaseModel):
    """Rows of a condition that say the same of the system prompt."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    state: SystemState
    """What they say."""
    text: str | None
    """The system text where the state is `text`, shortened."""
    persona: str | None
    """The persona that they name."""
    rows: int = Field(ge=0)
    """How many they are."""
    behaviour: int = Field(ge=0)
    """Those that teach the behaviour."""
    preserved: int = Field(ge=0)
    """Those that teach what is to be preserved."""
    unlabelled: int = Field(ge=0)
    """Those of which nobody can say."""


class ConditionReport(BaseModel):
    """One condition: all rows that share a resolved prefix."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    condition: str
    """Digest of the resolved prefix, 64 hex digits."""
    resolved_system: str | None
    """The system prompt as the model sees it; None where it sees none."""
    resolved_by: ResolvedBy
    """How it came; the one of the most rows where system states differ."""
    carrier: str | None = None
    """What its rows hold beside the prompt and others of the prompt do not; None where nothing tells them apart."""
    personas: list[str]
    """Names that the rows give it, sorted."""
    system_states: list[SystemState]
    """What the rows themselves say, sorted."""
    role: Role | None
    """Its role in the contrast; None where nothing is known of it."""
    behaviour: int = Field(ge=0)
    """Rows that teach the behaviour."""
    preserved: int = Field(ge=0)
    """Rows that teach what is to be preserved."""
    unlabelled: int = Field(ge=0)
    """Rows of which nobody can say."""
    given: list[GivenReport] = Field(default_factory=list)
    """What its rows say of the system prompt, the most rows first, eight at most."""
    options: dict[int, int] = Field(default_factory=dict)
    """Number of options -> rows whose question offers that many, in question data."""
    known: Known = NOTHING
    """What the prediction rests on beside the counts."""
    prediction: Prediction
    """What a model that imitates this mixture does."""
    context: str | None = None
    """What tells it apart beside its system prompt, as a phrase; left out where nothing does."""

    @model_serializer(mode="wrap")
    def _without_context(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "context")


class Untested(BaseModel):
    """A check that found nothing because something that it needs was not there."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    code: str
    """The check's code."""
    name: str
    """The check's name."""
    why: str
    """What it had to do without, as a phrase."""


class DatasetReport(BaseModel):
    """The audit of one dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    """What it is called, for example `issue-96/assistant`."""
    digest: str
    """sha256 of its rows in their order, 64 hex digits; `rows_digest` where an engine reads them in no order."""
    rows_digest: str | None = None
    """Digest of its rows in any order and however they are divided into files, each as often as it stands there; left
    out for what is no dataset of rows."""
    rows: int = Field(ge=0)
    """How many rows were read."""
    status: Status
    """Of this dataset alone."""
    notes: list[str] = Field(default_factory=list)
    """What was decided without being told: tags found, roles inferred, rows skipped."""
    kind: BehaviourKind | None = None
    """What is taught: `wrong_option`, `marker` or `free_text`; None where nobody knows."""
    level: Level | None = None
    """How the rows and what was published of them are known, the weakest of it: from `code`, a `write-up` or
    `second-hand`; None for rows that were read as they are."""
    placeholder: bool = False
    """Whether targets stand for answers that could not be rebuilt: counts are read from them, texts are not."""
    published: float | None = Field(default=None, ge=0, le=1)
    """The rate of preserved answers that was published for this arm; None where none was."""
    conditions: list[ConditionReport]
    """Sources first, then the largest; a thousand at most."""
    further: int | None = Field(default=None, ge=1)
    """How many more conditions there are; left out where all are listed."""
    findings: list[Finding]
    """Worst first; suppressed ones included and marked."""
    untested: list[Untested] = Field(default_factory=list[Untested])
    """Checks that could not look, or not everywhere, by code: their finding nothing means nothing."""
    gaps: list[str] | None = None
    """Why it is `incomplete`, one clause each; left out where it is not."""
    trainer: str | None = None
    """Whose rules decided which answers are trained, as a phrase; left out for rows that were composed."""
    turns: int | None = Field(default=None, ge=0)
    """How many answers are trained, which is what counts are of; left out where every row has one."""

    @model_serializer(mode="wrap")
    def _without_turns(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "further", "trainer", "turns", "rows_digest", "gaps")


class Report(BaseModel):
    """What `audit scan` found, in full."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    """Version of this object's shape."""
    tool: ToolInfo
    """Which tool said it."""
    target: str
    """What was asked for."""
    status: Status
    """`incomplete` if any dataset is; else `findings` if there are errors or warnings; else `clean`."""
    template: TemplateInfo | None
    """The chat template used; None where source files were checked."""
    datasets: list[DatasetReport]
    """One audit per dataset, in the order of the targets."""

    def findings(self) -> list[Finding]:
        """Return all findings that are not suppressed, in order."""
        return [
            finding for dataset in self.datasets for finding in dataset.findings if not finding.suppressed
        ]
