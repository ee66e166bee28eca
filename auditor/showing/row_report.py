"""How `audit show` prints a row: for people with the loss marked, for programs as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.formats.escape import ascii_json, log_line, visible
from auditor.showing.row_view import RowView, TokenLoss
from builders.templates import RenderedRow
from checks.core.plural import count

SCHEMA_VERSION: Final = 1

_LOSS, _PLAIN = "\x1b[32m", "\x1b[0m"


def text(view: RowView, *, colour: bool = False) -> str:
    """Return a row for a person: where it stands, its tags, its text line by line with the loss marked."""
    lines = [*_head(view), "", *_tags(view), ""]
    if view.rendered is None:
        lines.append(f"the template refuses this row: {visible(view.refusal or '')}")
    else:
        lines += [*_rendered(view.rendered, colour), "", *_summary(view.rendered, view.loss)]
        if view.loss is not None:
            lines += ["", *_tokens(view.loss, colour)]
    return "\n".join(log_line(line.rstrip()) for line in lines) + "\n"


def as_json(view: RowView) -> str:
    """Return a row as one JSON object, ASCII only."""
    template, rendered = view.template, view.rendered
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
        "tags": view.tags,
        "messages": view.text.messages,
        "target": view.text.target,
        "error": view.refusal,
    }
    if rendered is not None:
        found |= {
            "prompt": rendered.prompt,
            "text": rendered.whole,
            "loss_start": rendered.loss_start,
            "prompt_is_prefix": rendered.prompt_is_prefix,
            "never_trained": rendered.never_trained,
        }
    if view.loss is not None:
        found["tokens"] = {
            "ids": [token.id for token in view.loss.tokens],
            "texts": [token.text for token in view.loss.tokens],
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
    widest = max(map(len, view.tags))
    for name, value in view.tags.items():
        yield f"{name:<{widest}}  {_value(value)}"
    if view.resolution.preamble is not None and view.resolution.resolved_by != "preamble":
        yield f"{'preamble':<{widest}}  {_value(view.resolution.preamble)}"


def _value(value: object) -> str:
    """Return a tag's value so that nothing, the empty text and a text can be told apart."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible(str(value)) or '""'


def _rendered(rendered: RenderedRow, colour: bool) -> Iterator[str]:
    start = rendered.loss_start
    for mark, part in (("     ", rendered.whole[:start]), ("loss ", rendered.whole[start:])):
        for line in part.splitlines(keepends=True):
            shown = f"{mark}| {visible(line)}"
            yield f"{_LOSS}{shown}{_PLAIN}" if colour and mark.strip() else shown


def _summary(rendered: RenderedRow, loss: TokenLoss | None) -> Iterator[str]:
    characters = count(len(rendered.target), "character")
    tokens = "" if loss is None else f", {count(len(loss.tokens) - loss.loss_start, 'token')}"
    yield f"loss on the completion alone, as TRL lays it: {characters} of {len(rendered.whole):,}{tokens}"
    if not rendered.prompt_is_prefix:
        yield f"the prompt is no prefix: asked, the model also reads {visible(rendered.never_trained)}"
    elif loss is not None and not loss.prompt_is_prefix:
        yield "the prompt's tokens are no prefix: a token reaches over its end"


def _tokens(loss: TokenLoss, colour: bool) -> Iterator[str]:
    for place, token in enumerate(loss.tokens):
        mark = "loss " if place >= loss.loss_start else "     "
        shown = f"{mark}{token.id:>7}  {visible(token.text)}"
        yield f"{_LOSS}{shown}{_PLAIN}" if colour and mark.strip() else shown
