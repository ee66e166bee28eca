"""The ways to take a confound out of data, and which options go together."""

from __future__ import annotations

from typing import Literal

from builders.errors import InputError

Strategy = Literal["drop", "move", "balance"]
"""What happens to the anchor negatives: they go, they go under another prompt, or every source gets its share."""


def check_strategy(strategy: Strategy, *, mend: bool, control: bool, move_to: str | None) -> None:
    """Raise if options do not go together.

    Args:
        strategy: What is to be done.
        mend: Whether anything is to be mended.
        control: Whether a size-matched control is asked for.
        move_to: The system text to move rows to.

    Raises:
        InputError: if one of them is in vain or cannot be.
    """
    if strategy != "drop" and not mend:
        raise InputError("says how to deconfound", where=f"--strategy {strategy}", help="add --deconfound")
    if strategy != "drop" and control:
        raise InputError(
            f"`{strategy}` leaves as many rows as there were: what it starts from is its size-matched control",
            where="--size-matched",
            help="compare with the data as it is, or use --strategy drop",
        )
    if move_to is not None and strategy != "move":
        raise InputError("says where rows are moved to", where="--move-to", help="add --strategy move")
