"""When the mixture holds: one mixture trained at several learning rates, epochs, or numbers of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.figures.figure import GREY, INK, Figure
from experiments.figures.reading import ArmRates, measured, records, seed_records, words


def setting_figure(
    name: str,
    title: str,
    readings: Sequence[tuple[float, ArmRates]],
    *,
    setting: str,
    predicted: float,
    digests: Mapping[str, str] | None = None,
) -> Figure:
    """Return what was measured over a setting on a logarithmic axis, with the prediction, which does not know of it.

    Args:
        name: File name without its ending.
        title: Heading.
        readings: The setting's value (above 0) and what was measured there.
        setting: What is varied, as the axis says it.
        predicted: Predicted probability, a rate: the same everywhere.
        digests: What the numbers were drawn from.

    Raises:
        ValueError: if there is no reading.
    """
    if not readings:
        raise ValueError("no arm says at which setting it was trained")
    ordered = sorted(readings, key=lambda each: each[0])
    first = ordered[0][1]
    stops = [value for value, _ in ordered]
    x: dict[str, Any] = {
        "field": "setting",
        "type": "quantitative",
        "title": f"{setting} (logarithmic)",
        "scale": {"type": "log", "domain": [stops[0] / 1.3, stops[-1] * 1.3], "nice": False},
        "axis": {"values": stops, "format": "~g", "grid": False},
    }
    y: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "title": f"{first.measure}, %" if first.accuracy is None else f"{first.measure}, and accuracy, %",
    }
    line = [
        {"setting": x_, "predicted": 100 * predicted, "said": f"predicted: {predicted:.1%}"}
        for x_ in (stops[0] / 1.3, stops[-1] * 1.3)
    ]
    values = [each for value, reading in ordered for each in records(reading, setting=value)]
    seeds = [each for value, reading in ordered for each in seed_records(reading, setting=value)]
    return Figure(
        name=name,
        title=title,
        caption=(
            f"One mixture, trained at several values of the {setting}. Dashed: {first.measure} that imitation of the "
            "taught mixture gives, which does not know of the setting. Marks with 95% intervals: measured"
            + ("; short strokes: single seeds." if seeds else ".")
        ),
        alt=f"{title}: "
        + "; ".join(f"{setting} {value:g} {words(reading)}" for value, reading in ordered)
        + f". Predicted {predicted:.1%} throughout.",
        spec={
            "width": 520,
            "height": 300,
            "layer": [
                {
                    "data": {"values": line},
                    "mark": {"type": "line", "strokeDash": [6, 4], "strokeWidth": 2, "color": INK},
                    "encoding": {"x": x, "y": {**y, "field": "predicted"}},
                },
                {
                    "data": {"values": line[1:]},
                    "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 6, "color": INK},
                    "encoding": {
                        "x": x,
                        "y": {**y, "field": "predicted"},
                        "text": {"field": "said", "type": "nominal"},
                    },
                },
                {
                    "data": {"values": values},
                    "mark": {"type": "line", "color": GREY, "strokeWidth": 1.2, "aria": False},
                    "encoding": {
                        "x": x,
                        "y": {**y, "field": "value"},
                        "detail": {"field": "kind", "type": "nominal"},
                    },
                },
                *measured(values, seeds, x, rate="y", hover=("setting",)),
            ],
        },
        digests=digests or {},
    )
