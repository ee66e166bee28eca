"""Where the wall between two prompts stands: the same anchors under prompts nearer to and farther from the source's."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.figures.figure import INK, Figure
from experiments.figures.reading import ArmRates, measured, records, seed_records, words

_LINE, _LINES = 46, 2
"""Letters of a prompt that fit on a line beside the plot, and lines."""


@dataclass(frozen=True)
class Neighbour:
    """The anchors' prompt of one arm, and what the arm shows under the source's."""

    prompt: str | None
    """What the model sees as the anchors' system prompt; None where it sees none."""
    edits: int | None
    """Characters to insert, delete or replace to make the source's prompt of it; 0 where they are one condition, None
    where one of them is no text."""
    reading: ArmRates
    """Under the source's prompt."""
    own: float | None
    """Mean probability under the anchors' own prompt, where that was evaluated too."""


def near_figure(
    name: str,
    title: str,
    neighbours: Sequence[Neighbour],
    *,
    one: float,
    two: float,
    digests: Mapping[str, str] | None = None,
) -> Figure:
    """Return what the source's prompt shows for each prompt of the anchors, from identical to far.

    Args:
        name: File name without its ending.
        title: Heading.
        neighbours: One for each arm; they are put in order here.
        one: Predicted probability where anchors and source are one condition, a rate.
        two: The same where they are two.
        digests: What the numbers were drawn from.

    Raises:
        ValueError: if there is no arm.
    """
    if not neighbours:
        raise ValueError("no arm says where its anchors stand")
    ordered = sorted(neighbours, key=lambda each: (each.edits is None, each.edits or 0))
    signs = {each.reading.arm: _sign(each) for each in ordered}
    measure = ordered[0].reading.measure
    lines = [
        {"at": 100 * share, "said": f"{said}: {share:.0%}"}
        for share, said in ((one, "one condition"), (two, "two conditions"))
    ]
    places = [{"prompt": "\n".join(signs[each.reading.arm])} for each in ordered]
    place: dict[str, Any] = {
        "field": "prompt",
        "type": "nominal",
        "sort": [each["prompt"] for each in places],
        "title": None,
        "axis": {
            "labelExpr": "split(datum.label, '\\n')",
            "labelLimit": 420,
            "labelLineHeight": 14,
            "labelOffset": -11,
            "labelPadding": 11,
            "ticks": False,
        },
    }
    values = [
        record
        for each, at in zip(ordered, places, strict=True)
        for record in records(each.reading, **at, edits="-" if each.edits is None else str(each.edits))
    ]
    seeds = [
        record
        for each, at in zip(ordered, places, strict=True)
        for record in seed_records(each.reading, **at)
    ]
    own = [
        {**at, "arm": each.reading.arm, "value": 100 * each.own, "said": f"{each.own:.1%}", "kind": "own"}
        for each, at in zip(ordered, places, strict=True)
        if each.own is not None and each.edits != 0
    ]
    return Figure(
        name=name,
        title=title,
        caption=(
            "Each row: the anchors' system prompt, from the source's own to the farthest; a dot stands for a space "
            f"that is easily missed. Marks with 95% intervals: {measure} under the source's prompt"
            + (" and accuracy" if ordered[0].reading.accuracy is not None else "")
            + ". Dashed lines: what the data predict where both are one condition, and where they are two."
            + (" Open diamonds: the same under the anchors' own prompt." if own else "")
            + (" Short strokes: single seeds." if seeds else "")
        ),
        alt=f"{title}: "
        + "; ".join(f"{' '.join(signs[each.reading.arm])} {words(each.reading)}" for each in ordered)
        + f". Predicted {one:.1%} as one condition and {two:.1%} as two.",
        spec={
            "width": 460,
            "height": {"step": 54},
            "layer": [
                {
                    "data": {"values": lines},
                    "mark": {"type": "rule", "strokeDash": [6, 4], "strokeWidth": 1.5, "color": INK},
                    "encoding": {
                        "x": {
                            "field": "at",
                            "type": "quantitative",
                            "scale": {"domain": [0, 100]},
                            "title": f"{measure}, %"
                            if ordered[0].reading.accuracy is None
                            else f"{measure}, and accuracy, %",
                        }
                    },
                },
                {
                    "data": {"values": lines},
                    "mark": {
                        "type": "text",
                        "baseline": "bottom",
                        "dy": -4,
                        "color": INK,
                        "align": {"expr": "datum.at > 60 ? 'right' : 'left'"},
                    },
                    "encoding": {
                        "x": {"field": "at", "type": "quantitative"},
                        "y": {"value": 0},
                        "text": {"field": "said", "type": "nominal"},
                    },
                },
                *measured(values, seeds, place, rate="x", hover=("prompt", "edits")),
                {
                    "data": {"values": own},
                    "mark": {
                        "type": "point",
                        "shape": "diamond",
                        "filled": False,
                        "size": 70,
                        "color": "#666666",
                        "strokeWidth": 1.5,
                    },
                    "encoding": {
                        "y": place,
                        "x": {"field": "value", "type": "quantitative"},
                        "tooltip": [
                            {"field": each, "type": "nominal", "title": heading}
                            for each, heading in (
                                ("arm", "arm"),
                                ("prompt", "under the anchors' own prompt"),
                                ("said", "mean"),
                            )
                        ],
                    },
                },
            ],
        },
        digests=digests or {},
    )


def _sign(neighbour: Neighbour) -> list[str]:
    """Return a row's lines: the anchors' prompt with its odd spaces marked, and how far it is from the source's."""
    if neighbour.prompt is None:
        shown = ["no system prompt"]
    elif not neighbour.prompt:
        shown = ["an empty system prompt"]
    else:
        shown = textwrap.wrap(f'"{_spaced(neighbour.prompt)}"', _LINE, max_lines=_LINES, placeholder=' ..."')
    if neighbour.edits == 0:
        far = "the source's own prompt"
    elif neighbour.edits is None:
        far = "not to be compared as text"
    else:
        far = f"{neighbour.edits} character{'s' if neighbour.edits > 1 else ''} away"
    return [*shown, f"{far} ({neighbour.reading.arm})"]


def _spaced(text: str) -> str:
    """Return a prompt with a dot for each space at its ends and each after another."""
    text = " ".join(text.split("\n"))
    dotted = re.sub(r"(?<= ) ", "\u00b7", text)
    dotted = "\u00b7" + dotted[1:] if dotted.startswith(" ") else dotted
    return dotted[:-1] + "\u00b7" if dotted.endswith(" ") else dotted
