"""One experiment: its arms' table, and what they say together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from auditor.formats.escape import markdown
from auditor.studies.calibration.designs import pairs, series, variants
from auditor.studies.calibration.words import ends, interval, points
from auditor.studies.clean_result.words import name, percent, plural, table
from experiments.report.calibration.tables import ArmCalibration, Calibration, Design, LearntRange, Spread

HEADING: Final[dict[Design, str]] = {
    "dose": "rows under the source's own prompt",
    "setting": "a setting of training",
    "prompt": "the prompt that the anchors have",
    "variant": "whether rows are taken out",
    "template": "the chat template",
    "arms": "the arms' data",
}
"""What differs between arms, in words."""

SPREAD: Final[dict[Spread, str]] = {
    "rows and training": "each seed drew its rows anew and trained once, so that intervals hold the luck of both",
    "training": "all seeds trained on one draw of rows, so that intervals hold the luck of training alone",
    "questions": "there is one seed, so that intervals hold the luck of the questions alone",
}
"""Which luck intervals hold, in words."""


def experiment(found: Calibration) -> list[str]:
    """Return an experiment's section."""
    what = "the behaviour" if found.two_way else "the right label"
    said = (
        f"What differs: {HEADING[found.design]}. p: mean probability of {what}. ahead: share of questions in which it "
        f"is the likeliest answer. {_spread(found.arms)}"
    )
    return [
        f"## {name(found.experiment)}",
        "",
        said,
        "",
        _probabilities(found.arms),
        "",
        _ahead(found.arms),
        "",
        *pairs(found.pairs, what),
        *variants(found.variants),
        *series(found.series),
        *_summary(found),
    ]


def _probabilities(arms: Sequence[ArmCalibration]) -> str:
    differs = any(arm.differs for arm in arms)
    prior = any(arm.prior_probability is not None for arm in arms)
    header = [
        "arm",
        *(["what differs"] if differs else []),
        "behaviour / preserved rows",
        "seeds x questions",
        "p predicted",
        "p measured (95% interval)",
        "error, points",
        "range for a run (runs in it)",
        *(["p with a prior", "range for a run (runs in it)"] if prior else []),
    ]
    rows = [
        [
            name(arm.arm),
            *([markdown(arm.differs) or "-"] if differs else []),
            f"{arm.behaviour} / {arm.preserved}",
            f"{arm.seeds} x {arm.questions}",
            percent(arm.predicted),
            interval(arm.measured),
            f"{100 * arm.error:+.1f}",
            _learnt(arm.predicted_range, arm.seeds),
            *([_percent(arm.prior_probability), _learnt(arm.prior_range, arm.seeds)] if prior else []),
        ]
        for arm in arms
    ]
    return table(header, rows)


def _ahead(arms: Sequence[ArmCalibration]) -> str:
    softened = any(arm.softened_accuracy is not None for arm in arms)
    header = [
        "arm",
        "ahead predicted",
        *(["softened", "range for a run (runs in it)"] if softened else []),
        "ahead measured (95% interval)",
    ]
    rows = [
        [
            name(arm.arm),
            percent(arm.predicted_accuracy),
            *([_percent(arm.softened_accuracy), _learnt(arm.softened_range, arm.seeds)] if softened else []),
            interval(arm.accuracy),
        ]
        for arm in arms
    ]
    return table(header, rows)


def _spread(arms: Sequence[ArmCalibration]) -> str:
    kinds: dict[Spread, None] = dict.fromkeys(arm.spread for arm in arms)
    if len(kinds) == 1:
        said = SPREAD[next(iter(kinds))]
        return f"{said[0].upper()}{said[1:]}."
    parts = (
        f"{', '.join(name(arm.arm) for arm in arms if arm.spread == kind)}: {SPREAD[kind]}" for kind in kinds
    )
    return f"{'; '.join(parts)}."


def _percent(rate: float | None) -> str:
    return "-" if rate is None else percent(rate)


def _learnt(found: LearntRange | None, seeds: int) -> str:
    return "-" if found is None else f"{ends(found.low, found.high)} ({found.inside} of {seeds})"


def _summary(found: Calibration) -> list[str]:
    claimed, lines = found.claimed, list[str]()
    left = [arm for arm in found.arms if arm.not_claimed is not None]
    if left:
        why: dict[str, list[str]] = {}
        for arm in left:
            # What differs is in the table already.
            reason = "another setting of training" if arm.not_claimed == arm.differs else str(arm.not_claimed)
            why.setdefault(reason, []).append(name(arm.arm))
        said = "; ".join(f"{', '.join(arms)} ({markdown(reason)})" for reason, arms in why.items())
        lines.append(f"* The predictor claims nothing of {said}. Mean errors are without them.")
    if len(claimed) > 1 and found.probability_error is not None and found.accuracy_error is not None:
        lines.append(
            f"* Mean absolute error of p over {plural(len(claimed), 'arm')}: {points(found.probability_error)}."
        )
        if found.prior_error is not None and found.prior_rows is not None:
            lines.append(
                "* The same with a prior, what the model did before training, each arm predicted from the study's "
                f"others: {points(found.prior_error)}; fitted to all of them, the prior is worth "
                f"{found.prior_rows:.1f} rows."
            )
        lines.append(
            f"* Mean absolute error of ahead at the plain threshold: {points(found.accuracy_error)}."
        )
    if found.softened_error is not None and found.noise is not None:
        lines.append(
            "* The same at the softened threshold, each arm predicted from the others: "
            f"{points(found.softened_error)}; noise fitted to all of them {found.noise:.2f} nats."
        )
    decided = [arm for arm in claimed if arm.as_verdict is not None]
    if decided:
        right, runs = sum(arm.as_verdict or 0 for arm in decided), sum(arm.seeds for arm in decided)
        near = sum(arm.seeds for arm in claimed) - runs
        lines.append(
            f"* What was predicted to be ahead is so in most questions in {right} of {plural(runs, 'run')}"
            + (
                f"; {plural(near, 'run')} more lie near the threshold, where neither is predicted."
                if near
                else "."
            )
        )
    if found.threshold is not None:
        place = found.threshold.measured
        said = (
            "no two doses lie on both sides of it"
            if place is None
            else f"measured at {place.estimate:.1f} (95% interval {place.low:.1f} to {place.high:.1f})"
        )
        lines.append(f"* Threshold: predicted at {found.threshold.predicted:.1f} preserved rows; {said}.")
    return lines
