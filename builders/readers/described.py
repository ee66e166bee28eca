"""Datasets that another trainer's own file describes: LLaMA-Factory's `dataset_info.json`, Axolotl's config."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from builders.errors import InputError, UnknownNameError
from builders.readers import turns as t
from builders.readers.shapes import Shape, alpaca, shape_named, sharegpt

EMPTY_SYSTEM_NOTE: Final = (
    "LLaMA-Factory puts its template's default where the system prompt is empty: audit with "
    "--renderer llamafactory"
)


@dataclass(frozen=True)
class Described:
    """Where a description says that the data is, and how it is laid out."""

    target: str
    """A path, or ``hf:NAME``."""
    shape: Shape | None
    """None: to be found from the content."""


def llama_factory(path: Path, name: str | None) -> Described:
    """Read one entry of a `dataset_info.json`.

    Raises:
        InputError: if the file is none, or the entry cannot be followed.
        UnknownNameError: if there is no such entry.
    """
    try:
        entries: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("is no JSON that can be read", where=str(path)) from error
    if not isinstance(entries, dict):
        raise InputError("expected an object that maps names to datasets", where=str(path))
    if name is None and len(entries) == 1:
        name = next(iter(entries))
    if name is None:
        raise InputError(
            f"describes the datasets {', '.join(map(str, entries))}",
            where=str(path),
            help=f"name one: {path}#{next(iter(entries), 'NAME')}",
        )
    if name not in entries:
        raise UnknownNameError("dataset", name, entries, where=str(path))
    entry: dict[str, Any] = entries[name]
    return Described(_place(entry, path, name), _llama_factory_shape(entry, f"{path}#{name}"))


def _place(entry: Mapping[str, Any], path: Path, name: str) -> str:
    if "file_name" in entry:
        return str(path.parent / entry["file_name"])
    if "hf_hub_url" in entry:
        config = f":{entry['subset']}" if entry.get("subset") else ""
        return f"hf:{entry['hf_hub_url']}{config}#{entry.get('split', 'train')}"
    raise InputError("says neither file_name nor hf_hub_url", where=f"{path}#{name}")


def _llama_factory_shape(entry: Mapping[str, Any], where: str) -> Shape:
    columns: Mapping[str, str] = entry.get("columns") or {}
    layout = entry.get("formatting", "alpaca")
    notes = (EMPTY_SYSTEM_NOTE,)
    if entry.get("ranking"):
        raise InputError(
            "is a ranking dataset, which is read by its own columns and not through dataset_info.json",
            where=where,
            help="name the data file itself, with --shape preference or preference-plain",
        )
    if layout == "alpaca":
        names = t.AlpacaColumns(
            prompt=columns.get("prompt", "instruction"),
            query=columns.get("query", "input"),
            response=columns.get("response", "output"),
            system=columns.get("system", "system"),
            history=columns.get("history", "history"),
        )
        return alpaca("alpaca", names, notes)
    if layout in ("sharegpt", "openai"):
        tags: Mapping[str, str] = entry.get("tags") or {}
        fallback = ("role", "content") if layout == "openai" else ("from", "value")
        speakers = {
            tags.get("user_tag", "user" if layout == "openai" else "human"): "user",
            tags.get("assistant_tag", "assistant" if layout == "openai" else "gpt"): "assistant",
            tags.get("observation_tag", "tool" if layout == "openai" else "observation"): "tool",
            tags.get("function_tag", "function_call"): "assistant",
            tags.get("system_tag", "system"): "system",
        }
        return sharegpt(
            "sharegpt",
            columns.get("messages", "messages" if layout == "openai" else "conversations"),
            tags=t.Tags(
                tags.get("role_tag", fallback[0]),
                tags.get("content_tag", fallback[1]),
                tuple(speakers.items()),
            ),
            system=columns.get("system", "system"),
            notes=notes,
        )
    raise InputError(f"has formatting '{layout}'", where=where, help="known are alpaca, sharegpt and openai")


def axolotl(path: Path, number: str | None) -> Described:
    """Read one entry of an Axolotl config's `datasets`.

    Args:
        path: The config.
        number: Which entry, counted from 0; None where there is only one.

    Raises:
        InputError: if the file is none, or the entry cannot be followed.
    """
    import yaml

    try:
        config: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries: list[dict[str, Any]] = list(config["datasets"])
    except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(
            "is no Axolotl config", where=str(path), help="it needs a list `datasets` with a `path` each"
        ) from error
    if number is None and len(entries) != 1:
        raise InputError(f"has {len(entries)} datasets", where=str(path), help=f"name one: axolotl:{path}#0")
    try:
        entry = entries[int(number or 0)]
    except (ValueError, IndexError) as error:
        raise InputError(
            f"has no dataset {number}", where=str(path), help=f"0 to {len(entries) - 1}"
        ) from error
    return Described(_axolotl_place(entry, path), _axolotl_shape(entry, str(path)))


def _axolotl_place(entry: Mapping[str, Any], path: Path) -> str:
    place = str(entry.get("path", ""))
    if entry.get("ds_type") and entry.get("data_files"):
        files = entry["data_files"]
        place = str(files[0] if isinstance(files, list) else files)
    for folder in (path.parent, Path()):
        if place and (folder / place).exists():
            return str(folder / place)
    config = f":{entry['name']}" if entry.get("name") else ""
    return f"hf:{place}{config}#{entry.get('split', 'train')}"


def _axolotl_shape(entry: Mapping[str, Any], where: str) -> Shape | None:
    kind = str(entry.get("type", ""))
    if kind == "completion":
        raise InputError(
            "trains on whole texts, in which prompt and target cannot be told apart",
            where=where,
            help="audit the data from which the texts were made",
        )
    if kind.startswith("alpaca"):
        return alpaca()
    if kind == "input_output":
        return shape_named("segments")
    if kind == "chat_template":
        fields: Mapping[str, str] = entry.get("message_property_mappings") or {}
        role = fields.get("role") or entry.get("message_field_role") or "role"
        content = fields.get("content") or entry.get("message_field_content") or "content"
        column = str(entry.get("field_messages", "messages"))
        own: Mapping[str, list[str]] = entry.get("roles") or {}
        speakers = {**t.SHAREGPT_ROLES, **{each: target for target, names in own.items() for each in names}}
        if (role, content) == ("role", "content") and not own:
            return shape_named("messages" if column == "messages" else f"messages:{column}")
        return sharegpt("sharegpt", column, tags=t.Tags(role, content, tuple(speakers.items())))
    return None
