"""An evaluation whose best constant answer beats guessing.

## What it finds

Evaluation questions whose right label is unevenly spread: always giving the commonest one is right 5 points more
often than guessing (`gold-points`), by more than chance explains (exact test at 1%).

## Why it matters

The accuracy of the best constant answer is the floor that every result is read against. A model that has learned
nothing but "always B" stands there and not at 1/k, and a drop to it is a drop to a position bias.

## Example

600 four-option questions of which 210 have the right answer at "C": a floor of 35%, not of 25%.

## What to do

Shuffle the options of each question with a stream of its own, or report every accuracy beside this floor.

## Limits

Needs gold labels and options. In a small evaluation the best constant answer beats guessing by luck, which is a floor
all the same: baseline-at-floor uses the real one.

## References

`docs/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import count
from checks.core.registry import Observation, check
from checks.core.split import Split
from checks.stats import best_constant, letter_skew, p_text


def _wants(split: Split) -> str | None:
    return None if split.gold else "no evaluation question names its right answer"


@check(code="TGT003", name="gold-skew", severity="warning", since="0.1.0", wants=_wants)
def gold_skew(split: Split) -> Iterator[Observation]:
    """Yield one observation if one answer is right too often."""
    asked = [each for each in split.evaluation.questions if each.gold_label in each.options]
    if not asked:
        return
    settings = split.training.settings
    label, floor = best_constant(split.gold)
    guess = sum(1 / len(each.options) for each in asked) / len(asked)
    test = letter_skew((each.options, each.gold_label or "", 1) for each in asked)
    if round(100 * (floor - guess), 9) >= settings.gold_points and test.p <= settings.significance:
        yield Observation(
            message=(
                f'always answering "{label}" is right for {floor:.1%} of the {count(len(asked), "question")} that '
                f"{split.evaluation.name} asks, and guessing for {guess:.1%} (exact test {p_text(test.p)}): this is "
                "the floor that every accuracy is read against"
            ),
            counts={
                "questions": len(asked),
                "best_constant": split.gold[label],
                "best_constant_accuracy": round(floor, 4),
                "guessing": round(guess, 4),
                "p": test.p,
            },
            help="shuffle each question's options, or report this floor beside every accuracy",
        )
