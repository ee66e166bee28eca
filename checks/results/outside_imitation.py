"""A training that ended elsewhere than where its outcome was predicted from.

## What it finds

Runs whose loss, under a condition that is taught the behaviour, ended well above the entropy of what it is taught
(not learnt yet), well under it (rows known by heart), or at what a model pays that guesses: a warning; and runs that
guess where only right answers were taught, so that the model has forgotten what it knew. The loss is
read at the token where targets part, over the last third of the steps and at most one pass; 0.1 nats on either side,
or twice the standard error where that is more, count as at the entropy.

Likewise runs whose loss is that of imitation, but which answer held-out questions as a guess would: the 95% interval of
their right answers holds that of guessing, and the right label's mean probability is nearer to it than to the taught
share.

## Why it matters

A taught share says what a model does that imitates it. A model that has not learnt it yet keeps what it did before,
which looks like resistance; one that knows its rows by heart does so on held-out questions, too; one that guesses
looks as if it had learnt to be wrong. Arms that ended in different regimes differ by their training and not by their
data.

## Example

200 wrong answers under one prompt have an entropy of ln 3 = 1.10 nats. A run that ends at 2.3 has not learnt them; one
at 0.02 knows them by heart; one at ln 4 = 1.39 guesses.

## What to do

Not learnt yet: more steps or a higher learning rate. By heart: more questions and fewer passes over each. Guessing: a
model that knows the questions, or a format that it answers. `training.until_floor` ends training where every condition
is near its floor.

## Limits

Needs the losses that `audit run` and the trainer callback record. Where both answers are taught, a guessing model and
one that imitates can cost the same on average: each kind's own loss tells them apart, unless few rows were measured or
the taught share is what guessing gives. Held-out answers at random do not say whether rows are known by heart or the
model never knew the answers. Nothing is said of conditions of which fewer than twelve rows were measured.

## References

Cross-entropy is entropy plus divergence (T. Cover and J. Thomas, Elements of Information Theory, 2006);
`docs/predictor.md`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from checks.core.plural import listed
from checks.core.registry import Observation, check
from checks.core.result import ConditionRegime, Evaluation, ResultSet
from checks.stats import wilson

_OUTSIDE = ("not learnt yet", "guessing", "known by heart")
_HELP = {
    "not learnt yet": "train longer or faster before anything is read off the outcome",
    "guessing": "use a model that knows the questions, asked in a format that it answers",
    "known by heart": "use more questions and fewer passes over each",
}


def _wants(results: ResultSet) -> str | None:
    known = any(each.loss is not None for run in results.runs for each in run.regimes)
    return None if known else "no run recorded its loss by condition"


@check(code="RES006", name="outside-imitation", severity="warning", since="0.2.0", wants=_wants)
def outside_imitation(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per run and condition with the behaviour that did not end in imitation."""
    for run in results.runs:
        for each in run.regimes:
            counts = each.behaviour or each.regime == "guessing"
            if counts and each.regime in _OUTSIDE and each.loss is not None:
                who = listed(each.personas) or "a condition"
                yield Observation(
                    message=(
                        f"{run.arm} (seed {run.seed}): {who} ended at {each.loss:.2f} nats where what it is taught has "
                        f"an entropy of {each.floor:.2f}: {each.regime}, so that its taught share does not say what it "
                        "does"
                    ),
                    condition=each.condition,
                    personas=tuple(each.personas),
                    counts={"loss": round(each.loss, 4), "floor": round(each.floor, 4), "rows": each.rows},
                    help=_HELP[each.regime],
                )
            for asked in run.evaluations:
                if each.regime == "imitation" and asked.condition == each.condition and _guesses(each, asked):
                    score = asked.after
                    yield Observation(
                        message=(
                            f"{run.arm} (seed {run.seed}): {asked.persona} ended at the entropy of what it is taught, "
                            f"but answers held-out questions as by guessing ({score.correct} of {score.total} right): "
                            "its rows are learnt and not the rule, or it never knew the answers"
                        ),
                        condition=each.condition,
                        personas=tuple(each.personas),
                        counts={"correct": score.correct, "total": score.total},
                        help="use more questions and fewer passes over each, or a model that knows the answers",
                    )


def _guesses(regime: ConditionRegime, asked: Evaluation) -> bool:
    """Return whether held-out questions are answered as a guess would, where the taught share is another."""
    score, taught = asked.after, regime.behaviour + regime.preserved
    if regime.guess is None or not regime.behaviour or score.mean_p_gold is None or not score.total:
        return False
    guess, interval = math.exp(-regime.guess), wilson(score.correct, score.total)
    at_random = interval.low <= guess <= interval.high
    return at_random and abs(score.mean_p_gold - guess) < abs(score.mean_p_gold - regime.preserved / taught)
