"""What a chat template makes of a row's system prompt, learned by rendering and never by knowing the family.

A short text that stands for the user's is rendered, and what stands before it is the prefix. Two texts that
stand for the system's are rendered, and where the two prefixes differ is where a system text goes: what is
left of it and right of it is the wrapper. Stripping the wrapper from a row's prefix gives the system prompt
that the model reads.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

from builders.digest import digest
from builders.schema import ResolvedBy
from builders.templates.execution import Outcome
from builders.templates.model import ChatTemplate, Resolution, Signature
from builders.templates.rendering import FROZEN_DATE, attempt, failure

_OTHER_DATE: Final = datetime(2031, 11, 28, 23, 59, 58)
"""A date that differs from the frozen one in every part."""

# Lower-case letters survive strip, lower, title and HTML escaping. The two of a pair differ at every place,
# so that they tell where a text begins and ends even in a template that cuts it off.
_USER: Final = ("qzjvxkwq", "xkwqzjvx")
_SYSTEM: Final = ("vwqxjzkv", "jzkvwxqj")
_ANSWER: Final = "kqzwvjxk"

_MARKUP: Final = re.compile(r"<[^<>\n]*>|\[/?[A-Z_]+\]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_USER_ROLE: Final = re.compile("user", re.IGNORECASE)


@dataclass(frozen=True)
class _Frame:
    """One prompt with the user's text cut out."""

    prefix: str
    suffix: str
    user_shown: bool = True


_Place = Literal["before", "after", "nowhere", "refused"]
"""Where a given system text is shown: before the user's text, only after it, not at all; or it is refused."""


@dataclass(frozen=True)
class _Profile:
    """What holds for every row under one template and one list of tools."""

    absent: _Frame | Outcome
    place: _Place
    left: str = ""
    """What stands before a given system text."""
    right: str = ""
    """What stands between a given system text and the user's."""
    user_header: str = ""
    """What opens the user's turn, as far as it could be told; may be empty."""

    @cached_property
    def preamble(self) -> str | None:
        """Readable template text that stands before every given system text."""
        return _readable(self, self.left)

    @cached_property
    def merged(self) -> bool:
        """Say whether the user's turn is opened before the system text and not after it."""
        opening = self.user_header.strip()
        return self.place == "after" or (bool(opening) and opening in self.left and opening not in self.right)

    def after_system_header(self, prompt: str) -> str:
        """Return what follows the header of the system turn, which is the user's with its role exchanged."""
        roles = list(_USER_ROLE.finditer(self.user_header))
        if not roles:
            return prompt
        header = _in_case("system", roles[-1].group()) + self.user_header[roles[-1].end() :]
        _, found, rest = prompt.partition(header)
        return rest if found else prompt


_profiles: OrderedDict[tuple[str, str | None], _Profile] = OrderedDict()
_resolutions: OrderedDict[tuple[str, Signature], Resolution] = OrderedDict()
_KEPT_RESOLUTIONS: Final = 50_000
_KEPT_PROFILES: Final = 512


def resolve(template: ChatTemplate, signature: Signature) -> Resolution:
    """Return what the template makes of a signature. Pure, and remembered.

    Returns:
        The resolution. A template that refuses the signature gives `resolved_by` ``"error"`` and a
        condition of its own, so that such rows are counted and are never mistaken for clean ones.

    Raises:
        TemplateError: if the template cannot be compiled, exceeds its limits, or refuses every conversation.
    """
    key = (template.key, signature)
    found = _resolutions.get(key)
    if found is None:
        found = _resolutions[key] = _resolve(template, signature)
        if len(_resolutions) > _KEPT_RESOLUTIONS:
            _resolutions.popitem(last=False)
    return found


def system_messages(signature: Signature) -> list[dict[str, Any]]:
    """Return the system message that a signature stands for, as a list of none or one."""
    if signature.state == "absent":
        return []
    content = {"null": None, "empty": "", "text": signature.text}[signature.state]
    return [{"role": "system", "content": content}]


