"""How `audit show` prints a row: for people with the loss marked, for programs as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.formats.escape import ascii_json, log_line, visible
from auditor.showing.row_view import RowView, TokenLoss
from builders.views.laying import LaidRow
from checks.core.plural import count

SCHEMA_VERSION: Final = 1

_LOSS, _PLAIN = "\x1b[32m", "\x1b[0m"


def text(view: RowView, *, colour: bool = False) -> str:
    """Return a row for a person: where it stands, its tags, its text line by line with the loss marked."""
    lines = [*_head(view), "", *_tags(view), ""]
    if view.refusal is not None:
        lines.append(f"the template refuses this row: {visible(view.refusal)}")
    elif view.laid is not None:
        lines += [*_rendered(view.laid, colour), "", *_summary(view, view.laid)]
        if view.loss is not None:
            lines += ["", *_tokens(view.loss, colour)]
    if view.pushed is not None:
        characters = count(view.pushed.trained, "character")
        lines += [
            *([""] if view.laid is not None else []),
            *_rendered(view.pushed, colour, loss="away "),
            "",
            f"pushed away: {characters} of {len(view.pushed.text):,} (a preference loss makes them less likely)",
        ]
    return "\n".join(log_line(line.rstrip()) for line in lines) + "\n"


def as_json(view: RowView) -> str:
    """Return a row as one JSON object, ASCII only."""
    template, laid = view.template, view.laid
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "dataset": view.dataset,
        "row": view.row,
        "path": view.text.path,
        "line": view.text.line,
        "template": {
            "name": template.name,
            "sha256": template.sha256,
            "renderer": template.renderer,
            "origin": template.origin,
        },
        "trainer": {"name": view.view.trainer, "rule": view.view.said},
        "tags": view.turns[-1].tags if view.turns else {},
        "messages": view.text.messages,
        "target": view.text.target,
        "turns": [{"message": turn.message, "target": turn.target, "tags": turn.tags} for turn in view.turns],
        "error": view.refusal,
    }
    if laid is not None:
        found |= {
            "prompt": laid.prompt,
            "text": laid.text,
            "loss_start": laid.loss_start,
            "spans": [{"start": span.start, "end": span.end, "loss": span.loss} for span in laid.spans],
            "prompt_is_prefix": laid.prompt_is_prefix,
            "never_trained": laid.never_trained,
        }
    if view.pushed is not None:
        found["pushed_away"] = {
            "text": view.pushed.text,
            "spans": [
                {"start": span.start, "end": span.end, "away": span.loss} for span in view.pushed.spans
            ],
        }
    if view.loss is not None:
        found["tokens"] = {
            "ids": [token.id for token in view.loss.tokens],
            "texts": [token.text for token in view.loss.tokens],
            "loss": view.loss.loss,
            "loss_start": view.loss.loss_start,
            "prompt_is_prefix": view.loss.prompt_is_prefix,
        }
    return ascii_json(found, indent=2)


def _head(view: RowView) -> Iterator[str]:
    place = "" if view.text.path is None else f", {visible(view.text.path)}"
    line = "" if view.text.line is None else f":{view.text.line}"
    yield f"{visible(view.dataset)} row {view.row}{place}{line}"
    yield f"template {visible(view.template.name)}: {visible(view.template.origin)}"


def _tags(view: RowView) -> Iterator[str]:
    """Yield the tags of each trained answer; of the later ones those alone in which they differ from the one before."""
    shown: dict[str, Any] = {}
    for turn in view.turns:
        if len(view.turns) > 1:
            yield f"message {turn.message}"
        tags = {name: value for name, value in turn.tags.items() if name not in shown or shown[name] != value}
        widest = max(map(len, turn.tags))
        for name, value in tags.items():
            yield f"{name:<{widest}}  {_value(value)}"
        preamble = turn.resolution.preamble
        if not shown and preamble is not None and turn.resolution.resolved_by != "preamble":
            yield f"{'preamble':<{widest}}  {_value(preamble)}"
        shown = turn.tags


def _value(value: object) -> str:
    """Return a tag's value so that nothing, the empty text and a text can be told apart."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible(str(value)) or '""'


def _rendered(laid: LaidRow, colour: bool, *, loss: str = "loss ") -> Iterator[str]:
    for span in laid.spans:
        mark = loss if span.loss else "     "
        for line in laid.text[span.start : span.end].splitlines(keepends=True):
            shown = f"{mark}| {visible(line)}"
            yield f"{_LOSS}{shown}{_PLAIN}" if colour and mark.strip() else shown


def _summary(view: RowView, laid: LaidRow) -> Iterator[str]:
    characters = count(laid.trained, "character")
    tokens = "" if view.loss is None else f", {count(sum(view.loss.loss), 'token')}"
    yield f"{_where(view)}: {characters} of {len(laid.text):,}{tokens}"
    if not laid.prompt_is_prefix:
        yield f"the prompt is no prefix: asked, the model also reads {visible(laid.never_trained)}"
    elif view.loss is not None and not view.loss.prompt_is_prefix:
        yield "the prompt's tokens are no prefix: a token reaches over its end"


def _where(view: RowView) -> str:
    """Say what carries loss, and by whose rule."""
    if view.laid is not None and view.laid.prompt is not None:
        return "loss on the completion alone, as TRL lays it"
    if view.view.loss == "tokens":
        return f"loss on every token ({view.view.said})"
    return f"loss on {count(len(view.turns), 'answer')} ({view.view.said})"


def _tokens(loss: TokenLoss, colour: bool) -> Iterator[str]:
    for token, counts in zip(loss.tokens, loss.loss, strict=True):
        mark = "loss " if counts else "     "
        shown = f"{mark}{token.id:>7}  {visible(token.text)}"
        yield f"{_LOSS}{shown}{_PLAIN}" if colour and mark.strip() else shown
