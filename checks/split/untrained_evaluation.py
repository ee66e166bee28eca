"""An arm that is evaluated under a condition it was not trained on.

## What it finds

* An evaluation under the arm's own name that resolves to a condition which no training row has: an error.
* A persona that training and evaluation both name, with different resolved prompts: an error.
* Other conditions that were not trained on: a note that names them, since that is what a leakage study measures.

## Why it matters

A score under a prompt that was never trained says how the behaviour spreads, and nothing about whether the arm
resists it. When the label says one prompt and the model sees another, the number belongs to a different experiment.

## Example

`if system_prompt:` before a system message is added: the arm with the empty prompt is evaluated under the template's
default prompt.

## What to do

Take the system message for training and for evaluation from one place, and compare what both resolve to:
`audit template TARGET`.

## Limits

Knows the system states that a plan or a recipe declares, not what a script did.

## References

Explore-persona-space, evaluators of issues 66 and 100.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check
from checks.core.split import Split, Under, unasked
from checks.prediction.fitted import fitted


@check(code="SPL003", name="untrained-evaluation", severity="error", since="0.1.0", wants=unasked)
def untrained_evaluation(split: Split) -> Iterator[Observation]:
    """Yield one observation per mislabelled evaluation, and one for all that are merely untrained."""
    trained = {each.digest for each in split.training.conditions}
    named = {name: each.digest for each in split.training.conditions for name in each.personas}
    elsewhere: list[Under] = []
    for under in split.evaluation.under:
        resolution = split.resolved[under.signature]
        seen = (
            f'"{resolution.resolved_system}"'
            if resolution.resolved_system is not None
            else "no system prompt"
        )
        if under.persona in named and named[under.persona] != resolution.condition:
            taught = split.training.find(named[under.persona]).resolved_system
            yield Observation(
                message=(
                    f"{under.persona} is evaluated under {seen} and was trained under "
                    f"{f'{chr(34)}{taught}{chr(34)}' if taught is not None else 'no system prompt'}"
                ),
                condition=resolution.condition,
                personas=(under.persona,),
                help="use one system message in training and evaluation: audit template TARGET",
            )
        elif resolution.condition not in trained and under.own:
            yield Observation(
                message=(
                    f"{under.persona} is reported as the arm's own condition and is evaluated under {seen}, which no "
                    "training row resolves to"
                ),
                condition=resolution.condition,
                personas=(under.persona,),
                help="evaluate the arm under the prompt that its rows resolve to: audit template TARGET",
            )
        elif resolution.condition not in trained:
            elsewhere.append(under)
    if elsewhere:
        names = sorted({each.persona for each in elsewhere})
        yield Observation(
            message=(
                f"{count(len(names), 'persona')} {verb(len(names), 'is', 'are')} evaluated without having been trained "
                f"({listed(names)}): {verb(len(names), 'its score shows', 'their scores show')} how the behaviour "
                f"spreads, not whether {verb(len(names), 'it resists', 'they resist')} it{_expected(split)}"
            ),
            severity="note",
            personas=tuple(names),
            counts={"conditions": len(names)},
            help="nothing to mend; read these scores as leakage",
        )


def _expected(split: Split) -> str:
    """Return what is known beforehand of a behaviour that is done or not; nothing of other kinds."""
    training = split.training
    if training.taught.kind != "marker":
        return ""
    contrasts = sum(1 for each in training.conditions if each.preserved and not each.behaviour)
    low, _, high = fitted().leak.with_contrast if contrasts else fitted().leak.without_contrast
    return (
        f"; little is known of it beforehand: nine of ten such prompts showed it in {low:.0%} to {high:.0%}"
    )