def _resolve(template: ChatTemplate, signature: Signature) -> Resolution:
    profile = _profile(template, signature.tools)
    frame = _frame(template, signature)
    if isinstance(frame, Outcome):
        identity = [signature.state, signature.text, signature.tools]
        return Resolution(
            _condition(template, {"refused": identity}), None, "error", None, error=frame.message
        )
    text, by, preamble = _read_system(profile, frame, signature)
    return Resolution(
        condition=_condition(template, {"prefix": frame.prefix, "suffix": frame.suffix}),
        resolved_system=text,
        resolved_by=by,
        prefix=frame.prefix,
        suffix=frame.suffix,
        preamble=preamble,
        user_shown=frame.user_shown,
        dated=_is_dated(template, signature, frame),
    )


def _condition(template: ChatTemplate, shown: dict[str, Any]) -> str:
    return digest(
        {**shown, "renderer": template.renderer, "template": template.sha256, "kwargs": dict(template.kwargs)}
    )


def _is_dated(template: ChatTemplate, signature: Signature, frame: _Frame) -> bool:
    if "strftime_now" not in template.source + (template.tool_source or ""):
        return False
    return _frame(template, signature, now=_OTHER_DATE) != frame


# Rendering with the user's text cut out --------------------------------------------------------------------


def _frame(template: ChatTemplate, signature: Signature, *, now: datetime = FROZEN_DATE) -> _Frame | Outcome:
    """Render a one-question conversation and cut the user's text out; return the refusal if there is one."""
    first, second = _USER
    rendered = _prompt(template, signature, first, now)
    if rendered.text is None:
        return rendered
    given = (signature.text or "") + (signature.tools or "")
    start = rendered.text.find(first)
    if start >= 0 and rendered.text.count(first) == 1 and first not in given:
        return _Frame(rendered.text[:start], rendered.text[start + len(first) :])
    # The stand-in was changed, repeated, or is part of what was given: what differs between two is the
    # user's.
    other = _prompt(template, signature, second, now)
    if other.text is None:
        return other
    if other.text == rendered.text:
        return _Frame(rendered.text, "", user_shown=False)
    before, after = _common_ends(rendered.text, other.text)
    return _Frame(rendered.text[:before], rendered.text[len(rendered.text) - after :])


def _prompt(template: ChatTemplate, signature: Signature, user: str, now: datetime) -> Outcome:
    messages = [*system_messages(signature), {"role": "user", "content": user}]
    tools = None if signature.tools is None else json.loads(signature.tools)
    outcome = attempt(template, messages, tools, add_generation_prompt=True, now=now)
    if outcome.failure in ("syntax", "limit"):
        raise failure(template, outcome)
    return outcome


