"""Dropout whose masks come from a number, not from the state of a generator.

What a mask is depends on the run's seed, the step, the module, the token's place in the step and the feature: the same
alone or beside other runs, in one pass or in several, and again when the backward pass draws it a second time instead
of keeping it. It is the finalizer of Murmur's 32-bit hash, twice.
"""

from __future__ import annotations

from typing import Any

from builders.digest import digest

MODULES = 7
"""Linear modules of a layer."""


def keys(seed: int, step: int, layers: int) -> list[list[int]]:
    """Return one 31-bit number for each module of each layer."""
    text = digest(["dropout", seed, step])
    start = int(text[:16], 16)
    return [
        [
            (start + (layer * MODULES + module + 1) * 0x9E3779B97F4A7C15) >> 16 & 0x7FFFFFFF
            for module in range(MODULES)
        ]
        for layer in range(layers)
    ]


def dropped(x: Any, counter: Any, key: Any, share: float) -> Any:  # noqa: ANN401
    """Return x with a share of its values at zero and the others scaled up.

    Args:
        x: Arms x tokens x features.
        counter: The tokens' numbers, arms x tokens, int32.
        key: One number an arm, int32.
        share: Share that is dropped.
    """
    import torch

    features = torch.arange(x.shape[-1], dtype=torch.int32, device=x.device)
    cell = counter.unsqueeze(-1) * x.shape[-1] + features
    drawn = _mixed(_mixed(cell) ^ key.view(-1, 1, 1)) & 0x7FFFFFFF
    keep = drawn >= int(share * 2**31)
    return torch.where(keep, x * (1 / (1 - share)), torch.zeros((), dtype=x.dtype, device=x.device))


def _mixed(h: Any) -> Any:  # noqa: ANN401
    # int32 arithmetic wraps as unsigned arithmetic does; only the shift has to clear the sign's copies.
    h = h ^ ((h >> 16) & 0xFFFF)
    h = h * (0x85EBCA6B - 2**32)
    h = h ^ ((h >> 13) & 0x7FFFF)
    h = h * (0xC2B2AE35 - 2**32)
    return h ^ ((h >> 16) & 0xFFFF)
