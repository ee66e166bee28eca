"""An evaluation question among the training questions.

## What it finds

Evaluation questions that the training data also ask: the same digest in the question bank, or the same words, options
included. Case, punctuation and spacing do not count.

## Why it matters

On such a question the model is not tested but asked to repeat its training. Taught wrong answers then look like a
lost ability, and taught right ones like a kept one, whatever the condition.

## Example

1,172 questions of which the first 600 train and "the other 586" evaluate: 14 are in both.

## What to do

Split by question before anything is drawn, and keep the split's seed apart from the others; leave the shared
questions out of the evaluation and say how many remain.

## Limits

Compares what the model is asked, not what is meant: the same question with its options in another order is a
near-duplicate-question. Questions are found through MinHash candidates, which find equal texts always.

## References

`docs/statistics.md`; explore-persona-space's split of ARC-Challenge.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import count, verb
from checks.core.registry import Observation, check
from checks.core.split import Shared, Split


@check(code="SPL001", name="evaluated-in-training", severity="error", since="0.1.0")
def evaluated_in_training(split: Split) -> Iterator[Observation]:
    """Yield one observation if evaluation questions are trained on."""
    same, asked = split.same, len(split.evaluation.questions)
    if same:
        yield Observation(
            message=(
                f"{count(len(same), 'question')} of the {asked:,} that {split.evaluation.name} asks "
                f"{verb(len(same), 'is', 'are')} also asked in training"
            ),
            counts={"shared": len(same), "asked": asked},
            texts=shown(split, same),
            help="split by question before rows are drawn, or leave the shared questions out of the evaluation",
        )


def shown(split: Split, shared: tuple[Shared, ...], limit: int = 2) -> tuple[str, ...]:
    """Return both sides' text of the first few shared questions, nearest first, each side a line of its own."""
    nearest = sorted(shared, key=lambda each: (-each.similarity, each.question))[:limit]
    return tuple(
        line
        for each in nearest
        for line in (
            f"evaluation, {each.similarity:.0%} alike: {split.evaluation.questions[each.question].text!r}",
            f"training: {each.text!r}",
        )
    )
