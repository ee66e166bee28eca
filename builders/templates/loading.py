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
from builders.templates.public import is_embedded_model, plain_name, public_template, unknown_template
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
    of which only the template's files are fetched; the name of a family of public models, such as ``llama3.1``.

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
    if name is None or (isinstance(name, str) and _is_embedded(name)):
        why = "the default" if name is None else "asked for by name"
        return ChatTemplate(
            EMBEDDED, embedded_source(), renderer, arguments, {}, f"the embedded template, {why}"
        )
    if isinstance(name, str) and (shipped := _trl_template(name)) is not None:
        source = read_source(shipped)
        return _from_text(
            name, source, renderer, arguments, "shipped with the installed trl, asked for by name"
        )
    path = Path(name)
    if (kind := _kind(path)) is not None:
        return _from_place(str(name), path, kind, renderer, arguments)
    if isinstance(name, str) and _HUB_ID.fullmatch(name) and path.suffix not in (".jinja", ".j2", ".json"):
        return _from_hub(name, renderer, arguments)
    if isinstance(name, str) and (found := public_template(name)) is not None:
        return _from_text(name, found.source, renderer, arguments, found.origin)
    if isinstance(name, Path) or path.suffix in (".jinja", ".j2") or "/" in name or "\\" in name:
        raise TemplateError(
            "there is no such template file or tokenizer folder",
            where=str(name),
            help="give a .jinja file, a folder with tokenizer_config.json, a hub id or a template's name",
        )
    raise unknown_template(str(name), [EMBEDDED, *trl_templates()])


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


def _from_place(
    name: str, path: Path, kind: Literal["folder", "file"], renderer: Renderer, arguments: dict[str, Any]
) -> ChatTemplate:
    """Return the template of a folder or a file."""
    if kind == "folder":
        return _from_files(
            name, read_tokenizer_folder(path), renderer, arguments, f"the tokenizer folder {path}"
        )
    if is_gguf(path):
        return _from_files(name, read_gguf(path), renderer, arguments, f"the GGUF file {path}")
    return _from_text(name, read_source(path), renderer, arguments, f"the file {path}")


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


def _is_embedded(name: str) -> bool:
    """Say whether a name is the embedded template's, however it is spelt, unless a file or trl goes by it."""
    if name == EMBEDDED:
        return True
    same = plain_name(name) == plain_name(EMBEDDED) and re.fullmatch(r"[\w.-]+", name) is not None
    return same and name not in trl_templates() and _kind(Path(name)) is None


def _trl_template(name: str) -> Path | None:
    """Return the template of a name, however its dots and dashes are written; a file of that name goes first."""
    known = trl_templates()
    if name in known:
        return known[name]
    if not re.fullmatch(r"[\w.-]+", name) or _kind(Path(name)) is not None:
        return None
    return {plain_name(each): path for each, path in known.items()}.get(plain_name(name))


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

    try:
        folder, revision = fetch_tokenizer_folder(name)
    except TemplateError:
        # Out of reach; where a copy of that model's template is at hand it will do, and the report says which.
        if "@" not in name and is_embedded_model(name):
            origin = f"the embedded template, which is that of {name}"
            return ChatTemplate(name, embedded_source(), renderer, arguments, {}, origin)
        kept = public_template(name) if "@" not in name else None
        if kept is None:
            raise
        return _from_text(
            name, kept.source, renderer, arguments, f"{kept.origin}, the hub being out of reach"
        )
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
