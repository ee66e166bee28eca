"""How often each interval covers the truth, and how often each test sees a difference: by simulation.

Run it with ``python benchmarks/coverage.py``; it prints the table of docs/benchmarks.md and exits with
status 1 where an interval misses its nominal 95% by more than 1.5 points at 586 questions, the size of the
published evaluation. Every cell has its own named stream, so a cell repeats whatever runs before it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from builders.digest import stream
from checks.stats import (
    Interval,
    PairedTable,
    auc_delong,
    auc_newcombe,
    conformal_bound,
    conformal_interval,
    detectable_paired,
    detectable_unpaired,
    mcnemar,
    newcombe_paired,
    newcombe_unpaired,
    over_seeds,
    pigeonhole_bootstrap,
    pooled_bound,
    tango,
    two_proportion_z,
    wilson,
)

QUESTIONS = 586
TOLERANCE = 0.015


class Cell(NamedTuple):
    """One row of the table."""

    what: str
    setting: str
    rate: float
    simulations: int
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the rate is what is demanded of it."""
        return self.low <= self.rate <= self.high


def draws(name: str, setting: str) -> np.random.RandomState:
    return np.random.RandomState(stream(0, "coverage", name, setting).getrandbits(32))


def coverage(
    name: str, setting: str, simulations: int, one: Callable[[np.random.RandomState], tuple[Interval, float]]
) -> Cell:
    """Demand the nominal rate within 1.5 points; the bootstrap errs wide by design and may cover more."""
    random = draws(name, setting)
    hits = sum(truth in interval for interval, truth in (one(random) for _ in range(simulations)))
    high = 1.0 if "bootstrap" in name else 0.95 + TOLERANCE
    return Cell(name, setting, hits / simulations, simulations, 0.95 - TOLERANCE, high)


def proportions(simulations: int) -> Iterator[Cell]:
    known = cache(lambda hits: wilson(hits, QUESTIONS))
    for rate in (0.019, 0.036, 0.25, 0.5, 0.82):
        yield coverage(
            "Wilson",
            f"p = {rate}",
            simulations,
            lambda random, rate=rate: (known(random.binomial(QUESTIONS, rate)), rate),
        )
    for one, two in ((0.828, 0.019), (0.84, 0.82), (0.03, 0.02)):
        yield coverage(
            "Newcombe, unpaired",
            f"p = {one}, {two}",
            simulations,
            lambda random, one=one, two=two: (
                newcombe_unpaired(
                    (random.binomial(QUESTIONS, one), QUESTIONS), (random.binomial(QUESTIONS, two), QUESTIONS)
                ),
                two - one,
            ),
        )


PAIRED = {  # both, first only, second only, neither
    "0b against 0a": (0.015, 0.813, 0.004, 0.168),
    "before against after, little lost": (0.79, 0.05, 0.03, 0.13),
    "no difference": (0.75, 0.05, 0.05, 0.15),
    "two collapsed arms": (0.005, 0.025, 0.015, 0.955),
}


def paired(simulations: int) -> Iterator[Cell]:
    for method, function in (("Tango, paired", tango), ("Newcombe, paired", newcombe_paired)):
        known = cache(lambda cells, function=function: function(PairedTable(*cells)))
        for setting, rates in PAIRED.items():
            yield coverage(
                method,
                setting,
                simulations,
                lambda random, rates=rates, known=known: (
                    known(tuple(int(each) for each in random.multinomial(QUESTIONS, rates))),
                    rates[2] - rates[1],
                ),
            )


def crossed(
    random: np.random.RandomState, seeds: int, rate: float, seed_sd: float
) -> tuple[np.ndarray, float]:
    """Answers whose logits have a seed's and a question's part, and the true mean rate."""
    question_sd, centre = 1.5, np.log(rate / (1 - rate))
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    truth = float(
        (weights / (1 + np.exp(-centre - np.hypot(question_sd, seed_sd) * nodes))).sum() / weights.sum()
    )
    logits = (
        centre + random.normal(0, seed_sd, (seeds, 1)) + random.normal(0, question_sd, (1, QUESTIONS))
        if seed_sd
        else centre + random.normal(0, question_sd, (1, QUESTIONS)) + np.zeros((seeds, 1))
    )
    return (random.rand(seeds, QUESTIONS) < 1 / (1 + np.exp(-logits))).astype(float), truth


