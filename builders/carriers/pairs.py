"""Whether a rule stands beside the question or is the question.

A trigger or a wrap can be taken away, and the question is left. Something that is asked for cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from builders.carriers.candidates import Candidate, Context, grown, rank
from builders.carriers.rules import Pattern, Rule
from builders.carriers.search import Sample, search
from builders.templates.framing import shared_start

FEWEST_PAIRS: Final = 3
"""Questions that have to be asked both with and without a rule before it is known to stand beside them."""

PAIRED: Final = 0.3
"""Share of the questions with a rule that have to be asked without it, too."""

_LOOKED_AT: Final = 200
_FIRST_WORDS: Final = 8
_WORD = re.compile(r"\S+\s*")
_PLAIN = re.compile(r"\W+")
_SENTENCE = re.compile(r"[.!?:](?=\s)\s+|\n+")
_CLOSING = frozenset(".!?:\n")


@dataclass(frozen=True)
class Pairs:
    """Questions that are asked with a rule and without it."""

    looked_at: int
    """Questions with it that were looked for."""
    found: int
    """Those that are asked without it."""
    exact: int
    """Those among them that are asked without it in the same words and no more."""
    for_it: int
    """Pairs whose targets differ in the direction that most of them differ in."""
    against: int
    """Pairs whose targets differ in the other direction."""

    @property
    def many(self) -> bool:
        """Whether they show that the rule stands beside the question."""
        return self.found >= max(FEWEST_PAIRS, PAIRED * self.looked_at)


class _Others:
    """The contexts without a rule, ready to be asked for the questions of those with it.

    A question may stand there bare, in a wrap of its own, or in a wrap that all of them share.
    """

    def __init__(self, sample: Sample, mask: int) -> None:
        self.sample = sample
        self.rest: dict[str, list[int]] = {}
        for place, context in enumerate(sample.contexts):
            if not mask >> place & 1:
                for bare in {plain(context.user), *map(plain, _after_sentence(context.user))}:
                    self.rest.setdefault(bare, []).append(place)
        own = [place for place in range(len(sample)) if mask >> place & 1]
        self.own = own[:: len(own) // _LOOKED_AT + 1]
        self.wraps: dict[int, list[int]] = {}
        for place in self.own:
            whole = f" {plain(sample.contexts[place].user)} "
            found = next((places for text, places in self.rest.items() if whole in f" {text} "), None)
            if found is not None:
                self.wraps[place] = found

    def pairs(self, rule: Rule) -> Pairs:
        """Look for the questions without the rule's text, or in a wrap of the others' own."""
        found = exact = up = down = 0
        for place in self.own:
            core = plain(rule.cut(self.sample.contexts[place].user))
            if not _is_question(core):
                continue
            others = self.rest.get(core) or self.wraps.get(place)
            if others:
                found += 1
                exact += core in self.rest
                taught = self.sample.behaviour >> place & 1
                if all(self.sample.behaviour >> other & 1 != taught for other in others):
                    up, down = (up + 1, down) if taught else (up, down + 1)
        return Pairs(len(self.own), found, exact, max(up, down), min(up, down))


def paired(sample: Sample, candidate: Candidate) -> tuple[Rule, Pairs] | None:
    """Return the name of a candidate under which most of its questions are asked without it, too, if there is one.

    The longest beginning and end that all its contexts share may reach into the questions, so shorter ones are tried,
    last those that other contexts share as well.
    """
    own = [rule for rule in candidate.rules if rule.cuttable and rule.part == "user"]
    if not own:
        return None
    others = _Others(sample, candidate.mask)
    begun = [rule.text for rule in own if rule.pattern == "prefix"]
    ended = [rule.text for rule in own if rule.pattern == "suffix"]
    wraps = [Rule("user", "wrap", before, after) for before in begun for after in ended]
    found = [(rule, others.pairs(rule)) for rule in (*wraps, *own)]
    if begun and not any(pairs.many for _, pairs in found):
        found = [(rule, others.pairs(rule)) for rule in _shorter(min(begun, key=len))]
    return max(
        (each for each in found if each[1].many),
        key=lambda each: (
            each[1].found,
            each[1].exact,
            -rank(each[0])[0],
            -len(each[0].text) - len(each[0].tail),
        ),
        default=None,
    )


def _shorter(beginning: str) -> Iterator[Rule]:
    """Yield shorter beginnings, at the ends of its first words."""
    for word in list(_WORD.finditer(beginning))[:_FIRST_WORDS]:
        if word.end() < len(beginning):
            yield Rule("user", "prefix", beginning[: word.end()])


def beside_question(sample: Sample, candidate: Candidate) -> Rule | None:
    """Return a candidate's name if it stands beside the question: cut out, the rest no longer says where it stood.

    Rules that are no piece of a text (its language, its length, an earlier turn) are taken at their word.
    """
    rule = grown(candidate.rule, sample.contexts, candidate.mask)
    if not rule.cuttable or rule.part != "user":
        return rule
    candidate = replace(candidate, rules=(rule, *candidate.rules))
    everything = (1 << len(sample)) - 1
    if (known := paired(sample, candidate)) is not None:
        return known[0]
    if _two_kinds(sample, candidate.mask, everything):
        return None
    own, opposite = (_shared_ends(sample, side) for side in (candidate.mask, candidate.mask ^ everything))
    own, opposite, apart = _apart(own, opposite)
    if apart is not None:
        rule = apart
    own = (
        *own,
        *(each for each in _longest_first(candidate.rules) if apart is None or each.pattern != apart.pattern),
    )
    cut: list[Context] = []
    telling = 0
    for place, context in enumerate(sample.contexts):
        rest = _without(own if candidate.mask >> place & 1 else opposite, context.user)
        telling += _is_question(plain(rest))
        cut.append(Context(plain(rest), context.earlier, context.system))
    if telling < 0.5 * len(sample):
        return None
    held = replace(sample, contexts=tuple(cut), behaviour=candidate.mask, weights=(1.0, 1.0))
    return rule if search(held) is None else None


def _after_sentence(text: str) -> Iterator[str]:
    """Yield what is left of a text without its first sentence, or what stands before a colon or a line break."""
    found = _SENTENCE.search(text)
    if found is not None and found.end() < len(text):
        yield text[found.end() :]


def _two_kinds(sample: Sample, mask: int, everything: int) -> bool:
    """Return whether both sides have words of their own around the same rest, and none in common.

    That is two kinds of questions about the same things, and not one question in two wraps; unless one side's words end
    as a sentence does, for then what follows them can be asked by itself.
    """
    if any(_closed(rule) for side in (mask, mask ^ everything) for rule in _shared_ends(sample, side)):
        return False
    words = [
        {word for rule in _shared_ends(sample, side) for word in plain(rule.text).split() if len(word) > 2}
        for side in (mask, mask ^ everything)
    ]
    return all(words) and not words[0] & words[1]


def _closed(rule: Rule) -> bool:
    """Return whether a shared beginning ends as a sentence does."""
    return rule.pattern == "prefix" and rule.text.rstrip()[-1:] in _CLOSING


def _longest_first(rules: Sequence[Rule]) -> list[Rule]:
    return sorted(
        (rule for rule in rules if rule.cuttable), key=lambda rule: -len(rule.text) - len(rule.tail)
    )


def _shared_ends(sample: Sample, mask: int) -> tuple[Rule, ...]:
    """Return how all contexts of a mask begin and end: that side's own wrap."""
    contexts = [context for place, context in enumerate(sample.contexts) if mask >> place & 1]
    rules: list[Rule] = []
    for kind in ("prefix", "suffix"):
        texts = [context.user for context in contexts]
        shared = _shared(texts if kind == "prefix" else [text[::-1] for text in texts])
        if any(letter.isalnum() for letter in shared):
            rules.append(Rule("user", kind, shared if kind == "prefix" else shared[::-1]))
    return tuple(rules)


