"""What a calibration says, as models: the JSON of `audit report calibration` and what its Markdown is written from.

Rates are between 0 and 1. For a behaviour that is done or not, p is the probability of doing it and *ahead* the share
of questions in which it is the likelier way; for lettered questions both are those of the right label.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from checks.stats import Interval

Design = Literal["dose", "setting", "prompt", "variant", "template", "arms"]
"""What differs between an experiment's arms: rows under the source's own prompt, a setting of training, the prompt that
its anchors have, whether rows were taken out, the chat template, or something else."""

Spread = Literal["rows and training", "training", "questions"]
"""Which luck a number's interval holds beside that of the questions: each seed drew its rows anew and trained, all
seeds trained on one draw, or there is one seed and nothing is known of others."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class LearntRange(_Model):
    """A range for one run's number, its width learnt from the runs of other arms."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""
    guaranteed: float
    """Probability, at least, with which it holds a new arm's run if arms are exchangeable; 0.95 or what so few arms
    can carry."""
    arms: int
    """Other arms that it was learnt from."""
    inside: int
    """This arm's runs that it holds."""


class ArmCalibration(_Model):
    """One arm under its own prompt."""

    arm: str
    """The arm."""
    differs: str
    """In what it differs from the others of its experiment, in words; empty where its rows say it."""
    not_claimed: str | None
    """Why the predictor claims nothing of it, so that it is in no mean error; None where it does."""
    seeds: int
    """Its seeds."""
    questions: int
    """Questions that each of them answered."""
    spread: Spread
    """Which luck its intervals hold."""
    behaviour: int
    """Rows that teach the behaviour under its own condition."""
    preserved: int
    """Rows that teach what is to be preserved there."""
    predicted: float
    """The taught share."""
    measured: Interval
    """Mean probability after training."""
    by_seed: tuple[float, ...]
    """The same for each seed, in the seeds' order."""
    predicted_range: LearntRange | None
    """Where a run's probability was to be expected, learnt from other arms; None where there is none."""
    prior_probability: float | None
    """Probability predicted with a prior, its rows fitted to the other arms; None for fewer than three arms."""
    prior_range: LearntRange | None
    """Where a run's was to be expected by it; None for fewer than four arms."""
    predicted_accuracy: float
    """Share of questions where it is predicted to be ahead: the plain threshold."""
    softened_accuracy: float | None
    """The same of the softened threshold, its noise fitted to the other arms; None where the arms are no doses."""
    softened_range: LearntRange | None
    """Where a run's was to be expected by it; None for fewer than four doses."""
    accuracy: Interval
    """Share of questions where it is ahead after training."""
    expected: tuple[float, float]
    """What was predicted to hold: of the accuracy for lettered questions, of the probability otherwise."""
    covered: int
    """Seeds for which it does."""
    verdict: str
    """What was predicted: `preserved`, `behaviour` or `near threshold`."""
    as_verdict: int | None
    """Seeds in which what the verdict says is ahead in more than half of the questions that the model knew; None for
    `near threshold`, which says neither."""

    @property
    def error(self) -> float:
        """Measured minus predicted probability."""
        return self.measured.estimate - self.predicted


class RangeCoverage(_Model):
    """How often one kind of range holds in runs that it was not learnt from, over the arms that are claimed."""

    of: Literal["p", "ahead"]
    """The number that it is for."""
    kind: Literal["shipped", "other arms", "other arms, pooled", "with a prior"]
    """`shipped`: what was predicted before the runs. `other arms`: conformal, learnt without the arm. `pooled`: the
    same without the allowance for how few arms there are, which guarantees nothing. `with a prior`: as `other arms`,
    around a prediction that is fitted to them."""
    guaranteed: float | None
    """The lowest coverage that is guaranteed, if arms are exchangeable; None where none is."""
    runs: int
    """Runs of the arms that have one."""
    inside: int
    """Runs that it holds."""
    arms: int
    """Arms that have one."""
    whole: int
    """Arms that it holds every run of."""
    width: float
    """Its mean width over arms, a rate."""


class Threshold(_Model):
    """Where along the doses the behaviour stops to be ahead."""

    predicted: float
    """Anchors at which it was predicted to."""
    measured: Interval | None
    """Anchors at which half of what the model can do is reached; None where no two doses lie on both sides."""


class SettingPoint(_Model):
    """One value of a setting."""

    arm: str
    """The arm."""
    value: float
    """The setting's value."""
    usual: bool
    """Whether it is the model's own value, which the prediction is made for."""
    error: Interval
    """Measured minus predicted probability."""
    runs: int
    """Its runs."""
    inside: int | None
    """Runs whose probability is in the range; None where there is no range."""


class SettingSeries(_Model):
    """One setting of training at several values, all else and the rows the same."""

    setting: str
    """Its key, for example `learning_rate_factor`."""
    half_width: float | None
    """Half-width of the range that is asked about, a rate; None where there is nothing to learn one from."""
    source: Literal["other arms", "shipped"] | None
    """Where it is from: learnt from arms of this study at the model's own settings, or predicted before the runs."""
    points: list[SettingPoint]
    """By value."""
    holds: tuple[float, float] | None
    """The lowest and highest value around the model's own between which the mean over seeds is in the range at every
    value; None where it is not at the own value, or there is no range."""
    unbiased: tuple[float, float] | None
    """The same of values at which the interval of the error holds zero."""


