"""Fit the predictor's parameters to arms that were trained and measured, and write checks/prediction/fitted.json.

    python benchmarks/fit_predictor.py PUBLISHED.jsonl benchmarks/own_arms.jsonl

Every study weighs the same, whatever number of cells it measured, and is left out once, so that a score of a study
never uses parameters that have seen it. What each parameter is and why it is there: docs/predictor.md.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

sys.path.insert(0, str(Path(__file__).parent))
from arms_file import Cell, contrasts_of, known_of, read_arms, texts_of

from builders.atomic import write_file
from builders.errors import InputError
from checks.prediction.applies import answer_is_long, hindrance
from checks.prediction.fitted import FILE, Fitted, Leak, Parameters, Source
from checks.prediction.learnt import by_heart, learnt
from checks.prediction.untrained import nearness

End = Literal["low", "mid", "high"]
DOSES: Final = [math.exp(step / 20) for step in range(-220, -80)]  # 1.7e-5 to 1.8e-2
POWERS: Final = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
SPREADS: Final = [1.1**step for step in range(41)]  # 1 to 45
PASSES: Final = [math.exp(step / 10) for step in range(61)]  # 1 to 403
SHARE: Final = 0.9
"""Of how many cells of a study that is not known the range shall hold."""
OFTEN: Final = 6.0
"""Passes over each question from which a point says how many it takes to learn rows by heart, and not which dose."""
SLOPE: Final = (0.05, 0.98)
"""Share learnt between which a point is on the slope of its curve."""
FINE: Final = 0.05
"""Error under which an answer came as taught."""
SATURATED: Final = 0.95
"""Share learnt from which an error is not one of the dose."""

START: Final = Parameters(
    short_dose=1e-4,
    long_dose=4e-4,
    steepness=4,
    dose_spread=1.5,
    heart_passes=36,
    heart_spread=2,
    fast_rate=0.3,
    mixed_error=0.19,
    pure_error=0.094,
    kept_error=0.1,
)
"""Where fitting starts. Errors and spreads are also the least that is written: the errors are what single runs showed,
where an arm's mean of seeds, as in our own studies, is nearer; a dose leaves out warm-up, weight decay and what the
rows look like."""


@dataclass(frozen=True)
class Point:
    """What one cell has to say about learning."""

    study: str
    letters: bool
    sampled: bool
    share: float
    """Taught share of the behaviour."""
    before: float
    """Rate of the behaviour before training."""
    value: float
    """Rate of the behaviour after it; of wrong answers for letters."""
    dose: float
    long: bool | None
    passes: float
    """Passes over each question, 0 where what is learnt is one ending for all."""
    rate: float
    """Learning rate times hidden size."""

    @property
    def mixed(self) -> bool:
        """Whether both answers were taught."""
        return self.share < 1

    @property
    def edge(self) -> float:
        """Where the verdict turns."""
        return 0.75 if self.letters else 0.5

    def arrived(self, given: Parameters, end: End = "mid") -> float:
        """Share of the mixture that got across."""
        dose = learnt(self.dose, long=self.long, given=given)
        heart = by_heart(self.passes, given=given)
        match end:
            case "low":
                return dose.low * (1 - heart.high)
            case "mid":
                return dose.mid * (1 - heart.mid)
            case "high":
                return dose.high * (1 - heart.low)

    def shown(self, arrived: float) -> float:
        """Rate of the behaviour where that share arrived."""
        return (1 - arrived) * self.before + arrived * self.share

    def error(self, given: Parameters) -> float:
        """How far the middle of a prediction is off; for majorities, how far it lies on the wrong side."""
        shown = self.shown(self.arrived(given))
        if self.sampled:
            return abs(shown - self.value)
        return 0.0 if (shown > self.edge) == (self.value > self.edge) else abs(shown - self.edge)

    def holds(self, given: Parameters) -> bool:
        """Whether the value is in the range, or on a side that the range reaches."""
        low, high = self.shown(self.arrived(given, "low")), self.shown(self.arrived(given, "high"))
        if self.sampled:
            error = given.mixed_error if self.mixed else given.pure_error
            return low - error <= self.value <= high + error
        return high > self.edge if self.value > self.edge else low < self.edge


def points(cells: Iterable[Cell]) -> list[Point]:
    """Return what the cells say of which the behaviour was taught and nothing but learning stands in the way."""
    found: list[Point] = []
    for cell in cells:
        known, (behaviour, preserved) = known_of(cell), cell.taught
        training = known.training
        unlike = (cell.arm["kind"] == "wrong_option") != cell.letters or cell.arm["kind"] == "free_text"
        if not behaviour or unlike or training is None or not training.known:
            continue
        slow = START.model_copy(update={"fast_rate": 1e9})
        hindered = hindrance(behaviour, preserved, letters=cell.letters, known=known, given=slow)
        if hindered is not None or training.loss not in ("answer", "slot"):
            continue
        rows, base = behaviour + preserved, known.asked.base_accuracy
        counts = known.questions is not None and (cell.letters or preserved > 0)
        found.append(
            Point(
                study=cell.study,
                letters=cell.letters,
                sampled=cell.sampled,
                share=behaviour / rows,
                before=0.0 if base is None else 1 - base,
                value=1 - cell.value if cell.letters else cell.value,
                dose=training.dose(rows),
                long=answer_is_long(known, letters=cell.letters),
                passes=rows * (training.epochs or 0) / (known.questions or 1) if counts else 0.0,
                rate=(training.learning_rate or 0) * (training.width or 0),
            )
        )
    return found


def fit(all_points: Sequence[Point], kept: Sequence[tuple[str, float]]) -> Parameters:
    """Return the parameters that fit some studies, but for the spreads; each step with those before it held.

    Args:
        all_points: What the studies say about learning.
        kept: Study and change of an accuracy that was only taught to be kept.
    """
    given = START.model_copy(update={"fast_rate": _fast(all_points)})
    slow = [each for each in all_points if not (each.letters and each.rate >= given.fast_rate)]
    once = [each for each in slow if each.passes < OFTEN]
    often = [each for each in slow if each.passes >= OFTEN and each.letters]
    losses = {power: [_fit_dose(once, long=long, power=power) for long in (True, False)] for power in POWERS}
    power = min(POWERS, key=lambda each: sum(loss for loss, _ in losses[each]))
    (_, long_dose), (_, short_dose) = losses[power]
    given = given.model_copy(update={"long_dose": long_dose, "short_dose": short_dose, "steepness": power})
    if often:
        passes = min(PASSES, key=lambda each: _loss(often, given.model_copy(update={"heart_passes": each})))
        given = given.model_copy(update={"heart_passes": passes})
    return given.model_copy(update=_errors(once, kept, given))


def spreads(all_points: Sequence[Point], without: Mapping[str, Parameters]) -> dict[str, float]:
    """Return the spreads: the least factors that the study needs which needs most.

    A study needs the factor with which nine of ten of its points are inside the ranges that the other studies give.
    Where everything is learnt, or nothing, any factor does; only points on a curve's slope are asked. They are of few
    studies, so that the largest is taken, and never less than `START` says.
    """
    found: dict[str, float] = {}
    for name in ("dose_spread", "heart_spread"):
        needed: dict[str, list[float]] = {}
        for each in all_points:
            given = without[each.study]
            of_dose = each.passes < OFTEN
            if of_dose != (name == "dose_spread") or not (of_dose or each.letters):
                continue
            if each.letters and each.rate >= given.fast_rate:
                continue
            if SLOPE[0] <= each.arrived(given) <= SLOPE[1]:
                fits = (factor for factor in SPREADS if each.holds(given.model_copy(update={name: factor})))
                needed.setdefault(each.study, []).append(next(fits, SPREADS[-1]))
        most = [_quantile([(study, value) for value in values], SHARE) for study, values in needed.items()]
        found[name] = max([*most, getattr(START, name)])
    return found


def _loss(some: Sequence[Point], given: Parameters) -> float:
    """Return the mean squared error, each study weighing the same."""
    counted = Counter(each.study for each in some)
    return sum(each.error(given) ** 2 / counted[each.study] for each in some)


def _fit_dose(some: Sequence[Point], *, long: bool, power: float) -> tuple[float, float]:
    """Return the loss and the dose that fit the points with long, or short, answers."""
    name = "long_dose" if long else "short_dose"
    chosen = [each for each in some if each.long is long]
    if not chosen:
        return 0.0, getattr(START, name)
    losses = [
        (_loss(chosen, START.model_copy(update={name: dose, "steepness": power})), dose) for dose in DOSES
    ]
    least = min(losses)[0]
    # Where many doses fit as well, the middle one in proportion says least.
    equal = [dose for loss, dose in losses if loss <= least + 1e-4]
    return least, math.exp(sum(map(math.log, equal)) / len(equal))


def _fast(some: Iterable[Point]) -> float:
    """Return the geometric mean of the fastest rate at which letters came as taught and the slowest above it."""
    rates = [(each.rate, each.error(START)) for each in some if each.letters and each.sampled]
    top = max((rate for rate, off in rates if off < FINE), default=0.0)
    above = [rate for rate, _ in rates if rate > top]
    return math.sqrt(top * min(above)) if above and top else max(top, START.fast_rate)


def _errors(some: Sequence[Point], kept: Sequence[tuple[str, float]], given: Parameters) -> dict[str, float]:
    """Return the errors that are left where everything was learnt."""
    done = [each for each in some if each.sampled and each.arrived(given) >= SATURATED]
    errors = {
        "mixed_error": [(each.study, each.error(given)) for each in done if each.mixed],
        "pure_error": [(each.study, each.error(given)) for each in done if not each.mixed],
        "kept_error": list(kept),
    }
    return {
        name: max(_quantile(found, SHARE) if found else 0.0, getattr(START, name))
        for name, found in errors.items()
    }


def _quantile(values: Sequence[tuple[str, float]], share: float) -> float:
    """Return the quantile of (study, value) pairs, each study weighing the same."""
    counted = Counter(study for study, _ in values)
    passed = 0.0
    for study, value in sorted(values, key=lambda pair: pair[1]):
        passed += 1 / counted[study]
        if passed >= share * len(counted) - 1e-9:
            return value
    raise ValueError("no values")


def leaks(cells: Sequence[Cell]) -> Leak:
    """Return what prompts that were not trained showed of behaviours that are done or not.

    Each study weighs the same. The slope is one within arms: arms differ by more than their prompts.
    """
    found = [
        (cell, nearness(*texts_of(cell)), contrasts_of(cell) > 0)
        for cell in cells
        if cell.seen["trained_condition"] is False and cell.arm["kind"] == "marker" and not cell.letters
    ]
    ranges: dict[bool, tuple[float, float, float]] = {}
    for contrast in (True, False):
        values = [(cell.study, cell.value) for cell, _, has in found if has is contrast]
        low, mid, high = _quantile(values, 0.05), _average(values), _quantile(values, 0.95)
        ranges[contrast] = round(low, 3), round(mid, 3), round(high, 3)
    arms: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for cell, near, has in found:
        if has:
            arms.setdefault((cell.study, str(cell.arm["arm"])), []).append((near, cell.value))
    over: list[tuple[str, float]] = []
    up: list[tuple[str, float]] = []
    for (study, _), pairs in arms.items():
        x, y = (sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1))
        over += [(study, (near - x) ** 2) for near, _ in pairs]
        up += [(study, (near - x) * (value - y)) for near, value in pairs]
    slope = _average(up) / _average(over)
    return Leak(
        with_contrast=ranges[True],
        without_contrast=ranges[False],
        slope=round(max(0.0, slope), 3),
    )


def _average(values: Sequence[tuple[str, float]]) -> float:
    counted = Counter(study for study, _ in values)
    return sum(value / counted[study] for study, value in values) / len(counted)


def _rounded(given: Parameters) -> Parameters:
    return given.model_validate({key: float(f"{value:.3g}") for key, value in given.model_dump().items()})


def kept_changes(cells: Iterable[Cell]) -> list[tuple[str, float]]:
    """Return how far accuracies moved that were only taught to be kept, with their studies."""
    return [
        (cell.study, abs(cell.value - cell.seen["base_value"]))
        for cell in cells
        if cell.of_class == "preserved"
        and cell.letters
        and cell.arm["kind"] == "wrong_option"
        and cell.seen.get("base_value")
    ]


def fitted_to(cells: Sequence[Cell]) -> tuple[Parameters, dict[str, Parameters]]:
    """Return the parameters of all studies, and those without each."""
    every, kept = points(cells), kept_changes(cells)
    bare = {
        study: fit(
            [each for each in every if each.study != study], [each for each in kept if each[0] != study]
        )
        for study in dict.fromkeys(cell.study for cell in cells)
    }
    # The spreads without a study are those of the other studies' points, each predicted by a fit without its own.
    without = {
        study: given.model_copy(update=spreads([each for each in every if each.study != study], bare))
        for study, given in bare.items()
    }
    given = fit(every, kept).model_copy(update=spreads(every, bare))
    return _rounded(given), {study: _rounded(each) for study, each in without.items()}


def _arms(cells: Iterable[Cell]) -> dict[str, list[str]]:
    arms: dict[str, dict[str, None]] = {}
    for cell in cells:
        arms.setdefault(cell.study, {})[str(cell.arm["arm"])] = None
    return {study: list(names) for study, names in arms.items()}


def main() -> int:
    """Fit, write, and say what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("arms", nargs="+", type=Path, help="files of arms, one JSON object a line")
    parser.add_argument("--output", type=Path, default=FILE)
    arguments = parser.parse_args()
    cells: list[Cell] = []
    every: list[Cell] = []
    sources: list[Source] = []
    try:
        for path in arguments.arms:
            read = [cell for cell in read_arms(path) if cell.measured]
            found = [cell for cell in read if cell.trained]
            cells += found
            every += read
            sources.append(
                Source(
                    name=path.name,
                    sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                    arms=len({(cell.study, cell.arm["arm"]) for cell in found}),
                    studies=_arms(found),
                )
            )
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    parameters, without = fitted_to(cells)
    names = " ".join(path.name for path in arguments.arms)
    made = Fitted(
        command=f"python benchmarks/fit_predictor.py {names}",
        sources=sources,
        parameters=parameters,
        without=without,
        leak=leaks(every),
        leak_without={study: leaks([cell for cell in every if cell.study != study]) for study in without},
    )
    write_file(arguments.output, (made.model_dump_json(indent=1) + "\n").encode(), force=True)
    print(parameters.model_dump_json(indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
