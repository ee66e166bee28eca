"""Leave out of a forward pass what nothing reads: the last layer's MLP where no logits are taken.

An MLP works on each position by itself, and of the last layer's only those positions go on that logits are computed
at. Of a short prompt that is one position in eighty. The results are the same (tests hold losses and scores to the
whole pass); on a CPU, where the embedded model's time goes into its matrices, a sixth of most of them is saved.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@contextmanager
def last_mlp_at(model: Any, positions: torch.Tensor | slice) -> Generator[None]:  # noqa: ANN401
    """Compute the last layer's MLP at some positions alone, for as long as the block runs.

    Args:
        model: A causal language model of transformers, with an adapter or without. One whose layers are not where
            they commonly are is left as it is.
        positions: The positions whose logits are computed, an index of the sequence's dimension.
    """
    mlp = _last_mlp(model)
    if mlp is None:
        yield
        return
    shape: list[torch.Size] = []

    def narrow(_: Any, args: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:  # noqa: ANN401
        shape.append(args[0].shape)
        return (args[0][:, positions], *args[1:])

    def widen(_: Any, __: Any, output: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
        whole = output.new_zeros(shape.pop())
        whole[:, positions] = output
        return whole

    handles = [mlp.register_forward_pre_hook(narrow), mlp.register_forward_hook(widen)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _last_mlp(model: Any) -> Any | None:  # noqa: ANN401
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    layers = getattr(getattr(plain, "model", None), "layers", None)
    return getattr(layers[-1], "mlp", None) if layers is not None and len(layers) else None
