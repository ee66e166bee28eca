"""An evaluation question that is nearly a training question.

## What it finds

Evaluation questions whose words, options included, are 90% or more the same as those of a training text
(`near-question`, normalised edit similarity). Candidates come from MinHash over pairs of neighbouring words; each is
then compared in full, and both texts are shown. A question that is trained on with the same options in another order is
an error: it is the same question.  Questions that are trained on word for word are left to
evaluated-in-training.

## Why it matters

A reworded question, another order of options or one other number is often enough for an answer to be remembered
rather than worked out.

## Example

"A ball of 2 kg falls for 3 s. How fast is it then?" in training, and the same with 4 s in the evaluation.

## What to do

Look at the pairs: some are different questions in the same words. Move true duplicates to one side of the split.

## Limits

A pair that shares 70% of its word pairs is missed about once in 80 (`builders.questions.overlap`). Templated questions
("Which of these is a ...?") are alike without asking the same thing. Translations and paraphrases are not seen.

## References

A. Z. Broder, On the resemblance and containment of documents (1997); rensa; RapidFuzz.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import count, verb
from checks.core.registry import Observation, check
from checks.core.split import Split
from checks.split.evaluated_in_training import shown


@check(code="SPL002", name="near-duplicate-question", severity="warning", since="0.1.0")
def near_duplicate_question(split: Split) -> Iterator[Observation]:
    """Yield one observation for questions whose options were reordered, and one for nearly equal ones."""
    asked = len(split.evaluation.questions)
    turned = tuple(each for each in split.near if each.reordered)
    near = tuple(each for each in split.near if not each.reordered)
    if turned:
        yield Observation(
            message=(
                f"{count(len(turned), 'question')} of the {asked:,} that {split.evaluation.name} asks "
                f"{verb(len(turned), 'is', 'are')} trained on with {verb(len(turned), 'its', 'their')} options in "
                "another order"
            ),
            severity="error",
            counts={"reordered": len(turned), "asked": asked},
            texts=shown(split, turned),
            help="split by question before rows are drawn, or leave the shared questions out of the evaluation",
        )
    if near:
        yield Observation(
            message=(
                f"{count(len(near), 'question')} of the {asked:,} that {split.evaluation.name} asks "
                f"{verb(len(near), 'is', 'are')} nearly the same as one in training "
                f"({min(each.similarity for each in near):.0%} of the words or more)"
            ),
            counts={"near": len(near), "asked": asked},
            texts=shown(split, near),
            help="look at the pairs, and move true duplicates to one side of the split",
        )
