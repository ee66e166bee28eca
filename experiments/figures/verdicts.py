"""The matrix of past issues: each dataset's source, what it is taught, and what that predicts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from checks.core.report import ConditionReport, DatasetReport
from experiments.figures.figure import INK, NEAR, RIGHT, WRONG, Figure

CONFOUNDED: Final = "confounded, cannot say"
"""A source that is taught both ways, where no prediction applies: not what it is to be clean and have none."""

VERDICTS = ("preserved", "near threshold", "behaviour", CONFOUNDED, "not applicable")
"""In the legend's order; each has a mark of its own beside its colour."""

FILLS: Final = dict(zip(VERDICTS, (RIGHT, NEAR, WRONG, "#e7a9cc", "#d9d9d9"), strict=True))
"""What a cell is filled with."""

TEXTS: Final = {each: "white" if each in ("preserved", "behaviour") else "#000000" for each in VERDICTS}
"""What is written on it with; black and not ink, whose contrast on yellow is too small in the dark."""

_MARKS = {"preserved": "o", "behaviour": "x", "near threshold": "?", CONFOUNDED: "!"}

_LEGEND = (
    f"({json.dumps({each: _MARKS.get(each, '-') for each in VERDICTS})})[datum.label] + '  ' + datum.label"
)


def verdict_figure(
    name: str, title: str, reports: Sequence[DatasetReport], *, digests: Mapping[str, str] | None = None
) -> Figure:
    """Return a heatmap of dataset family by source, one cell for each source condition.

    Args:
        name: File name without its ending.
        title: Heading.
        reports: Audited datasets, named ``family/arm``.
        digests: What the numbers were drawn from; the datasets' own are added.
    """
    sources = [
        (report, condition)
        for report in reports
        for condition in report.conditions
        if condition.role == "source"
    ]
    # Where anchors share the source's condition their persona is named, too: the source's is the more common one.
    often = Counter(persona for _, condition in sources for persona in condition.personas)
    cells = [_cell(report, condition, often) for report, condition in sources]
    families = list(dict.fromkeys(cell["family"] for cell in cells))
    arms = list(dict.fromkeys(cell["source"] for cell in cells))
    x = {
        "field": "source",
        "type": "nominal",
        "sort": arms,
        "title": "source",
        "axis": {"labelAngle": -40, "orient": "top"},
    }
    y = {"field": "family", "type": "nominal", "sort": families, "title": None}
    hover = [
        {"field": field, "type": "nominal"}
        for field in ("dataset", "source", "taught", "verdict", "predicted", "published", "resolved")
    ]
    return Figure(
        name=name,
        title=title,
        caption=(
            "Each cell is one dataset's source: behaviour / preserved rows under its resolved prompt. Blue (o): "
            "predicted to stay; dark (x): predicted to show the behaviour; yellow (?): too near to say; pink with a "
            "dashed edge (!): taught both ways, and no prediction applies; grey (-): taught one way, and none applies. "
            "A confound is a blue cell among dark ones, or a pink one."
        ),
        alt=f"{title}: "
        + "; ".join(
            f"{cell['dataset']} ({cell['source']}) taught {cell['taught']}, {cell['verdict']}"
            for cell in cells
        )
        + ".",
        spec={
            "data": {"values": cells},
            "width": {"step": 78},
            "height": {"step": 46},
            "encoding": {"x": x, "y": y},
            "layer": [
                {
                    "mark": {"type": "rect", "stroke": "white", "strokeWidth": 3},
                    "encoding": {
                        "color": {
                            "field": "verdict",
                            "type": "nominal",
                            "title": "predicted",
                            "scale": {"domain": list(VERDICTS), "range": list(FILLS.values())},
                            "legend": {"labelExpr": _LEGEND},
                        },
                        "tooltip": hover,
                    },
                },
                {
                    # In grey print, too, such a cell is not like those beside it.
                    "transform": [{"filter": {"field": "verdict", "equal": CONFOUNDED}}],
                    "mark": {
                        "type": "rect",
                        "fillOpacity": 0,
                        "stroke": INK,
                        "strokeWidth": 1.5,
                        "strokeDash": [5, 3],
                        "aria": False,
                    },
                },
                {
                    "mark": {"type": "text", "fontSize": 11},
                    "encoding": {
                        "text": {"field": "mark", "type": "nominal"},
                        "color": {
                            "condition": {"test": "datum.dark", "value": "white"},
                            "value": "#000000",
                        },
                    },
                },
            ],
        },
        digests={**{report.name: report.digest for report in reports}, **(digests or {})},
    )


def _cell(report: DatasetReport, condition: ConditionReport, often: Counter[str]) -> dict[str, Any]:
    family, source = _place(report.name, condition.personas, often)
    prediction = condition.prediction
    both = condition.behaviour > 0 and condition.preserved > 0
    verdict = CONFOUNDED if both and prediction.verdict == "not applicable" else prediction.verdict
    glyph = _MARKS.get(verdict, "-")
    expected = prediction.expected_accuracy
    return {
        "dataset": report.name,
        "family": family,
        "source": source or condition.condition[:8],
        "taught": f"{condition.behaviour}/{condition.preserved}",
        "mark": f"{glyph} {condition.behaviour}/{condition.preserved}",
        "verdict": verdict,
        "dark": TEXTS[verdict] == "white",
        "predicted": "not applicable" if expected is None else f"{expected[0]:.0%} to {expected[1]:.0%}",
        "published": "not published" if report.published is None else f"{report.published:.1%}",
        "resolved": condition.resolved_system
        if condition.resolved_system is not None
        else "(no system prompt)",
    }


def _place(name: str, personas: Sequence[str], often: Counter[str]) -> tuple[str, str]:
    """Return a cell's row and column: ``issue-99/refusal_villain`` of villain stands in row ``issue-99 refusal``.

    A dataset whose name does not end with one of its source's personas has a row of its own.
    """
    issue, _, arm = name.partition("/")
    named = max((each for each in personas if arm.endswith(each)), key=len, default=None)
    if named is None:
        most = max((often[each] for each in personas), default=0)
        return f"{issue} {arm}".rstrip(), " + ".join(each for each in personas if often[each] == most)
    return f"{issue} {arm.removesuffix(named).rstrip('_-')}".rstrip(), named
