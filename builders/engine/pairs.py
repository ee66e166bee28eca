"""What is wrong with the pairs of answers of a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PairFaults:
    """Pairs that teach something else than which answer is better: rows by their numbers in the frame."""

    equal: tuple[int, ...] = field(default=())
    """Rows whose two sides are the same."""
    apart: tuple[int, ...] = field(default=())
    """Rows whose sides stand under different prompts, a system prompt included."""
    inside: tuple[int, ...] = field(default=())
    """Rows whose answers begin with the row's own prompt, which is there already."""
