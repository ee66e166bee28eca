"""What the trainer will read, token by token, before it does: nothing is masked, cut or dropped in silence.

The rows are tokenised here, once, and the trainer gets these very tokens. So what was checked is what trains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builders.errors import InputError


@dataclass(frozen=True)
class EncodedRow:
    """One row as the trainer reads it."""

    tokens: list[int]
    """Prompt and completion."""
    prompt_length: int
    """How many of them are the prompt: the rest carry the loss."""


@dataclass(frozen=True)
class Preflight:
    """What there is to train on, in numbers."""

    rows: int
    """Rows."""
    tokens: int
    """Tokens in all rows."""
    loss_tokens: int
    """Tokens that carry loss."""
    longest: int
    """Tokens of the longest row, before any cut."""
    cut: int
    """Rows that lost their end to `max_length`."""

    def __str__(self) -> str:
        """Return one line for the log."""
        cut = f", {self.cut:,} rows cut" if self.cut else ", no row cut"
        return (
            f"{self.rows:,} rows, {self.tokens:,} tokens, {self.loss_tokens:,} carry loss, "
            f"longest row {self.longest:,} tokens{cut}"
        )


def encode_rows(
    rows: Sequence[Mapping[str, Any]],
    tokenizer: Any,  # noqa: ANN401
    *,
    max_length: int,
    truncate: bool = False,
) -> tuple[list[EncodedRow], Preflight]:
    """Tokenise rows as TRL does for prompt and completion, and check what the loss mask rests on.

    Args:
        rows: Rows with `prompt` and `completion`, each a list of messages.
        tokenizer: The tokenizer that trains, with its chat template.
        max_length: Tokens that a row may have.
        truncate: Whether longer rows lose their end; otherwise they are refused.

    Raises:
        InputError: if the template refuses a row, a rendered prompt or its tokens are no prefix of those of
            prompt and completion, a row is too long, or a row teaches no token. It names the row.
    """
    encoded: list[EncodedRow] = []
    too_long: list[int] = []
    longest = 0
    prompts = [_render(tokenizer, row["prompt"], number, generate=True) for number, row in enumerate(rows)]
    wholes = [
        _render(tokenizer, [*row["prompt"], *row["completion"]], number, generate=False)
        for number, row in enumerate(rows)
    ]
    texts = zip(prompts, wholes, _tokens(tokenizer, prompts), _tokens(tokenizer, wholes), strict=True)
    for number, (prompt, whole, prompt_tokens, tokens) in enumerate(texts):
        if not whole.startswith(prompt) or tokens[: len(prompt_tokens)] != prompt_tokens:
            raise InputError(
                "the prompt's tokens are no prefix of those of prompt and completion, so the loss would fall on "
                "the wrong tokens",
                where=f"row {number}",
                help="use a template that renders a prompt alone and with its answer in the same way",
            )
        longest = max(longest, len(tokens))
        if len(tokens) > max_length:
            too_long.append(number)
        kept = tokens[:max_length]
        if len(kept) <= len(prompt_tokens):
            raise InputError(
                "no token of the target is left to learn from",
                where=f"row {number}",
                help=f"its prompt has {len(prompt_tokens)} tokens: raise training.max_length",
            )
        encoded.append(EncodedRow(kept, len(prompt_tokens)))
    if too_long and not truncate:
        raise InputError(
            f"{len(too_long)} of {len(rows)} rows are longer than {max_length} tokens and would lose what they teach",
            where=f"row {too_long[0]}",
            help=f"raise training.max_length to {longest}, or set training.truncate",
        )
    return encoded, Preflight(
        rows=len(encoded),
        tokens=sum(len(row.tokens) for row in encoded),
        loss_tokens=sum(len(row.tokens) - row.prompt_length for row in encoded),
        longest=longest,
        cut=len(too_long),
    )


def _tokens(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:  # noqa: ANN401
    return tokenizer(list(texts), add_special_tokens=False)["input_ids"] if texts else []


def _render(tokenizer: Any, messages: Sequence[Mapping[str, Any]], number: int, *, generate: bool) -> str:  # noqa: ANN401
    try:
        return tokenizer.apply_chat_template(
            [dict(message) for message in messages], tokenize=False, add_generation_prompt=generate
        )
    except (
        Exception
    ) as error:  # a template may raise anything; jinja2's own errors have no common parent with it
        raise InputError(
            f"the tokenizer's chat template refuses it: {error}",
            where=f"row {number}",
            help="audit scan says which system states the template cannot render",
        ) from error
