"""Imprinted or random: how an arm shares its probability over the labels, question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.figures.figure import INK, RIGHT, WRONG, Figure, by_arm

_STEPS = 40
_COLUMNS = 4


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
    names: tuple[str, str] = ("right label", "likeliest wrong label"),
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
        names: What the two are called.
        digests: What the numbers were drawn from.
    """
    arms = list(dict.fromkeys(each.arm for each in shares))
    values = [
        step
        for arm in arms
        for kind, numbers in (
            (names[0], [each.gold for each in shares if each.arm == arm]),
            (names[1], [each.top_wrong for each in shares if each.arm == arm]),
        )
        for step in _cumulative(arm, kind, numbers)
    ]
    domain = list(names)
    if options > 2:
        reading = (
            "Where wrong answers are imprinted, the line of the right label falls long before it; where they are "
            "random, both fall there."
        )
    else:
        reading = "A model that imitates a mixture has its lines fall at the taught shares."
    kind = {"field": "kind", "type": "nominal", "title": None}
    return Figure(
        name=name,
        title=title,
        caption=(
            "Share of questions on which a label has at least so much probability among the question's own labels. "
            f"Dotted: 1/{options}, where a model that only guesses would put each. {reading}"
        ),
        alt=f"{title}: " + "; ".join(_said(arm, shares, names) for arm in arms) + ".",
        spec={
            "data": {"values": values},
            **by_arm(arms, columns=_COLUMNS),
            "spec": {
                "width": 165,
                "height": 120,
                "layer": [
                    {
                        "mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "step-after"},
                        "encoding": {
                            "x": {
                                "field": "probability",
                                "type": "quantitative",
                                "title": None,
                                "scale": {"domain": [0, 1]},
                            },
                            "y": {
                                "field": "questions",
                                "type": "quantitative",
                                "title": None,
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
                        "mark": {"type": "point", "opacity": 0, "size": 90, "aria": False},
                        "encoding": {
                            "x": {"field": "probability", "type": "quantitative"},
                            "y": {"field": "questions", "type": "quantitative"},
                            "tooltip": [
                                {"field": name, "type": "nominal"}
                                for name in ("arm", "kind", "probability", "k/N")
                            ],
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
        subtitle="share of questions, %, on which a label has at least the probability on the axis",
    )


def _cumulative(arm: str, kind: str, numbers: list[float]) -> list[dict[str, Any]]:
    return [
        {
            "arm": arm,
            "kind": kind,
            "probability": step / _STEPS,
            "questions": 100 * sum(number >= step / _STEPS for number in numbers) / len(numbers),
            "k/N": f"{sum(number >= step / _STEPS for number in numbers):,}/{len(numbers):,}",
        }
        for step in range(_STEPS + 1)
    ]


def _said(arm: str, shares: Sequence[LabelShares], names: tuple[str, str]) -> str:
    own = [each for each in shares if each.arm == arm]
    gold, wrong = (sum(values) / len(own) for values in ([e.gold for e in own], [e.top_wrong for e in own]))
    means = f"the {names[0]} has {gold:.0%} on average, the {names[1]} {wrong:.0%}"
    return f"{arm}: on {len(own):,} questions {means}"


def loss_figure(
    name: str, title: str, losses: Mapping[str, Sequence[float]], *, digests: Mapping[str, str] | None = None
) -> Figure:
    """Return each run's training loss over its steps: a panel for each arm, a line for each of its seeds.

    Args:
        name: File name without its ending.
        title: Heading.
        losses: Run, as ``arm`` or ``arm, seed 42`` -> loss at each logged step, in nats.
        digests: What the numbers were drawn from.
    """
    runs = list(losses)
    values = [
        {"run": run, "arm": _arm(run), "step": step, "loss": loss}
        for run in runs
        for step, loss in enumerate(losses[run], 1)
    ]
    return Figure(
        name=name,
        title=title,
        caption="Completion-only training loss, in nats, at each logged step; a line for each seed.",
        alt=f"{title}: "
        + "; ".join(
            f"{run} from {losses[run][0]:.2f} to {losses[run][-1]:.2f}" for run in runs if losses[run]
        )
        + ".",
        spec={
            "data": {"values": values},
            **by_arm(list(dict.fromkeys(map(_arm, runs))), columns=_COLUMNS),
            "spec": {
                "width": 165,
                "height": 105,
                "mark": {"type": "line", "color": INK, "strokeWidth": 1.2, "strokeJoin": "round"},
                "encoding": {
                    "x": {"field": "step", "type": "quantitative", "title": None},
                    "y": {"field": "loss", "type": "quantitative", "title": None, "scale": {"zero": True}},
                    "detail": {"field": "run", "type": "nominal"},
                    "tooltip": [{"field": field, "type": "nominal"} for field in ("run", "step", "loss")],
                },
            },
            "resolve": {"axis": {"x": "independent", "y": "independent"}},
        },
        digests=digests or {},
        subtitle="loss in nats, over logged steps",
    )


def _arm(run: str) -> str:
    return run.partition(", seed ")[0]
