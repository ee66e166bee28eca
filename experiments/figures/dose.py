"""Dose and response: what each number of anchors was predicted to do, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.core.predictor import predict
from checks.stats import Interval
from experiments.figures.figure import GREY, INK, RIGHT, WRONG, Figure


@dataclass(frozen=True)
class Dose:
    """What was measured at one dose."""

    anchors: int
    """Rows that preserve under the source's prompt."""
    accuracy: Interval
    """Accuracy after training with its interval."""
    p_gold: Interval | None
    """Mean probability of the gold label with its interval, where it was kept."""
    seeds: tuple[float, ...]
    """Each seed's own accuracy."""
    counts: tuple[int, int] | None = None
    """Right answers and answers, all seeds together; None where they are not at hand."""
    definition: str = ""
    """What the condition is."""


def dose_figure(
    name: str,
    title: str,
    doses: Sequence[Dose],
    *,
    behaviour: int,
    options: int = 4,
    digests: Mapping[str, str] | None = None,
) -> Figure:
    """Return measured accuracy and probability over the anchors, with the predicted curve under them.

    Args:
        name: File name without its ending.
        title: Heading.
        doses: What was measured, by dose.
        behaviour: Rows that teach the behaviour, the same at every dose.
        options: Options of a question.
        digests: What the numbers were drawn from.

    Raises:
        ValueError: if there is no dose.
    """
    if not doses:
        raise ValueError("a curve needs at least one dose")
    top = max(each.anchors for each in doses)
    threshold = behaviour / (options - 1)
    curve = [_predicted(anchors, behaviour, options) for anchors in range(0, top + 1, max(1, top // 200))]
    x: dict[str, Any] = {
        "field": "anchors",
        "type": "quantitative",
        "title": "anchor rows under the source's prompt",
    }
    y: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "title": "accuracy, and probability of the right label, %",
    }
    kind: dict[str, Any] = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {
            "domain": ["accuracy, measured", "probability of the right label, measured"],
            "range": ["circle", "square"],
        },
        "legend": {"orient": "bottom"},
    }
    colour = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {"domain": kind["scale"]["domain"], "range": [RIGHT, WRONG]},
        "legend": {"orient": "bottom"},
    }
    hover = [{"field": field, "type": "nominal"} for field in ("anchors", "kind", "said", "k/N", "condition")]
    return Figure(
        name=name,
        title=title,
        caption=(
            f"Line: probability of the right label that imitation of {behaviour} wrong rows and so many anchors gives, "
            f"computed from the data alone. Dashed: {threshold:.1f} anchors, where right and each wrong label are even "
            "and accuracy is predicted to turn. Dots with 95% intervals: measured; small dots: single seeds."
        ),
        alt=f"{title}: "
        + "; ".join(f"{each.anchors} anchors {each.accuracy.percent()}" for each in doses)
        + f". Predicted to turn at {threshold:.1f} anchors.",
        spec={
            "width": 560,
            "height": 340,
            "layer": [
                {
                    "data": {"values": curve},
                    "mark": {"type": "line", "color": GREY, "strokeWidth": 3, "interpolate": "linear"},
                    "encoding": {"x": x, "y": {**y, "field": "predicted"}},
                },
                {
                    "data": {"values": [{**curve[-1], "said": "right label, predicted"}]},
                    "mark": {"type": "text", "align": "right", "baseline": "top", "dy": 30, "color": INK},
                    "encoding": {
                        "x": x,
                        "y": {**y, "field": "predicted"},
                        "text": {"field": "said", "type": "nominal"},
                    },
                },
                {
                    "data": {"values": [{"at": threshold, "said": f"{threshold:.1f} anchors: even"}]},
                    "mark": {"type": "rule", "strokeDash": [6, 4], "color": INK},
                    "encoding": {"x": {"field": "at", "type": "quantitative"}},
                },
                {
                    "data": {"values": [{"at": threshold, "said": f" even at {threshold:.1f}"}]},
                    "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 4, "color": INK},
                    "encoding": {
                        "x": {"field": "at", "type": "quantitative"},
                        "y": {"value": 0},
                        "text": {"field": "said", "type": "nominal"},
                    },
                },
                {
                    "data": {"values": [point for each in doses for point in _seeds(each)]},
                    "mark": {"type": "point", "filled": True, "size": 18, "color": INK, "opacity": 0.5},
                    "encoding": {"x": x, "y": {**y, "field": "value"}},
                },
                {
                    "data": {"values": [point for each in doses for point in _measured(each)]},
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {
                        "x": x,
                        "y": {**y, "field": "low"},
                        "y2": {"field": "high"},
                        "color": colour,
                    },
                },
                {
                    "data": {"values": [point for each in doses for point in _measured(each)]},
                    "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                    "encoding": {
                        "x": x,
                        "y": {**y, "field": "value"},
                        "shape": kind,
                        "color": colour,
                        "tooltip": hover,
                    },
                },
            ],
        },
        digests=digests or {},
    )


def _predicted(anchors: int, behaviour: int, options: int) -> dict[str, Any]:
    found = predict(behaviour, anchors, kind="wrong_option", options={options: behaviour + anchors})
    return {"anchors": anchors, "predicted": 100 * (found.p_gold or 0.0)}


def _measured(dose: Dose) -> list[dict[str, Any]]:
    pairs = [("accuracy, measured", dose.accuracy), ("probability of the right label, measured", dose.p_gold)]
    return [
        {
            "anchors": dose.anchors,
            "kind": kind,
            "value": 100 * interval.estimate,
            "low": 100 * interval.low,
            "high": 100 * interval.high,
            "said": interval.percent(),
            "k/N": f"{dose.counts[0]:,}/{dose.counts[1]:,}"
            if dose.counts and interval is dose.accuracy
            else "-",
            "condition": dose.definition,
        }
        for kind, interval in pairs
        if interval is not None
    ]


def _seeds(dose: Dose) -> list[dict[str, Any]]:
    return [{"anchors": dose.anchors, "value": 100 * value} for value in dose.seeds]
