"""What a chat template makes of a row's system prompt, learned by rendering and never by knowing the family.

A short text that stands for the user's is rendered, and what stands before it is the prefix. Two texts that
stand for the system's are rendered, and where the two prefixes differ is where a system text goes: what is
left of it and right of it is the wrapper. Stripping the wrapper from a row's prefix gives the system prompt
that the model reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from builders.digest import canonical_json, digest_text
from builders.schema import ResolvedBy
from builders.templates.contexts import STAND_IN, WORD
from builders.templates.execution import Rendered
from builders.templates.framing import SYSTEM_WORDS, USER_WORDS, Cut, frame_of, whole_of
from builders.templates.model import ChatTemplate, Resolution, Signature
from builders.templates.opaque import Opaque, opaque
from builders.templates.profile import Profile, profile_of

_OTHER_DATE: Final = datetime(2031, 11, 28, 23, 59, 58)
"""A date that differs from the frozen one in every part."""

MANY: Final = 100
"""System texts from which it is asked whether they make a difference to the template."""

_MOST_PLACES: Final = 6
"""Pieces around the places of a text at the most: the bound on what a rendering prints grows with four texts."""


@lru_cache(maxsize=50_000)
def resolve(template: ChatTemplate, signature: Signature) -> Resolution:
    """Return what the template makes of a signature. Pure, and remembered.

    Returns:
        The resolution. A template that refuses the signature gives `resolved_by` ``"error"`` and a
        condition of its own, so that such rows are counted and are never mistaken for clean ones.

    Raises:
        TemplateError: if the template cannot be compiled, exceeds its limits, or refuses every conversation.
    """
    profile = profile_of(template, signature.tools, every=signature.context is None)
    whole = profile.whole[signature.state]
    if (
        signature.context is not None or whole.text is None
    ):  # a template may refuse the stand-in for a text alone
        whole = whole_of(template, signature)
    frame = frame_of(template, signature) if whole.text is not None else whole
    if isinstance(frame, Rendered):
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


def resolve_all(template: ChatTemplate, signatures: Iterable[Signature]) -> dict[Signature, Resolution]:
    """Return what the template makes of many signatures, as `resolve` does, in their order.

    Where a template makes the same of every system text, a text is put where a stand-in was rendered.

    Raises:
        TemplateError: as `resolve` does.
    """
    distinct = dict.fromkeys(signatures)
    alike = Counter((each.tools, each.context) for each in distinct if each.state == "text")
    patterns: dict[tuple[str | None, str | None], Pattern | None] = {}
    found: dict[Signature, Resolution] = {}
    for signature in distinct:
        kind = (signature.tools, signature.context)
        resolution = None
        if signature.text is not None and alike[kind] >= MANY:
            if kind not in patterns:
                patterns[kind] = _pattern_of(template, signature)
            pattern = patterns[kind]
            if pattern is not None and pattern.opaque.covers(signature.text):
                resolution = pattern.of(signature)
        found[signature] = resolve(template, signature) if resolution is None else resolution
    return found


@dataclass(frozen=True)
class Pattern:
    """What a template makes of every system text that makes no difference to it."""

    opaque: Opaque
    """Which texts those are."""
    profile: Profile
    """What holds for every row."""
    prefix: tuple[str, ...]
    """What stands around the text, before the user's."""
    suffix: tuple[str, ...]
    """The same, after it."""
    head: tuple[str, ...]
    """The same, before the first words of anybody."""
    user_shown: bool
    """Whether the user's text is shown."""
    dated: bool
    """Whether what is rendered depends on today's date."""
    digested: tuple[str, ...]
    """What stands around the text, as JSON, in what the condition is the digest of."""

    def of(self, signature: Signature) -> Resolution:
        """Return what becomes of one of those texts."""
        said = signature.text or ""
        frame = Cut(said.join(self.prefix), said.join(self.suffix), self.user_shown, said.join(self.head))
        text, by, preamble = _read_system(self.profile, frame, signature)
        return Resolution(
            condition=digest_text(canonical_json(said)[1:-1].join(self.digested)),
            resolved_system=said if text == said else text,  # one string for both
            resolved_by=by,
            prefix=frame.prefix,
            suffix=frame.suffix,
            preamble=preamble,
            user_shown=frame.user_shown,
            dated=self.dated,
        )


def _pattern_of(template: ChatTemplate, signature: Signature) -> Pattern | None:
    """Return what all system texts become with a signature's tools and context; None where that is not proved."""
    source = template.source if signature.tools is None else template.tool_source or template.source
    found = opaque(source)
    beside = (signature.tools or "") + (signature.context or "")
    if found is None or any(word in beside for word in (*SYSTEM_WORDS, *USER_WORDS)):
        return None
    one, other = (_parts(template, replace(signature, text=word)) for word in SYSTEM_WORDS)
    if one is None or one != other or len(one.prefix) + len(one.suffix) > _MOST_PLACES:
        return None
    halves = [half for word in (*USER_WORDS, STAND_IN) for half in _halves(word)]
    return replace(one, opaque=found.without(*halves))


def _halves(word: str) -> tuple[str, str]:
    """Return the halves of a stand-in: with neither at hand, none comes about where two texts meet."""
    return word[:4], word[-4:]


def _parts(template: ChatTemplate, signature: Signature) -> Pattern | None:
    """Return what stands around a stand-in for a system text; None where it is refused."""
    word = signature.text or ""
    profile = profile_of(template, signature.tools, every=signature.context is None)
    whole = whole_of(template, signature)
    frame = frame_of(template, signature) if whole.text is not None else whole
    if isinstance(frame, Rendered) or (signature.context is None and profile.whole["text"].text is None):
        return None
    around = frame.prefix + frame.suffix
    bare = around.replace(STAND_IN, WORD)
    if any(half in bare for each in (*USER_WORDS, STAND_IN) for half in _halves(each)):
        return None
    written = _identity(template, {"prefix": frame.prefix, "suffix": frame.suffix})
    places = around.count(word)
    if written.count(word) != places or frame.prefix.count(word) + frame.suffix.count(word) != places:
        return None
    return Pattern(
        opaque=Opaque(),
        profile=profile,
        prefix=tuple(frame.prefix.split(word)),
        suffix=tuple(frame.suffix.split(word)),
        head=tuple(frame.head.split(word)),
        user_shown=frame.user_shown,
        dated=_is_dated(template, signature, frame),
        digested=tuple(written.split(word)),
    )


def _condition(template: ChatTemplate, shown: dict[str, Any]) -> str:
    return digest_text(_identity(template, shown))


def _identity(template: ChatTemplate, shown: dict[str, Any]) -> str:
    return canonical_json(
        {**shown, "renderer": template.renderer, "template": template.sha256, "kwargs": dict(template.kwargs)}
    )


def _is_dated(template: ChatTemplate, signature: Signature, frame: Cut) -> bool:
    if "strftime_now" not in template.source + (template.tool_source or ""):
        return False
    return frame_of(template, signature, now=_OTHER_DATE) != frame


def _read_system(
    profile: Profile, frame: Cut, signature: Signature
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


def _inside(profile: Profile, frame: Cut) -> str | None:
    """Return what stands inside the wrapper; None where the prefix is not wrapped like a given text's."""
    left, right, prefix = profile.left, profile.right, frame.head
    if profile.place != "before" or len(prefix) < len(left) + len(right):
        return None
    if prefix.startswith(left) and prefix.endswith(right):
        return prefix[len(left) : len(prefix) - len(right)]
    return None


def _without_text(
    profile: Profile, frame: Cut, inner: str | None, preamble: str | None
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
