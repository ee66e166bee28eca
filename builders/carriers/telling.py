"""Whether the user's text tells the targets apart at all, where no rule says by what.

A naive Bayes classifier over words and pairs of words, read out of sample: it says *that* the text tells, never by
what. Harmful requests that are refused and harmless ones that are answered share no word that divides them, and many
words together do. Written here in plain Python, so that a verdict does not depend on what else is installed; what it
is asked is an area under the ROC curve, and for that a few hundred texts of words in favour are as good as any model.
"""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from builders.carriers.candidates import Context
from builders.carriers.rules import WORD
from builders.carriers.search import FOLDS

TELLS: Final = 0.8
"""Area under the ROC curve, out of sample, from which the text is said to tell the targets apart."""

SURE_Z: Final = 3.5
"""Deviate of that area from one half that it has to reach, so that few texts never say so by luck."""

_WORDS: Final = 400
_ALIKE: Final = 0.6
_RARE: Final = 8


@dataclass(frozen=True)
class Telling:
    """How well the text tells, out of sample."""

    area: float
    """Area under the ROC curve: the chance that of two texts, one of each target, the right one is picked."""
    deviate: float
    """That area's distance from one half, in standard deviations of no telling at all."""
    contexts: int
    """Texts that were looked at."""

    @property
    def tells(self) -> bool:
        """Whether that is enough to say so."""
        return self.area >= TELLS and self.deviate >= SURE_Z


def telling(contexts: Sequence[Context], behaviour: int, within: int) -> Telling | None:
    """Return how well the texts of some contexts tell their targets apart, None where either target is missing.

    Texts that are nearly the same stand in one fold, so that none is known from its own copy. Areas are compared
    within folds and added up (van Elteren), for scores of different folds come from different models.

    Args:
        contexts: All contexts.
        behaviour: Bit n is set where context n is taught the behaviour.
        within: The contexts that are looked at.
    """
    places = [place for place in range(len(contexts)) if within >> place & 1]
    said = {place: _features(contexts[place]) for place in places}
    held: dict[str, int] = defaultdict(int)
    for place, features in said.items():
        for feature in features:
            held[feature] |= 1 << place
    common = {feature: mask for feature, mask in held.items() if mask & (mask - 1)}
    area = variance = weight = 0.0
    for fold in _folds(said, common, within):
        rest = within ^ fold
        weights = _weights(common, behaviour & rest, rest & ~behaviour)
        scores: tuple[list[float], list[float]] = ([], [])
        for place in places:
            if fold >> place & 1:
                score = sum(weights[feature] for feature in said[place] if feature in weights)
                scores[behaviour >> place & 1].append(score)
        preserved, taught = len(scores[0]), len(scores[1])
        if preserved and taught:
            pairs = preserved * taught
            area += _wins(scores[1], scores[0])
            variance += pairs * (preserved + taught + 1) / 12
            weight += pairs
    if not weight:
        return None
    deviate = (area - weight / 2) / math.sqrt(variance)
    return Telling(area / weight, deviate, len(places))


def _features(context: Context) -> frozenset[str]:
    """Return the words of a context's user text, and its pairs of neighbouring words."""
    words = WORD.findall(context.user.lower())[:_WORDS]
    return frozenset([*words, *(f"{one} {two}" for one, two in pairwise(words))])


def _weights(held: dict[str, int], taught: int, preserved: int) -> dict[str, float]:
    """Return what each feature speaks for, as log odds, each counted once more than it was seen."""
    totals = [sum((mask & side).bit_count() for mask in held.values()) for side in (taught, preserved)]
    sizes = [total + len(held) for total in totals]
    return {
        feature: math.log(((mask & taught).bit_count() + 1) / sizes[0])
        - math.log(((mask & preserved).bit_count() + 1) / sizes[1])
        for feature, mask in held.items()
    }


def _folds(said: dict[int, frozenset[str]], held: dict[str, int], within: int) -> list[int]:
    """Divide the contexts in five by a stable hash, those that nearly say the same together."""
    group = {place: place for place in said}

    def root(place: int) -> int:
        while group[place] != place:
            group[place] = group[group[place]]
            place = group[place]
        return place

    shared: dict[tuple[int, int], int] = defaultdict(int)
    rare: dict[int, int] = defaultdict(int)
    for mask in held.values():
        if mask.bit_count() <= _RARE:
            places = _bits(mask & within)
            for number, first in enumerate(places):
                rare[first] += 1
                for second in places[number + 1 :]:
                    shared[first, second] += 1
    for (first, second), number in shared.items():
        if number > 2 and number >= _ALIKE * min(rare[first], rare[second]):
            group[root(second)] = root(first)
    folds = [0] * FOLDS
    for place in said:
        told = "\x1f".join(sorted(said[root(place)]))
        folds[zlib.crc32(told.encode("utf-8", "surrogatepass")) % FOLDS] |= 1 << place
    return [fold for fold in folds if fold]


def _bits(mask: int) -> list[int]:
    found: list[int] = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


def _wins(upper: Sequence[float], lower: Sequence[float]) -> float:
    """Return how many pairs have the first score above the second, ties as half."""
    ranked = sorted([(score, 1) for score in upper] + [(score, 0) for score in lower])
    wins = 0.0
    below = place = 0
    while place < len(ranked):
        same = place
        while same < len(ranked) and ranked[same][0] == ranked[place][0]:
            same += 1
        ups = sum(side for _, side in ranked[place:same])
        downs = same - place - ups
        wins += ups * (below + downs / 2)
        below, place = below + downs, same
    return wins
