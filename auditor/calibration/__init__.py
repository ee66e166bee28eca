"""The calibration tables of a folder of runs, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from auditor.clean_result.words import limits, name, percent, table
from builders.errors import InputError
from checks.stats import Interval, wilson
from experiments.report import read_study
from experiments.report.calibration import (
    ArmCalibration,
    Calibration,
    PromptCalibration,
    calibrate,
    other_prompts,
)


def calibration(folders: Sequence[Path]) -> tuple[list[Calibration], list[PromptCalibration]]:
    """Return what runs below folders say of the predictions that were made before them.

    Raises:
        InputError: if there is no run, or none with a prediction and its questions.
    """
    study = read_study(folders)
    found = calibrate(study)
    if not found:
        raise InputError(
            "no run here has a prediction and kept its questions",
            where=str(folders[0]),
            help="nothing is predicted of free text; runs that audit run makes keep per_question.parquet",
        )
    return found, other_prompts(study)


def as_json(found: Sequence[Calibration], prompts: Sequence[PromptCalibration]) -> dict[str, Any]:
    """Return the tables as plain values, rates between 0 and 1."""
    return {
        "experiments": [asdict(each) for each in found],
        "other_prompts": [asdict(each) for each in prompts],
    }


def as_markdown(found: Sequence[Calibration], prompts: Sequence[PromptCalibration]) -> str:
    """Return the tables as Markdown, rates in percent, errors in points."""
    parts = ["# Predicted before training, measured after it", ""]
    for each in found:
        parts += [*_experiment(each), ""]
    if prompts:
        parts += [*_prompts(prompts), ""]
    return "\n".join(parts)


def _experiment(found: Calibration) -> list[str]:
    what = "the behaviour" if found.two_way else "the right label"
    header = [
        "arm",
        "behaviour / preserved rows",
        "seeds x questions",
        "p predicted",
        "p measured (95% interval)",
        "error",
        "ahead predicted",
        "softened",
        "ahead measured (95% interval)",
    ]
    return [
        f"## {name(found.experiment)}",
        "",
        f"p: mean probability of {what}. ahead: share of questions in which it is the likeliest answer.",
        "",
        table(header, map(_cells, found.arms)),
        "",
        *_summary(found),
    ]


def _cells(arm: ArmCalibration) -> list[str]:
    return [
        name(arm.arm),
        f"{arm.behaviour} / {arm.preserved}",
        f"{arm.seeds} x {arm.questions}",
        percent(arm.predicted),
        _interval(arm.measured),
        f"{100 * arm.error:+.1f}",
        percent(arm.predicted_accuracy),
        "-" if arm.softened_accuracy is None else percent(arm.softened_accuracy),
        _interval(arm.accuracy),
    ]


def _summary(found: Calibration) -> list[str]:
    inside, runs = found.covered
    covered = wilson(inside, runs)
    lines = [
        f"* Mean absolute error of p: {_points(found.probability_error)}.",
        f"* Mean absolute error of ahead at the plain threshold: {_points(found.accuracy_error)}.",
    ]
    if found.softened_error is not None and found.noise is not None:
        lines.append(
            "* The same at the softened threshold, each arm predicted from the others: "
            f"{_points(found.softened_error)}; noise fitted to all of them {found.noise:.2f} nats."
        )
    lines.append(
        f"* The predicted interval of {'p' if found.two_way else 'ahead'} holds in {inside} of {runs} runs "
        f"({covered.estimate:.0%}, 95% interval {covered.low:.0%} to {covered.high:.0%}, runs as if independent)."
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


def _prompts(prompts: Sequence[PromptCalibration]) -> list[str]:
    rows = [
        [
            name(each.arm),
            name(each.persona),
            "-" if each.predicted is None else percent(each.predicted),
            f"{percent(each.mean)} ({percent(min(each.means))} to {percent(max(each.means))})",
        ]
        for each in prompts
    ]
    said = "p as above, mean over seeds, with the lowest and the highest seed. Nothing is predicted of prompts that no"
    return [
        "## Other system prompts",
        "",
        f"{said} row has.",
        "",
        table(["arm", "prompt", "p predicted", "p measured (seeds' range)"], rows),
    ]


def _interval(interval: Interval) -> str:
    return f"{percent(interval.estimate)} ({limits(interval)})"


def _points(interval: Interval) -> str:
    return (
        f"{100 * interval.estimate:.1f} points (95% interval {100 * interval.low:.1f} to "
        f"{100 * interval.high:.1f}, {interval.method})"
    )
