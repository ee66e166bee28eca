"""Ranges for a new run: how often each kind holds in runs that it was not learnt from, and how wide it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from auditor.studies.calibration.words import points
from auditor.studies.clean_result.words import plural, table
from checks.stats import wilson
from experiments.report.calibration import KindCalibration, RangeCoverage

KINDS: Final = {
    "shipped": "as predicted before the runs",
    "other arms": "learnt from other arms (conformal)",
    "other arms, pooled": "the same, 95% pooled",
    "with a prior": "learnt from other arms, around the prediction with a prior",
}
"""Each kind of range in words."""

SAID: Final = (
    "Each arm's range is learnt from the errors of the study's other arms that the predictor claims, and asked whether "
    "it holds the arm's runs; arms that are taught one answer only and arms that are taught both learn from their own "
    "kind. An arm counts once however many seeds it has: seeds share its mixture, and so its error. "
    "What is guaranteed holds for one run of a new arm if arms are exchangeable, as if a study's mixtures had been "
    "drawn at random; fewer than 19 other arms cannot guarantee 95%: then it reaches to the largest error. The pooled "
    "one takes the 95% quantile of so few arms at its word and guarantees nothing. The intervals in brackets count "
    "runs as if they were independent, which those of one arm are not."
)
"""What is assumed."""


def in_short(found: Sequence[KindCalibration]) -> list[str]:
    """Return what all experiments say together, a line for each kind of answer."""
    lines: list[str] = []
    for each in found:
        prior = (
            ""
            if each.prior_error is None
            else f"; with a prior fitted to the other arms {points(each.prior_error)}"
        )
        right, runs = each.verdicts
        best = next((row for row in each.ranges if (row.of, row.kind) == ("p", "other arms")), None)
        held = (
            ""
            if best is None
            else f" A range learnt from the other arms holds p in {best.inside} of {plural(best.runs, 'run')}."
        )
        lines.append(
            f"* {_kind(each)}, {plural(each.arms, 'arm')} of which the predictor claims to say something, "
            f"{plural(each.runs, 'run')}: mean absolute error of p {points(each.probability_error)}{prior}. "
            f"What was predicted to be ahead is so in {right} of {plural(runs, 'run')}.{held}"
        )
    return lines or ["The predictor claims nothing of any arm here."]


def ranges(found: Sequence[KindCalibration]) -> list[str]:
    """Return the section on ranges; nothing where no arm is claimed."""
    if not found:
        return []
    header = [
        "range of",
        "kind",
        "guaranteed",
        "holds in runs (95% interval)",
        "arms that it holds all runs of",
        "mean width, points",
    ]
    lines = ["## Ranges for one run", "", SAID]
    for each in found:
        lines += ["", f"{_kind(each)}:", "", table(header, map(_cells, each.ranges))]
    return lines


def _kind(found: KindCalibration) -> str:
    return f"{found.kind.capitalize()} answers, {'both' if found.taught == 'both' else 'one only'} taught"


def _cells(row: RangeCoverage) -> list[str]:
    covered = wilson(row.inside, row.runs)
    return [
        row.of,
        KINDS[row.kind],
        "-" if row.guaranteed is None else f"{row.guaranteed:.0%}",
        f"{row.inside} of {row.runs}: {covered.estimate:.0%} ({covered.low:.0%} to {covered.high:.0%})",
        f"{row.whole} of {row.arms}",
        f"{100 * row.width:.1f}",
    ]
