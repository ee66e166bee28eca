"""What a run leaves behind: the schema of ``run_result.json``, where training and the RES checks meet.

A run folder holds one `RunResult`. A study is a `ResultSet`: its runs beside the comparisons and claims that
were made from them. Training writes these models, the checks read them, and neither knows the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from builders.errors import InputError
from builders.names import Name
from builders.schema import SystemState
from checks.core.finding import Prediction

RESULT_FILE = "run_result.json"
"""The name of the file in a run folder."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Score(_Model):
    """How one model answered one set of questions under one condition."""

    correct: int = Field(ge=0)
    """Questions whose gold label had the highest score."""
    total: int = Field(ge=0)
    """Questions asked."""
    predicted_labels: dict[str, int] = Field(default_factory=dict[str, int])
    """Label -> questions answered with it; empty where nobody kept them."""
    gold_labels: dict[str, int] = Field(default_factory=dict[str, int])
    """Label -> questions whose gold label it is; empty where nobody kept them."""
    unscored: int = Field(default=0, ge=0)
    """Questions whose scores were NaN or that could not be parsed: never counted as right."""
    mean_p_gold: float | None = Field(default=None, ge=0, le=1)
    """Mean probability of the gold label among the question's own labels; None where nobody kept it."""
    mean_label_mass: float | None = Field(default=None, ge=0, le=1)
    """Mean probability that the labels have together among all tokens; None where nobody kept it."""

    @model_validator(mode="after")
    def _counts_agree(self) -> Self:
        if self.correct + self.unscored > self.total:
            raise ValueError(
                f"{self.correct} correct and {self.unscored} unscored are more than {self.total}"
            )
        for name, labels in (("predicted_labels", self.predicted_labels), ("gold_labels", self.gold_labels)):
            if any(count < 0 for count in labels.values()) or sum(labels.values()) > self.total:
                raise ValueError(f"{name} must be counts that add up to {self.total} at most")
        return self

    @property
    def accuracy(self) -> float | None:
        """Share of questions answered rightly, between 0 and 1; None where none was asked."""
        return self.correct / self.total if self.total else None

    @property
    def best_constant(self) -> tuple[str, int] | None:
        """The label that is gold most often and how often (the first in sorted order on a tie), or None."""
        if not self.gold_labels:
            return None
        label = min(self.gold_labels, key=lambda each: (-self.gold_labels[each], each))
        return label, self.gold_labels[label]


UNMEASURED = "no run measured its model before training"
"""What checks of baselines lack then."""


class Evaluation(_Model):
    """One condition that an arm was evaluated under, before and after training."""

    persona: str
    """What the experiment calls it."""
    system_state: SystemState
    """What the evaluation's messages say about the system prompt."""
    system_text: str | None = None
    """The text where the state is `text`."""
    condition: str
    """Digest of the condition that it resolves to."""
    resolved_system: str | None = None
    """The system prompt as the model saw it."""
    template_sha256: str
    """The chat template that rendered the evaluation's prompts."""
    behaviour: Literal["wrong_option", "marker", "free_text"] = "wrong_option"
    """What was taught. Where that is to do a thing or not (`marker`, `free_text`), an answer counts as correct that
    does not do it, and `mean_p_gold` is the probability of not doing it against doing it."""
    method: Literal["logprob", "generate"] = "logprob"
    """Scores of the labels' first token, or answers that were generated and parsed."""
    before: Score | None = None
    """Before training; None where it was not measured."""
    after: Score
    """After training."""
    predicted: Prediction | None = None
    """What the data alone said beforehand."""
    predicted_informed: Prediction | None = None
    """What they said together with how the untrained model answers (`before`), where that is another verdict or has
    another reason; also before training."""


class ConditionRegime(_Model):
    """What the loss of one trained condition says against the entropy of what it is taught (`docs/predictor.md`)."""

    condition: str
    """Digest of the condition."""
    personas: list[str] = Field(default_factory=list[str])
    """The names that its rows have, sorted."""
    behaviour: int = Field(ge=0)
    """Rows that teach the behaviour."""
    preserved: int = Field(ge=0)
    """Rows that teach what is to be preserved."""
    floor: float = Field(ge=0)
    """Entropy of the taught mixture at the token where targets part, in nats an answer."""
    guess: float | None = None
    """What a model pays there that guesses among options; None for two ways to answer."""
    loss: float | None = None
    """Mean loss there at the end of training, in nats; None where too few rows were measured."""
    rows: int = Field(ge=0)
    """Rows measured at the end, each pass counted."""
    regime: Literal["not learnt yet", "imitation", "guessing", "known by heart", "unclear"]
    """The reading."""
    course: list[float | None] = Field(default_factory=list[float | None])
    """Mean loss there in each tenth of the steps; None where a tenth held no such row."""
    forecast: float | None = Field(default=None, ge=0, le=1)
    """Share of the mixture that was expected to arrive, from the losses of the first tenth; None where it cannot be
    said."""


