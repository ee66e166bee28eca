"""Read a chat template and its special tokens from a tokenizer's files, the way transformers does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from builders.errors import InputError, TemplateError

TEMPLATE_FILES: Final = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "chat_template.json",
    "additional_chat_templates/*.jinja",
)
"""The files of a tokenizer that say anything about its chat template."""

SPECIAL_TOKENS: Final = (
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
)
"""The special tokens that templates are given by name."""


@dataclass(frozen=True)
class TokenizerTemplate:
    """What a tokenizer's files say about its chat template."""

    source: str
    """The Jinja text."""
    tool_source: str | None
    """The one for conversations with tools, where it is another."""
    special_tokens: dict[str, str]
    """For example ``{"bos_token": "<s>"}``."""
    place: str
    """The file that the text was found in."""


def read_tokenizer_folder(folder: Path, *, where: str | None = None) -> TokenizerTemplate:
    """Return the template of a tokenizer's folder.

    `chat_template.jinja` wins over `tokenizer_config.json`, and that over `chat_template.json`. Of several
    named templates `default` is taken, and `tool_use` beside it for conversations with tools.

    Args:
        folder: The folder.
        where: What errors call it; its path by default.

    Raises:
        TemplateError: if there is no template, or there are several and none is called `default`.
        InputError: if a file is not what it should be.
    """
    where = where or str(folder)
    config = _read_object(folder / "tokenizer_config.json")
    templates, place = _named_templates(folder, config)
    if not templates:
        raise TemplateError(
            "no chat template here",
            where=where,
            help="a base model has none: use the chat model's, or a .jinja file",
        )
    if "default" not in templates:
        raise TemplateError(
            f"several chat templates and none called 'default': {', '.join(sorted(templates))}",
            where=where,
            help="save the one that training uses as a .jinja file and give that",
        )
    tokens = {**_special_tokens(_read_object(folder / "special_tokens_map.json")), **_special_tokens(config)}
    return TokenizerTemplate(templates["default"], templates.get("tool_use"), tokens, place)


def _named_templates(folder: Path, config: dict[str, Any]) -> tuple[dict[str, str], str]:
    from builders.templates.loading import read_source

    templates: dict[str, str] = {}
    single = folder / "chat_template.jinja"
    if single.is_file():
        templates["default"] = read_source(single)
    for path in sorted((folder / "additional_chat_templates").glob("*.jinja")):
        templates[path.stem] = read_source(path)
    if templates:
        return templates, single.name if single.is_file() else "additional_chat_templates"
    for file, content in (
        ("tokenizer_config.json", config),
        ("chat_template.json", _read_object(folder / "chat_template.json")),
    ):
        found = _as_named(content.get("chat_template"), folder / file)
        if found:
            return found, file
    return {}, ""


def _as_named(value: Any, path: Path) -> dict[str, str]:  # noqa: ANN401
    """Return `chat_template` of a configuration, one text or a list of named ones, by name."""
    if value is None:
        return {}
    if isinstance(value, str):
        return {"default": value}
    if isinstance(value, list):
        pairs = [(entry.get("name"), entry.get("template")) for entry in value if isinstance(entry, dict)]
        if len(pairs) == len(value) and all(isinstance(part, str) for pair in pairs for part in pair):
            return {str(name): str(text) for name, text in pairs}
    raise InputError(
        "chat_template is neither a text nor a list of {name, template}",
        where=str(path),
        help="save the template as chat_template.jinja beside it",
    )


def _special_tokens(config: dict[str, Any]) -> dict[str, str]:
    """Return the named special tokens; each is a text or an object with `content`."""
    tokens: dict[str, str] = {}
    for name in SPECIAL_TOKENS:
        value = config.get(name)
        if isinstance(value, dict):
            value = value.get("content")
        if isinstance(value, str):
            tokens[name] = value
    return tokens


def _read_object(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", where=str(path), help="is the download complete?") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    if not isinstance(value, dict):
        raise InputError("not a JSON object", where=str(path), help="is this a tokenizer's file?")
    return value
