"""One prompt with the user's text cut out, whatever the template does to that text."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from builders.templates.contexts import Conversation, first_stand_in, spelled
from builders.templates.execution import Rendered
from builders.templates.model import ChatTemplate, Signature
from builders.templates.rendering import FROZEN_DATE, attempt, failure

# Lower-case letters survive strip, lower, title and HTML escaping. The two of a pair differ at every place, so
# that they tell where a text begins and ends even in a template that cuts it off.
USER_WORDS: Final = ("qzjvxkwq", "xkwqzjvx")
"""Stand-ins for the user's text."""

SYSTEM_WORDS: Final = ("vwqxjzkv", "jzkvwxqj")
"""Stand-ins for a system text."""


@dataclass(frozen=True)
class Cut:
    """One prompt with the user's text cut out."""

    prefix: str
    """What stands before it; the whole prompt where it is not shown."""
    suffix: str
    """What stands after it, up to the answer."""
    user_shown: bool = True
    """Whether it is shown at all."""
    head: str = ""
    """What stands before the first words of any user, answer or tool."""


def system_messages(signature: Signature) -> list[dict[str, Any]]:
    """Return the system message that a signature stands for, as a list of none or one."""
    if signature.state == "absent":
        return []
    content = {"null": None, "empty": "", "text": signature.text}[signature.state]
    return [{"role": "system", "content": content}]


def conversation(signature: Signature, question: str, answer: str = "") -> Conversation:
    """Return a conversation with that signature, its words being stand-ins.

    Args:
        signature: The signature.
        question: Stands for the user's text.
        answer: Stands for the answer of a row that has one question alone.
    """
    system = system_messages(signature)
    if signature.context is not None:
        return spelled(signature.context, system, question)
    prompt = [*system, {"role": "user", "content": question}]
    return Conversation(prompt, [*prompt, {"role": "assistant", "content": answer}], {})


def frame_of(template: ChatTemplate, signature: Signature, *, now: datetime = FROZEN_DATE) -> Cut | Rendered:
    """Render a conversation up to its answer and cut the user's text out; return the refusal if there is one."""
    first, second = USER_WORDS
    said = conversation(signature, first)
    if not said.prompt:
        return _opening(template, signature, now)
    rendered = _prompt(template, signature, first, now)
    if rendered.text is None:
        return rendered
    given = (signature.text or "") + (signature.tools or "") + (signature.context or "")
    if rendered.text.count(first) == 1 and first not in given:
        prefix, suffix = rendered.text.split(first)
        return _frame(prefix, suffix, signature)
    # The stand-in was changed, repeated, or is part of what was given: what differs between two is theirs.
    other = _prompt(template, signature, second, now)
    if other.text is None:
        return other
    if other.text == rendered.text:
        shown = signature.context is not None and not _asks(signature)
        return replace(_frame(rendered.text, "", signature), user_shown=shown)
    before, after = common_ends(rendered.text, other.text)
    return _frame(rendered.text[:before], rendered.text[len(rendered.text) - after :], signature)


def _opening(template: ChatTemplate, signature: Signature, now: datetime) -> Cut | Rendered:
    """Return what stands before an answer that opens its conversation: nobody can ask with no message at all."""
    said = conversation(signature, USER_WORDS[0])
    rendered = render_said(template, signature, said, said.whole, add_generation_prompt=False, now=now)
    if rendered.text is None:
        return rendered
    first = first_stand_in(rendered.text)
    head = rendered.text if first is None else rendered.text[:first]
    return Cut(head, "", head=head)


def _frame(prefix: str, suffix: str, signature: Signature) -> Cut:
    first = None if signature.context is None else first_stand_in(prefix)
    return Cut(prefix, suffix, head=prefix if first is None else prefix[:first])


def _asks(signature: Signature) -> bool:
    """Return whether a user says anything before the answer."""
    prompt = conversation(signature, USER_WORDS[0]).prompt
    return any(message.get("role") == "user" for message in prompt)


def _prompt(template: ChatTemplate, signature: Signature, user: str, now: datetime) -> Rendered:
    said = conversation(signature, user)
    return render_said(template, signature, said, said.prompt, add_generation_prompt=True, now=now)


def whole_of(template: ChatTemplate, signature: Signature) -> Rendered:
    """Render a conversation with its answers, as training does, or return the refusal."""
    said = conversation(signature, USER_WORDS[0], USER_WORDS[1])
    return render_said(template, signature, said, said.whole, add_generation_prompt=False)


def render_said(
    template: ChatTemplate,
    signature: Signature,
    said: Conversation,
    messages: list[dict[str, Any]],
    *,
    add_generation_prompt: bool,
    now: datetime = FROZEN_DATE,
) -> Rendered:
    """Render messages of a conversation with its tools and its variables.

    Raises:
        TemplateError: if the template cannot be compiled or exceeds its limits.
    """
    if said.variables:
        template = replace(template, kwargs={**template.kwargs, **said.variables})
    tools = None if signature.tools is None else json.loads(signature.tools)
    outcome = attempt(template, messages, tools, add_generation_prompt=add_generation_prompt, now=now)
    if outcome.failure in ("syntax", "limit"):
        raise failure(template, outcome)
    return outcome


def common_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters two texts share at the start and, beyond that, at the end."""
    before = shared_start(one, other)
    return before, shared_start(one[before:][::-1], other[before:][::-1])


def shared_start(one: str, other: str) -> int:
    """Return the length of the longest common start."""
    places = (place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
    return next(places, min(len(one), len(other)))
