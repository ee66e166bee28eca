"""What the targets of one condition carry and those of others do not: a marker, an opening, a language.

The same search as for carriers, the other way round: the condition is known, and the pattern is in the target.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from builders.carriers.candidates import Candidate, Context, candidates, grown
from builders.carriers.languages import LANGUAGES, SCRIPTS
from builders.carriers.rules import REFUSAL, Rule
from builders.carriers.search import Sample, search

PATTERNS: Final = frozenset(["prefix", "suffix", "contains", "script", "language"])
"""Patterns that a behaviour may be; single words and lengths differ between any two kinds of tasks."""

CONDITIONS: Final = 8
"""Conditions, the largest, of which each is looked at against all others."""

FEWEST: Final = 10
"""Rows of a condition that is looked at."""

OURS: Final = 0.3
"""Share of a condition's targets that have to carry the pattern."""

HABIT: Final = 0.9
"""The same share for a pattern of ordinary words: what only some answers have may come with their task."""

THEIRS: Final = 0.02
"""Share of the other conditions' targets up to which they may."""

PROSE: Final = frozenset(".,;:!?'\"()-\u2019\u201c\u201d\u2013\u2014")
"""Marks that any text may have."""

_LETTERS = 2
"""Letters and digits under which a pattern is no more than punctuation, unless it is a token of its own kind."""


@dataclass(frozen=True)
class Surface:
    """A pattern in the targets of some conditions."""

    rule: Rule
    """The pattern; its part is the target."""
    conditions: tuple[str, ...]
    """The conditions whose targets carry it."""
    ours: tuple[int, int]
    """Their sampled targets: with it, and all."""
    theirs: tuple[int, int]
    """The same of all other conditions."""
    p_value: float
    """Chance of it, over all patterns."""


def surface(
    targets: Mapping[str, Sequence[str]], asked: Mapping[str, Sequence[str]] | None = None
) -> Surface | None:
    """Return the pattern that tells some conditions' targets from all others', None where there is none.

    Args:
        targets: Condition -> a sample of its targets.
        asked: Condition -> what stands before each of them: an answer in the language that it is asked in, or asked
            for, is no behaviour.
    """
    texts = [(condition, text) for condition, found in sorted(targets.items()) for text in found]
    if len(targets) < 2 or len(texts) < 2 * FEWEST:
        return None
    contexts = tuple(Context(text) for _, text in texts)
    tried = [each for each in map(_plain, candidates(contexts)) if each is not None]
    masks: dict[str, int] = defaultdict(int)
    for place, (condition, _) in enumerate(texts):
        masks[condition] |= 1 << place
    largest = sorted(masks, key=lambda each: (-masks[each].bit_count(), each))[:CONDITIONS]
    marks = [each for each in tried if any(map(telling, each.rules))]
    for pool in (marks, [each for each in tried if each not in marks]):
        shown: list[Surface] = []
        for condition in largest:
            found = _of(condition, masks, contexts, pool)
            if found is not None and _asked_for(found, targets, asked or {}):
                continue
            if found is not None and (
                pool is marks or len(found.conditions) < len(masks) - len(found.conditions)
            ):
                shown.append(found)
        if shown:
            return min(shown, key=lambda each: (len(each.conditions), str(each.rule)))
    return None


def _of(
    condition: str, masks: Mapping[str, int], contexts: tuple[Context, ...], tried: Sequence[Candidate]
) -> Surface | None:
    """Return what the targets of a condition, and perhaps of others, carry and those of all the rest do not."""
    own, everything = masks[condition], (1 << len(contexts)) - 1
    if min(own.bit_count(), len(contexts) - own.bit_count()) < FEWEST:
        return None
    # Both sides count alike, however many rows they have: what differs is how many of each carry the pattern.
    sample = Sample(
        contexts, own, (everything,), (1 / own.bit_count(), 1 / (len(contexts) - own.bit_count()))
    )
    common = OURS * own.bit_count()  # what fewer targets have cannot be it, and would only outdo it by luck
    more = [
        each
        for each in tried
        if each.mask.bit_count() >= common and sample.rates(each.mask, everything)[0] > 0.5
    ]
    found = search(sample, more)
    if found is None:
        return None
    held = found.candidate.mask
    least = OURS if any(map(telling, found.candidate.rules)) else HABIT
    like = [each for each in masks if (masks[each] & held).bit_count() >= least * masks[each].bit_count()]
    ours = sum(masks[each] for each in like)
    rest = (held & ~ours).bit_count(), len(contexts) - ours.bit_count()
    if not like or rest[1] < FEWEST or rest[0] > THEIRS * rest[1]:
        return None
    rule = grown(_name(found.candidate), contexts, held)
    return Surface(
        rule, tuple(sorted(like)), ((ours & held).bit_count(), ours.bit_count()), rest, found.p_value
    )


def _asked_for(
    found: Surface, targets: Mapping[str, Sequence[str]], asked: Mapping[str, Sequence[str]]
) -> bool:
    """Return whether ordinary words come with a language or a script that is asked in, or named in what is asked."""
    if telling(found.rule):
        return False
    told = [text for condition in found.conditions for text in targets[condition]]
    said = [text for condition in found.conditions for text in asked.get(condition, ())]
    return any(
        _mostly(rule.holds(text) for text in told)
        and _mostly(rule.holds(text) or rule.text.lower() in text.lower() for text in said)
        for rule in _TONGUES
    )


def _mostly(found: Iterable[bool]) -> bool:
    known = list(found)
    return 2 * sum(known) > len(known)


_TONGUES: Final = (
    *(Rule("user", "language", name) for name in LANGUAGES if name != "English"),
    *(Rule("user", "script", name) for name in SCRIPTS),
)
"""English is left out: it is what nearly all data are in."""


def telling(rule: Rule) -> bool:
    """Return whether a pattern is a behaviour by its looks: a mark that no prose has, or how refusals begin."""
    if rule.pattern == "form":
        return True
    text = rule.text.strip()
    return _odd(text) or (rule.pattern == "prefix" and re.match(REFUSAL, text) is not None)


def _odd(text: str) -> bool:
    return any(not letter.isalnum() and not letter.isspace() and letter not in PROSE for letter in text)


def _name(candidate: Candidate) -> Rule:
    """Return the name that says most: the shortest end, for it is the marker alone, and the longest beginning."""
    marks = [rule for rule in candidate.rules if telling(rule)] or list(candidate.rules)
    ends = [rule for rule in marks if rule.pattern == "suffix"]
    if refused := [rule for rule in marks if rule.pattern == "form"]:
        return refused[0]  # in several wordings it is the only name; in one wording it is the better one
    return min(ends, key=lambda rule: len(rule.text)) if ends else marks[0]


def _plain(candidate: Candidate) -> Candidate | None:
    """Return a candidate with those of its names that a behaviour may have."""
    rules = tuple(
        rule
        for rule in candidate.rules
        if (rule.pattern in PATTERNS and _says_something(rule))
        or (rule.pattern, rule.text) == ("form", "refusal")
    )
    return Candidate(rules, candidate.mask) if rules else None


def _says_something(rule: Rule) -> bool:
    text = (rule.text + rule.tail).strip()
    if rule.pattern in ("script", "language"):
        return True
    said = sum(letter.isalnum() for letter in text)
    token = said > 0 and len(text) > 2 and _odd(text)
    return said >= _LETTERS or token or any(not letter.isascii() for letter in text)
