"""What stands beside a dataset and says how it was made: manifest, card, recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builders.dataset import Manifest


@dataclass(frozen=True)
class Documents:
    """The papers of a dataset that was read and not composed here."""

    manifest: Manifest | None = None
    """What `audit build` wrote beside the rows; None where there is none."""
    rows_match: bool | None = None
    """Whether the rows are those that the manifest was written for; None without a manifest."""
    card: str | None = None
    """Name of the dataset card or info file; None where there is none."""
    card_rows: int | None = None
    """How many rows it says that there are; None where it does not say."""
    repeats: bool = False
    """Whether the recipe asks for rows more than once."""
    in_memory: bool = False
    """Whether the rows are a table in memory or came through a pipe, so that nothing can stand beside them."""
