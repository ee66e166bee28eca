"""This tool's name and version, asked in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "confound-auditor"
"""The distribution's name."""


def extra_help(extra: str) -> str:
    """Return the command that installs an extra: from the checkout that runs, as long as there is no release."""
    root = Path(__file__).parents[1]
    if not (root / "pyproject.toml").is_file():
        return f"pip install '{DISTRIBUTION}[{extra}]'"
    return f"pip install '{'.' if root == Path.cwd() else root}[{extra}]'"


def tool_version() -> str:
    """Return this tool's version; ``0+unknown`` in a checkout that was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+unknown"
