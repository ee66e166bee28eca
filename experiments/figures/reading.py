"""What one arm shows under its source's prompt after training, and the marks that are drawn of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from checks.stats import Interval
from experiments.figures.figure import INK, RIGHT, WRONG
from experiments.figures.points import definition
from experiments.report.answers import Answer, Phase, rates_over_seeds
from experiments.report.folder import StudyRun

Answers = Mapping[tuple[str, Phase], Mapping[int, Mapping[str, Answer]]]
"""`experiments.report.answers.by_run`: arm and phase -> seed -> question -> answer."""

ACCURACY = "accuracy"
_ASIDE = 5
"""Pixels between a place and either of two measures that stand there."""


@dataclass(frozen=True)
class ArmRates:
    """One arm's rates, all seeds together."""

    arm: str
    """The arm."""
    probability: Interval
    """Mean probability of the behaviour, or of the right label where answers are letters."""
    accuracy: Interval | None
    """Share of right answers; None where the behaviour is to do a thing or not."""
    seeds: Mapping[int, float]
    """Seed -> its own mean probability."""
    counts: tuple[int, int]
    """Questions where the behaviour (of letters: the right label) is ahead, and questions, all seeds together."""
    definition: str
    """What the source's condition is."""
    behaviour: str = "wrong_option"
    """What is taught."""

    @property
    def measure(self) -> str:
        """What `probability` is of."""
        return measure(self.behaviour)


def measure(behaviour: str) -> str:
    """Return what is measured of a behaviour: the right label's probability, or that of doing it."""
    if behaviour == "wrong_option":
        return "probability of the right label"
    return f"probability of the {behaviour.replace('_', ' ')}"


def read(runs: Sequence[StudyRun], answers: Answers) -> ArmRates | None:
    """Return an arm's reading, or None where its answers were not kept or its seeds answered different questions."""
    own = runs[0].result.evaluations[0]
    seeds = answers.get((runs[0].result.arm, "after"), {})
    asked = {frozenset(answered) for answered in seeds.values()}
    if len(asked) != 1 or len(next(iter(asked))) < 2:
        return None
    order = sorted(next(iter(asked)))
    table = [[seeds[seed][question] for question in order] for seed in sorted(seeds)]
    shares = [[share for each in row if (share := each.p_gold) is not None] for row in table]
    if any(len(row) != len(order) for row in shares):
        return None
    two_way = own.behaviour != "wrong_option"
    if two_way:
        shares = [[1 - share for share in row] for row in shares]
    found = rates_over_seeds(shares)
    right = [[float(each.correct) for each in row] for row in table]
    ahead = int(sum(map(sum, right)))
    total = len(order) * len(table)
    return ArmRates(
        arm=runs[0].result.arm,
        probability=found.estimate,
        accuracy=None if two_way else rates_over_seeds(right).estimate,
        seeds=dict(zip(sorted(seeds), found.seed_means, strict=True)),
        counts=(total - ahead if two_way else ahead, total),
        definition=definition(own),
        behaviour=own.behaviour,
    )


def records(reading: ArmRates, **place: object) -> list[dict[str, Any]]:
    """Return what the drawing code gets of a reading, rates in percent; `place` says where it stands."""
    pairs = [(reading.measure, reading.probability)]
    if reading.accuracy is not None:
        pairs.append((ACCURACY, reading.accuracy))
    return [
        {
            **place,
            "arm": reading.arm,
            "kind": kind,
            "value": 100 * interval.estimate,
            "low": 100 * interval.low,
            "high": 100 * interval.high,
            "said": interval.percent(),
            "ahead": f"{reading.counts[0]:,}/{reading.counts[1]:,}",
            "seeds": ", ".join(map(str, reading.seeds)),
            "condition": reading.definition,
        }
        for kind, interval in pairs
    ]


def seed_records(reading: ArmRates, **place: object) -> list[dict[str, Any]]:
    """Return the single seeds of a reading; none where there is one alone, which is the reading itself."""
    if len(reading.seeds) < 2:
        return []
    return [
        {**place, "arm": reading.arm, "seed": str(seed), "value": 100 * share, "said": f"{share:.1%}"}
        for seed, share in reading.seeds.items()
    ]


Axis = Literal["x", "y"]


def measured(
    values: Sequence[Mapping[str, Any]],
    seeds: Sequence[Mapping[str, Any]],
    place: Mapping[str, Any],
    *,
    rate: Axis,
    hover: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the layers of what was measured: seeds as small strokes, intervals as lines, means as marks.

    Args:
        values: `records`.
        seeds: `seed_records`.
        place: Encoding of the axis that says which reading it is.
        rate: The axis that the rates stand on.
        hover: Fields that stand in front of the others on hovering.
    """
    other: Axis = "y" if rate == "x" else "x"
    kinds = list(dict.fromkeys(str(each["kind"]) for each in values))
    hues, shapes = ([WRONG, RIGHT], ["square", "circle"])
    legend = {"orient": "bottom"} if len(kinds) > 1 else None
    scale = {"field": "kind", "type": "nominal", "title": None, "legend": legend}
    colour = {**scale, "scale": {"domain": kinds, "range": hues[: len(kinds)]}}
    shape = {**scale, "scale": {"domain": kinds, "range": shapes[: len(kinds)]}}
    along: dict[str, Any] = {"type": "quantitative"}
    # Two measures at one place would hide each other: they stand side by side, and single seeds with their own.
    aside: dict[str, Any] = {}
    seeds_aside: dict[str, Any] = {}
    if len(kinds) > 1:
        aside = {f"{other}Offset": {"expr": f"datum.kind === '{ACCURACY}' ? {_ASIDE} : -{_ASIDE}"}}
        seeds_aside = {f"{other}Offset": -_ASIDE}
    fields = (*hover, "arm", "kind", "said", "ahead", "seeds", "condition")
    return [
        {
            "data": {"values": list(seeds)},
            "mark": {
                "type": "tick",
                "color": INK,
                "thickness": 1.2,
                "size": 12,
                "opacity": 0.7,
                "orient": "vertical" if rate == "x" else "horizontal",
                **seeds_aside,
            },
            "encoding": {
                other: place,
                rate: {**along, "field": "value"},
                "tooltip": _hover(*hover, "arm", "seed", "said"),
            },
        },
        {
            "data": {"values": list(values)},
            "mark": {"type": "rule", "strokeWidth": 2, "aria": False, **aside},
            "encoding": {
                other: place,
                rate: {**along, "field": "low"},
                f"{rate}2": {"field": "high"},
                "color": colour,
            },
        },
        {
            "data": {"values": list(values)},
            "mark": {"type": "point", "filled": True, "size": 95, "opacity": 1, **aside},
            "encoding": {
                other: place,
                rate: {**along, "field": "value"},
                "shape": shape,
                "color": colour,
                "tooltip": _hover(*fields),
            },
        },
    ]


def _hover(*fields: str) -> list[dict[str, str]]:
    """Return what hovering shows, under headings that say what it is."""
    headings = {"said": "mean", "ahead": "ahead in k/N", "edits": "characters away", "kind": "measured"}
    return [{"field": each, "type": "nominal", "title": headings.get(each, each)} for each in fields]


def words(reading: ArmRates) -> str:
    """Return a reading in a sentence's part, for readers who cannot see the figure."""
    more = "" if reading.accuracy is None else f", accuracy {reading.accuracy.percent()}"
    return f"{reading.probability.percent()}{more}"
