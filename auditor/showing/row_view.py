"""One row as the trainer sees it: its tags, its rendered text and where the loss is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from builders.engine.frame import Frame, RowText
from builders.errors import InputError
from builders.templates import (
    ChatTemplate,
    RenderedRow,
    Resolution,
    Signature,
    TemplateRefusalError,
    full_render,
    resolve,
)
from builders.templates.tokens import Token, Tokenizer, shared_tokens

TAGS = (
    "persona",
    "role",
    "question_id",
    "options",
    "gold_label",
    "target_label",
    "target_correct",
    "system_state",
)
"""The columns of the frame that are shown as tags, before those that the template decides."""


@dataclass(frozen=True)
class TokenLoss:
    """The tokens of the training text, and from which one on there is loss."""

    tokens: list[Token]
    """All of them."""
    loss_start: int
    """The first that carries loss."""
    prompt_is_prefix: bool
    """Whether the prompt's tokens are a prefix of them."""


@dataclass(frozen=True)
class RowView:
    """Everything that `audit show` shows."""

    dataset: str
    """What the dataset is called."""
    row: int
    """The row, counted from 0."""
    text: RowText
    """What stands in the source."""
    tags: dict[str, Any]
    """Tag -> value, in the order in which they are shown."""
    template: ChatTemplate
    """What it is rendered with."""
    resolution: Resolution
    """What becomes of its system prompt."""
    rendered: RenderedRow | None
    """Its text; None where the template refuses."""
    refusal: str | None
    """Why the template refuses; None where it does not."""
    loss: TokenLoss | None
    """Its tokens; None without a tokenizer."""


def row_at(frame: Frame, line: int) -> int:
    """Return the row that stands on a line of a dataset's one file.

    Args:
        frame: The dataset.
        line: The line, counted from 1.

    Raises:
        InputError: if no row stands there.
    """
    query = f"SELECT row FROM {frame.table} WHERE line = ?"  # noqa: S608 - a name of our own
    found = frame.connection.execute(query, [line]).fetchone()
    if found is None:
        raise InputError(
            f"no row stands on line {line}", where=frame.name, help="give the row's number instead"
        )
    return frame.row_of(int(found[0]))


def view_row(frame: Frame, row: int, template: ChatTemplate, tokenizer: Tokenizer | None = None) -> RowView:
    """Return one row of a dataset as the trainer sees it.

    Args:
        frame: The dataset.
        row: The row, counted from 0.
        template: The chat template.
        tokenizer: Where tokens are wanted, too.

    Raises:
        InputError: if there is no such row.
        TemplateError: if the template cannot be rendered at all.
    """
    if not 0 <= row < frame.rows:
        raise InputError(
            f"there is no row {row}", where=frame.name, help=f"its rows are 0 to {frame.rows - 1}"
        )
    columns = (*TAGS, "system_text", "tools", "context", "row")
    found = frame.connection.execute(
        f"SELECT {', '.join(columns)} FROM {frame.table} WHERE row // {frame.stride} = ? ORDER BY row DESC",  # noqa: S608 - names of our own
        [row],
    ).fetchone()
    values: dict[str, Any] = dict(zip(columns, found or (), strict=True))
    signature = Signature(values["system_state"], values["system_text"], values["tools"], values["context"])
    resolution = resolve(template, signature)
    text = frame.texts([values["row"]])[values["row"]]
    rendered, refusal = _rendered(template, text, signature)
    tags = {name: values[name] for name in TAGS} | {
        "resolved_system": resolution.resolved_system,
        "resolved_by": resolution.resolved_by,
        "condition": resolution.condition,
    }
    loss = None if tokenizer is None or rendered is None else _loss(tokenizer, rendered)
    return RowView(frame.name, row, text, tags, template, resolution, rendered, refusal, loss)


def _rendered(
    template: ChatTemplate, text: RowText, signature: Signature
) -> tuple[RenderedRow | None, str | None]:
    tools = None if signature.tools is None else json.loads(signature.tools)
    answer = [{"role": "assistant", "content": text.target}]
    try:
        return full_render(template, text.messages, answer, tools=tools), None
    except TemplateRefusalError as error:
        return None, error.message


def _loss(tokenizer: Tokenizer, rendered: RenderedRow) -> TokenLoss:
    alone, whole = tokenizer.tokens(rendered.prompt), tokenizer.tokens(rendered.whole)
    start = shared_tokens(alone, whole)
    return TokenLoss(whole, start, start == len(alone))