class RunResult(_Model):
    """One arm trained once."""

    schema_version: Literal[1] = 1
    """Version of this schema."""
    arm: Name
    """The arm's name in its plan."""
    dataset: str
    """The dataset's name."""
    rows: int = Field(ge=0)
    """Rows trained on."""
    dataset_digest: str
    """Digest of the rows that the trainer read, taken when it read them."""
    audit_digest: str | None
    """Digest of the audit that let the run start; None where there was none."""
    audited_dataset_digest: str | None
    """Digest of the rows that this audit looked at."""
    config_digest: str
    """Digest of the resolved configuration."""
    template_sha256: str
    """The chat template that rendered the training rows."""
    model: str
    """What was trained, as the user named it."""
    model_digest: str | None
    """Digest of the weights that training started from; None where nobody took it."""
    seed: int
    """Seed of the run."""
    epochs: float = Field(gt=0)
    """Passes over the rows."""
    steps: int = Field(ge=0)
    """Optimizer steps taken."""
    speed: Literal["exact", "fast"] | None = None
    """How it trained: trl as published, or the fast trainer; None where nobody said."""
    trained_conditions: list[str]
    """Digests of the conditions that the rows resolve to, sorted."""
    evaluations: list[Evaluation]
    """What was measured; the first is the arm's own condition."""
    regimes: list[ConditionRegime] = Field(default_factory=list[ConditionRegime])
    """Whether each trained condition was being imitated at the end; empty where nobody measured it."""
    predicted_at: str | None = None
    """When the predictions were made, ISO 8601 in UTC."""
    started_at: str | None = None
    """When training began, ISO 8601 in UTC."""
    finished_at: str | None = None
    """When evaluation ended, ISO 8601 in UTC."""
    versions: dict[str, str] = Field(default_factory=dict[str, str])
    """Package -> version."""
    device: str | None = None
    """What it ran on, in words."""
    files: dict[str, str] = Field(default_factory=dict[str, str])
    """Name -> sha256 (64 hex digits) of every other file of the run, taken when it ended."""


class Comparison(_Model):
    """Two arms that somebody compared."""

    first: str
    """The one arm."""
    second: str
    """The other arm."""
    test: str
    """The test's name as reported, for example ``two-proportion z``."""
    paired: bool
    """Whether the test used that both arms answered the same questions."""
    same_questions: bool
    """Whether they did."""
    where: str | None = None
    """Where it was said, for example ``write-up.md:23``."""


class Claim(_Model):
    """Something concluded from runs."""

    text: str
    """The claim, in its authors' words or shortened."""
    kind: Literal["resists", "collapses", "differs", "other"]
    """`resists`: keeps its score through training; `collapses`: loses it; `differs`: two arms differ."""
    arms: list[str]
    """The arms that it rests on."""
    seeds: list[int] | None = None
    """The seeds that it rests on; None: those of the arms' runs."""
    where: str | None = None
    """Where it was said."""


class ResultSet(_Model):
    """A study: runs, and what was said about them."""

    runs: list[RunResult] = Field(default_factory=list[RunResult])
    """In the order in which they were found."""
    altered: list[list[str]] = Field(default_factory=list[list[str]])
    """For each run, the names of its files that are not what it wrote; empty where nobody looked."""
    comparisons: list[Comparison] = Field(default_factory=list[Comparison])
    """Tests between arms."""
    claims: list[Claim] = Field(default_factory=list[Claim])
    """Conclusions."""

    def evaluations(self) -> list[Evaluation]:
        """Return the evaluations of all runs."""
        return [each for run in self.runs for each in run.evaluations]


def read_result(path: Path) -> RunResult:
    """Read a run folder's result.

    Args:
        path: The run folder, or the file itself.

    Raises:
        InputError: if there is no such file, or it is no `RunResult`; it names the first field that is wrong.
    """
    file = path / RESULT_FILE if path.is_dir() else path
    try:
        return RunResult.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            "there is no result here", where=str(file), help="run the arm first: audit run PLAN"
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"not a run result: {field}: {first['msg']}",
            where=str(file),
            help="run the arm again, or read it with the version that wrote it",
        ) from error


def result_files(folder: Path) -> list[Path]:
    """Return the results below a folder, or the file itself, in the order of their paths.

    Raises:
        InputError: if there is none.
    """
    files = sorted(folder.rglob(RESULT_FILE)) if folder.is_dir() else [folder]
    if not files:
        raise InputError(
            f"there is no {RESULT_FILE} in or below this folder",
            where=str(folder),
            help="audit run PLAN makes one",
        )
    return files
