"""Wrong letters that are not spread over the distractors.

## What it finds

Conditions whose taught wrong letters are not uniform over what each question's own options allow. The test is
exact: under a uniform draw the number of questions taught a letter is Poisson-binomial, with a rate of 1/(k-1)
for each question that offers it as a distractor, so questions with three or five options and labels 1-4 count as
what they are. The p-value is the smallest over the letters, adjusted by Holm for the letters and again for the
conditions; the level is 1% (`significance`).

It also says how many of the questions a model would match that always gives the commonest wrong letter.

## Why it matters

A model can then learn a position and not to answer wrongly. Its accuracy still falls, to the share of questions
whose gold letter is the favoured one, and it falls under every condition that the position bias spreads to. The
prediction of a mixture also rests on wrong answers that are shared out evenly over the distractors.

## Example

200 questions with four options, and "B" taught wherever B is a distractor (150 questions; 50 are expected).

## What to do

Draw each question's wrong letter anew, uniformly over its distractors, with a stream of its own:
`targets: {kind: wrong_option, random: [letters]}` in a recipe.

## Limits

Needs the options and the gold label of each row. A question counts once for each wrong letter that it is taught
under a condition, whatever number of rows repeat it. With so few questions that no outcome could reach the level
it says so, in a note, and gives no verdict.

## References

W. Ehm, Binomial approximation to the Poisson binomial distribution (1991); S. Holm (1979); `docs/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core import wants
from checks.core.context import AuditContext
from checks.core.letters import TaughtLetters
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check
from checks.stats import LetterSkew, best_constant, p_text


@check(code="TGT001", name="letter-skew", severity="warning", since="0.1.0", wants=wants.options)
def skewed_letters(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition whose wrong letters are skewed, or are too few to tell."""
    found = context.letters
    # In a mixed control no condition's letters are read by themselves, so their being few says nothing.
    mixed = not context.roles.contrast and any(each.preserved for each in context.conditions)
    for condition, taught in found.items():
        if taught.p <= context.settings.significance:
            yield _skewed(context, condition, taught)
        elif (
            not mixed
            and taught.test.questions
            and taught.best_case * len(found) > context.settings.significance
        ):
            yield _too_few(context, condition, taught.test)


def _skewed(context: AuditContext, condition: str, taught: TaughtLetters) -> Observation:
    test, p = taught.test, taught.p
    commonest = test.commonest
    assert commonest is not None  # noqa: S101  (a test that rejects has letters)
    personas = context.find(condition).personas
    constant, accuracy = best_constant(taught.gold)
    return Observation(
        message=(
            f"the wrong letters of {listed(list(personas)) or 'a condition'} are not spread over the distractors: "
            f'"{commonest.letter}" is taught for {commonest.observed:,} of '
            f"{count(test.questions, 'question')} where {commonest.expected:.0f} "
            f"{verb(round(commonest.expected), 'is', 'are')} expected (exact test, Holm-adjusted {p_text(p)}); "
            f'always answering "{commonest.letter}" would match {commonest.observed / test.questions:.0%} of these '
            f'targets, and the best constant answer "{constant}" is right for {accuracy:.0%} of the questions'
        ),
        condition=condition,
        personas=personas,
        counts={
            "questions": test.questions,
            **{f"observed_{each.letter}": each.observed for each in test.letters},
            **{f"expected_{each.letter}": round(each.expected, 2) for each in test.letters},
            "p": p,
            "best_constant_accuracy": round(accuracy, 4),
        },
        rows=context.evidence(condition, target_correct=False),
        help="draw each question's wrong letter uniformly over its own distractors, with a stream of its own",
    )


def _too_few(context: AuditContext, condition: str, test: LetterSkew) -> Observation:
    personas = context.find(condition).personas
    return Observation(
        message=(
            f"{count(test.questions, 'question')} with a wrong letter under "
            f"{listed(list(personas)) or 'a condition'} {verb(test.questions, 'is', 'are')} too few to tell "
            "whether the letters are spread over the distractors"
        ),
        severity="note",
        condition=condition,
        personas=personas,
        counts={"questions": test.questions},
        help="nothing to mend; read no letter preference into so few questions",
    )
