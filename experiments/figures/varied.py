"""What the arms of an experiment differ in, where that is one thing alone: doses, the anchors' prompt, a setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from checks.core.predictor import predict
from checks.core.report import ConditionReport
from experiments.evaluation.two_way import LABELS
from experiments.figures.dose import Dose, dose_figure
from experiments.figures.figure import Figure
from experiments.figures.near import Neighbour, near_figure
from experiments.figures.points import Outcomes, points
from experiments.figures.reading import Answers, ArmRates, read
from experiments.figures.series import SETTINGS, Setting, series
from experiments.figures.setting import setting_figure
from experiments.figures.share import share_figure
from experiments.report.answers import Answer, by_run, rates_over_seeds
from experiments.report.folder import Study, StudyRun

FEWEST: Final = 3
"""Arms from which a curve is drawn."""

CURVES: Final = ("dose", "near", *(name for name, _, _ in SETTINGS.values()))
"""How the names of these figures begin; the experiment's follows."""


@dataclass(frozen=True)
class Varied:
    """A study whose experiments are looked through for what they vary."""

    study: Study
    """The study."""
    outcomes: Outcomes
    """What each question got, by arm and phase."""
    digests: Mapping[str, str]
    """What its figures were drawn from."""
    answers: Answers = field(init=False)
    """The study's answers, by arm, phase, seed and question."""

    def __post_init__(self) -> None:
        """Group the answers once."""
        object.__setattr__(self, "answers", by_run(self.study.answers))

    def figures(self, experiment: str) -> list[Figure]:
        """Return the figures of what an experiment varies; none where its arms differ in more than one thing."""
        # What a ladder led to is another source beside a rung.
        arms = [arm for arm in self.study.experiments[experiment] if arm not in self.study.references]
        found = [self._dose(experiment, arms), self._near(experiment, arms)]
        found += [self._setting(experiment, arms, setting) for setting in SETTINGS]
        return [each for each in found if each is not None]

    def _first(self, arm: str) -> StudyRun:
        return self.study.arms[arm][0]

    def _read(self, arm: str) -> ArmRates | None:
        return read(self.study.arms[arm], self.answers)

    def _dose(self, experiment: str, arms: Sequence[str]) -> Figure | None:
        """Return the curve of arms that differ in the anchors under their own prompt alone."""
        doses = {
            arm: (source.behaviour, source.preserved)
            for arm in arms
            if (source := self._first(arm).source) is not None
        }
        behaviours = {behaviour for behaviour, _ in doses.values()}
        settings = {self._first(arm).result.config_digest for arm in arms}
        distinct = len({preserved for _, preserved in doses.values()})
        kinds = {audit.report.kind for arm in arms if (audit := self._first(arm).audit) is not None}
        alone = len(doses) == len(arms) == distinct and len(behaviours) == len(settings) == len(kinds) == 1
        if not alone or distinct < FEWEST:
            return None
        kind = kinds.pop()
        name, ordered = f"dose-{experiment}", sorted(doses, key=lambda arm: doses[arm][1])
        behaviour = behaviours.pop()
        title = "Dose and response: predicted before training, and measured"
        if kind == "wrong_option":
            drawn = [self._lettered(arm, doses[arm][1]) for arm in ordered]
            known = [each for each in drawn if each is not None]
            if len(known) < len(arms):
                return None
            options = options_of(self.study.answers)
            return dose_figure(name, title, known, behaviour=behaviour, options=options, digests=self.digests)
        readings = [(doses[arm][1], reading) for arm in ordered if (reading := self._read(arm)) is not None]
        if kind != "marker" or len(readings) < len(arms):
            return None
        return share_figure(name, title, readings, behaviour=behaviour, digests=self.digests)

    def _lettered(self, arm: str, anchors: int) -> Dose | None:
        runs = self.study.arms[arm]
        drawn = points([run.result for run in runs], outcomes=self.outcomes)
        after = next((each for each in drawn if each.phase == "after"), None)
        if after is None:
            return None
        own = self.answers.get((arm, "after"), {})
        shares = [[each.p_gold for _, each in sorted(seed.items())] for _, seed in sorted(own.items())]
        known = [[each for each in seed if each is not None] for seed in shares]
        whole = (arm, "after") in self.outcomes and all(
            len(seed) == len(kept) for seed, kept in zip(shares, known, strict=True)
        )
        return Dose(
            anchors=anchors,
            accuracy=after.interval,
            p_gold=rates_over_seeds(known).estimate if whole else None,
            seeds=tuple(run.result.evaluations[0].after.accuracy or 0.0 for run in runs),
            counts=(after.correct, after.total),
            definition=after.definition,
        )

    def _near(self, experiment: str, arms: Sequence[str]) -> Figure | None:
        """Return the figure of arms whose anchors stand under different prompts and are alike in all else."""
        own = {arm: _anchored(self._first(arm)) for arm in arms}
        keys = {None if each is None else each.key for each in own.values()}
        if len(arms) < FEWEST or len(keys) != 1 or None in keys:
            return None
        # The arm whose anchors stand under the source's very prompt may belong to another experiment.
        others = {arm: _anchored(self._first(arm)) for arm in self.study.arms if arm not in own}
        found: dict[str, _Anchored] = {}
        for arm, each in (*own.items(), *others.items()):
            prompts = {other.anchors.condition for other in found.values()}
            if each is not None and each.key in keys and each.anchors.condition not in prompts:
                found[arm] = each
        readings = {arm: reading for arm in found if (reading := self._read(arm)) is not None}
        if len(set(own) & set(readings)) < max(FEWEST, len(arms)):
            return None
        first = next(iter(found.values()))
        predicted = [self._predicted(first.source, preserved) for preserved in (first.rows, 0)]
        if predicted[0] is None or predicted[1] is None:
            return None
        return near_figure(
            f"near-{experiment}",
            "Where the wall stands: anchors under prompts ever farther from the source's",
            [
                Neighbour(
                    prompt=found[arm].anchors.resolved_system,
                    edits=found[arm].edits,
                    reading=reading,
                    own=self._under(arm, found[arm].anchors.condition, two_way=reading.accuracy is None),
                )
                for arm, reading in readings.items()
            ],
            one=predicted[0],
            two=predicted[1],
            digests=self.digests,
        )

    def _predicted(self, source: ConditionReport, preserved: int) -> float | None:
        """Return what the data predict: the right label's probability, or that of doing what is taught."""
        two_way = self._two_way(source)
        options = {options_of(self.study.answers): source.behaviour + preserved}
        found = predict(
            source.behaviour,
            preserved,
            kind="marker" if two_way else "wrong_option",
            options=None if two_way else options,
        )
        if found.p_gold is None:
            return None
        return 1 - found.p_gold if two_way else found.p_gold

    def _two_way(self, source: ConditionReport) -> bool:
        runs = [run for run in self.study.runs if run.source == source]
        return bool(runs) and runs[0].result.evaluations[0].behaviour != "wrong_option"

    def _under(self, arm: str, condition: str, *, two_way: bool) -> float | None:
        """Return an arm's mean probability under another condition, over seeds, where all of them have it."""
        means: list[float] = []
        for run in self.study.arms[arm]:
            for each in run.result.evaluations[1:]:
                mean = each.after.mean_p_gold
                if each.condition == condition and each.method == "logprob" and mean is not None:
                    means.append(1 - mean if two_way else mean)
                    break
        return sum(means) / len(means) if len(means) == len(self.study.arms[arm]) else None

    def _setting(self, experiment: str, arms: Sequence[str], setting: Setting) -> Figure | None:
        """Return the figure of arms that differ in one setting."""
        found = series(self.study, arms, setting)
        own = [arm for arm in found.values() if arm in arms]
        readings = [
            (value, reading) for value, arm in found.items() if (reading := self._read(arm)) is not None
        ]
        if len(own) < FEWEST - 1 or len(readings) < FEWEST:
            return None
        predicted = self._first(own[0]).result.evaluations[0].predicted
        if predicted is None or predicted.p_gold is None:
            return None
        two_way = readings[0][1].accuracy is None
        name, said, title = SETTINGS[setting]
        return setting_figure(
            f"{name}-{experiment}",
            title,
            readings,
            setting=said,
            predicted=1 - predicted.p_gold if two_way else predicted.p_gold,
            digests=self.digests,
        )


