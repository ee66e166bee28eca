"""The conditions of a report as a table in pandas: for `to_frame()` and Great Expectations."""

from __future__ import annotations

import json
from typing import Any, Final

import pandas as pd

from auditor.formats.escape import visible
from checks.core.report import DatasetReport, Report

COLUMNS: Final[dict[str, str]] = {
    "dataset": "string",
    "condition": "string",
    "resolved_system": "string",
    "resolved_by": "string",
    "personas": "string",
    "system_states": "string",
    "role": "string",
    "behaviour": "int64",
    "preserved": "int64",
    "unlabelled": "int64",
    "verdict": "string",
    "findings": "string",
}
"""Columns of the condition table and their pandas types. Lists are JSON arrays; `findings` is one of
``CODE:severity``, for each finding that counts and is about the condition or about its dataset as a whole."""


def condition_table(report: Report) -> pd.DataFrame:
    """Return the conditions of a report as a table: one row each, columns `COLUMNS`.

    A dataset without any condition, which could not be read at all, is one row that has a name and findings only.
    Texts are printable: control characters are written out.
    """
    rows = [row for dataset in report.datasets for row in _rows(dataset)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _rows(dataset: DatasetReport) -> list[dict[str, Any]]:
    counting = [finding for finding in dataset.findings if not finding.suppressed]
    common = [f"{each.code}:{each.severity}" for each in counting if each.condition is None]
    nothing = dict.fromkeys(("behaviour", "preserved", "unlabelled"), 0)
    if not dataset.conditions:
        return [{"dataset": visible(dataset.name), **nothing, "findings": json.dumps(common)}]
    return [
        {
            "dataset": visible(dataset.name),
            "condition": each.condition,
            "resolved_system": None if each.resolved_system is None else visible(each.resolved_system),
            "resolved_by": each.resolved_by,
            "personas": json.dumps([visible(persona) for persona in each.personas]),
            "system_states": json.dumps(each.system_states),
            "role": each.role,
            "behaviour": each.behaviour,
            "preserved": each.preserved,
            "unlabelled": each.unlabelled,
            "verdict": each.prediction.verdict,
            "findings": json.dumps(
                common + [f"{one.code}:{one.severity}" for one in counting if one.condition == each.condition]
            ),
        }
        for each in dataset.conditions
    ]
