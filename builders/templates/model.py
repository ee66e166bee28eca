"""What a chat template is here, what varies between rows, and what a template makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, get_args

from builders.digest import digest, digest_text
from builders.schema import ResolvedBy, SystemState

Renderer = Literal["transformers", "llamafactory"]
"""The training stack whose way of calling a template is followed: see `docs/templates.md`."""

RENDERERS: Final[tuple[Renderer, ...]] = get_args(Renderer)
"""All renderers, the default first."""


@dataclass(frozen=True)
class ChatTemplate:
    """A chat template together with all that decides what it renders."""

    name: str
    """What reports call it: a name, a path or a hub id."""
    source: str
    """The Jinja text."""
    renderer: Renderer = "transformers"
    """The training stack that is followed."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Variables that the caller gives the template, for example ``{"enable_thinking": False}``."""
    special_tokens: Mapping[str, str] = field(default_factory=dict)
    """What the tokenizer's configuration says: ``{"bos_token": "<s>"}``. `kwargs` win over them."""
    origin: str = "given as text"
    """Which template this is and why it was taken, as a phrase for a report's first line."""
    tool_source: str | None = None
    """The Jinja text used instead when a conversation comes with tools; None where there is but one."""

    of_text: bool = False
    """Whether it only says how texts are put together that no trainer applies a template to."""

    @cached_property
    def sha256(self) -> str:
        """The digest of the Jinja text, 64 hex digits."""
        if self.tool_source is None:
            return digest_text(self.source)
        return digest([self.source, self.tool_source])

    @cached_property
    def key(self) -> str:
        """The digest of everything that decides what is rendered, 64 hex digits."""
        return digest([self.sha256, self.renderer, dict(self.kwargs), dict(self.special_tokens)])

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class Signature:
    """All that a condition can depend on in one row: how the system prompt is given, the tools, and the context."""

    state: SystemState
    """What the row says about the system prompt."""
    text: str | None = None
    """The system text where the state is `text`, else None."""
    tools: str | None = None
    """The tools as canonical JSON (a list), or None."""
    context: str | None = None
    """All else that a template can depend on (`builders.templates.contexts`); None for one question and its answer."""

    def __post_init__(self) -> None:
        """Refuse a text that the state does not allow.

        Raises:
            ValueError: if there is a text without the state `text`, or the state without a text.
        """
        if (self.state == "text") != (self.text is not None):
            raise ValueError(f"state {self.state!r} does not go with text {self.text!r}")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a chat template makes of one signature."""

    condition: str
    """Digest of what the model is shown around the user's text, with renderer and template, 64 hex digits."""
    resolved_system: str | None
    """The system prompt as the model sees it; None where it sees none, or where rendering failed."""
    resolved_by: ResolvedBy
    """How that came about.

    `given`: it is what the row says (nothing, where the row says nothing). `default`: the template put its
    own there. `merged`: it was moved into the user's turn. `dropped`: a text was given and is not shown.
    `preamble`: the row gives none and the model sees template text that is there whatever is given. `error`:
    the template refuses.
    """
    prefix: str | None
    """Everything rendered before the user's text; None where rendering failed."""
    suffix: str | None = None
    """Everything after the user's text up to the answer; None where rendering failed."""
    preamble: str | None = None
    """Template text that stands before the system prompt whatever is given; None where there is none."""
    user_shown: bool = True
    """False where the template does not render the user's text at all."""
    dated: bool = False
    """Whether what is rendered depends on today's date."""
    error: str | None = None
    """Why the template refused; None where it did not."""
