"""The chat template that a trainer's file names: found where it is at hand, and said to be missing where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from builders.engine.frame import Unread
from builders.errors import AuditError
from builders.templates import ChatTemplate, load_template
from builders.templates.loading import read_source
from builders.templates.public import is_embedded_model, public_template

_SAME: Final = {"chatml": "chatml"}
"""Axolotl's names of templates -> ours, where they give the same."""


@dataclass(frozen=True)
class Asked:
    """What a file says of the chat template."""

    model: str | None = None
    """The model, whose tokenizer has the template where no other is named."""
    name: str | None = None
    """The trainer's own name for a template."""
    source: str | None = None
    """The template's text, or the path of a file that holds it."""
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Variables for the template."""


def named_template(
    asked: Asked, *, beside: Path, trainer: str
) -> tuple[ChatTemplate | None, tuple[Unread, ...]]:
    """Return the template that a file asks for, or what is missing of it.

    Nothing is fetched for that: a model's template counts as at hand where it is embedded, collected, or a folder.

    Args:
        asked: What the file says.
        beside: The file's folder.
        trainer: Whose file it is.
    """
    found = _found(asked, beside)
    if found is not None:
        return replace(
            found, kwargs=dict(asked.kwargs), origin=f"{found.origin}, named by {trainer}'s file"
        ), ()
    what = f"chat_template: {asked.name}" if asked.name else f"the chat template of {asked.model}"
    if asked.name is None and asked.model is None:
        return None, ()
    return None, (Unread(what, "it is not at hand: give it with --template"),)


def _found(asked: Asked, beside: Path) -> ChatTemplate | None:
    try:
        if asked.source is not None:
            return _written(asked.source, beside)
        if asked.name is not None:
            return _axolotls(asked.name)
        return None if asked.model is None else _models(asked.model, beside)
    except AuditError:  # a folder without a template, a file that is none: as good as missing
        return None


def _models(model: str, beside: Path) -> ChatTemplate | None:
    folder = next((place for place in (beside / model, Path(model)) if place.is_dir()), None)
    if folder is not None:
        return load_template(folder)
    if is_embedded_model(model):
        return replace(load_template(None), origin=f"the embedded template, which is that of {model}")
    return _public(model)


def _public(name: str) -> ChatTemplate | None:
    found = public_template(name)
    if found is None:
        return None
    tokens = {token: f"<{token}>" for token in ("bos_token", "eos_token") if token in found.source}
    return ChatTemplate(name, found.source, special_tokens=tokens, origin=found.origin)


def _written(text: str, beside: Path) -> ChatTemplate | None:
    """Return the template of a text, or of the file that the text is the path of."""
    if "{" not in text:
        path = next((place for place in (beside / text, Path(text)) if place.is_file()), None)
        return None if path is None else load_template(path)
    tokens = {token: f"<{token}>" for token in ("bos_token", "eos_token") if token in text}
    return ChatTemplate("chat_template_jinja", text, special_tokens=tokens, origin="written into the config")


def _axolotls(name: str) -> ChatTemplate | None:
    """Return a template that Axolotl ships, by the path of the installed package, or one that is the same."""
    spec = find_spec("axolotl")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        path = Path(folder, "utils", "chat_templates", "templates", f"{Path(name).name}.jinja")
        if path.is_file():
            source = read_source(path)
            tokens = {token: f"<{token}>" for token in ("bos_token", "eos_token") if token in source}
            return ChatTemplate(
                name, source, special_tokens=tokens, origin="shipped with the installed axolotl"
            )
    return _public(_SAME[name]) if name in _SAME else None
