"""Score prompts in few passes: no padding, what all prompts begin with once, and every wanted position in one pass.

Where a model may open the parenthesis again, that token stands behind each prompt in the same pass: causal attention
keeps it from what comes before it. Logits are taken at those two positions alone, and of them only the labels' leave
the device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from experiments.evaluation.evaluate import Look, Prompt
from experiments.fast.adapters import AdapterPlan
from experiments.fast.decoder import MODULES, Decoder
from experiments.fast.layout import PassRow, lay_out
from experiments.fast.memory import out_of_memory
from experiments.training.models import need


class Scorer:
    """A base with an adapter or without, as `experiments.evaluation` asks it."""

    def __init__(
        self,
        decoder: Decoder,
        *,
        batch_tokens: int,
        plan: AdapterPlan | None = None,
        vector: Any = None,  # noqa: ANN401
    ) -> None:
        """Take a base and an adapter.

        Args:
            decoder: The base.
            batch_tokens: Tokens of one pass.
            plan: What the adapter consists of; None for the base alone.
            vector: The adapter.
        """
        self._decoder = Decoder(decoder.frozen)
        self._tokens = batch_tokens
        frozen = decoder.frozen
        if plan is None:
            self._pairs = [(None,) * len(MODULES)] * len(frozen.layers)
            self._shape = frozen.shape()
        else:
            stack = vector.detach().to(frozen.embedding.device, frozen.dtype).unsqueeze(0)
            self._pairs = plan.pairs(stack)
            self._shape = frozen.shape(plan.scale)

    def look(self, prompts: Sequence[Prompt], then: int | None) -> list[Look]:
        """Return what is said behind each prompt, in their order."""
        prefix = _prefix(prompts)
        found: dict[int, Look] = {}
        for batch in self._batches(prompts, len(prefix)):
            for prompt, look in zip(batch, self._batch(batch, prefix, then), strict=True):
                found[prompt.place] = look
        return [found[prompt.place] for prompt in prompts]

    def _batches(self, prompts: Sequence[Prompt], before: int) -> Iterator[list[Prompt]]:
        batch: list[Prompt] = []
        size = 0
        for prompt in sorted(prompts, key=lambda each: (-len(each.tokens), each.place)):
            own = len(prompt.tokens) - before + 1
            if batch and size + own > self._tokens:
                yield batch
                batch, size = [], 0
            batch.append(prompt)
            size += own
        if batch:
            yield batch

    def _batch(self, batch: list[Prompt], prefix: list[int], then: int | None) -> list[Look]:
        try:
            return self._pass(batch, prefix, then)
        except Exception as error:
            if len(batch) == 1 or not out_of_memory(error):
                raise
        self._tokens = max(1, self._tokens // 2)
        half = len(batch) // 2
        return self._batch(batch[:half], prefix, then) + self._batch(batch[half:], prefix, then)

    def _pass(self, batch: list[Prompt], prefix: list[int], then: int | None) -> list[Look]:
        torch = need("torch")
        frozen = self._decoder.frozen
        rows: list[PassRow] = []
        for prompt in batch:
            tokens = prompt.tokens[len(prefix) :]
            last = len(tokens) - 1
            if then is None:
                rows.append(PassRow(tokens, (last,)))
            else:
                rows.append(PassRow([*tokens, then], (last, last + 1)))
        layout = lay_out([rows], device=frozen.device, prefix=prefix)
        with torch.inference_mode():
            hidden = self._decoder(layout, self._pairs, self._shape)[0]
            said = torch.nn.functional.linear(hidden, frozen.head).float().log_softmax(-1)
            said = said.view(len(batch), -1, said.shape[-1])
            most = max(len(prompt.label_tokens) for prompt in batch)
            wanted = [
                [*prompt.label_tokens, *([then or 0] * (most + 1 - len(prompt.label_tokens)))]
                for prompt in batch
            ]
            index = torch.tensor(wanted, device=said.device).unsqueeze(1).expand(-1, said.shape[1], -1)
            values = said.gather(-1, index).tolist()
        found: list[Look] = []
        for prompt, positions in zip(batch, values, strict=True):
            count = len(prompt.label_tokens)
            labels = tuple(positions[0][:count])
            if then is None:
                found.append(Look(labels))
            else:
                found.append(Look(labels, positions[0][most], tuple(positions[1][:count])))
        return found


def _prefix(prompts: Sequence[Prompt]) -> list[int]:
    """Return the tokens that all prompts begin with, leaving each at least one of its own."""
    if len(prompts) < 2:
        return []
    first, last = (pick(prompt.tokens for prompt in prompts) for pick in (min, max))
    size = min(len(prompt.tokens) for prompt in prompts) - 1
    # What the first and the last in order have in common, all between them have.
    parted = (n for n, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: min(size, next(parted, size))]
