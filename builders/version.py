"""This tool's name and version, asked in one place."""

from __future__ import annotations

from typing import Final

DISTRIBUTION: Final = "confound-auditor"
"""The distribution's name."""


def tool_version() -> str:
    """Return this tool's version; ``0+unknown`` in a checkout that was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+unknown"
