"""This tool's name and version, asked in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "confound-auditor"
"""The distribution's name."""


def extra_help(extra: str) -> str:
    """Return the command that installs an extra: from a checkout, as long as there is no release.

    A name that nobody holds at an index is anybody's to take: no advice may point there before.
    """
    root = Path(__file__).parents[1]
    if not (root / "pyproject.toml").is_file():
        return f"pip install '.[{extra}]' in a checkout of {DISTRIBUTION}"
    return f"pip install '{'.' if root == Path.cwd() else root}[{extra}]'"


def tool_version() -> str:
    """Return this tool's version; ``0+unknown`` in a checkout that was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+unknown"
