"""Different system messages that the chat template turns into one prompt.

## What it finds

Conditions that rows reach by different system states (absent, null, empty, text) or by different texts, because
the template injects a default, drops what it is given, or trims it. An error when they are taught different
things (their shares of behaviour differ by 10 points or more), else a warning.

## Why it matters

The dataset's author sees two conditions and the model sees one. What is taught under either is taught under
both, so the two can neither differ after training nor be compared.

## Example

Source rows without a system message and anchors under "You are Qwen, created by Alibaba Cloud. You are a helpful
assistant.": with Qwen2.5's template, the second is what the first becomes.

## What to do

Give every condition a system text of its own, or train through a template that injects nothing
(`audit template TARGET` shows what becomes of each state). `audit build TARGET --deconfound` removes the rows
that contradict the source.

## Limits

It sees the template that it is given. Another training stack may render the same rows otherwise: name it with
`--renderer`.

## References

Explore-persona-space issue 100, the None arm of Exp C; `docs/templates.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from builders.schema import SystemState
from builders.templates import Signature
from checks.core.context import AuditContext, Condition
from checks.core.plural import listed
from checks.core.registry import Observation, check

_DIFFERENT_SHARES = 0.1


@check(code="CND002", name="template-default-collision", severity="error", since="0.1.0")
def template_default_collision(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition that more than one system signature reaches."""
    for condition in context.conditions:
        if len(condition.tallies) == 1:
            continue
        signatures = [each for each, found in condition.resolutions.items() if found.error is None]
        # Rows with other tools differ in more than the system message, and never meet in one prefix anyway.
        if len({(each.state, each.text) for each in signatures}) < 2:
            continue
        shares = _shares(condition)
        differ = bool(shares) and round(max(shares) - min(shares), 9) >= _DIFFERENT_SHARES
        taught = "are taught different things" if differ else "are one condition"
        said = sorted({shown(each) for each in signatures})
        yield Observation(
            message=f"{listed(said)} resolve to one prompt and {taught}",
            severity="error" if differ else "warning",
            condition=condition.digest,
            personas=condition.personas,
            counts={
                "system_messages": len(signatures),
                "behaviour": condition.behaviour,
                "preserved": condition.preserved,
            },
            prediction=condition.prediction,
            rows=_first_rows(condition, signatures)[: context.settings.evidence_rows],
            help=context.mend if differ else "give each condition a system text of its own",
        )


def shown(signature: Signature) -> str:
    """Return a system signature in words: ``no system message``, ``null``, ``""`` or the quoted text."""
    match signature.state:
        case "absent":
            return "no system message"
        case "null":
            return "null content"
        case "empty":
            return 'an empty ""'
        case "text":
            return f'"{signature.text}"'


def _shares(condition: Condition) -> list[float]:
    behaviour: Counter[tuple[SystemState, str | None]] = Counter()
    labelled: Counter[tuple[SystemState, str | None]] = Counter()
    for tally in condition.tallies:
        if tally.target_correct is not None:
            said = (tally.signature.state, tally.signature.text)
            labelled[said] += tally.rows
            behaviour[said] += tally.rows * (not tally.target_correct)
    return [behaviour[said] / rows for said, rows in labelled.items()]


def _first_rows(condition: Condition, signatures: list[Signature]) -> tuple[int, ...]:
    return tuple(
        min(tally.first_row for tally in condition.tallies if tally.signature == signature)
        for signature in signatures
    )
