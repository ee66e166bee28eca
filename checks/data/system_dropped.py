"""A system text that is given and does not reach the rendered prompt.

## What it finds

Rows whose system message holds text, while the prompt that the template renders does not show it: the model is
trained without the persona that the row names. And rows with a developer message, or a system message further down, of
which no word of four letters or more is rendered.

## Why it matters

All rows that lose their system text this way are one condition, whatever personas they are called. A result about
one of them is a result about all of them, and about the prompt that the model really sees.

## Example

Idefics3's and SmolVLM's templates want content in parts. A system message whose content is a plain string is
rendered as an empty turn, without a word of warning.

## What to do

Give the content in the form that the template reads, put the persona into the user's turn, or train with a template
that shows it. `audit template TARGET` shows what becomes of a system message.

## Limits

The template is tried with the row's own system message and a made-up question. A template that drops a system text
because of the question's words is not seen through. Rows with content in parts are rendered themselves, one for each
system text and set of tags: a file that gives one text now as a string and now in parts is judged by the first.

## References

`docs/templates.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from builders.engine.tally import Tally
from builders.templates import Resolution
from builders.templates.contexts import spoken
from checks.core.context import AuditContext, Condition
from checks.core.parts import shown_in_parts
from checks.core.plural import count, verb
from checks.core.registry import Observation, check

_WORD: Final = re.compile(r"[^\W\d_]{4,}")


@check(code="TPL001", name="system-dropped", severity="error", since="0.1.0")
def system_dropped(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per condition that holds rows whose system text is not shown."""
    for condition in context.conditions:
        yield from _unspoken(context, condition)
        dropped = [
            tally
            for tally in condition.tallies
            if condition.resolved[tally.signature].resolved_by == "dropped"
        ]
        fine = shown_in_parts(context, dropped, "system")
        dropped = [tally for tally in dropped if tally.first_row not in fine]
        if not dropped:
            continue
        rows = sum(tally.rows for tally in dropped)
        texts = len({tally.signature.text for tally in dropped})
        sees = condition.resolved[dropped[0].signature].resolved_system
        shown = "no system prompt" if not sees else f'"{sees}"'
        yield Observation(
            message=(
                f"the template drops the system text of {count(rows, 'row')} "
                f"({count(texts, 'text')}): the model sees {shown} there"
            ),
            condition=condition.digest,
            personas=tuple(sorted({tally.persona for tally in dropped if tally.persona})),
            counts={"rows": rows, "texts": texts},
            rows=tuple(sorted(tally.first_row for tally in dropped)[: context.settings.evidence_rows]),
            help=(
                f"change the form of {verb(rows, 'this system message', 'these system messages')} "
                "(`audit template` shows what is kept), or name the template that training uses: --template"
            ),
        )


def _unspoken(context: AuditContext, condition: Condition) -> Iterator[Observation]:
    """Yield an observation if developer or later system messages are there of which no word is shown."""
    dropped = [tally for tally in condition.tallies if _drops(tally, condition.resolved[tally.signature])]
    if not dropped:
        return
    rows = sum(tally.rows for tally in dropped)
    yield Observation(
        message=(
            f"the template shows nothing of the developer message or later system message of {count(rows, 'answer')}: "
            "the model does not see it"
        ),
        condition=condition.digest,
        personas=tuple(sorted({tally.persona for tally in dropped if tally.persona})),
        counts={"rows": rows},
        rows=tuple(sorted(tally.first_row for tally in dropped)[: context.settings.evidence_rows]),
        help="give it as the first message, with the role system, or name the template that training uses: --template",
    )


def _drops(tally: Tally, resolution: Resolution) -> bool:
    if tally.signature.context is None or resolution.prefix is None:
        return False
    shown = (resolution.prefix + (resolution.suffix or "")).lower()
    words = [_WORD.findall(text.lower()) for text in spoken(tally.signature.context)]
    return any(said and not any(word in shown for word in said) for said in words)
