"""JSON schemas of what is read and written, with the models' field docstrings as descriptions."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from docs.generators.described import allow_variables, described_schema

MODELS = {
    "report": ("checks.core.report", "Report"),
    "row": ("builders.schema", "TaggedRow"),
    "run-result": ("checks.core.result", "RunResult"),
    "calibration": ("experiments.report.calibration.tables", "CalibrationReport"),
    "recipe": ("builders.recipe", "Recipe"),
    "past-issue": ("experiments.study.issue", "PastIssue"),
    "manifest": ("builders.dataset", "Manifest"),
}
"""Name of the schema file -> module and model."""

WITH_VARIABLES = ("Recipe", "PastIssue")
"""Models of files whose `for_each` may put a variable for any number."""


def pages(root: Path) -> dict[Path, str]:
    """Return one schema per model."""
    return {
        root / "docs" / "schemas" / f"{name}.json": json.dumps(schema(*place), indent=2) + "\n"
        for name, place in MODELS.items()
    }


def schema(module: str, model: str) -> dict[str, Any]:
    """Return the JSON schema of a model, described by the docstrings under its fields."""
    made = described_schema(getattr(importlib.import_module(module), model))
    if model in WITH_VARIABLES:
        made = allow_variables(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
