"""One prompt with the user's text cut out, whatever the template does to that text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from builders.templates.execution import Outcome
from builders.templates.model import ChatTemplate, Signature
from builders.templates.rendering import FROZEN_DATE, attempt, failure

# Lower-case letters survive strip, lower, title and HTML escaping. The two of a pair differ at every place, so
# that they tell where a text begins and ends even in a template that cuts it off.
USER_WORDS: Final = ("qzjvxkwq", "xkwqzjvx")
"""Stand-ins for the user's text."""

SYSTEM_WORDS: Final = ("vwqxjzkv", "jzkvwxqj")
"""Stand-ins for a system text."""


@dataclass(frozen=True)
class Frame:
    """One prompt with the user's text cut out."""

    prefix: str
    """What stands before it; the whole prompt where it is not shown."""
    suffix: str
    """What stands after it, up to the answer."""
    user_shown: bool = True
    """Whether it is shown at all."""


def system_messages(signature: Signature) -> list[dict[str, Any]]:
    """Return the system message that a signature stands for, as a list of none or one."""
    if signature.state == "absent":
        return []
    content = {"null": None, "empty": "", "text": signature.text}[signature.state]
    return [{"role": "system", "content": content}]


def frame_of(template: ChatTemplate, signature: Signature, *, now: datetime = FROZEN_DATE) -> Frame | Outcome:
    """Render a one-question conversation and cut the user's text out; return the refusal if there is one."""
    first, second = USER_WORDS
    rendered = _prompt(template, signature, first, now)
    if rendered.text is None:
        return rendered
    given = (signature.text or "") + (signature.tools or "")
    start = rendered.text.find(first)
    if start >= 0 and rendered.text.count(first) == 1 and first not in given:
        return Frame(rendered.text[:start], rendered.text[start + len(first) :])
    # The stand-in was changed, repeated, or is part of what was given: what differs between two is theirs.
    other = _prompt(template, signature, second, now)
    if other.text is None:
        return other
    if other.text == rendered.text:
        return Frame(rendered.text, "", user_shown=False)
    before, after = common_ends(rendered.text, other.text)
    return Frame(rendered.text[:before], rendered.text[len(rendered.text) - after :])


def _prompt(template: ChatTemplate, signature: Signature, user: str, now: datetime) -> Outcome:
    messages = [*system_messages(signature), {"role": "user", "content": user}]
    tools = None if signature.tools is None else json.loads(signature.tools)
    outcome = attempt(template, messages, tools, add_generation_prompt=True, now=now)
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
