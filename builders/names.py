"""Names that files give to things: one pattern, so that none of them is a way out of a folder.

Recipes, plans, manifests and run folders name datasets and arms, and folders are called after them. Such a file may
come from anybody.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from builders.errors import InputError, OutputError

PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Letters, digits, dots, underscores and hyphens, and no dot or hyphen in front: no separator, no `..`, no escape code,
nothing that a shell or a table would read as something else."""

LONGEST: Final = 100
"""Characters of a name; file systems take 255 bytes, and we add endings of our own."""

RULE: Final = f"letters, digits, '.', '_' and '-', a letter or digit first, at most {LONGEST} characters"


def is_name(name: str) -> bool:
    """Return whether a text is a name."""
    return len(name) <= LONGEST and re.fullmatch(PATTERN.strip("^$"), name) is not None


def _check(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"{name[:LONGEST]!a} is no name: use {RULE}")
    return name


Name = Annotated[
    str, AfterValidator(_check), Field(json_schema_extra={"pattern": PATTERN, "maxLength": LONGEST})
]
"""A name in a model."""


def below(folder: Path, *names: str) -> Path:
    """Return the place of those names below a folder, and never a place outside it.

    Args:
        folder: The folder.
        names: One name for each level.

    Raises:
        InputError: if one is no name.
        OutputError: if a link below the folder leads out of it.
    """
    for name in names:
        if not is_name(name):
            raise InputError(f"{name[:LONGEST]!a} is no name", where=str(folder), help=f"use {RULE}")
    place = folder.joinpath(*names)
    if not place.resolve().is_relative_to(folder.resolve()):
        raise OutputError("a link leads out of the folder that was asked for", where=str(place))
    return place
