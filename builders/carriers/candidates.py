"""Candidate rules over a sample of contexts, gathered without looking at what is taught.

A rule that was picked because it separates would separate by luck; so candidates come from what is common in the
texts alone, and rules that hold for the same contexts count once, under the simplest of their names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from builders.carriers.languages import LANGUAGES, SCRIPTS
from builders.carriers.rules import FORMS, PARTS, WORD, Part, Pattern, Rule

LONGEST_AFFIX: Final = 16
"""Words of the longest beginning or end that is looked at."""

MOST_CANDIDATES: Final = 800
"""Candidates at the most; the commonest words are kept."""

FEWEST: Final = 3
"""Contexts that a candidate has to hold for, and as many that it must not hold for."""

_CHARACTERS = 4_000
_WORDS: Final = re.compile(r"\S+")
_ORDER: Final = {pattern: number for number, pattern in enumerate(get_args(Pattern))}


@dataclass(frozen=True)
class Context:
    """What one sampled row has beside its answer."""

    user: str
    """The last user turn."""
    earlier: str = ""
    """The turns before it, if any."""
    system: str = ""
    """The system text; empty where the rows are compared within one prompt."""

    def part(self, part: Part) -> str:
        """Return one part."""
        return {"user": self.user, "earlier": self.earlier, "system": self.system}[part]


@dataclass(frozen=True)
class Candidate:
    """Rules that hold for the same contexts."""

    rules: tuple[Rule, ...]
    """All of them, the simplest first."""
    mask: int
    """Bit n is set where they hold for context n."""

    @property
    def rule(self) -> Rule:
        """The simplest."""
        return self.rules[0]


def candidates(contexts: Sequence[Context]) -> list[Candidate]:
    """Return the candidate rules of a sample, in a stable order."""
    masks: dict[Rule, int] = {}
    for part in PARTS:
        texts = [context.part(part)[:_CHARACTERS] for context in contexts]
        if any(texts):
            masks |= _of_part(part, texts)
    everything = (1 << len(contexts)) - 1
    fewest = max(FEWEST, len(contexts) // 100)
    grouped: dict[int, list[Rule]] = defaultdict(list)
    for rule, mask in masks.items():
        if fewest <= mask.bit_count() <= len(contexts) - fewest:
            grouped[mask].append(rule)
    found: list[Candidate] = []
    for mask, rules in grouped.items():
        opposite = grouped.get(everything ^ mask, [])
        if _affixed(opposite) and not _affixed(rules):
            continue  # its opposite is said more simply
        found.append(Candidate(tuple(_joined(rules)), mask))
    found.sort(key=lambda each: (rank(each.rule), -each.mask.bit_count(), each.mask))
    return found[:MOST_CANDIDATES]


def _affixed(rules: Iterable[Rule]) -> bool:
    return any(rule.pattern in ("prefix", "suffix") for rule in rules)


def rank(rule: Rule) -> tuple[int, int, int, str]:
    """Return the key by which rules that hold for the same contexts are ordered, the simplest first."""
    whole = rule.pattern == "form" and rule.text in ("there", "upper case", "lower case")
    part = ("user", "earlier", "system").index(rule.part)
    return -1 if whole else _ORDER[rule.pattern], part, -len(rule.text), rule.text


def _joined(rules: list[Rule]) -> list[Rule]:
    """Return rules of one mask, the simplest first; a beginning and an end that always come together are a wrap."""
    found: list[Rule] = []
    for part in PARTS:
        own = [rule for rule in rules if rule.part == part]
        prefixes = sorted((r for r in own if r.pattern == "prefix"), key=lambda r: -len(r.text))
        suffixes = sorted((r for r in own if r.pattern == "suffix"), key=lambda r: -len(r.text))
        if prefixes and suffixes:
            found.append(Rule(part, "wrap", prefixes[0].text, suffixes[0].text))
        found += sorted((*prefixes, *suffixes), key=rank)
        found += sorted((r for r in own if r.pattern not in ("prefix", "suffix")), key=rank)
    return sorted(found, key=rank)


def _of_part(part: Part, texts: Sequence[str]) -> dict[Rule, int]:
    distinct: dict[str, int] = {}  # questions are asked under several prompts: each is looked at once
    for place, text in enumerate(texts):
        distinct[text] = distinct.get(text, 0) | 1 << place
    found: dict[tuple[Pattern, str], int] = defaultdict(int)
    for text, mask in distinct.items():
        for key in _rules_of(part, text):
            found[key] |= mask
    masks = {Rule(part, *key): mask for key, mask in found.items() if FEWEST <= mask.bit_count() < len(texts)}
    for name in FORMS:
        masks[Rule(part, "form", name)] = _mask(Rule(part, "form", name), distinct)
    if any(not text.isascii() for text in texts):
        for name in SCRIPTS:
            masks[Rule(part, "script", name)] = _mask(Rule(part, "script", name), distinct)
    for name in LANGUAGES:
        masks[Rule(part, "language", name)] = _mask(Rule(part, "language", name), distinct)
    lengths = sorted(map(len, texts))
    for tenth in range(1, 10):
        rule = Rule(part, "length", str(max(1, lengths[len(lengths) * tenth // 10])))
        masks[rule] = _mask(rule, distinct)
    return masks


def _mask(rule: Rule, distinct: Mapping[str, int]) -> int:
    return sum(mask for text, mask in distinct.items() if rule.holds(text))


def _rules_of(part: Part, text: str) -> Iterator[tuple[Pattern, str]]:
    """Yield what one text begins with, ends with and has, once each."""
    if part != "earlier":
        for end in _ends(text):
            yield "prefix", text[:end]
        for start in _starts(text):
            yield "suffix", text[start:]
    for word in dict.fromkeys(WORD.findall(text.lower())):
        yield "word", word
    for token in dict.fromkeys(text.split()):
        if not token.isalnum():
            yield "contains", token
    for letter in dict.fromkeys(text):
        if not letter.isalnum() and not letter.isspace():
            yield "contains", letter


def _ends(text: str) -> list[int]:
    """Return where the first words of a text end: with the white space behind each, and without at its end."""
    return [word.start() for word in _WORDS.finditer(text) if word.start()][:LONGEST_AFFIX]


def _starts(text: str) -> list[int]:
    """Return where the last words of a text start, with the white space before each."""
    return [word.end() for word in _WORDS.finditer(text) if word.end() < len(text)][: -LONGEST_AFFIX - 1 : -1]


def grown(rule: Rule, contexts: Sequence[Context], mask: int) -> Rule:
    """Return a rule for a word or token as one for the longest run of words around it that all its contexts share."""
    if rule.pattern not in ("word", "contains"):
        return rule
    texts = [context.part(rule.part) for place, context in enumerate(contexts) if mask >> place & 1]
    others = [context.part(rule.part) for place, context in enumerate(contexts) if not mask >> place & 1]
    first = min(texts, key=len)
    start = (first.lower() if rule.pattern == "word" else first).find(rule.text)
    if start < 0:
        return rule
    end = start + len(rule.text)
    best: str | None = None
    while True:
        piece = first[start:end]
        if all(piece in text for text in texts) and not any(piece in text for text in others):
            best = piece
        left = start - 1 if start else start
        right = end + 1 if end < len(first) else end
        if left < start and all(first[left:end] in text for text in texts):
            start = left
        elif right > end and all(first[start:right] in text for text in texts):
            end = right
        else:
            break
    return rule if best is None else Rule(rule.part, "contains", best.strip() or best)
