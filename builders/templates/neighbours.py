"""Models that the files around a dataset name: a reason to ask for their template, never to assume it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_LONGEST: Final = 200_000
"""Bytes from which on a file is no configuration that somebody wrote."""

_MOST_FILES: Final = 20
_KEYS: Final = (
    "model_name_or_path",
    "base_model",
    "base_model_name_or_path",
    "model_name",
    "model_id",
    "model",
)
_NESTED: Final = ("model", "tokenizer", "training", "train", "sft")
_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class NamedModel:
    """A model that a file names."""

    model: str
    """A hub id, or the path of a tokenizer's folder: what `--template` would take."""
    file: Path
    """The file that names it."""


def named_models(data: Path) -> tuple[NamedModel, ...]:
    """Return the models that configurations and cards beside a data file name, each once.

    Looked at are, in the file's folder and the one above: a tokenizer's files, `adapter_config.json`, YAML files (the
    keys that TRL, Axolotl, LLaMA-Factory and others use), and the front matter of `README.md`.

    Args:
        data: The data file, or the folder that is the dataset.
    """
    found: dict[str, NamedModel] = {}
    home = data if data.is_dir() else data.parent
    for folder in dict.fromkeys([home, home.absolute().parent]):
        for model, file in _in_folder(folder):
            found.setdefault(model, NamedModel(model, file))
    return tuple(found.values())


def _in_folder(folder: Path) -> Iterator[tuple[str, Path]]:
    if (folder / "chat_template.jinja").is_file() or (folder / "tokenizer_config.json").is_file():
        yield (
            str(folder),
            next(
                file
                for name in ("chat_template.jinja", "tokenizer_config.json")
                if (file := folder / name).is_file()
            ),
        )
    adapter = folder / "adapter_config.json"
    for model in _models(_parsed(adapter)):
        yield model, adapter
    for file in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])[:_MOST_FILES]:
        for model in _models(_parsed(file)):
            yield model, file
    card = folder / "README.md"
    for model in _models(_front_matter(card)):
        yield model, card


def _models(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield what looks like a hub id under the keys that name models."""
    if not isinstance(value, dict):
        return
    for key in _KEYS:
        named = value.get(key)
        for model in named if isinstance(named, list) else [named]:
            if isinstance(model, str) and _HUB_ID.fullmatch(model):
                yield model
    for key in _NESTED:
        nested = value.get(key)
        if isinstance(nested, dict):
            flat = {name: item for name, item in nested.items() if not isinstance(item, dict)}
            yield from _models({**flat, "model_name": flat.get("name_or_path", flat.get("model_name"))})


def _parsed(file: Path) -> Any:  # noqa: ANN401
    text = _text(file)
    if file.suffix == ".json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):  # a stranger's file that nobody asked us to read
            return None
    return _yaml(text)


def _front_matter(file: Path) -> Any:  # noqa: ANN401
    """Return the YAML between the two lines of dashes at the top of a card."""
    found = re.match(r"---\s*\n(.*?)\n---\s*(?:\n|\Z)", _text(file), re.DOTALL)
    return _yaml(found.group(1)) if found else None


def _yaml(text: str) -> Any:  # noqa: ANN401
    if not any(key in text for key in _KEYS):
        return None  # most YAML names no model, and importing the parser takes longer than looking
    from builders.yamltext import NotYamlError, read_yaml

    try:
        return read_yaml(text).value
    except NotYamlError:  # a stranger's file that nobody asked us to read
        return None


def _text(file: Path) -> str:
    """Return a small file's text; nothing where it is not there, too long or cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace") if file.stat().st_size <= _LONGEST else ""
    except OSError:
        return ""
