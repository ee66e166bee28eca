"""Rows whose text is already rendered by a template.

## What it finds

Rows whose prompt opens with the markup of a rendered conversation: `<|im_start|>system`, `<|start_header_id|>user`,
`<start_of_turn>user`, `[INST]`.

## Why it matters

Which system prompt such a row is under stands inside its text, where no column says it. Read as one user's text, every
row of the file seems to have no system message, and whatever confound there is stays hidden. Trained through a chat
template once more, the model sees two turns' markup, one around the other.

## Example

A column `prompt` made with `tokenizer.apply_chat_template(messages, tokenize=False)`, or a ChatML export of a chat log.

## What to do

Audit and train the messages from which the text was made. A trainer that is given ready-made text applies no chat
template: then say so in the write-up, and audit the messages.

## Limits

Rows whose markup is known are split into their turns and are no finding (`docs/readers.md`); this is for others. The
beginnings of common families are known; a home-made markup is not. Of the rows that hold markup the first 20,000
are looked at.

## References

`docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.context import AuditContext
from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check


@check(code="TPL010", name="rendered-text", severity="error", since="0.2.0")
def rendered_text(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation for all rows that hold rendered conversations."""
    for found in context.marked:
        if found.kind == "rendered":
            yield Observation(
                message=(
                    f"{count(found.rows, 'row')} {verb(found.rows, 'holds', 'hold')} text that a template has already "
                    f"rendered ({listed(list(found.tokens[:3]))}): which system prompt "
                    f"{verb(found.rows, 'it is', 'they are')} under was not read"
                ),
                counts={"rows": found.rows},
                rows=(found.first_row,),
                help="audit the messages that the text was made from",
            )
