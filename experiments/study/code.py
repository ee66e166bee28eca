"""Which code made something: one digest over the sources of the packages that measure and draw."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from builders.digest import digest

PACKAGES: Final = ("builders", "checks", "experiments")
"""Everything that numbers and figures come from; the command around them is not part of it."""


@cache
def code_digest() -> str:
    """Return the sha256 over these packages' Python files, 64 hex digits: path and content of each, in order."""
    root = Path(__file__).resolve().parents[2]
    files = sorted(path for name in PACKAGES for path in (root / name).rglob("*.py"))
    return digest({path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files})