def _common_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters two texts share at the start and, beyond that, at the end."""
    before = shared_start(one, other)
    return before, shared_start(one[before:][::-1], other[before:][::-1])


def shared_start(one: str, other: str) -> int:
    """Return the length of the longest common start."""
    places = (place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
    return next(places, min(len(one), len(other)))


# Learning what holds for every row -------------------------------------------------------------------------


def _profile(template: ChatTemplate, tools: str | None) -> _Profile:
    key = (template.key, tools)
    if key not in _profiles:
        _profiles[key] = _learn(template, tools)
        if len(_profiles) > _KEPT_PROFILES:
            _profiles.popitem(last=False)
    return _profiles[key]


def _learn(template: ChatTemplate, tools: str | None) -> _Profile:
    absent = _frame(template, Signature("absent", tools=tools))
    one, other = (_frame(template, Signature("text", text, tools)) for text in _SYSTEM)
    if isinstance(one, Outcome) or isinstance(other, Outcome):
        if isinstance(absent, Outcome):
            if tools is None:
                raise failure(
                    template, absent
                )  # it refuses every conversation, so there is nothing to look at
            return _Profile(absent, "refused")
        return _Profile(absent, "refused", user_header=_user_header(template, tools, absent))
    header = _user_header(template, tools, one if isinstance(absent, Outcome) else absent)
    if one.prefix == other.prefix:
        return _Profile(absent, "nowhere" if one.suffix == other.suffix else "after", user_header=header)
    before, after = _common_ends(one.prefix, other.prefix)
    left, right = one.prefix[:before], one.prefix[len(one.prefix) - after :]
    return _Profile(absent, "before", left, right, header)


def _user_header(template: ChatTemplate, tools: str | None, first: _Frame) -> str:
    """Return what opens every user's turn: what the first one and a later one have before them in common."""
    question, answer, later = _USER[0], _ANSWER, _USER[1]
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": later},
    ]
    outcome = attempt(
        template, messages, None if tools is None else json.loads(tools), add_generation_prompt=True
    )
    _, answered, rest = (outcome.text or "").partition(answer)
    between, asked, _ = rest.partition(later)
    if not (answered and asked):
        return ""
    shared = shared_start(between[::-1], first.prefix[::-1])
    return between[len(between) - shared :]


# Reading the system prompt ---------------------------------------------------------------------------------


def _read_system(
    profile: _Profile, frame: _Frame, signature: Signature
) -> tuple[str | None, ResolvedBy, str | None]:
    """Return the system prompt that the model reads, how it came about, and the preamble before it."""
    given = (signature.text or "").strip()
    preamble = profile.preamble
    inner = _inside(profile, frame)
    shown: ResolvedBy = "merged" if profile.merged else "given"
    if inner and (given or inner == signature.text):  # white space alone is a text, too
        return inner, shown, preamble
    text, by = _without_text(profile, frame, inner, preamble)
    if not given:
        if text == "" and signature.state != "absent":
            by = "given"
        return text, by, preamble
    if (
        profile.place in ("before", "after")
        and frame != profile.absent
        and given in frame.prefix + frame.suffix
    ):
        return given, shown, preamble
    return text, "dropped", preamble


def _inside(profile: _Profile, frame: _Frame) -> str | None:
    """Return what stands inside the wrapper; None where the prefix is not wrapped like a given text's."""
    left, right, prefix = profile.left, profile.right, frame.prefix
    if profile.place != "before" or len(prefix) < len(left) + len(right):
        return None
    if prefix.startswith(left) and prefix.endswith(right):
        return prefix[len(left) : len(prefix) - len(right)]
    return None


def _without_text(
    profile: _Profile, frame: _Frame, inner: str | None, preamble: str | None
) -> tuple[str | None, ResolvedBy]:
    """Read a prompt that no given text is in: nothing, a preamble, or a default of the template's own."""
    if not frame.user_shown:
        return None, "given"
    if inner is not None and not profile.merged and _opens_turn(profile):
        if inner:
            return inner, "default"
        return (preamble, "preamble") if preamble else ("", "default")
    body = _readable(profile, frame.prefix)
    if body is None:
        return None, "given"
    stays = profile.place != "before" or (preamble is not None and preamble.startswith(body))
    return body, "preamble" if stays else "default"


def _opens_turn(profile: _Profile) -> bool:
    """Say whether a system text stands in a turn of its own, and not bare behind the first token."""
    tags = _MARKUP.findall(profile.left)
    return (
        bool(_MARKUP.sub("", profile.left).strip())
        or len(tags) > 1
        or any("sys" in tag.lower() for tag in tags)
    )


def _readable(profile: _Profile, prompt: str) -> str | None:
    """Return the words in a stretch of prompt that are no turn's markup; None where there are none."""
    body = prompt.removesuffix(profile.user_header) if profile.user_header else prompt
    text = _MARKUP.sub("\n", profile.after_system_header(body)).strip()
    return text if len(_WORD.findall(text)) >= 3 else None


def _in_case(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
