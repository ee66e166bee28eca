"""One row as the trainer sees it: its tags, its rendered text and where the loss is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from builders.engine.frame import Frame, RowText
from builders.errors import InputError
from builders.readers.texts import ReadRow, Texts
from builders.templates import ChatTemplate, Resolution, Signature, TemplateRefusalError, resolve
from builders.templates.tokens import Token, Tokenizer, shared_tokens
from builders.views import TrainingView, view_of
from builders.views.laying import LaidRow, Row, lay

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
    """The tokens of the training text, and which of them carry loss."""

    tokens: list[Token]
    """All of them."""
    loss: list[bool]
    """Whether each carries loss."""
    prompt_is_prefix: bool
    """Whether the prompt's tokens are a prefix of them."""

    @property
    def loss_start(self) -> int:
        """The first that carries loss; how many there are where none does."""
        return self.loss.index(True) if True in self.loss else len(self.loss)


@dataclass(frozen=True)
class ShownTurn:
    """One trained answer of the row."""

    message: int
    """Which message of the row it is, counted from 1."""
    target: str
    """Its text."""
    tags: dict[str, Any]
    """Tag -> value, in the order in which they are shown."""
    resolution: Resolution
    """What becomes of its system prompt."""


@dataclass(frozen=True)
class RowView:
    """Everything that `audit show` shows."""

    dataset: str
    """What the dataset is called."""
    row: int
    """The row, counted from 0."""
    text: RowText
    """What stands in the source before the last trained answer, and that answer."""
    turns: tuple[ShownTurn, ...]
    """The trained answers, in order."""
    template: ChatTemplate
    """What it is rendered with."""
    view: TrainingView
    """The trainer that lays it out."""
    completion: bool
    """Whether the row tells a prompt and its completion apart."""
    laid: LaidRow | None
    """Its text; None where the template refuses."""
    refusal: str | None
    """Why the template refuses; None where it does not."""
    loss: TokenLoss | None
    """Its tokens; None without a tokenizer."""
    pushed: LaidRow | None = None
    """What a preference loss pushes away, laid in the same way; None where there is nothing."""


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
        InputError: if there is no such row, or nothing in it is trained.
        TemplateError: if the template cannot be rendered at all.
    """
    if not 0 <= row < frame.rows:
        raise InputError(
            f"there is no row {row}", where=frame.name, help=f"its rows are 0 to {frame.rows - 1}"
        )
    columns = (*TAGS, "system_text", "tools", "context", "row")
    found = frame.connection.execute(
        f"SELECT {', '.join(columns)} FROM {frame.table} WHERE row // {frame.stride} = ? ORDER BY row",  # noqa: S608 - names of our own
        [row],
    ).fetchall()
    away = frame.texts.pushed(row) if isinstance(frame.texts, Texts) else None
    if not found:
        if away is not None:
            return _pushed_alone(frame, row, template, away)
        raise InputError(f"nothing in row {row} is trained", where=frame.name)
    records: list[dict[str, Any]] = [dict(zip(columns, values, strict=True)) for values in found]
    texts = frame.texts([record["row"] for record in records])
    turns = tuple(_turn(template, record, texts[record["row"]]) for record in records)
    last = texts[records[-1]["row"]]
    view = frame.view or view_of()
    laid_out = _row(frame, row, last, records[0]["tools"])
    laid, refusal = _laid(template, view, laid_out)
    return RowView(
        dataset=frame.name,
        row=row,
        text=last,
        turns=turns,
        template=template,
        view=view,
        completion=bool(laid_out.given),
        laid=laid,
        refusal=refusal,
        loss=None if tokenizer is None or laid is None else _loss(tokenizer, laid),
        pushed=None if away is None else _laid(template, view, _of_read(away))[0],
    )


def _pushed_alone(frame: Frame, row: int, template: ChatTemplate, away: ReadRow) -> RowView:
    """Return the view of a row that teaches nothing and whose answer is pushed away."""
    view = frame.view or view_of()
    laid, refusal = _laid(template, view, _of_read(away))
    said = [turn.message for turn in away.turns]
    last = away.trained[-1]
    path = frame.paths[0] if len(frame.paths) == 1 else None
    text = RowText(None if path is None else str(path), None, said[:last], away.turns[last].text or "", row)
    return RowView(frame.name, row, text, (), template, view, False, None, refusal, None, laid)


def _of_read(read: ReadRow) -> Row:
    return Row(
        [turn.message for turn in read.turns],
        sum(turn.given for turn in read.turns),
        read.trained,
        read.tools,
        read.variables,
    )


def _turn(template: ChatTemplate, record: dict[str, Any], text: RowText) -> ShownTurn:
    signature = Signature(record["system_state"], record["system_text"], record["tools"], record["context"])
    resolution = resolve(template, signature)
    tags = {name: record[name] for name in TAGS} | {
        "resolved_system": resolution.resolved_system,
        "resolved_by": resolution.resolved_by,
        "condition": resolution.condition,
    }
    return ShownTurn(text.turn or len(text.messages) + 1, text.target, tags, resolution)


def _row(frame: Frame, number: int, text: RowText, tools: str | None) -> Row:
    """Return the whole row; a composed one is a prompt and its completion."""
    listed = None if tools is None else json.loads(tools)
    if not isinstance(frame.texts, Texts):
        messages = [*text.messages, {"role": "assistant", "content": text.target}]
        return Row(messages, len(text.messages), [len(text.messages)], listed)
    return _of_read(frame.texts.row(number))


def _laid(template: ChatTemplate, view: TrainingView, row: Row) -> tuple[LaidRow | None, str | None]:
    try:
        return lay(template, view, row), None
    except TemplateRefusalError as error:
        return None, error.message


def _loss(tokenizer: Tokenizer, laid: LaidRow) -> TokenLoss:
    whole = tokenizer.tokens(laid.text)
    if laid.prompt is not None:
        alone = tokenizer.tokens(laid.prompt)
        start = shared_tokens(alone, whole)
        return TokenLoss(whole, [place >= start for place in range(len(whole))], start == len(alone))
    loss = [any(span.loss and span.start <= token.start < span.end for span in laid.spans) for token in whole]
    return TokenLoss(whole, loss, prompt_is_prefix=True)
