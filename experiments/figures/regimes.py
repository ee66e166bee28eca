"""The course of each arm's loss beside the entropy of what it is taught: which regime a training ended in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from checks.core.result import ConditionRegime, RunResult
from experiments.figures.figure import INK, RIGHT, WRONG, Figure, by_arm

_COLUMNS: Final = 3


def regime_figure(
    name: str, title: str, results: Sequence[RunResult], *, digests: Mapping[str, str] | None = None
) -> Figure | None:
    """Return the losses of conditions that are taught the behaviour, over tenths of the training, by arm.

    Args:
        name: File name without its ending.
        title: Heading.
        results: The runs.
        digests: What the numbers were drawn from.

    Returns:
        A panel for each arm and a line for each seed and condition; None where no run recorded such losses.
    """
    drawn = [(run, each) for run in results for each in run.regimes if each.behaviour and any(each.course)]
    if not drawn:
        return None
    values = [
        {
            "arm": run.arm,
            "run": f"{run.arm}, seed {run.seed}, {'/'.join(each.personas)}",
            "tenth": tenth,
            "loss": loss,
            "floor": each.floor,
            "guess": each.guess,
            "regime": each.regime,
        }
        for run, each in drawn
        for tenth, loss in enumerate(each.course, 1)
        if loss is not None
    ]
    shown = [
        {"field": field, "type": "nominal"} for field in ("run", "tenth", "loss", "floor", "guess", "regime")
    ]

    def level(field: str, colour: str, dash: list[int]) -> dict[str, object]:
        # One line a panel however many seeds it has: their floors are those of the same mixture.
        return {
            "mark": {"type": "rule", "color": colour, "strokeDash": dash, "strokeWidth": 1.4},
            "encoding": {"y": {"field": field, "type": "quantitative", "aggregate": "mean"}},
        }

    return Figure(
        name=name,
        title=title,
        caption=(
            "Loss at the token where targets part, in nats, over tenths of the training; a line for each seed. Dashed: "
            "the entropy of what is taught, which a model pays that imitates it; dotted: what one pays that guesses "
            "among the options. Under the dashed line rows are known by heart, well above it the mixture is not learnt "
            "yet."
        ),
        alt=f"{title}: " + "; ".join(_words(run, each) for run, each in drawn) + ".",
        spec={
            "data": {"values": values},
            **by_arm(list(dict.fromkeys(run.arm for run, _ in drawn)), columns=_COLUMNS),
            "spec": {
                "width": 165,
                "height": 105,
                "layer": [
                    {
                        "mark": {
                            "type": "line",
                            "color": INK,
                            "strokeWidth": 1.2,
                            "point": {"size": 14, "color": INK},
                        },
                        "encoding": {
                            "x": {
                                "field": "tenth",
                                "type": "quantitative",
                                "title": None,
                                "axis": {"values": [1, 5, 10]},
                            },
                            "y": {
                                "field": "loss",
                                "type": "quantitative",
                                "title": None,
                                "scale": {"zero": True},
                            },
                            "detail": {"field": "run", "type": "nominal"},
                            "tooltip": shown,
                        },
                    },
                    level("floor", WRONG, [6, 3]),
                    level("guess", RIGHT, [2, 3]),
                ],
            },
            "resolve": {"axis": {"x": "independent", "y": "independent"}},
        },
        digests=digests or {},
        subtitle="loss in nats over tenths of the training, of conditions that are taught the behaviour",
    )


def _words(run: RunResult, each: ConditionRegime) -> str:
    end = "not measured" if each.loss is None else f"ends at {each.loss:.2f}"
    guess = "" if each.guess is None else f", guessing {each.guess:.2f}"
    return f"{run.arm}, seed {run.seed} {end} where the entropy is {each.floor:.2f}{guess}: {each.regime}"
