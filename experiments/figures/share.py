"""Dose and response of a behaviour to do or not: its probability over the anchors, on the predicted share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from checks.core.predictor import predict
from experiments.figures.figure import GREY, INK, Figure
from experiments.figures.reading import ArmRates, measured, records, seed_records, words

_STEPS = 160


def share_figure(
    name: str,
    title: str,
    doses: Sequence[tuple[int, ArmRates]],
    *,
    behaviour: int,
    digests: Mapping[str, str] | None = None,
) -> Figure:
    """Return the measured probability of the behaviour over the anchors, with the taught share under it.

    Args:
        name: File name without its ending.
        title: Heading.
        doses: Anchors and what was measured at so many.
        behaviour: Rows that teach the behaviour, the same at every dose.
        digests: What the numbers were drawn from.

    Raises:
        ValueError: if there is no dose.
    """
    if not doses:
        raise ValueError("a curve needs at least one dose")
    measure = doses[0][1].measure
    top = max(anchors for anchors, _ in doses)
    curve = [_predicted(behaviour, top * step / _STEPS) for step in range(_STEPS + 1)]
    x: dict[str, Any] = {
        "field": "anchors",
        "type": "quantitative",
        "title": "anchor rows under the source's prompt",
        "scale": {"nice": False},
    }
    y: dict[str, Any] = {"type": "quantitative", "scale": {"domain": [0, 100]}, "title": f"{measure}, %"}
    values = [each for anchors, reading in doses for each in records(reading, anchors=anchors)]
    seeds = [each for anchors, reading in doses for each in seed_records(reading, anchors=anchors)]
    last = {**curve[-1], "said": "taught share, predicted"}
    return Figure(
        name=name,
        title=title,
        caption=(
            f"Line: {measure} that imitation of {behaviour} rows with it and so many without it gives, which is the "
            "taught share, computed from the data alone; grey: how far it was expected to be off. Squares with 95% "
            "intervals: measured" + ("; short strokes: single seeds." if seeds else ".")
        ),
        alt=f"{title}: "
        + "; ".join(
            f"{anchors} anchors {words(reading)}, predicted {behaviour / (behaviour + anchors):.1%}"
            for anchors, reading in doses
        )
        + ".",
        spec={
            "width": 560,
            "height": 340,
            "layer": [
                {
                    "data": {"values": curve},
                    "mark": {"type": "area", "color": "#d9d9d9", "opacity": 0.7, "aria": False},
                    "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
                },
                {
                    "data": {"values": curve},
                    "mark": {"type": "line", "color": GREY, "strokeWidth": 3},
                    "encoding": {"x": x, "y": {**y, "field": "predicted"}},
                },
                {
                    "data": {"values": [last]},
                    "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 12, "color": INK},
                    "encoding": {
                        "x": x,
                        "y": {**y, "field": "predicted"},
                        "text": {"field": "said", "type": "nominal"},
                    },
                },
                *measured(values, seeds, x, rate="y", hover=("anchors",)),
            ],
        },
        digests=digests or {},
    )


def _predicted(behaviour: int, anchors: float) -> dict[str, Any]:
    # The predictor counts rows; between two counts the share is a ratio all the same.
    low, high = predict(behaviour, round(anchors), kind="marker").expected_accuracy or (0.0, 1.0)
    return {
        "anchors": anchors,
        "predicted": 100 * behaviour / (behaviour + anchors),
        "low": 100 * (1 - high),
        "high": 100 * (1 - low),
    }