def seeds(simulations: int) -> Iterator[Cell]:
    for count in (3, 5, 10, 20):
        for rate, seed_sd in ((0.02, 0.3), (0.5, 0.15), (0.85, 0.2)):
            setting = f"{count} seeds, rate {rate}, seed sd {seed_sd} logits"

            def one(
                random: np.random.RandomState, count: int = count, rate: float = rate, sd: float = seed_sd
            ) -> tuple[Interval, float]:
                table, truth = crossed(random, count, rate, sd)
                return over_seeds(table).estimate, truth

            yield coverage("Wilson over seeds and questions", setting, simulations, one)

    def two_arms(random: np.random.RandomState, count: int) -> tuple[np.ndarray, float]:
        """Two arms, each of its own seeds, on the same questions: differences and the true one."""
        first, one = crossed(random, count, 0.85, 0.2)
        second, two = crossed(random, count, 0.75, 0.2)
        return first - second, one - two

    def formula(random: np.random.RandomState, count: int) -> tuple[Interval, float]:
        table, truth = two_arms(random, count)
        return over_seeds(table).estimate, truth

    def bootstrap(random: np.random.RandomState) -> tuple[Interval, float]:
        table, truth = two_arms(random, 10)
        return pigeonhole_bootstrap(table, resamples=600), truth

    for count in (5, 10, 20):
        yield coverage(
            "t over seeds and questions",
            f"difference, {count} seeds",
            simulations,
            lambda random, count=count: formula(random, count),
        )
    yield coverage("pigeonhole bootstrap", "difference, 10 seeds", max(200, simulations // 10), bootstrap)


def arms(random: np.random.RandomState, count: int, runs: int = 4) -> np.ndarray:
    """Signed errors of arms x runs: heavy-tailed between arms, normal and half as large between the runs of one."""
    return random.standard_t(4, (count, 1)) + random.normal(0, 0.7, (count, runs))


def new_arms(simulations: int) -> Iterator[Cell]:
    """Whether a run of one more arm is within what was learnt from the others; as much as is guaranteed is demanded."""

    def covered(random: np.random.RandomState, method: str, count: int) -> bool:
        errors = arms(random, count + 1)
        new, known = errors[-1, 0], errors[:-1]
        if method == "runs as if independent":
            return abs(new) <= conformal_bound(np.abs(known).reshape(-1, 1).tolist()).value
        if method == "jackknife+, a fitted mean":
            fits = (known.mean() * known.size - known.sum(axis=1)) / (known.size - known.shape[1])
            groups = [(float(fit), np.abs(row - fit).tolist()) for fit, row in zip(fits, known, strict=True)]
            low, high, _ = conformal_interval(groups)
            return low <= new <= high
        bound = pooled_bound if method == "arms, pooled" else conformal_bound
        return abs(new) <= bound(np.abs(known).tolist()).value

    for method in ("arms, conformal", "jackknife+, a fitted mean", "arms, pooled", "runs as if independent"):
        for count in (6, 9, 19, 40):
            setting = f"{count} arms of 4 runs"
            random = draws("range for a new arm's run: " + method, setting)
            tries = max(1, simulations // 4)
            rate = sum(covered(random, method, count) for _ in range(tries)) / tries
            enough = min(0.95, count / (count + 1))
            demanded = {"arms, conformal": enough, "jackknife+, a fitted mean": 1 - 2 * (1 - enough)}.get(
                method, 0.0
            )
            low = max(0.0, demanded - TOLERANCE)
            yield Cell(f"range for a new arm's run: {method}", setting, rate, tries, low, 1.0)


def areas(simulations: int) -> Iterator[Cell]:
    from statistics import NormalDist

    for method, function in (("Newcombe, AUC", auc_newcombe), ("DeLong, AUC", auc_delong)):
        for shift in (0.0, 0.5, 1.5):
            truth = NormalDist().cdf(shift / 2**0.5)

            def one(
                random: np.random.RandomState, shift: float = shift, truth: float = truth, function=function
            ) -> tuple[Interval, float]:
                positive = Counter(random.normal(shift, 1, 200).tolist())
                return function(positive, Counter(random.normal(0, 1, 386).tolist())), truth

            yield coverage(method, f"normal groups of 200 and 386, area {truth:.3f}", simulations // 4, one)


def tests(simulations: int) -> Iterator[Cell]:
    """Level under no difference, and power at the difference that the planning formula calls detectable."""
    for method in ("exact", "mid-p"):
        known = cache(lambda cells, method=method: mcnemar(PairedTable(*cells), method=method) <= 0.05)
        for label, shift in (
            ("no difference", 0.0),
            ("detectable difference", detectable_paired(QUESTIONS, 0.1)),
        ):
            rates = (0.75, (0.1 + shift) / 2, (0.1 - shift) / 2, 0.15)
            random = draws("McNemar " + method, label)
            hits = sum(
                known(tuple(int(each) for each in random.multinomial(QUESTIONS, rates)))
                for _ in range(simulations)
            )
            low, high = (0.0, 0.05 + TOLERANCE) if shift == 0 else (0.75, 0.85)
            yield Cell(f"McNemar, {method}: rejects", label, hits / simulations, simulations, low, high)
    drop = detectable_unpaired(0.84, QUESTIONS)
    for label, other in (
        ("no difference", 0.84),
        (f"detectable drop of {100 * drop:.1f} points", 0.84 - drop),
    ):
        random = draws("z", label)
        hits = sum(
            two_proportion_z(
                (random.binomial(QUESTIONS, 0.84), QUESTIONS), (random.binomial(QUESTIONS, other), QUESTIONS)
            )[1]
            <= 0.05
            for _ in range(simulations)
        )
        low, high = (0.05 - TOLERANCE, 0.05 + TOLERANCE) if other == 0.84 else (0.75, 0.85)
        yield Cell("two-proportion z: rejects", label, hits / simulations, simulations, low, high)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=10_000, help="draws for each row of the table")
    simulations = parser.parse_args().simulations
    started, failed = time.perf_counter(), 0
    print("| interval or test | setting | rate | simulations | demanded |\n|---|---|---|---|---|")
    for part in (proportions, paired, seeds, new_arms, areas, tests):
        for cell in part(simulations):
            failed += not cell.inside
            demanded = f"{cell.low:.1%} to {cell.high:.1%}" + ("" if cell.inside else " **missed**")
            print(
                f"| {cell.what} | {cell.setting} | {cell.rate:.1%} | {cell.simulations:,} | {demanded} |",
                flush=True,
            )
    print(f"\n{time.perf_counter() - started:.0f} s; {failed} outside what is demanded")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
