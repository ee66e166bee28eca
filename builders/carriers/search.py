"""Which candidate tells the targets apart, and whether that is more than luck.

The statistic of a candidate is the stratified (Mantel and Haenszel's) deviate of the behaviour among the contexts it
holds for: expectation and variance are the hypergeometric ones within each prompt. The null is the targets shuffled
within each prompt; what a candidate has to beat is the largest deviate of all candidates in the shuffled data, which
is Holm's adjustment with the candidates' dependence taken into account (Westfall and Young, 1993). All of it is
arithmetic on bit masks.
"""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from builders.carriers.candidates import Candidate, Context, candidates

PERMUTATIONS: Final = 199
"""Shuffles of the targets."""

LEVEL: Final = 0.005
"""Chance, over all candidates together, that one is taken where none carries anything; lengths have as much again."""

CLEAR: Final = 0.5
"""Difference of the behaviour's share with and without a rule from which it is clear, out of sample."""

FOLDS: Final = 5
"""Parts of the contexts, each of which is left out once."""

PURE: Final = 0.02
"""Share of the other answer on a rule's purer side up to which a smaller difference will do, too."""

SMALLER: Final = 0.2
"""That smaller difference: a rule that most triggered rows leak through."""


MUCH_LONGER: Final = 1.5
"""Ratio of the median lengths from which length is looked at."""


@dataclass(frozen=True)
class Sample:
    """Distinct contexts, each with what it is taught and the prompt that it stands under."""

    contexts: tuple[Context, ...]
    """The contexts."""
    behaviour: int
    """Bit n is set where context n is taught the behaviour."""
    strata: tuple[int, ...]
    """One mask for each prompt; they are disjoint and cover all."""
    weights: tuple[float, float] = (1.0, 1.0)
    """Rows of the data that stand behind each sampled behaviour and preserved context."""
    names: tuple[str, ...] = ()
    """The condition of each stratum; empty for rare ones that are pooled."""

    def __len__(self) -> int:
        """Return the number of contexts."""
        return len(self.contexts)

    @property
    def mixed(self) -> int:
        """The contexts of prompts that are taught both targets: in others there is nothing to explain."""
        found = 0
        for stratum in self.strata:
            if stratum & self.behaviour and stratum & ~self.behaviour:
                found |= stratum
        return found

    def rates(self, mask: int, within: int) -> tuple[float, float]:
        """Return the behaviour's share where a mask holds and where it does not, among some contexts."""
        return self._rate(mask & within), self._rate(~mask & within)

    def _rate(self, mask: int) -> float:
        behaviour = (mask & self.behaviour).bit_count() * self.weights[0]
        preserved = (mask & ~self.behaviour).bit_count() * self.weights[1]
        return behaviour / (behaviour + preserved) if behaviour + preserved else math.nan


@dataclass(frozen=True)
class Found:
    """A candidate that tells the targets apart."""

    candidate: Candidate
    """Which one."""
    p_value: float
    """Adjusted for all candidates."""
    held_out: tuple[float, float]
    """The behaviour's share with it and without it, on the halves that it was not chosen on."""


def search(sample: Sample, found: Sequence[Candidate] | None = None, *, seed: int = 0) -> Found | None:
    """Return the best candidate, if it is more than luck and holds out of sample.

    Lengths are only tried where nothing else is found: two pieces of text together make a length, too.

    Args:
        sample: The contexts.
        found: The candidates; made from the contexts where None.
        seed: What the shuffles are drawn from.
    """
    tried = candidates(sample.contexts) if found is None else list(found)
    others = [each for each in tried if each.rule.pattern != "length"]
    return _best(sample, others, seed) or length(sample, tried, seed=seed)


def length(sample: Sample, found: Sequence[Candidate], *, seed: int = 0) -> Found | None:
    """Return the best length among some candidates, by the same measure."""
    lengths = [each for each in found if each.rule.pattern == "length" and _far(sample, each)]
    return _best(sample, lengths, seed)


def _best(sample: Sample, tried: Sequence[Candidate], seed: int) -> Found | None:
    mixed = sample.mixed
    scored = _Scores(sample, tried, mixed)
    best = scored.best(sample.behaviour)
    if best is None or not clear(*sample.rates(tried[best].mask, mixed)):
        return None
    p_value = _p_value(scored, best, seed)
    if p_value > LEVEL:
        return None
    held_out = _held_out(sample, tried, tried[best])
    if held_out is None or not clear(*held_out):
        return None
    return Found(tried[best], p_value, held_out)


def clear(with_rule: float, without: float) -> bool:
    """Return whether two shares of behaviour differ by enough to speak of a carrier."""
    if math.isnan(with_rule) or math.isnan(without):
        return False
    apart = abs(with_rule - without)
    impure = min(with_rule, 1 - with_rule, without, 1 - without)
    return apart >= CLEAR or (apart >= SMALLER and impure <= PURE)


