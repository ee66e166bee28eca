"""A picture of a dataset: from what rows say, through what the template makes of it, to what is taught.

Where rows that look different end in one prompt and are taught opposite things, two bands of different colour meet.
The picture is plain SVG of a few dozen elements, so that no drawing code has to be part of a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auditor.formats.parts import rows_of, words
from checks.core.plural import count
from checks.core.report import ConditionReport, DatasetReport, GivenReport

WIDTH: Final = 700
_LEFT, _MIDDLE, _RIGHT, _TOP, _BODY, _GAP = 236, 484, 590, 20, 150, 12
_MOST: Final = 7
"""Conditions that are drawn; what is beyond them is said in words."""
_SHORT: Final = 36


@dataclass(frozen=True)
class Node:
    """A bar with its label."""

    x: float
    y: float
    height: float
    label: str
    words: str
    kind: str
    text_x: float
    anchor: str

    @property
    def text_y(self) -> float:
        """Where the label stands."""
        return round(self.y + self.height / 2 + 4, 1)


@dataclass(frozen=True)
class Band:
    """What goes from one bar to another."""

    path: str
    kind: str
    words: str


@dataclass(frozen=True)
class Head:
    """A column's heading."""

    x: float
    anchor: str
    text: str


@dataclass(frozen=True)
class Flow:
    """The picture of one dataset."""

    name: str
    height: float
    nodes: Sequence[Node]
    bands: Sequence[Band]
    clashes: str
    """Which prompts are taught both, in words; empty where none is."""
    words: str
    """The picture for readers who cannot see it."""
    width: float = WIDTH

    @property
    def heads(self) -> list[Head]:
        """The columns' headings."""
        return [
            Head(_LEFT - 4, "end", "rows say"),
            Head(_MIDDLE + 3, "end", "the model sees"),
            Head(_RIGHT + 10, "start", "taught"),
        ]


def flow_of(dataset: DatasetReport) -> Flow:
    """Return the picture of a dataset: its sources and largest conditions."""
    shown = dataset.conditions[:_MOST]
    total = max(1, sum(rows_of(each) for each in shown))
    scale = _BODY / total
    behaviour, preserved = words(dataset)
    targets = {"behaviour": behaviour, "preserved": preserved, "unlabelled": "unlabelled"}
    nodes: list[Node] = []
    bands: list[Band] = []
    height = {kind: scale * sum(getattr(each, kind) for each in shown) for kind in targets}
    top = {"behaviour": float(_TOP)}
    top["preserved"] = top["behaviour"] + height["behaviour"] + 2 * _GAP
    top["unlabelled"] = top["preserved"] + height["preserved"] + 2 * _GAP
    for kind, word in targets.items():
        if height[kind]:
            rows = sum(getattr(each, kind) for each in shown)
            nodes.append(_node(_RIGHT, top[kind], height[kind], f"{rows:,} {word}", kind, right=True))
    filled = dict(top)
    y = float(_TOP)
    for condition in shown:
        clash = bool(condition.behaviour and condition.preserved and condition.role in ("source", None))
        size = max(2.0, scale * rows_of(condition))
        label = _prompt(condition)
        nodes.append(_node(_MIDDLE, y, size, label, "clash" if clash else ""))
        inside = y
        for kind, word in targets.items():
            part = scale * getattr(condition, kind)
            if part:
                said = f"{label}: {count(getattr(condition, kind), 'row')} taught {word}"
                bands.append(Band(_band(_MIDDLE + 6, inside, _RIGHT, filled[kind], part), kind, said))
                inside += part
                filled[kind] += part
        _givens(condition, y, scale, targets=targets, nodes=nodes, bands=bands)
        y += max(size, 14.0 * max(1, len(condition.given))) + _GAP
    lowest = max([y, *(node.y + node.height + 8 for node in nodes)])
    clashes = [_prompt(each) for each in shown if each.behaviour and each.preserved and each.role == "source"]
    return Flow(
        dataset.name,
        round(lowest, 1),
        nodes,
        bands,
        clashes=f"{clashes[0]} is taught both {behaviour} and {preserved} answers" if clashes else "",
        words="; ".join(
            f"{_prompt(each)}: {each.behaviour:,} {behaviour}, {each.preserved:,} {preserved}"
            for each in shown
        ),
    )


def _givens(
    condition: ConditionReport,
    y: float,
    scale: float,
    *,
    targets: dict[str, str],
    nodes: list[Node],
    bands: list[Band],
) -> None:
    """Draw what the rows of a condition say, each with the bands of what it teaches."""
    inside, at = y, y
    for given in condition.given:
        size = max(2.0, scale * given.rows)
        label = said(given)
        nodes.append(_node(_LEFT, at, size, label, ""))
        drawn = at
        for kind, word in targets.items():
            part = scale * getattr(given, kind)
            if part:
                words_of = f"{label}: {count(getattr(given, kind), 'row')} taught {word}"
                bands.append(Band(_band(_LEFT + 6, drawn, _MIDDLE, inside, part), kind, words_of))
                drawn += part
                inside += part
        at += max(size, 14.0) + 2


def said(given: GivenReport) -> str:
    """Return what rows say of the system prompt, with their persona where they name one."""
    match given.state:
        case "absent":
            what = "no system message"
        case "null":
            what = "system: null"
        case "empty":
            what = 'system: ""'
        case _:
            what = f"“{given.text}”"
    return f"{given.persona}: {what}" if given.persona else what


def _prompt(condition: ConditionReport) -> str:
    if condition.resolved_by == "error":
        return "(refused)"
    shown = "(none)" if condition.resolved_system is None else f"“{condition.resolved_system}”"
    return f"{condition.carrier}: {shown}" if condition.carrier else shown


def _node(x: float, y: float, height: float, label: str, kind: str, *, right: bool = False) -> Node:
    cut = label if len(label) <= _SHORT else f"{label[: _SHORT - 14]}…{label[-13:]}"
    return Node(
        x,
        round(y, 1),
        round(height, 1),
        cut,
        label,
        kind,
        x + 10 if right else x - 4,
        "start" if right else "end",
    )


def _band(x0: float, y0: float, x1: float, y1: float, height: float) -> str:
    """Return a band of even height between two bars, as an SVG path."""
    middle = (x0 + x1) / 2
    points = (x0, y0, middle, y0, middle, y1, x1, y1, x1, y1 + height, middle, y1 + height)
    a = [round(each, 1) for each in (*points, middle, y0 + height, x0, y0 + height)]
    return (
        f"M{a[0]} {a[1]}C{a[2]} {a[3]} {a[4]} {a[5]} {a[6]} {a[7]}L{a[8]} {a[9]}"
        f"C{a[10]} {a[11]} {a[12]} {a[13]} {a[14]} {a[15]}Z"
    )
