"""A template described by what it does to a system prompt: the data behind `audit template`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from builders.templates.conversation import full_render, part_only_head
from builders.templates.framing import system_messages
from builders.templates.model import ChatTemplate, Resolution, Signature
from builders.templates.rendering import TemplateRefusalError
from builders.templates.resolution import resolve

SAMPLE_TEXT: Final = "You are a helpful assistant."
"""The system text that templates are tried with unless the caller gives another."""


@dataclass(frozen=True)
class StateReport:
    """What a template makes of one way to give a system prompt."""

    label: str
    """What reports call it: ``absent``, ``null``, ``""`` or the text in quotes."""
    signature: Signature
    """The way."""
    resolution: Resolution
    """What comes of it."""
    prompt_is_prefix: bool | None
    """Whether the prompt is a prefix of prompt and answer; None where the template refuses."""


@dataclass(frozen=True)
class TemplateReport:
    """What a template makes of every way to give a system prompt."""

    template: ChatTemplate
    """The template."""
    states: tuple[StateReport, ...]
    """Absent, null, empty, the sample text, and the sample text with blanks around it."""
    part_only_head: str | None
    """What is written into a target that is rendered without its prompt; None where that is no system prompt."""

    @cached_property
    def collisions(self) -> tuple[tuple[str, ...], ...]:
        """Labels of the ways that resolve to one condition, a tuple for each such condition."""
        groups: dict[str, list[str]] = {}
        for state in self.states:
            if state.resolution.error is None:
                groups.setdefault(state.resolution.condition, []).append(state.label)
        return tuple(tuple(labels) for labels in groups.values() if len(labels) > 1)

    @property
    def injected(self) -> str | None:
        """The system prompt that a row without a system message gets; None where it gets none."""
        absent = self.states[0].resolution
        return absent.resolved_system if absent.resolved_by in ("default", "preamble") else None

    @property
    def dated(self) -> bool:
        """Whether some prompt shows today's date."""
        return any(state.resolution.dated for state in self.states)

    @property
    def notes(self) -> tuple[str, ...]:
        """What somebody who trains with this template should know, a phrase each."""
        by = {state.resolution.resolved_by for state in self.states}
        candidates = [
            (self.dated, "the prompt depends on today's date"),
            ("merged" in by, "system text is moved into the user's turn"),
            ("dropped" in by, "system text is dropped"),
            (not all(state.resolution.user_shown for state in self.states), "the user's text is not shown"),
            (
                any(state.prompt_is_prefix is False for state in self.states),
                "the prompt is no prefix of prompt and answer",
            ),
            (self.part_only_head is not None, "an answer rendered alone gets the default system prompt"),
        ]
        return tuple(phrase for holds, phrase in candidates if holds)


def describe(template: ChatTemplate, text: str = SAMPLE_TEXT) -> TemplateReport:
    """Return what a template makes of every way to give a system prompt.

    Args:
        template: The template.
        text: The system text to try it with, not blank.

    Raises:
        TemplateError: if the template cannot be compiled, exceeds its limits, or refuses every conversation.
    """
    ways = {
        "absent": Signature("absent"),
        "null": Signature("null"),
        '""': Signature("empty"),
        f'"{text}"': Signature("text", text),
        f'" {text} "': Signature("text", f" {text} "),
    }
    states = tuple(
        StateReport(label, way, resolve(template, way), _prompt_is_prefix(template, way))
        for label, way in ways.items()
    )
    return TemplateReport(template, states, part_only_head(template))


def _prompt_is_prefix(template: ChatTemplate, signature: Signature) -> bool | None:
    question = {"role": "user", "content": "Which is a bird?"}
    answer = {"role": "assistant", "content": "A crow."}
    try:
        return full_render(template, [*system_messages(signature), question], [answer]).prompt_is_prefix
    except TemplateRefusalError:
        return None
