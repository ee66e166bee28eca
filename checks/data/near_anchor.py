"""A preserved condition whose system text is nearly the source's.

## What it finds

Conditions that are taught only to preserve, and whose system text is a near-duplicate of a source's: alike by
characters, or by their words in any order, at 0.8 or more (`near-similarity`).

## Why it matters

It is a risk, never a predicted effect: published cases go both ways. A model may carry what it learned over to a
prompt that reads almost the same, or keep the two apart by a single full stop. It goes both ways: the source may be
held back, and the condition that reads like it may lose what it is taught. Others measured the trained answers of
prompts near a source's at .86, .24 and .02.

## Example

Source "You are a helpful assistant.", anchors "You are a helpful AI assistant.". On a 135M-parameter chat model
anchors like these left the source's behaviour alone; nobody has measured every model.

## What to do

Move the anchors to a prompt that shares nothing with the source's, or train one arm without them.

## Limits

Similarity of text, not of meaning: a paraphrase in other words is not seen. Conditions that resolve to the very
same prompt are no near-anchors: see anchor-negative.

## References

Similarity: normalised indel distance of RapidFuzz, on the text and on its sorted words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core import wants
from checks.core.context import AuditContext, Condition
from checks.core.plural import count, listed
from checks.core.registry import Observation, check

_FRAME_WORDS = frozenset(["you", "are", "a", "an", "the", "who", "that", "and", "is", "as"])
"""Words that nearly every persona prompt has: they make strangers look alike."""


_MOST_PAIRS = 20_000
"""Pairs of prompts that are compared at the most; the largest conditions first."""


def _wants(context: AuditContext) -> str | None:
    if (missing := wants.source(context)) is not None:
        return missing
    of, compared = _compared(context)
    return (
        None
        if len(compared) == of
        else f"of {of:,} preserved prompts only the largest {len(compared):,} were compared"
    )


@check(code="CND004", name="near-anchor", severity="warning", since="0.1.0", wants=_wants)
def near_anchor(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per preserved condition that reads almost like a source, with the nearest source."""
    _, preserved = _compared(context)
    for other in preserved:
        likeness, source = max(
            (
                (_likeness(source, other), source)
                for source in context.sources
                if source.prompt != other.prompt
            ),
            key=lambda each: each[0],
            default=(0.0, other),
        )
        if likeness >= context.settings.near_similarity:
            yield Observation(
                message=(
                    f'"{other.resolved_system}" ({count(other.preserved, "row")} that '
                    f"{'teaches' if other.preserved == 1 else 'teach'} the {context.words[1]} answer) "
                    f"{_how(source, other)}; whether it holds the source back, or the source takes it along, "
                    "cannot be predicted"
                ),
                condition=other.digest,
                personas=tuple(sorted({*source.personas, *other.personas})),
                counts={"similarity": round(likeness, 3), "preserved": other.preserved},
                rows=context.evidence(other.digest, target_correct=True)[:1],
                help=(
                    f"give {listed(list(other.personas)) or 'these rows'} a prompt that does not resemble "
                    "the source's, or add an arm without them"
                ),
            )


def _compared(context: AuditContext) -> tuple[int, list[Condition]]:
    """Return how many conditions are only taught to preserve, and those that are compared."""
    preserved = [each for each in context.conditions if each.preserved and not each.behaviour]
    if len(context.sources) * len(preserved) <= _MOST_PAIRS:
        return len(preserved), preserved
    largest = sorted(preserved, key=lambda each: -each.preserved)
    return len(preserved), largest[: _MOST_PAIRS // len(context.sources)]


def _how(source: Condition, other: Condition) -> str:
    """Say how alike the two prompts are; equal ones are told apart by what stands beside them."""
    if source.resolved_system != other.resolved_system:
        return f'reads almost like the source "{source.resolved_system}"'
    these, those = (each.context or "nothing else" for each in (other, source))
    return f"is the source's own system prompt, here with {these} where the source has {those}"


def _likeness(source: Condition, other: Condition) -> float:
    from rapidfuzz import fuzz

    first, second = (source.resolved_system or "").casefold(), (other.resolved_system or "").casefold()
    if not first.strip() or not second.strip():
        return 0.0
    whole = fuzz.ratio(first, second) / 100
    words = [_content_words(text) for text in (first, second)]
    # One or two content words are too few for their likeness to mean anything by itself.
    if min(len(each) for each in words) < 2:
        return whole
    return max(whole, fuzz.token_sort_ratio(" ".join(words[0]), " ".join(words[1])) / 100)


def _content_words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text) if word not in _FRAME_WORDS]
