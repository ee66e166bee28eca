"""The tables of what other trainers' files say, in `docs/trainers.md`: from the readers' own tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from builders.readers.trainers import axolotl_keys, llamafactory_keys, swift_keys, trl_keys
from builders.readers.trainers.keys import Key

TABLES: dict[str, tuple[tuple[str, Sequence[Key]], ...]] = {
    "llamafactory": (
        ("entry of `dataset_info.json`", llamafactory_keys.ENTRY),
        ("its `columns`", llamafactory_keys.COLUMNS),
        ("its `tags`", llamafactory_keys.TAGS),
        ("training file", llamafactory_keys.TRAINING),
    ),
    "trl": (("column", trl_keys.COLUMNS), ("argument", trl_keys.ARGUMENTS)),
    "axolotl": (
        ("entry of `datasets`", axolotl_keys.ENTRY),
        ("its `type`, a table", axolotl_keys.TYPE),
        ("config", axolotl_keys.CONFIG),
    ),
    "swift": (("column", swift_keys.COLUMNS), ("argument", swift_keys.CONFIG)),
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
    """Yield one table: somebody who looks for a setting need not know whose it is."""
    yield "| setting | of | decides | here | |"
    yield "|---|---|---|---|---|"
    for heading, keys in tables:
        for key in keys:
            yield f"| `{key.name}` | {heading} | {key.decides} | {key.here} | {key.how} |"
