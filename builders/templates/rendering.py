"""The one function that renders a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Final

from builders.errors import TemplateError
from builders.templates.execution import Rendered, execute
from builders.templates.limits import Limits, current_limits
from builders.templates.model import ChatTemplate

FROZEN_DATE: Final = datetime(2026, 1, 15, 12, 0, 0)
"""What every template takes for today, so that no digest depends on when it was made."""

_REASONING: Final = ("reasoning_content", "thinking", "reasoning")


@cache
def embedded_source() -> str:
    """Return the Jinja text of the embedded template."""
    return (resources.files("builders.templates") / "qwen2_5.jinja").read_text(encoding="utf-8")


class TemplateRefusalError(TemplateError):
    """The template refuses this conversation; others it may render."""


def render(
    template: ChatTemplate,
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Any] | None = None,
    add_generation_prompt: bool = False,
    now: datetime = FROZEN_DATE,
    limits: Limits | None = None,
) -> str:
    """Render a conversation as the template's training stack does.

    Args:
        template: The template, with its renderer, its arguments and its special tokens.
        messages: The conversation. None-valued keys are dropped before rendering, as transformers'
            `apply_chat_template` does; the renderer `llamafactory` also leaves out a system message without
            text.
        tools: JSON schemas of the tools on offer, or None.
        add_generation_prompt: Whether to end with what the assistant's turn opens with.
        now: What the template takes for the present.
        limits: Bounds on what the template may use; those that hold here where None.

    Raises:
        TemplateRefusalError: if the template raises for this conversation.
        TemplateError: if it cannot be compiled, or exceeds its limits.
    """
    outcome = attempt(
        template, messages, tools, add_generation_prompt=add_generation_prompt, now=now, limits=limits
    )
    if outcome.text is None:
        raise failure(template, outcome)
    return outcome.text


def attempt(
    template: ChatTemplate,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Any] | None,
    *,
    add_generation_prompt: bool,
    now: datetime = FROZEN_DATE,
    limits: Limits | None = None,
) -> Rendered:
    """Render like `render`, and return the failure instead of raising it."""
    limits = limits or current_limits()
    conversation = _normalise(messages, template)
    if not conversation:
        return Rendered(failure="refused", message="there is no message to render")
    if tools is not None and not _are_schemas(tools):
        return Rendered(failure="refused", message="a tool is no JSON schema but something else")
    source = template.source if tools is None or template.tool_source is None else template.tool_source
    if len(source) > limits.source_characters:
        return Rendered(failure="limit", message=f"is longer than {limits.source_characters:,} characters")
    variables = {
        **template.special_tokens,
        **{name: _plain(value) for name, value in template.kwargs.items()},
        "messages": conversation,
        "tools": _plain(tools),
        "documents": None,
        "add_generation_prompt": add_generation_prompt,
    }
    most = limits.output_characters + 4 * _length(variables)
    if source == embedded_source():
        return execute(source, variables, now, most)
    from builders.templates.worker import render_apart

    return render_apart(source, variables, now, limits, most)


def _are_schemas(tools: object) -> bool:
    """Return whether a row's tools are a list of JSON schemas, as transformers demands of them."""
    return isinstance(tools, Sequence) and all(isinstance(tool, Mapping) for tool in tools)


def failure(template: ChatTemplate, outcome: Rendered, *, every: bool = False) -> TemplateError:
    """Return the error that says why a template did not render this conversation, or any (`every`)."""
    where = template.name if outcome.line is None else f"{template.name}:{outcome.line}"
    if outcome.failure == "refused":
        return TemplateRefusalError(
            f"the chat template refuses {'every' if every else 'this'} conversation: {outcome.message}",
            where=where,
            help="choose another --template"
            if every
            else "give the conversation in a form that the template takes, or choose another --template",
        )
    help_text = "mend the template, or choose another with --template"
    if outcome.failure == "syntax":
        return TemplateError(f"not a Jinja template: {outcome.message}", where=where, help=help_text)
    return TemplateError(f"the chat template {outcome.message}", where=where, help=help_text)


def _normalise(messages: Sequence[Mapping[str, Any]], template: ChatTemplate) -> list[dict[str, Any]]:
    """Return the messages as the training stack hands them to the template."""
    conversation: list[dict[str, Any]] = []
    fills_in = template.renderer == "llamafactory"
    for place, message in enumerate(messages):
        # A None-valued key is dropped, so that `content: null` reads as "no content" and not as "None".
        kept = {str(key): _plain(value) for key, value in message.items() if value is not None}
        if fills_in and place == 0 and kept.get("role") == "system" and not kept.get("content"):
            continue
        reasoning = next((kept[name] for name in _REASONING if name in kept), None)
        if reasoning is not None:
            kept = {"thinking": reasoning, **kept, "reasoning_content": reasoning}
        conversation.append(kept)
    return conversation


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return a value made of JSON types alone; anything else becomes its type's name in angle brackets."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return f"<{type(value).__name__}>"


def _length(value: Any) -> int:  # noqa: ANN401
    """Return how many characters a value holds."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(str(key)) + _length(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_length, value))
    return 8
