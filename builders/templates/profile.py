"""What holds for every row under one template: where a system text goes, and what stands around it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final, Literal, get_args

from builders.schema import SystemState
from builders.templates.execution import Rendered
from builders.templates.framing import (
    SYSTEM_WORDS,
    USER_WORDS,
    Cut,
    common_ends,
    frame_of,
    shared_start,
    whole_of,
)
from builders.templates.model import ChatTemplate, Signature
from builders.templates.rendering import attempt, failure
from builders.templates.tokenizer_files import SPECIAL_TOKENS

_ANSWER: Final = "kqzwvjxk"
_MARKUP: Final = re.compile(r"<[^<>\n]*>|\[/?[A-Z_]+\]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_USER_ROLE: Final = re.compile("user", re.IGNORECASE)

Place = Literal["before", "after", "nowhere", "refused"]
"""Where a given system text is shown: before the user's text, only after it, not at all; or it is refused."""


@dataclass(frozen=True)
class Profile:
    """What holds for every row under one template and one list of tools."""

    absent: Cut | Rendered
    """The prompt of a row without a system message, or why it is refused."""
    place: Place
    """Where a given system text is shown."""
    left: str = ""
    """What stands before a given system text."""
    right: str = ""
    """What stands between a given system text and the user's."""
    user_header: str = ""
    """What opens the user's turn, as far as it could be told; may be empty."""
    tokens: tuple[str, ...] = ()
    """Special tokens as the template was given them: marks, whatever they are called."""
    around: str = ""
    """The whole prompt of a row that gives a system text, without that text."""
    whole: Mapping[SystemState, Rendered] = field(default_factory=dict[SystemState, Rendered])
    """System state -> a question with its answer as it is trained on, or why the template refuses it."""

    @cached_property
    def preamble(self) -> str | None:
        """Readable template text that stands before every given system text."""
        return self.readable(self.left)

    @cached_property
    def merged(self) -> bool:
        """Say whether the user's turn is opened before the system text and not after it."""
        opening = self.user_header.strip()
        return self.place == "after" or (bool(opening) and opening in self.left and opening not in self.right)

    def _after_system_header(self, prompt: str) -> str:
        """Return what follows the header of the system turn, which is the user's with its role exchanged."""
        roles = list(_USER_ROLE.finditer(self.user_header))
        if not roles:
            return prompt
        header = _in_case("system", roles[-1].group()) + self.user_header[roles[-1].end() :]
        _, found, rest = prompt.partition(header)
        return rest if found else prompt

    @cached_property
    def opens_turn(self) -> bool:
        """Say whether a system text stands in a turn of its own, and not bare behind the first token."""
        left = self._marked(self.left)
        tags = _MARKUP.findall(left)
        named = any("sys" in tag.lower() for tag in tags)
        return named or len(tags) > 1 or bool(_MARKUP.sub("", left).strip())

    def stays(self, text: str) -> bool:
        """Say whether every line of a text of the template's own is there whatever system text is given."""
        return all(line.strip() in self.around for line in text.splitlines())

    def bare(self, inner: str | None) -> str | None:
        """Return a default that stands where a system text would, without tokens at its ends; None for no words."""
        text = inner or ""
        for token in self.tokens:
            text = text.strip().removeprefix(token).removesuffix(token)
        return text.strip() if len(_WORD.findall(text)) >= 3 else None

    def _marked(self, prompt: str) -> str:
        """Return a stretch of prompt with every special token as a tag, whatever it is called."""
        for token in self.tokens:
            prompt = prompt.replace(token, "<t>")
        return prompt

    def readable(self, prompt: str) -> str | None:
        """Return the words in a stretch of prompt that are no turn's markup; None where there are none."""
        body = prompt.removesuffix(self.user_header) if self.user_header else prompt
        text = _MARKUP.sub("\n", self._marked(self._after_system_header(body))).strip()
        return text if len(_WORD.findall(text)) >= 3 else None


def profile_of(template: ChatTemplate, tools: str | None, *, every: bool = True) -> Profile:
    """Return what holds for every row with these tools; remembered.

    Args:
        template: The template.
        tools: The tools.
        every: Whether refusing every plain conversation is an error; a template may take others.

    Raises:
        TemplateError: if the template cannot be compiled, exceeds its limits, or refuses every conversation.
    """
    profile = _learn(template, tools)
    if every and tools is None and isinstance(profile.absent, Rendered) and profile.place == "refused":
        raise failure(template, profile.absent, every=True)
    return profile


@lru_cache(maxsize=512)
def _learn(template: ChatTemplate, tools: str | None) -> Profile:
    tokens = _token_texts(template)
    absent = frame_of(template, Signature("absent", tools=tools))
    whole = {state: whole_of(template, _example(state, tools)) for state in get_args(SystemState)}
    one, other = (frame_of(template, Signature("text", text, tools)) for text in SYSTEM_WORDS)
    if isinstance(one, Rendered) or isinstance(other, Rendered):
        if isinstance(absent, Rendered):
            return Profile(absent, "refused", whole=whole)
        return Profile(
            absent, "refused", user_header=_user_header(template, tools, absent), tokens=tokens, whole=whole
        )
    header = _user_header(template, tools, one if isinstance(absent, Rendered) else absent)
    if one.prefix == other.prefix:
        place: Place = "nowhere" if one.suffix == other.suffix else "after"
        around = one.prefix + one.suffix.replace(SYSTEM_WORDS[0], "")
        return Profile(absent, place, user_header=header, tokens=tokens, around=around, whole=whole)
    before, after = common_ends(one.prefix, other.prefix)
    left, right = one.prefix[:before], one.prefix[len(one.prefix) - after :]
    around = left + "\n" + right + one.suffix
    return Profile(absent, "before", left, right, header, tokens, around, whole)


def _example(state: SystemState, tools: str | None) -> Signature:
    return Signature(state, SYSTEM_WORDS[0] if state == "text" else None, tools)


def _token_texts(template: ChatTemplate) -> tuple[str, ...]:
    """Return the special tokens' texts, longest first so that none is cut by another; white space is no mark."""
    given = {**template.special_tokens, **template.kwargs}
    texts = {str(text) for name, text in given.items() if name in SPECIAL_TOKENS and str(text).strip()}
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


def _user_header(template: ChatTemplate, tools: str | None, first: Cut) -> str:
    """Return what opens every user's turn: what the first one and a later one have before them in common."""
    question, answer, later = USER_WORDS[0], _ANSWER, USER_WORDS[1]
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
    return between[len(between) - _whole_tags(shared, between, first.prefix) :]


def _whole_tags(shared: int, *texts: str) -> int:
    """Return a common end's length without the tag that it begins in the middle of, if it does in any of the texts.

    `<|eot_id|><user>` and `<|begin_of_text|><user>` share `|><user>`, and neither tag's end opens a turn.
    """
    for text in texts:
        cut = len(text) - shared
        for tag in _MARKUP.finditer(text):
            if tag.start() < cut < tag.end():
                return _whole_tags(len(text) - tag.end(), *texts)
    return shared


def _in_case(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