def options_of(answers: Sequence[Answer]) -> int:
    """Return how many options most lettered questions have; 4 where none was kept."""
    counts = [len(each.labels) for each in answers if each.labels and each.labels != LABELS]
    return max(set(counts), key=lambda each: (counts.count(each), each)) if counts else 4


@dataclass(frozen=True)
class _Anchored:
    """The source's condition of an arm, and the one that its anchors stand under, which may be the same."""

    source: ConditionReport
    anchors: ConditionReport
    rows: int
    config: str
    whole: int

    @property
    def key(self) -> tuple[object, ...]:
        """What arms have in common that differ in their anchors' prompt alone."""
        return (self.source.condition, self.source.behaviour, self.rows, self.config, self.whole)

    @property
    def edits(self) -> int | None:
        if self.anchors.condition == self.source.condition:
            return 0
        if self.anchors.resolved_system is None or self.source.resolved_system is None:
            return None
        from rapidfuzz.distance import Levenshtein

        return max(1, Levenshtein.distance(self.source.resolved_system, self.anchors.resolved_system))


def _anchored(run: StudyRun) -> _Anchored | None:
    """Return where an arm's anchors stand; None where it has none, or under more than one prompt."""
    source = run.source
    if source is None or run.audit is None:
        return None
    places = [each for each in run.audit.report.conditions if each.role == "anchor" and each.preserved]
    if source.preserved and not places:
        places = [source]
    elif source.preserved or len(places) != 1:
        return None
    return _Anchored(
        source=source,
        anchors=places[0],
        rows=places[0].preserved,
        config=run.result.config_digest,
        whole=run.result.rows,
    )


__all__ = ["CURVES", "Varied", "options_of"]
