"""A whole training row as text: the prompt, the target, and where the loss begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from builders.errors import TemplateError
from builders.templates.framing import shared_start
from builders.templates.model import ChatTemplate, Signature
from builders.templates.rendering import render
from builders.templates.resolution import resolve

_ANSWER: Final = "kqzwvjxk"


@dataclass(frozen=True)
class RenderedRow:
    """What the trainer makes of a row, and what the model is asked with later."""

    prompt: str
    """The prompt alone, with the generation prompt: what the model is asked with at evaluation."""
    whole: str
    """Prompt and target together: what the model is trained on."""
    loss_start: int
    """Character of `whole` from which on there is loss: where it parts from `prompt`."""

    @property
    def prompt_is_prefix(self) -> bool:
        """Whether training goes through the very prompt that evaluation asks with."""
        return self.loss_start == len(self.prompt)

    @property
    def target(self) -> str:
        """What carries loss, the end-of-turn marks included."""
        return self.whole[self.loss_start :]

    @property
    def never_trained(self) -> str:
        """The end of the prompt that training leaves out; empty where the prompt is a prefix."""
        return self.prompt[self.loss_start :]


def full_render(
    template: ChatTemplate,
    prompt: Sequence[Mapping[str, Any]],
    completion: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Any] | None = None,
) -> RenderedRow:
    """Render a row as TRL's trainers do: the prompt alone, then prompt and completion together.

    The loss begins where the two part, as in TRL's `SFTTrainer` (which compares tokens; characters here).

    Raises:
        TemplateError: if the template refuses either, or exceeds its limits.
    """
    alone = render(template, prompt, tools=tools, add_generation_prompt=True)
    whole = render(template, [*prompt, *completion], tools=tools)
    return RenderedRow(alone, whole, shared_start(alone, whole))


def part_only_head(template: ChatTemplate) -> str | None:
    """Return what the template puts before an answer that it is given alone, if that holds its default prompt.

    Some pipelines apply the template to `chosen` and `rejected` by themselves. A template that fills in a missing
    system message then writes it into the target.

    Returns:
        The text before the answer's own; None where no default is put in front, or the template refuses.
    """
    absent = resolve(template, Signature("absent"))
    if absent.resolved_by not in ("default", "preamble") or not absent.resolved_system:
        return None
    try:
        alone = render(template, [{"role": "assistant", "content": _ANSWER}])
    except TemplateError:  # it wants a question first, so it cannot be applied to an answer alone
        return None
    head, found, _ = alone.partition(_ANSWER)
    return head if found and absent.resolved_system.split("\n")[0] in head else None