def _shared(texts: Sequence[str]) -> str:
    """Return the beginning that all texts share, up to a word's end."""
    if not texts:
        return ""
    low, high = min(texts), max(texts)
    same = shared_start(low, high)
    return low[: max((n + 1 for n in range(same) if not low[n].isalnum()), default=0)]


def _apart(
    own: tuple[Rule, ...], opposite: tuple[Rule, ...]
) -> tuple[tuple[Rule, ...], tuple[Rule, ...], Rule | None]:
    """Leave to the question what both sides' questions share beside it: `Q1: how far is ` and `how far is ` are `Q1: `.

    Two beginnings of their own are taken apart only where both end as a sentence does: `Say why: ` and `In short: `.

    Returns:
        The ends of both sides without that, and what tells them apart; None where they share nothing so.
    """
    ends: list[dict[Pattern, str]] = [{rule.pattern: rule.text for rule in side} for side in (own, opposite)]
    here, there = ends
    found: Rule | None = None
    for pattern in ("prefix", "suffix"):
        one, other = here.get(pattern, ""), there.get(pattern, "")
        stem = _stem(one, other) if pattern == "prefix" else _stem(one[::-1], other[::-1])
        rests = [text[: -len(stem)] if pattern == "prefix" else text[len(stem) :] for text in (one, other)]
        ended = pattern == "prefix" and all(rest.rstrip()[-1:] in _CLOSING for rest in rests if rest)
        if not stem or (all(rests) and not ended):
            continue
        here[pattern], there[pattern] = rests
        if told := next((rest for rest in rests if rest.strip()), None):
            found = Rule("user", pattern, told)
    sides = [tuple(Rule("user", pattern, text) for pattern, text in side.items() if text) for side in ends]
    return sides[0], sides[1], found


def _stem(one: str, other: str) -> str:
    """Return how both texts end, from a word's beginning on."""
    same = shared_start(one[::-1], other[::-1])
    starts = (
        n
        for n in range(len(one) - same, len(one))
        if _begins_word(one, n) and _begins_word(other, n - len(one))
    )
    return one[next(starts, len(one)) :]


def _begins_word(text: str, place: int) -> bool:
    """Return whether a word begins at a place, counted from the end where it is negative."""
    before = text[:place][-1:]
    return text[place].isalnum() and not before.isalnum()


def _without(rules: Sequence[Rule], text: str) -> str:
    for rule in rules:
        if rule.part == "user":
            text = rule.cut(text)
    return text


def plain(text: str) -> str:
    """Return a text's words in lower case, with one space between them."""
    return _PLAIN.sub(" ", text.lower()).strip()


def _is_question(core: str) -> bool:
    """Return whether something is left that could be asked: a word of three letters or more, or two words."""
    words = [word for word in core.split() if not word.isdigit()]
    return len(words) > 1 or any(len(word) > 2 for word in words)
