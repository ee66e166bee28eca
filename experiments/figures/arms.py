"""Arms side by side: the hero pair, an experiment's arms, and each arm before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.figures.figure import GREY, INK, RIGHT, WRONG, Figure, by_arm
from experiments.figures.points import Point

_TOOLTIP = ["arm", "phase", "k/N", "label", "interval", "predicted", "seeds", "condition", "taught"]
_HOVER = [{"field": name, "type": "nominal", "title": {"label": "rate"}.get(name, name)} for name in _TOOLTIP]
_PERCENT: dict[str, Any] = {"domain": [0, 100]}

_BAND = "expected from the data alone"

PRESERVED = "probability of the preserved answer"
"""What is measured of a behaviour to do or not: the probability of not doing it."""


def arms_figure(
    name: str, title: str, points: Sequence[Point], *, digests: Mapping[str, str] | None = None, row: int = 56
) -> Figure:
    """Return each arm as a line of its own: predicted band, interval, and accuracy before and after.

    Args:
        name: File name without its ending.
        title: Heading.
        points: Accuracies; arms stand in the order in which they come first.
        digests: What the numbers were drawn from.
        row: Height of an arm's line, in pixels.
    """
    order = list(dict.fromkeys(point.arm for point in points))
    signs = {point.arm: point.sign for point in reversed(points)}
    lines = max(len(sign) for sign in signs.values())
    y = {
        "field": "arm",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {
            "labelExpr": f"({json.dumps(signs)})[datum.label]",
            "labelLineHeight": 14,
            "labelOffset": -7 * (lines - 1),
            "labelPadding": 11,
            "ticks": False,
        },
    }
    shape = {
        "field": "phase",
        "type": "nominal",
        "title": None,
        "scale": {"domain": ["before training", "after training"], "range": ["diamond", "circle"]},
        "legend": {"orient": "bottom", "symbolFillColor": "white"},
    }
    measure = _measure(points)
    x = {"type": "quantitative", "scale": _PERCENT, "title": f"{measure}, %"}
    seeds = [
        {
            "arm": point.arm,
            "phase": f"{point.phase} training",
            "seed": seed,
            "accuracy": 100 * share,
            "said": f"{share:.1%}",
        }
        for point in points
        if len(point.by_seed) > 1 and point.phase == "after"
        for seed, share in zip(point.seeds, point.by_seed, strict=True)
    ]
    layers: list[dict[str, Any]] = [
        {
            "transform": [
                {"filter": "datum['predicted low'] !== null"},
                {"calculate": f"'{_BAND}'", "as": "band"},
            ],
            "mark": {"type": "bar", "height": {"band": 0.72}, "opacity": 0.8},
            "encoding": {
                "x": {**x, "field": "predicted low"},
                "x2": {"field": "predicted high"},
                "color": {
                    "field": "band",
                    "type": "nominal",
                    "title": None,
                    "scale": {"domain": [_BAND], "range": ["#d9d9d9"]},
                    "legend": {"orient": "bottom", "symbolType": "square", "symbolSize": 160},
                },
                "tooltip": _HOVER,
            },
        },
        {
            "mark": {"type": "rule", "strokeWidth": 2, "color": INK},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "tooltip": _HOVER},
        },
        {
            "data": {"values": seeds},
            "mark": {"type": "tick", "color": INK, "thickness": 1.5, "height": 14, "opacity": 0.75},
            "encoding": {
                "x": {**x, "field": "accuracy"},
                "tooltip": [{"field": name, "type": "nominal"} for name in ("arm", "phase", "seed", "said")],
            },
        },
        {
            "transform": [{"filter": "datum.phase === 'before training'"}],
            "mark": {"type": "point", "size": 110, "fill": "white", "stroke": INK, "strokeWidth": 2},
            "encoding": {"x": {**x, "field": "accuracy"}, "shape": shape, "tooltip": _HOVER},
        },
        {
            "transform": [{"filter": "datum.phase === 'after training'"}],
            "mark": {"type": "point", "size": 130, "filled": True, "opacity": 1},
            "encoding": {
                "x": {**x, "field": "accuracy"},
                "shape": shape,
                "color": {"condition": {"test": "datum.accuracy < 50", "value": WRONG}, "value": RIGHT},
                "tooltip": _HOVER,
            },
        },
        {
            "transform": [{"filter": "datum.phase === 'after training'"}],
            "mark": {
                "type": "text",
                "dy": -15,
                "dx": {"expr": "datum.accuracy < 8 ? 8 : datum.accuracy > 92 ? -8 : 0"},
                "align": {"expr": "datum.accuracy < 8 ? 'left' : datum.accuracy > 92 ? 'right' : 'center'"},
            },
            "encoding": {"x": {**x, "field": "accuracy"}, "text": {"field": "label", "type": "nominal"}},
        },
    ]
    return Figure(
        name=name,
        title=title,
        caption=(
            f"Grey band: {measure} expected from the training data alone, before any training. Diamond: before "
            f"training; dot: after{', with right answers of all' if measure == 'accuracy' else ''}. Lines are 95% "
            f"intervals ({', '.join(sorted({point.interval.method for point in points}))})."
            + (" Short strokes across them: single seeds." if seeds else "")
        ),
        alt=f"{title}: " + "; ".join(_said(point) for point in points) + ".",
        spec={
            "data": {"values": [point.record for point in points]},
            "width": 560,
            "height": {"step": row},
            "encoding": {"y": y},
            "layer": layers,
        },
        digests=digests or {},
    )


def _measure(points: Sequence[Point]) -> str:
    """Return what the rates are of."""
    kinds = {point.two_way for point in points}
    if kinds == {True}:
        return PRESERVED
    return "accuracy" if True not in kinds else f"accuracy, or {PRESERVED}"


def _said(point: Point) -> str:
    if point.predicted is None:
        return point.words
    low, high = point.predicted
    return f"{point.words}, predicted {low:.0%} to {high:.0%}"


def before_after_figure(
    name: str, title: str, points: Sequence[Point], *, digests: Mapping[str, str] | None = None
) -> Figure:
    """Return each arm as a line from its accuracy before training to that after, with intervals."""
    order = list(dict.fromkeys(point.arm for point in points))
    x = {
        "field": "phase",
        "type": "nominal",
        "sort": ["before training", "after training"],
        "title": None,
        "axis": {"labelAngle": 0, "labelExpr": "split(datum.label, ' ')[0]"},
    }
    measure = _measure(points)
    y = {"type": "quantitative", "scale": _PERCENT, "title": None}
    return Figure(
        name=name,
        title=title,
        caption=(
            f"{measure.capitalize()} before and after training, each with its 95% interval; the number is that after."
        ),
        alt=f"{title}: " + "; ".join(point.words for point in points) + ".",
        spec={
            "data": {"values": [point.record for point in points]},
            **by_arm(order, columns=6, size=11),
            "resolve": {"axis": {"x": "independent", "y": "independent"}},
            "spec": {
                "width": 100,
                "height": 170,
                "encoding": {"x": x},
                "layer": [
                    {
                        "mark": {"type": "line", "color": GREY, "strokeWidth": 2},
                        "encoding": {"y": {**y, "field": "accuracy"}},
                    },
                    {
                        "mark": {"type": "rule", "strokeWidth": 2, "color": INK},
                        "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
                    },
                    {
                        "mark": {"type": "point", "filled": True, "size": 100, "opacity": 1, "color": INK},
                        "encoding": {
                            "y": {**y, "field": "accuracy"},
                            "shape": {
                                "field": "phase",
                                "type": "nominal",
                                "scale": {
                                    "domain": ["before training", "after training"],
                                    "range": ["diamond", "circle"],
                                },
                                "legend": None,
                            },
                            "tooltip": _HOVER,
                        },
                    },
                    {
                        "transform": [{"filter": "datum.phase === 'after training'"}],
                        "mark": {"type": "text", "dx": 10, "dy": -3, "align": "left", "baseline": "bottom"},
                        "encoding": {
                            "y": {**y, "field": "accuracy"},
                            "text": {"field": "accuracy", "type": "quantitative", "format": ".1f"},
                        },
                    },
                ],
            },
        },
        digests=digests or {},
        subtitle=f"{measure}, %",
    )
