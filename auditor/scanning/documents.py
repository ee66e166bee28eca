"""Find what stands beside a dataset's files and says how they were made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from builders.engine.frame import Frame
from builders.errors import AuditError
from checks.core.documents import Documents

CARDS = ("README.md", "dataset_info.json", "dataset_infos.json", "dataset_card.md")


def documents_of(frame: Frame) -> Documents | None:
    """Return the papers of a dataset; None for rows that stand in no file.

    Raises:
        InputError: if there is a manifest of ours that cannot be read.
    """
    if not frame.paths:
        return None
    path = frame.paths[0]
    folder = path if path.is_dir() else path.parent
    card = next((name for name in CARDS if (folder / name).is_file()), None)
    manifest, match, repeats = None, None, False
    if len(frame.paths) == 1 and (folder / "manifest.json").is_file():
        from builders.dataset import DATA, read_manifest

        if path.is_dir() or path.name in DATA.values():
            manifest = read_manifest(folder / "manifest.json")
            match = manifest.file.sha256 == frame.digest or _same_rows(path, manifest.digest)
            repeats = _asks_for_repeats(manifest.info.recipe)
    return Documents(
        manifest=manifest,
        rows_match=match,
        card=card,
        card_rows=_rows_of(folder / card, path.stem) if card else None,
        repeats=repeats,
    )


def _same_rows(path: Path, digest: str) -> bool:
    """Return whether a file whose bytes differ from the manifest's still holds the same rows in the same order."""
    from builders.dataset import read_dataset
    from builders.info import dataset_digest

    try:
        return dataset_digest(read_dataset(path).rows) == digest
    except AuditError:  # rows that break the schema, or that read_dataset itself finds to be others
        return False


def _asks_for_repeats(recipe: Any) -> bool:  # noqa: ANN401
    """Return whether any part of a recipe says `reuse: true`."""
    if isinstance(recipe, dict):
        return recipe.get("reuse") is True or any(_asks_for_repeats(value) for value in recipe.values())
    return isinstance(recipe, list) and any(_asks_for_repeats(value) for value in recipe)


def _rows_of(card: Path, split: str) -> int | None:
    """Return the number of rows that a card or info file gives for a split, or for all where it has but one."""
    try:
        text = card.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return _stated(json_of(text) if card.suffix == ".json" else front_matter(text), split)


def front_matter(text: str) -> Any:  # noqa: ANN401
    """Return the YAML between a Markdown file's opening ``---`` lines, None where there is none that parses."""
    from builders.yamltext import NotYamlError, read_yaml

    parts = text.split("---", 2)
    if not text.startswith("---") or len(parts) < 3:
        return None
    try:
        return read_yaml(parts[1]).value
    except NotYamlError:
        return None


def json_of(text: str) -> Any:  # noqa: ANN401
    """Return a text as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _stated(data: Any, split: str) -> int | None:  # noqa: ANN401
    info = data.get("dataset_info", data) if isinstance(data, dict) else None
    splits = info.get("splits") if isinstance(info, dict) else None
    if isinstance(splits, dict):
        splits = [{"name": name, **each} for name, each in splits.items() if isinstance(each, dict)]
    if not isinstance(splits, list):
        return None
    counts = {
        str(each.get("name")): each["num_examples"]
        for each in splits
        if isinstance(each, dict) and isinstance(each.get("num_examples"), int)
    }
    if split in counts:
        return counts[split]
    return next(iter(counts.values())) if len(counts) == 1 else None