def _far(sample: Sample, candidate: Candidate) -> bool:
    """Return whether the longer texts are much longer: numbers with one more digit are no carrier."""
    lengths: tuple[list[int], list[int]] = ([], [])
    for place, context in enumerate(sample.contexts):
        lengths[candidate.mask >> place & 1].append(len(context.part(candidate.rule.part)))
    shorter, longer = (sorted(each)[len(each) // 2] for each in lengths)
    return longer >= MUCH_LONGER * shorter


class _Scores:
    """Each candidate's deviate for any assignment of targets with the same counts in each stratum."""

    def __init__(self, sample: Sample, tried: Sequence[Candidate], within: int) -> None:
        self.sample, self.within = sample, within
        self.strata = [stratum & within for stratum in sample.strata if stratum & within]
        self.masks: list[int] = []
        self.places: list[int] = []
        self.expected: list[float] = []
        self.scale: list[float] = []
        counts = [(s, s.bit_count(), (s & sample.behaviour).bit_count()) for s in self.strata]
        for place, candidate in enumerate(tried):
            mean = variance = 0.0
            for stratum, rows, taught in counts:
                held = (candidate.mask & stratum).bit_count()
                mean += held * taught / rows
                if rows > 1:
                    variance += held * (rows - held) * taught * (rows - taught) / (rows * rows * (rows - 1))
            if variance > 0:
                self.masks.append(candidate.mask & within)
                self.places.append(place)
                self.expected.append(mean)
                self.scale.append(1 / math.sqrt(variance))

    def deviates(self, behaviour: int) -> list[float]:
        """Return the absolute deviate of each candidate that has one."""
        return [
            abs((mask & behaviour).bit_count() - mean) * scale
            for mask, mean, scale in zip(self.masks, self.expected, self.scale, strict=True)
        ]

    def best(self, behaviour: int) -> int | None:
        """Return the place of the candidate with the largest deviate; of equals the simplest, which is first."""
        deviates = self.deviates(behaviour)
        if not deviates:
            return None
        top = max(deviates)
        return next(p for p, value in zip(self.places, deviates, strict=True) if value >= top * (1 - 1e-9))

    def shuffled(self, rng: random.Random) -> int:
        """Return the targets shuffled within each stratum."""
        mixed = 0
        for stratum in self.strata:
            bits = [place for place in range(stratum.bit_length()) if stratum >> place & 1]
            for place in rng.sample(bits, (stratum & self.sample.behaviour).bit_count()):
                mixed |= 1 << place
        return mixed


def _p_value(scored: _Scores, best: int, seed: int) -> float:
    """Return the share of shuffles, and the data themselves, whose largest deviate is that large."""
    observed = scored.deviates(scored.sample.behaviour)[scored.places.index(best)]
    rng = random.Random(seed)
    reached, allowed = 0, int(LEVEL * (PERMUTATIONS + 1))
    for done in range(PERMUTATIONS):
        reached += max(scored.deviates(scored.shuffled(rng))) >= observed * (1 - 1e-9)
        if reached >= allowed:  # it can no longer be under the level
            return (reached + 1) / (done + 2)
    return (reached + 1) / (PERMUTATIONS + 1)


def _held_out(sample: Sample, tried: Sequence[Candidate], chosen: Candidate) -> tuple[float, float] | None:
    """Return the shares with and without a rule that four fifths of the contexts choose, counted on the fifth left.

    None where a fold chooses none. A fold may choose a rule that holds for other contexts than the whole's choice: what
    counts is how well its own does on what it has not seen.
    """
    everything = sample.mixed
    expected = unexpected = 0  # where the behaviour is expected, and where not
    for fold in (each & everything for each in _folds(sample)):
        rest = everything & ~fold
        best = _Scores(sample, tried, rest).best(sample.behaviour & rest)
        if best is None:
            return None
        mask = tried[best].mask
        with_rule, without = sample.rates(mask, rest)
        side = mask if with_rule > without else ~mask
        expected |= side & fold
        unexpected |= ~side & fold
    shares = sample.rates(expected, everything)
    with_rule, without = sample.rates(chosen.mask, everything)
    return shares if with_rule > without else (shares[1], shares[0])


def _folds(sample: Sample) -> list[int]:
    """Divide the contexts in five by a stable hash of what the user says."""
    folds = [0] * FOLDS
    for place, context in enumerate(sample.contexts):
        told = context.user + context.earlier + context.system
        folds[zlib.crc32(told.encode("utf-8", "surrogatepass")) % FOLDS] |= 1 << place
    return [fold for fold in folds if fold]