class PromptPair(_Model):
    """The source's prompt and the one that the anchors have: two conditions, or one?"""

    arm: str
    """The arm."""
    source_prompt: str | None
    """What the model sees under the source's."""
    anchor_prompt: str | None
    """And under the anchors'."""
    one_condition: bool
    """Whether both resolve to one."""
    at_source: Interval
    """Mean probability under the source's prompt."""
    at_source_predicted: float
    """The taught share there."""
    at_anchor: Interval
    """Mean probability under the anchors' prompt."""
    at_anchor_predicted: float
    """The taught share there."""
    together: float
    """The taught share of both as if they were one condition."""
    apart: Interval
    """Source's minus anchors', paired by seed and question."""

    @property
    def apart_predicted(self) -> float:
        """What that difference would be between two conditions; between one it is 0."""
        return self.at_source_predicted - self.at_anchor_predicted


class VariantDifference(_Model):
    """A dataset with rows taken out beside the same as composed, on the same seeds and questions."""

    arm: str
    """The arm with the rows taken out."""
    base: str
    """The arm as composed."""
    variant: str
    """`deconfounded` (the source's preserved rows are out) or `size_matched` (as many of others)."""
    seeds: int
    """Seeds that both were trained with."""
    predicted: float
    """Difference of the taught shares, the variant's minus the other's."""
    probability: Interval
    """Measured difference of the probability."""
    accuracy: Interval
    """Measured difference of the share of questions where it is ahead."""


class PromptCalibration(_Model):
    """One arm under another system prompt than its own."""

    arm: str
    """The arm."""
    persona: str
    """What the experiment calls the prompt."""
    relation: Literal["same", "trained", "untrained"]
    """`same`: it resolves to the arm's own; `trained`: rows have it; `untrained`: no row has."""
    predicted: float | None
    """The taught share; None for a prompt that no row has, or where nothing is predicted."""
    before: tuple[float, ...]
    """Each seed's mean probability before training; empty where it was not measured."""
    means: tuple[float, ...]
    """And after it."""
    own: tuple[float, ...]
    """And after it under the arm's own prompt."""

    @property
    def mean(self) -> float:
        """The mean over seeds, after training."""
        return sum(self.means) / len(self.means)


class Calibration(_Model):
    """The arms of one experiment and what they say together."""

    experiment: str
    """The experiment."""
    design: Design
    """What differs between its arms, which decides what is summed up."""
    two_way: bool
    """Whether the behaviour is to do a thing or not."""
    arms: list[ArmCalibration]
    """The arms, in the plan's order."""
    probability_error: Interval | None
    """Mean absolute error of the predicted probability over the arms that are claimed; None where none is."""
    prior_error: Interval | None
    """The same with a prior, each arm predicted from the study's others; None where one of them could not be."""
    prior_rows: float | None
    """Rows that the prior is worth, fitted to all arms that are claimed; None likewise."""
    accuracy_error: Interval | None
    """The same of the accuracy at the plain threshold."""
    softened_error: Interval | None
    """The same at the softened one, each arm predicted from the others; None for fewer than three doses."""
    noise: float | None
    """The softened threshold's noise fitted to all arms, in nats; None likewise."""
    threshold: Threshold | None
    """None where the arms differ in more than the dose."""
    series: list[SettingSeries]
    """For settings."""
    pairs: list[PromptPair]
    """For anchors' prompts."""
    variants: list[VariantDifference]
    """For rows taken out."""

    @property
    def claimed(self) -> list[ArmCalibration]:
        """The arms of which the predictor claims to say something."""
        return [arm for arm in self.arms if arm.not_claimed is None]


class KindCalibration(_Model):
    """All arms of one kind that the predictor claims, each counted once."""

    kind: Literal["lettered", "two-way"]
    """Lettered questions, or a behaviour that is done or not."""
    taught: Literal["both", "one"]
    """Whether both answers are taught under the arms' own prompt, or one of them alone."""
    arms: int
    """The arms."""
    runs: int
    """Their runs."""
    probability_error: Interval
    """Mean absolute error of the predicted probability."""
    prior_error: Interval | None
    """The same with a prior, each arm predicted from the others; None where one of them could not be."""
    verdicts: tuple[int, int]
    """Runs in which what was predicted to be ahead is so in most questions, of those with such a prediction."""
    ranges: list[RangeCoverage]
    """Coverage and width of each kind of range."""


class CalibrationReport(_Model):
    """All that runs say of the predictions that were made before them."""

    schema_version: Literal[1] = 1
    """Version of this schema."""
    experiments: list[Calibration]
    """In the study's order; lettered questions and behaviours that are done or not apart."""
    kinds: list[KindCalibration]
    """All experiments together."""
    other_prompts: list[PromptCalibration]
    """What arms showed under other prompts than their own."""
