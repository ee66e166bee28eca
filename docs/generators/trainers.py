"""The tables of what other trainers' files say, in `docs/trainers.md`: from the readers' own tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from builders.readers.trainers import axolotl, llamafactory, swift
from builders.readers.trainers.keys import Key

TABLES: dict[str, tuple[tuple[str, Sequence[Key]], ...]] = {
    "llamafactory": (
        ("entry of `dataset_info.json`", llamafactory.ENTRY),
        ("its `columns`", llamafactory.COLUMNS),
        ("its `tags`", llamafactory.TAGS),
        ("training file", llamafactory.TRAINING),
    ),
    "axolotl": (("entry of `datasets`", axolotl.ENTRY), ("config", axolotl.CONFIG)),
    "swift": (("column", swift.COLUMNS), ("argument", swift.CONFIG)),
}
"""Marker in the page -> headings and tables."""


def pages(root: Path) -> dict[Path, str]:
    """Return the page with its tables filled in."""
    path = root / "docs" / "trainers.md"
    text = path.read_text(encoding="utf-8")
    for name, tables in TABLES.items():
        pattern = re.compile(rf"(<!-- keys of {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        filled = "\n" + "\n".join(_lines(tables)) + "\n\n"
        text, found = pattern.subn(lambda marks, filled=filled: marks[1] + filled + marks[2], text)
        assert found == 1, f"docs/trainers.md has no place for the keys of {name}"
    return {path: text}


def _lines(tables: Sequence[tuple[str, Sequence[Key]]]) -> Iterator[str]:
    for number, (heading, keys) in enumerate(tables):
        if number:
            yield ""
        yield f"| {heading} | decides | here | |"
        yield "|---|---|---|---|"
        for key in keys:
            yield f"| `{key.name}` | {key.decides} | {key.here} | {key.how} |"
