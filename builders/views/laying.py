"""A whole row as one trainer lays it out: its rendered text, and which stretches of it carry loss."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from builders.templates import ChatTemplate, TemplateRefusalError, render, trl_templates
from builders.templates.framing import common_ends, shared_start
from builders.templates.loading import read_source
from builders.views.model import TrainingView

_OTHER: Final = "kqzwvjxk"
"""Stands in for an answer, to find out where that stands."""

_OPEN, _CLOSE = "\ue001", "\ue002"
_GENERATION: Final = re.compile(r"\{%(?P<left>-?)\s*generation\s*(?P<right>-?)%\}(?P<line>\n?)")
_ENDED: Final = re.compile(
    r"(?P<space>(?:^[ \t]+)?)\{%(?P<left>-?)\s*endgeneration\s*(?P<right>-?)%\}", re.MULTILINE
)


@dataclass(frozen=True)
class Span:
    """A stretch of the rendered text."""

    start: int
    """Its first character."""
    end: int
    """The character after its last."""
    loss: bool
    """Whether its tokens carry loss."""


@dataclass(frozen=True)
class LaidRow:
    """What a trainer makes of a row."""

    text: str
    """What the model is trained on."""
    spans: tuple[Span, ...]
    """The whole text in stretches, in order."""
    prompt: str | None
    """Where a prompt and its completion are told apart, the prompt alone, as the model is asked later."""

    @property
    def loss_start(self) -> int:
        """Where the first loss is; the text's end where there is none."""
        return next((span.start for span in self.spans if span.loss), len(self.text))

    @property
    def prompt_is_prefix(self) -> bool:
        """Whether training goes through the very prompt that the model is asked with."""
        return self.prompt is None or self.text.startswith(self.prompt)

    @property
    def never_trained(self) -> str:
        """The end of the prompt that training leaves out; empty where the prompt is a prefix."""
        return "" if self.prompt is None else self.prompt[shared_start(self.prompt, self.text) :]

    @property
    def trained(self) -> int:
        """How many characters carry loss."""
        return sum(span.end - span.start for span in self.spans if span.loss)


@dataclass(frozen=True)
class Row:
    """A row as far as laying it out needs it."""

    messages: Sequence[Mapping[str, Any]]
    """The whole conversation."""
    given: int
    """How many of the messages stand in the row's prompt; 0 where it has none of its own."""
    trained: Sequence[int]
    """The places of the answers that carry loss."""
    tools: Sequence[Any] | None = None
    """The tools on offer."""
    variables: Mapping[str, Any] | None = None
    """What the row gives its template."""


def lay(template: ChatTemplate, view: TrainingView, row: Row) -> LaidRow:
    """Lay a row out as a trainer does.

    Of answers the stretch from the end of what the model is asked with to the end of the answer's turn carries loss,
    end marks included; trainers differ in whether the line break after the mark does.

    Raises:
        TemplateError: if the template refuses the row, exceeds its limits, or has no blocks that say which tokens are
            the assistant's where the trainer goes by them.
    """
    if row.variables:
        template = replace(template, kwargs={**template.kwargs, **row.variables})
    if view.needs_generation:
        return _by_generation(template, row, prompt=view.prompt)
    whole = _render(template, row, row.messages)
    if view.loss != "tokens":
        return LaidRow(
            whole,
            _spans(
                whole, [_answer(template, row, whole, place, header=view.header) for place in row.trained]
            ),
            None,
        )
    if not row.given or view.prompt:
        return LaidRow(whole, (Span(0, len(whole), True),), None)
    prompt = _render(template, row, row.messages[: row.given], prompt=True)
    return LaidRow(whole, _spans(whole, [(shared_start(prompt, whole), len(whole))]), prompt)


def _render(
    template: ChatTemplate, row: Row, messages: Sequence[Mapping[str, Any]], *, prompt: bool = False
) -> str:
    return render(template, messages, tools=row.tools, add_generation_prompt=prompt)


def _answer(template: ChatTemplate, row: Row, whole: str, place: int, *, header: bool) -> tuple[int, int]:
    """Return where an answer begins and ends in the whole text, with the mark that opens it or without."""
    try:
        before = _render(template, row, row.messages[:place], prompt=not header)
        upto = _render(template, row, row.messages[: place + 1])
    except TemplateRefusalError:  # parts of a conversation may be refused where the whole is not
        other = [*row.messages[:place], {"role": "assistant", "content": _OTHER}, *row.messages[place + 1 :]]
        start, end = common_ends(whole, _render(template, row, other))
        return start, len(whole) - end
    start = shared_start(before, whole)
    return start, max(start, shared_start(upto, whole))


def _spans(text: str, trained: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    found: list[Span] = []
    at = 0
    for start, end in trained:
        if start > at:
            found.append(Span(at, start, False))
        if end > max(start, at):
            found.append(Span(max(start, at), end, True))
        at = max(at, end)
    if at < len(text):
        found.append(Span(at, len(text), False))
    return tuple(found)


def _by_generation(template: ChatTemplate, row: Row, *, prompt: bool) -> LaidRow:
    """Lay a row out by the template's `generation` blocks, as transformers' `return_assistant_tokens_mask` does.

    Of a prompt and its completion TRL trains what is the assistant's and in the completion.
    """
    source = _with_generation(template)
    if source is None:
        raise TemplateRefusalError(
            "TRL refuses assistant_only_loss with this template: it has no {% generation %} block",
            where=template.name,
            help="train with a template that marks the assistant's tokens, or without assistant_only_loss",
        )
    template = replace(template, source=source, tool_source=None)
    plain = _render(template, row, row.messages)
    first = 0
    if row.given and not prompt:
        first = shared_start(_render(template, row, row.messages[: row.given], prompt=True), plain)
    marked = _render(replace(template, source=_marking(source)), row, row.messages)
    trained: list[tuple[int, int]] = []
    at = 0
    for part in re.split(f"({_OPEN}|{_CLOSE})", marked):
        if part == _OPEN:
            trained.append((at, at))
        elif part == _CLOSE:
            trained[-1] = (trained[-1][0], at)
        else:
            at += len(part)
    return LaidRow(
        plain, _spans(plain, [(max(start, first), end) for start, end in trained if end > first]), None
    )


def _with_generation(template: ChatTemplate) -> str | None:
    """Return the template's text, or TRL's training form of it, if either has `generation` blocks."""
    if _GENERATION.search(template.source):
        return template.source
    known = trl_templates()
    for name, path in known.items():
        if f"{name}_training" in known and read_source(path) == template.source:
            return read_source(known[f"{name}_training"])
    return None


def _marking(source: str) -> str:
    """Return a template that prints a mark where each `generation` block begins and ends, and else the same."""

    def opened(found: re.Match[str]) -> str:
        # What would have been trimmed behind the tag is trimmed behind the mark.
        tail = "-" if found["right"] else ""
        kept = "" if not found["right"] else found["line"]
        return f'{{%{found["left"]} generation %}}{{{{ "{_OPEN}" {tail}}}}}{kept}'

    def ended(found: re.Match[str]) -> str:
        head = "-" if found["left"] else ""
        return f'{{{{{head} "{_CLOSE}" }}}}{{% endgeneration {found["right"]}%}}'

    return _ENDED.sub(ended, _GENERATION.sub(opened, source))
