"""What a chat template makes of a row's system prompt, learned by rendering and never by knowing the family.

A short text that stands for the user's is rendered, and what stands before it is the prefix. Two texts that
stand for the system's are rendered, and where the two prefixes differ is where a system text goes: what is
left of it and right of it is the wrapper. Stripping the wrapper from a row's prefix gives the system prompt
that the model reads.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any, Final

from builders.digest import digest
from builders.schema import ResolvedBy
from builders.templates.execution import Outcome
from builders.templates.framing import Frame, frame_of, whole_of
from builders.templates.model import ChatTemplate, Resolution, Signature
from builders.templates.profile import Profile, profile_of

_OTHER_DATE: Final = datetime(2031, 11, 28, 23, 59, 58)
"""A date that differs from the frozen one in every part."""

_KEPT: Final = 50_000
_resolutions: OrderedDict[tuple[str, Signature], Resolution] = OrderedDict()


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
        if len(_resolutions) > _KEPT:
            _resolutions.popitem(last=False)
    return found


def _resolve(template: ChatTemplate, signature: Signature) -> Resolution:
    profile = profile_of(template, signature.tools, every=signature.context is None)
    whole = profile.whole[signature.state]
    if (
        signature.context is not None or whole.text is None
    ):  # a template may refuse the stand-in for a text alone
        whole = whole_of(template, signature)
    frame = frame_of(template, signature) if whole.text is not None else whole
    if isinstance(frame, Outcome):
        identity = [signature.state, signature.text, signature.tools]
        if signature.context is not None:
            identity.append(signature.context)
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


def _is_dated(template: ChatTemplate, signature: Signature, frame: Frame) -> bool:
    if "strftime_now" not in template.source + (template.tool_source or ""):
        return False
    return frame_of(template, signature, now=_OTHER_DATE) != frame


def _read_system(
    profile: Profile, frame: Frame, signature: Signature
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
    can_show = profile.place != "nowhere" and frame != profile.absent
    if can_show and given in frame.prefix + frame.suffix:
        return given, shown, preamble
    return text, "dropped", preamble


def _inside(profile: Profile, frame: Frame) -> str | None:
    """Return what stands inside the wrapper; None where the prefix is not wrapped like a given text's."""
    left, right, prefix = profile.left, profile.right, frame.head
    if profile.place != "before" or len(prefix) < len(left) + len(right):
        return None
    if prefix.startswith(left) and prefix.endswith(right):
        return prefix[len(left) : len(prefix) - len(right)]
    return None


def _without_text(
    profile: Profile, frame: Frame, inner: str | None, preamble: str | None
) -> tuple[str | None, ResolvedBy]:
    """Read a prompt that no given text is in: nothing, a preamble, or a default of the template's own."""
    wrapped = inner is not None and not profile.merged and profile.opens_turn
    if wrapped and inner:
        return inner, "preamble" if profile.stays(inner) else "default"
    if not frame.user_shown:
        return None, "given"
    if wrapped:
        return (preamble, "preamble") if preamble else ("", "default")
    body = profile.readable(frame.head)
    if body is None:
        return None, "given"
    if profile.stays(body) or (preamble is not None and preamble.startswith(body)):
        return body, "preamble"
    return profile.bare(inner) or body, "default"
