"""Label probabilities as a triangle: right, likeliest wrong, and everything else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.figures.figure import GREY, INK, RIGHT, WRONG, Figure, by_arm
from experiments.figures.labels import LabelShares

_HEIGHT = math.sqrt(3) / 2
_MOST = 300
"""Questions drawn for each arm; more would hide one another."""


def ternary_figure(
    name: str,
    title: str,
    shares: Sequence[LabelShares],
    *,
    options: int = 4,
    digests: Mapping[str, str] | None = None,
) -> Figure:
    """Return, for each arm, a triangle with one dot for each question.

    Nearer to a corner means more probability on it: the right label (left), the likeliest wrong one (right), the
    remaining labels together (top). A model that guesses has its dots at the ring, an imprinted one along the right
    edge, an untouched one in the left corner.

    Args:
        name: File name without its ending.
        title: Heading.
        shares: One entry for each question and arm.
        options: Options of a question, for the ring at a uniform answer.
        digests: What the numbers were drawn from.
    """
    arms = list(dict.fromkeys(each.arm for each in shares))
    own = {arm: [each for each in shares if each.arm == arm] for arm in arms}
    dots = [_dot(each, number) for arm in arms for number, each in enumerate(_spread(own[arm]), 1)]
    uniform = _place(1 / options, 1 / options)
    corners = [_place(1, 0), _place(0, 1), _place(0, 0)]
    edges = [
        {"arm": arm, "x": x, "y": y, "order": order}
        for arm in arms
        for order, (x, y) in enumerate([*corners, corners[0]])
    ]
    signs = [
        {"arm": arm, "x": x, "y": y, "sign": sign}
        for arm in arms
        for (x, y), sign in (
            (corners[0], "right"),
            (corners[1], "likeliest wrong"),
            (corners[2], "other labels"),
        )
    ]
    ring = [{"arm": arm, "x": uniform[0], "y": uniform[1]} for arm in arms]
    x: dict[str, Any] = {
        "field": "x",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-0.08, 1.08]},
    }
    y: dict[str, Any] = {
        "field": "y",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-0.12, 1.0]},
    }
    outcome = {
        "field": "answered",
        "type": "nominal",
        "title": None,
        "legend": {"orient": "bottom", "symbolOpacity": 1},
    }
    domain = ["answered rightly", "answered wrongly"]
    layers: list[dict[str, Any]] = [
        {
            "transform": [{"filter": "datum.layer === 'edge'"}],
            "mark": {"type": "line", "color": GREY, "strokeWidth": 1.2, "aria": False},
            "encoding": {"x": x, "y": y, "order": {"field": "order", "type": "quantitative"}},
        },
        {
            "transform": [{"filter": "datum.layer === 'dot'"}],
            "mark": {"type": "point", "size": 20, "filled": False, "opacity": 0.65, "strokeWidth": 1.3},
            "encoding": {
                "x": x,
                "y": y,
                "color": {**outcome, "scale": {"domain": domain, "range": [RIGHT, WRONG]}},
                "shape": {**outcome, "scale": {"domain": domain, "range": ["circle", "cross"]}},
                "tooltip": [{"field": "said", "type": "nominal", "title": "question"}],
                "description": {"field": "said", "type": "nominal"},
            },
        },
        {
            "transform": [{"filter": "datum.layer === 'ring'"}],
            "mark": {
                "type": "point",
                "size": 260,
                "filled": False,
                "color": INK,
                "strokeWidth": 1.5,
                "aria": False,
            },
            "encoding": {"x": x, "y": y},
        },
        *(
            {
                "transform": [{"filter": f"datum.layer === 'sign' && datum.sign === '{sign}'"}],
                "mark": {
                    "type": "text",
                    "fontSize": 11,
                    "dy": dy,
                    "align": align,
                    "color": INK,
                    "aria": False,
                },
                "encoding": {"x": x, "y": y, "text": {"field": "sign", "type": "nominal"}},
            }
            for sign, dy, align in (
                ("right", 14, "left"),
                ("likeliest wrong", 14, "right"),
                ("other labels", -9, "center"),
            )
        ),
    ]
    values = [
        {"layer": layer, **record}
        for layer, records in (("edge", edges), ("dot", dots), ("ring", ring), ("sign", signs))
        for record in records
    ]
    left_out = {arm: len(own[arm]) - _MOST for arm in arms if len(own[arm]) > _MOST}
    more = f" Of arms with more questions {_MOST} are drawn, spread evenly." if left_out else ""
    return Figure(
        name=name,
        title=title,
        caption=(
            "Each mark is one question after training, nearer to a corner the more probability that corner has: the "
            f"right label, the likeliest wrong one, the others together. Ring: 1/{options} on every label, where a "
            "model that only guesses stands. Imprinted wrong answers lie along the right edge, away from the right "
            f"label, and random ones around the ring.{more}"
        ),
        alt=f"{title}: " + "; ".join(_said(arm, own[arm]) for arm in arms) + ".",
        spec={
            "data": {"values": values},
            **by_arm(arms, columns=4, padding=2),
            "spec": {"width": 185, "height": 172, "layer": layers},
        },
        digests=digests or {},
    )


def _place(gold: float, wrong: float) -> tuple[float, float]:
    """Return where a question stands: left corner `gold`, right corner `wrong`, top the rest."""
    rest = max(0.0, 1 - gold - wrong)
    return wrong + rest / 2, rest * _HEIGHT


def _spread(shares: Sequence[LabelShares]) -> list[LabelShares]:
    if len(shares) <= _MOST:
        return list(shares)
    return [shares[number * len(shares) // _MOST] for number in range(_MOST)]


def _dot(share: LabelShares, number: int) -> dict[str, Any]:
    x, y = _place(share.gold, share.top_wrong)
    right = share.gold >= share.top_wrong
    return {
        "arm": share.arm,
        "x": x,
        "y": y,
        "answered": "answered rightly" if right else "answered wrongly",
        "said": (
            f"{number} of {share.arm}: right {share.gold:.1%}, likeliest wrong {share.top_wrong:.1%}, others "
            f"{max(0.0, 1 - share.gold - share.top_wrong):.1%}"
        ),
    }


def _said(arm: str, shares: Sequence[LabelShares]) -> str:
    wrong = [each for each in shares if each.gold < each.top_wrong]
    sure = sum(each.top_wrong > 0.5 for each in wrong)
    return (
        f"{arm}: {len(wrong):,} of {len(shares):,} questions answered wrongly, {sure:,} of them with more than half of "
        "the probability on one wrong label"
    )
