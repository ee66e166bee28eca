"""How many tokens a pass may have: from the memory that is free and what a token keeps for the backward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from experiments.fast.decoder import Frozen
from experiments.training.models import need

MOST: Final = 16384
"""Tokens of a pass beyond which larger matrix products gain nothing."""
_SPARE: Final = 0.85
"""Share of the free memory that is planned with."""
_FAILED_ATTENTION: Final = "mha_graph"
"""cuDNN's attention says so instead of that memory ran out."""


@dataclass
class Room:
    """The limit, which falls where it was too high."""

    tokens: int
    """Tokens of a pass."""
    shared: bool = True
    """Whether runs share passes."""

    def halve(self, used: int) -> None:
        """Take half of what did not fit."""
        self.tokens = max(1, min(self.tokens, used) // 2)


def kept_bytes(frozen: Frozen, *, dropout: bool) -> int:
    """Return the bytes that one token keeps in all layers until the backward pass.

    In units of the hidden size h, with keys and values of size v and an MLP of size m, a layer keeps its two inputs,
    two normed inputs, queries before and behind the rotation, attention's output twice (rows and tokens), keys and
    values twice, and gate, up and their product with what the activation keeps: 8 h + 4 v + 4 m numbers. Dropout
    keeps the thinned inputs of the adapters, too: 6 h + m.
    """
    first = frozen.layers[0].linear
    hidden, inner, values = frozen.embedding.shape[1], first[4][0].shape[0], first[1][0].shape[0]
    numbers = 8 * hidden + 4 * values + 4 * inner
    if dropout:
        numbers += 6 * hidden + inner
    return len(frozen.layers) * numbers * frozen.embedding.element_size()


def adapter_bytes(size: int, element: int) -> int:
    """Return what one run's adapter takes: vector, gradient and two moments in float32, and a pass's copies."""
    return size * (16 + 2 * element)


def room_for(frozen: Frozen, *, runs: int, size: int, dropout: bool) -> tuple[Room, int]:
    """Return how many tokens a pass may have, and how many runs fit beside each other.

    On a CPU a pass is one run's: larger matrix products gain nothing there, and a run's numbers are then the same bits
    alone and beside others.

    Args:
        frozen: The base, in memory.
        runs: Runs that are to be trained.
        size: Numbers of an adapter.
        dropout: Whether inputs are dropped.
    """
    if frozen.device == "cpu":
        return Room(MOST, shared=False), runs
    free = _free()
    each = adapter_bytes(size, frozen.embedding.element_size())
    # At least a third of the memory is for passes.
    fit = max(1, min(runs, int(free * 2 / 3 / each)))
    left = max(0, free * _SPARE - fit * each)
    return Room(max(1, min(MOST, int(left / kept_bytes(frozen, dropout=dropout))))), fit


def _free() -> int:
    torch = need("torch")
    free, _ = torch.cuda.mem_get_info()
    # What torch holds and does not use is free to it, too.
    return free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()


def out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that the GPU's memory ran out, in whatever words; frees what it can if so."""
    torch = need("torch")
    found = isinstance(error, torch.OutOfMemoryError) or (isinstance(error, RuntimeError) and _words(error))
    if found and torch.cuda.is_available():
        torch.cuda.empty_cache()
    return found


def _words(error: Any) -> bool:  # noqa: ANN401
    text = str(error)
    return (
        _FAILED_ATTENTION in text or "out of memory" in text.lower() or "CUBLAS_STATUS_ALLOC_FAILED" in text
    )


def worth_compiling(frozen: Frozen, tokens: int) -> bool:
    """Return whether compiling a layer pays for itself over so many tokens, on a GPU.

    At 7B shapes a token takes 1 / 6,131 s as it is and 1 / 15,410 s compiled, and compiling takes 58 s
    (`docs/gpu.md`); time goes with the parameters.
    """
    layer = sum(weight.numel() for weight, _ in frozen.layers[0].linear)
    parameters = layer * len(frozen.layers)
    saved = tokens * (1 / 6131 - 1 / 15410) * parameters / 6.5e9
    return frozen.device != "cpu" and saved > 58
