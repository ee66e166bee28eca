"""Whether a statement is one that the text only reports in order to refute it.

"The first draft said 25M trainable parameters. That is wrong: there are 80.7M." states 80.7M. A statement counts as
refuted only if both are there: words that hand it to somebody else (quotation marks, a block quote, "the draft said")
and, behind it in its sentence or at the start of the next, words that reject it.
"""

from __future__ import annotations

import re
from typing import Final

from checks.wrt.document import Document, Span

_REPORTED: Final = re.compile(
    r"\b(?:said|claimed|stated|wrote|asserted|according to|used to (?:say|claim|read|state)"
    r"|(?:earlier|previous|original|first|old|published)\s+(?:\w+\s+){0,2}"
    r"(?:says?|claims?|states?|reports?|reported|reads?|gives?|gave))\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r'"[^"\n]{0,400}"|`[^`\n]{0,400}`')
_FALSE: Final = (
    r"(?:wrong|false|incorrect|untrue|mistaken|an error|a mistake|retracted|refuted|contradicted"
    r"|not (?:so|true|right|correct|the case|supported|what))"
)
_REJECTED: Final = re.compile(
    rf"\b(?:is|was|are|were|be|proved|turned out(?: to be)?)\s+(?:(?:simply|plainly|both|also|now)\s+)?{_FALSE}\b"
    r"|\b(?:does|did|do) not hold\b|\bwe retract\b|\b(?:in fact|actually),? (?:it|they|there|the|we)\b",
    re.IGNORECASE,
)
_NEAR: Final = 1000
"""Characters on either side of a statement."""
_BACK: Final = re.compile(
    r"\s*(?:>\s*)?(?:\*\*|__)?(?:that|this|it|both|neither|these|those|which|but|in fact|actually|we retract"
    r"|the\s+(?:claim|number|figure|statement|sentence|quote|quotation|value|former))\b",
    re.IGNORECASE,
)
"""How a sentence begins that speaks of the one before it."""


def is_refuted(document: Document, at: int) -> bool:
    """Return whether the statement at an offset is reported as somebody's and rejected.

    Args:
        document: The text.
        at: Offset of the statement in it.
    """
    sentences = document.sentences
    index = document.sentence_at(at)
    if index is None:
        return False
    own, at = _around(sentences[index], at)
    if not _is_reported(own, at):
        return False
    if _REJECTED.search(own.text[_end_of_quote(own.text, at) :]):
        return True
    following = sentences[index + 1] if index + 1 < len(sentences) else None
    return (
        following is not None
        and _BACK.match(following.text) is not None
        and _REJECTED.search(following.text) is not None
    )


def _around(sentence: Span, at: int) -> tuple[Span, int]:
    """Return what of a sentence is near an offset, and where the offset is in it: a sentence may be a whole file."""
    start = max(0, at - sentence.start - _NEAR)
    text = sentence.text[start : at - sentence.start + _NEAR]
    return Span(sentence.start + start, text, sentence.kind), at - sentence.start - start


def _is_reported(sentence: Span, at: int) -> bool:
    if sentence.text.lstrip().startswith(">"):
        return True
    if any(match.start() <= at < match.end() for match in _QUOTED.finditer(sentence.text)):
        return True
    return _REPORTED.search(sentence.text[:at]) is not None


def _end_of_quote(text: str, at: int) -> int:
    """Return where the quotation around an offset ends, so that what it says itself rejects nothing."""
    return next((match.end() for match in _QUOTED.finditer(text) if match.start() <= at < match.end()), at)
