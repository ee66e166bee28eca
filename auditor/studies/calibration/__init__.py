"""What a folder of runs says of the predictions that were made before them, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auditor.studies.calibration.arms import experiment
from auditor.studies.calibration.prompts import other_prompts
from auditor.studies.calibration.ranges import in_short, ranges
from builders.errors import InputError
from experiments.report import read_study
from experiments.report.calibration import CalibrationReport, calibrate


def calibration(folders: Sequence[Path]) -> CalibrationReport:
    """Return what runs below folders say of the predictions that were made before them.

    Raises:
        InputError: if there is no run, or none with a prediction and its questions.
    """
    found = calibrate(read_study(folders))
    if not found.experiments:
        raise InputError(
            "no run here has a prediction and kept its questions",
            where=str(folders[0]),
            help="nothing is predicted of free text; runs that audit run makes keep per_question.parquet",
        )
    return found


def as_json(found: CalibrationReport) -> dict[str, Any]:
    """Return the report as plain values, rates between 0 and 1 (docs/schemas/calibration.json)."""
    return found.model_dump(mode="json")


def as_markdown(found: CalibrationReport) -> str:
    """Return the report as Markdown, rates in percent, errors in points."""
    parts = ["# Predicted before training, measured after it", ""]
    parts += [*in_short(found.kinds), ""]
    for each in found.experiments:
        parts += [*experiment(each), ""]
    parts += [*ranges(found.kinds), ""]
    if found.other_prompts:
        parts += [*other_prompts(found.other_prompts), ""]
    return "\n".join(parts)
