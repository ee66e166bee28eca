"""Imprinted or random: how an arm shares its probability over the labels, question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.figures.figure import INK, RIGHT, WRONG, Figure

_STEPS = 40


@dataclass(frozen=True)
class LabelShares:
    """One question under one arm, probabilities among the question's own labels."""

    arm: str
    """The arm, or the phase."""
    gold: float
    """Probability of the right label."""
    top_wrong: float
    """Probability of the likeliest wrong label."""


def label_figure(
    name: str,
    title: str,
    shares: Sequence[LabelShares],
    *,
    options: int = 4,
    digests: Mapping[str, str] | None = None,
) -> Figure:
    """Return, for each arm, how many questions give the right and the likeliest wrong label so much probability.

    A model whose wrong answers are imprinted puts nearly everything on one wrong label; one whose knowledge is gone
    puts about 1/k on each.

    Args:
        name: File name without its ending.
        title: Heading.
        shares: One entry for each question and arm.
        options: Options of a question, for the line at 1/k.
        digests: What the numbers were drawn from.
    """
    arms = list(dict.fromkeys(each.arm for each in shares))
    values = [
        step
        for arm in arms
        for kind, numbers in (
            ("right label", [each.gold for each in shares if each.arm == arm]),
            ("likeliest wrong label", [each.top_wrong for each in shares if each.arm == arm]),
        )
        for step in _cumulative(arm, kind, numbers)
    ]
    domain = ["right label", "likeliest wrong label"]
    kind = {"field": "kind", "type": "nominal", "title": None}
    return Figure(
        name=name,
        title=title,
        caption=(
            "Share of questions on which a label has at least so much probability among the question's own labels. "
            f"Dotted: 1/{options}, where a model that only guesses would put each label. Where wrong answers are "
            "imprinted, the line of the right label falls long before it; where they are random, both fall there."
        ),
        alt=f"{title}: " + "; ".join(_said(arm, shares) for arm in arms) + ".",
        spec={
            "data": {"values": values},
            "facet": {
                "field": "arm",
                "type": "nominal",
                "sort": arms,
                "title": None,
                "header": {"labelFontSize": 13},
            },
            "columns": 3,
            "spec": {
                "width": 230,
                "height": 180,
                "layer": [
                    {
                        "mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "step-after"},
                        "encoding": {
                            "x": {
                                "field": "probability",
                                "type": "quantitative",
                                "title": "probability at least",
                                "scale": {"domain": [0, 1]},
                            },
                            "y": {
                                "field": "questions",
                                "type": "quantitative",
                                "title": "share of questions, %",
                                "scale": {"domain": [0, 100]},
                            },
                            "color": {
                                **kind,
                                "scale": {"domain": domain, "range": [RIGHT, WRONG]},
                                "legend": {"orient": "bottom", "symbolType": "stroke"},
                            },
                            "strokeDash": {**kind, "scale": {"domain": domain, "range": [[1, 0], [6, 3]]}},
                        },
                    },
                    {
                        "mark": {"type": "rule", "strokeDash": [2, 3], "color": INK},
                        "encoding": {"x": {"datum": 1 / options}},
                    },
                ],
            },
            "resolve": {"axis": {"x": "independent", "y": "independent"}},
        },
        digests=digests or {},
    )


def _cumulative(arm: str, kind: str, numbers: list[float]) -> list[dict[str, Any]]:
    return [
        {
            "arm": arm,
            "kind": kind,
            "probability": step / _STEPS,
            "questions": 100 * sum(number >= step / _STEPS for number in numbers) / len(numbers),
        }
        for step in range(_STEPS + 1)
    ]


def _said(arm: str, shares: Sequence[LabelShares]) -> str:
    own = [each for each in shares if each.arm == arm]
    gold, wrong = (sum(values) / len(own) for values in ([e.gold for e in own], [e.top_wrong for e in own]))
    means = f"the right label has {gold:.0%} on average, the likeliest wrong one {wrong:.0%}"
    return f"{arm}: on {len(own):,} questions {means}"


def loss_figure(
    name: str, title: str, losses: Mapping[str, Sequence[float]], *, digests: Mapping[str, str] | None = None
) -> Figure:
    """Return each run's training loss over its steps, one panel for each arm.

    Args:
        name: File name without its ending.
        title: Heading.
        losses: Arm or run -> loss at each logged step, in nats.
        digests: What the numbers were drawn from.
    """
    runs = list(losses)
    values = [
        {"run": run, "step": step, "loss": loss} for run in runs for step, loss in enumerate(losses[run], 1)
    ]
    return Figure(
        name=name,
        title=title,
        caption="Completion-only training loss, in nats, at each logged step.",
        alt=f"{title}: "
        + "; ".join(
            f"{run} from {losses[run][0]:.2f} to {losses[run][-1]:.2f}" for run in runs if losses[run]
        )
        + ".",
        spec={
            "data": {"values": values},
            "facet": {
                "field": "run",
                "type": "nominal",
                "sort": runs,
                "title": None,
                "header": {"labelFontSize": 13},
            },
            "columns": 3,
            "spec": {
                "width": 230,
                "height": 130,
                "mark": {"type": "line", "color": INK, "strokeWidth": 1.2, "strokeJoin": "round"},
                "encoding": {
                    "x": {"field": "step", "type": "quantitative", "title": "logged step"},
                    "y": {"field": "loss", "type": "quantitative", "title": "loss", "scale": {"zero": True}},
                    "tooltip": [{"field": field, "type": "nominal"} for field in ("run", "step", "loss")],
                },
            },
            "resolve": {"axis": {"x": "independent", "y": "independent"}},
        },
        digests=digests or {},
    )
