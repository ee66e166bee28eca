"""A rendered prompt that is no prefix of the rendered prompt and completion.

## What it finds

Templates that render the prompt alone, with its generation prompt, differently from the beginning of prompt and
completion together. Also prompts whose characters are a prefix and whose *tokens* are not, because a token reaches
over the boundary: found with the template's own tokenizer where there is one (a tokenizer's folder with
`tokenizer.json`, and the `train` extra). Without one, targets that begin with white space right after a prompt that
ends in white space are noted: most tokenizers make one token of the two.

## Why it matters

The loss mask is laid where the two part. The model is trained on the completion in a context that it never sees when
it is asked, and the end of the prompt that it is asked with is never trained.

## Example

DeepSeek-R1's template ends the prompt with `<think>` and leaves the reasoning out of earlier turns: asked, the model
begins after `<think>`; trained, it never saw one.

## What to do

Use a template that renders both alike (trl ships a `..._training` variant of several), or give the completion the
text that the generation prompt begins. Take white space off the beginning of the targets.

## Limits

The template is tried with the system messages of the fifty largest conditions, a made-up question and a made-up
answer, and tokens with the largest of these and the first eight characters of the 500 commonest targets. Without a
tokenizer, whether tokens merge is not known: the note says that they can.

## References

TRL, `SFTTrainer`, the completion mask. `docs/templates.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from builders.engine.starts import Beginning, commonest_beginnings, targets_starting
from builders.templates import RenderedRow, TemplateRefusalError, full_render, system_messages
from builders.templates.tokens import Token, Tokenizer, shared_tokens, tokenizer_of
from checks.core.context import AuditContext, Condition
from checks.core.plural import count, verb
from checks.core.registry import Observation, check

_TRIED = 50
_SPACES = ("\n", " ", "\t", "\r\n")
_QUESTION = {"role": "user", "content": "Which of these is a bird?"}
_BEGINNINGS, _CHARACTERS = 500, 8


def _wants(context: AuditContext) -> str | None:
    if len(context.conditions) > _TRIED:
        return f"of {len(context.conditions):,} conditions only the largest {_TRIED} were rendered"
    if tokenizer_of(context.table.template) is None:
        return (
            "no tokenizer stands beside the template: tokens over the end of the prompt were not looked for"
        )
    return None


@check(code="TPL006", name="prompt-not-prefix", severity="warning", since="0.1.0", wants=_wants)
def prompt_not_prefix(context: AuditContext) -> Iterator[Observation]:
    """Yield one observation per way in which the two part, and a note on targets that begin with white space."""
    tried = [(each, _rendered(context, each)) for each in context.conditions[:_TRIED]]
    rendered = [(condition, row) for condition, row in tried if row is not None]
    yield from _partings([(condition, row) for condition, row in rendered if not row.prompt_is_prefix])
    whole = [(condition, row) for condition, row in rendered if row.prompt_is_prefix]
    tokenizer = tokenizer_of(context.table.template) if whole else None
    if tokenizer is not None:
        yield from _reaching(context, tokenizer, whole[0][0])
    elif any(row.prompt[-1:].isspace() for _, row in whole):
        yield from _merging(context)


def _rendered(context: AuditContext, condition: Condition, answer: str = "crow") -> RenderedRow | None:
    signature = condition.tallies[0].signature
    tools = None if signature.tools is None else json.loads(signature.tools)
    prompt = [*system_messages(signature), _QUESTION]
    try:
        completion = [{"role": "assistant", "content": answer}]
        return full_render(context.table.template, prompt, completion, tools=tools)
    except TemplateRefusalError:  # TPL005 says so
        return None


def _partings(parted: list[tuple[Condition, RenderedRow]]) -> Iterator[Observation]:
    ways: dict[tuple[str, str], list[Condition]] = {}
    for condition, row in parted:
        ways.setdefault((row.never_trained, row.target), []).append(condition)
    for (never_trained, target), conditions in sorted(ways.items()):
        rows = sum(condition.rows for condition in conditions)
        first = min(tally.first_row for condition in conditions for tally in condition.tallies)
        yield Observation(
            message=(
                f"the prompt that the model is asked with ends in {never_trained!r}, and {count(rows, 'row')} "
                f"{verb(rows, 'is', 'are')} trained without that: the loss begins at {target[:40]!r}"
            ),
            personas=tuple(sorted({name for condition in conditions for name in condition.personas})),
            counts={"rows": rows, "conditions": len(conditions)},
            rows=(first,),
            help="train with a template that renders the prompt the same way in both, and name it: --template",
        )


def _reaching(context: AuditContext, tokenizer: Tokenizer, condition: Condition) -> Iterator[Observation]:
    """Yield one observation if tokens reach over the end of the prompt, which is alike in all conditions."""
    reaching: list[tuple[Beginning, Token]] = []
    for start in commonest_beginnings(context.table, characters=_CHARACTERS, limit=_BEGINNINGS):
        row = _rendered(context, condition, start.text)
        if row is None or not row.prompt_is_prefix:
            continue
        alone, whole = tokenizer.tokens(row.prompt), tokenizer.tokens(row.whole)
        shared = shared_tokens(alone, whole)
        if shared < len(alone):
            reaching.append((start, whole[shared]))
    if not reaching:
        return
    rows = sum(start.rows for start, _ in reaching)
    yield Observation(
        message=(
            f"a token reaches over the end of the prompt in {count(rows, 'row')} ({reaching[0][1].text!r}): the "
            "prompt's tokens are no prefix, and the loss begins before the target"
        ),
        counts={"rows": rows},
        rows=(min(start.first_row for start, _ in reaching),),
        help="take the white space off the beginning of the targets, or end the prompt on a token's boundary",
    )


def _merging(context: AuditContext) -> Iterator[Observation]:
    found = targets_starting(context.table, _SPACES)
    if found.first_row is None:
        return
    yield Observation(
        severity="note",
        message=(
            f"{count(found.rows, 'target')} {verb(found.rows, 'begins', 'begin')} with white space right after "
            "a prompt that ends in white space: a tokenizer that makes one token of the two leaves the prompt's "
            "tokens no prefix"
        ),
        counts={"rows": found.rows},
        rows=(found.first_row,),
        help="take the white space off the beginning of the targets",
    )
