"""Find a chat template by what the user calls it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, get_args

from builders.digest import canonical_json
from builders.errors import InputError, TemplateError, UnknownNameError
from builders.templates.gguf import is_gguf, read_gguf
from builders.templates.limits import LIMITS
from builders.templates.model import RENDERERS, ChatTemplate, Renderer
from builders.templates.rendering import embedded_source
from builders.templates.tokenizer_files import SPECIAL_TOKENS, TokenizerTemplate, read_tokenizer_folder

EMBEDDED: Final = "qwen2.5"
"""Name of the template that ships with this package."""

_TAKEN: Final = frozenset({"messages", "tools", "documents", "add_generation_prompt"})
_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(@[\w./-]+)?")


def load_template(
    name: str | Path | None = None,
    *,
    renderer: Renderer = "transformers",
    kwargs: Mapping[str, Any] | None = None,
) -> ChatTemplate:
    """Return the template that a name, a path or a hub id stands for.

    In this order: None or ``qwen2.5``, the embedded template; the name of a template that the installed `trl`
    ships; a `.jinja` file; a GGUF file; a folder with a tokenizer's files; a hub id ``organisation/model[@revision]``,
    of which only the template's files are fetched.

    Args:
        name: What to look for.
        renderer: The training stack whose way of calling the template is followed.
        kwargs: Variables for the template, for example ``{"enable_thinking": False}``. They must be JSON.

    Raises:
        UnknownNameError: if nothing goes by that name, or the renderer is unknown.
        InputError: if a file is there and cannot be read, or `kwargs` are not JSON or name what is rendered.
        TemplateError: if a tokenizer is there and has no chat template, or the hub does not give it.
    """
    if renderer not in get_args(Renderer):
        raise UnknownNameError("renderer", renderer, RENDERERS)
    arguments = _checked(kwargs or {})
    if name is None or name == EMBEDDED:
        why = "the default" if name is None else "asked for by name"
        return ChatTemplate(
            EMBEDDED, embedded_source(), renderer, arguments, {}, f"the embedded template, {why}"
        )
    if isinstance(name, str) and name in trl_templates():
        source = read_source(trl_templates()[name])
        return _from_text(
            name, source, renderer, arguments, "shipped with the installed trl, asked for by name"
        )
    path = Path(name)
    kind = _kind(path)
    if kind == "folder":
        return _from_files(
            str(name), read_tokenizer_folder(path), renderer, arguments, f"the tokenizer folder {path}"
        )
    if kind == "file" and is_gguf(path):
        return _from_files(str(name), read_gguf(path), renderer, arguments, f"the GGUF file {path}")
    if kind == "file":
        return _from_text(str(name), read_source(path), renderer, arguments, f"the file {path}")
    if isinstance(name, str) and _HUB_ID.fullmatch(name) and path.suffix not in (".jinja", ".j2", ".json"):
        return _from_hub(name, renderer, arguments)
    if isinstance(name, Path) or path.suffix in (".jinja", ".j2") or "/" in name or "\\" in name:
        raise TemplateError(
            "there is no such template file or tokenizer folder",
            where=str(name),
            help="give a .jinja file, a folder with tokenizer_config.json, a hub id or a template's name",
        )
    raise UnknownNameError("template", str(name), [EMBEDDED, *trl_templates()])


def _checked(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables for a template, which have to be JSON and must not stand in for the conversation."""
    try:
        canonical_json(dict(kwargs))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"not JSON: {error}", where="template kwargs", help="use texts, numbers, lists and objects"
        ) from None
    if taken := sorted(_TAKEN & set(kwargs)):
        raise InputError(
            f"{' and '.join(taken)} cannot be given as a variable",
            where="template kwargs",
            help="what is rendered comes from the rows",
        )
    return dict(kwargs)


def _kind(path: Path) -> Literal["folder", "file"] | None:
    """Return what is there; None for nothing, and for what cannot be a path (too long, a NUL byte in it)."""
    try:
        return "folder" if path.is_dir() else "file" if path.is_file() else None
    except (OSError, ValueError):
        return None


def _from_text(
    name: str, source: str, renderer: Renderer, arguments: dict[str, Any], origin: str
) -> ChatTemplate:
    """Return a template that came without a tokenizer, with stand-ins for the special tokens that it names.

    Templates add `bos_token` to texts and fail where there is none, and a tokenizer would give one.
    """
    unknown = [
        token for token in SPECIAL_TOKENS if re.search(rf"\b{token}\b", source) and token not in arguments
    ]
    if unknown:
        origin += f"; no tokenizer with it, so {' and '.join(unknown)} shown by name"
    return ChatTemplate(name, source, renderer, arguments, {token: f"<{token}>" for token in unknown}, origin)


def trl_templates() -> dict[str, Path]:
    """Return the templates that the installed `trl` ships, by name; empty without `trl`.

    They are found by path: importing `trl` would import torch.
    """
    spec = find_spec("trl")
    folders = (spec.submodule_search_locations or []) if spec is not None else []
    return {
        path.stem: path
        for folder in folders
        for path in sorted(Path(folder, "chat_templates").glob("*.jinja"))
    }


def read_source(path: Path) -> str:
    """Return the Jinja text of a file.

    Raises:
        InputError: if it cannot be read, is not UTF-8 or is far too long for a chat template.
    """
    try:
        if path.stat().st_size > 4 * LIMITS.source_characters:
            raise InputError(
                "far too long for a chat template", where=str(path), help="is this the right file?"
            )
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8 (byte {error.start})", where=str(path), help="save the template as UTF-8"
        ) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _from_hub(name: str, renderer: Renderer, arguments: dict[str, Any]) -> ChatTemplate:
    from builders.templates.hub import fetch_tokenizer_folder

    folder, revision = fetch_tokenizer_folder(name)
    found = read_tokenizer_folder(folder, where=name)
    return _from_files(name, found, renderer, arguments, f"{name} on the hub, revision {revision}")


def _from_files(
    name: str, found: TokenizerTemplate, renderer: Renderer, arguments: dict[str, Any], place: str
) -> ChatTemplate:
    """Return a template that came with its tokenizer's special tokens."""
    origin = f"{found.place} of {place}"
    return ChatTemplate(
        name, found.source, renderer, arguments, found.special_tokens, origin, found.tool_source
    )
