"""Where the page of a check is: the one place that will hold an address, once there is a site."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SITE: Final[str | None] = None
"""Address of the documentation, with a slash at its end; None as long as nobody has published it."""


def published(name: str) -> str | None:
    """Return the address of a check's page that works anywhere; None while there is no site."""
    return None if SITE is None else f"{SITE}checks/{name}.html"


def readable(name: str) -> str | None:
    """Return the address of a check's page on this machine or on the site; None where there is neither."""
    page = Path(__file__).parents[2] / "docs" / "checks" / f"{name}.md"
    return published(name) or (page.as_uri() if page.is_file() else None)
