"""A score before training that was read off labels which the model hardly says.

## What it finds

Evaluations whose labels together have less than a tenth of the probability before training: an error under one in a
hundred, else a warning.

## Why it matters

Such a score is the order of a few improbable tokens and not what the model knows: it begins its answer with something
else. A drop from there is no drop, and a rise may only be that training taught the format.

## Example

30% right at a label mass of 0.008 where the model begins "To determine"; asked for the letter alone, the same model has
57% right at a mass of 0.56.

## What to do

Ask in a form that the model answers ("Answer with the letter only."), or compare only scores after training.

## Limits

Needs the mass of the labels before training, which `audit run` and `audit eval` keep. Two ways to answer have no labels
and are not looked at.

## References

P. West et al., Surface Form Competition (EMNLP 2021); `docs/predictor.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.registry import Observation, check
from checks.core.result import UNMEASURED, ResultSet
from checks.prediction.applies import OFF_FORMAT

_HARDLY = 0.01


def _wants(results: ResultSet) -> str | None:
    lettered = [each for each in results.evaluations() if each.behaviour == "wrong_option"]
    before = [each.before for each in lettered if each.before is not None]
    if not lettered or any(each.mean_label_mass is not None for each in before):
        return None
    return "no run recorded how much of the probability its labels have" if before else UNMEASURED


@check(code="RES007", name="baseline-off-format", severity="error", since="0.2.0", wants=_wants)
def baseline_off_format(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per evaluation whose labels the model hardly said before training."""
    for run in results.runs:
        for each in run.evaluations:
            mass = None if each.before is None else each.before.mean_label_mass
            if each.before is None or mass is None or each.behaviour != "wrong_option" or mass >= OFF_FORMAT:
                continue
            yield Observation(
                message=(
                    f"{run.arm} (seed {run.seed}) under {each.persona}: before training the labels have {mass:.1%} of "
                    "the probability together, so its score does not say what the model knew, and no drop can be seen "
                    "from it"
                ),
                severity="error" if mass < _HARDLY else "warning",
                condition=each.condition,
                personas=(each.persona,),
                counts={
                    "label_mass": round(mass, 5),
                    "correct": each.before.correct,
                    "total": each.before.total,
                },
                help="ask in a format that the model answers, for example for the letter alone",
            )
