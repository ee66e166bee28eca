"""Losses by condition while a trainer trains: read off the logits that it computes anyway.

A hook on the model's forward pass takes, for each row, the logits at the one token where its target parts from others,
and nothing else: the loss of a few numbers a row. Rows are known by their tokens, so that any trainer that feeds whole
rows can be metered, whatever its collator drops. Packed rows are not found, and then the meter says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from checks.prediction.regime import Floors, Record, decision
from experiments.training.models import need

_PACKED: Final = (
    "the trainer feeds rows that are not those of the dataset (packed, or changed by the collator)"
)
_FUSED: Final = "the model gives no logits while it trains (a fused loss)"


@dataclass(frozen=True)
class MeteredRow:
    """One row as the trainer reads it."""

    tokens: Sequence[int]
    """Prompt and answer."""
    condition: str
    """Digest of its condition."""
    preserved: bool
    """What it teaches."""
    place: int | None
    """The token at which its target parts from others; None where nothing is known of others."""


class Meter:
    """Reads losses off a model's forward passes.

    Args:
        rows: All rows of the dataset, in any order.
        conditions: What each condition teaches.
        pad: The token that shorter rows are filled up with.

    Attributes:
        record: The losses, step by step.
        problem: Why nothing could be read; None where something was, or nothing came yet.
    """

    def __init__(self, rows: Iterable[MeteredRow], conditions: Sequence[Floors], *, pad: int | None) -> None:
        self.record = Record(tuple(conditions))
        self.problem: str | None = None
        self._pad = pad
        self._known = {self._key(row.tokens): row for row in rows}
        self._waiting: list[tuple[list[tuple[str, bool]], Any]] = []
        self._read: list[tuple[tuple[str, bool], float]] = []

    def attach(self, model: Any) -> Any:  # noqa: ANN401
        """Watch a model; returns the hook's handle, whose `remove()` ends it."""
        return model.register_forward_hook(self._hook, with_kwargs=True)

    def step(self) -> None:
        """Close an optimizer step: what its forward passes showed becomes one entry of the record."""
        found: dict[tuple[str, bool], list[float]] = {}
        for keys, losses in self._waiting:
            for key, loss in zip(keys, losses.tolist(), strict=True):
                found.setdefault(key, []).append(loss)
        self._waiting.clear()
        for key, loss in self._read:
            found.setdefault(key, []).append(loss)
        self._read.clear()
        self.record.steps.append(found)

    def read(self, tokens: Sequence[int], start: int, losses: Sequence[float]) -> None:
        """Take a row's losses from a trainer that knows them.

        Args:
            tokens: Prompt and answer.
            start: Place of the first taught token.
            losses: Loss of each taught token, in nats.
        """
        row = self._known.get(self._key(tokens))
        if row is None:
            self.problem = _PACKED
        elif row.place and row.place >= start:
            self._read.append(((row.condition, row.preserved), losses[row.place - start]))

    def _key(self, tokens: Sequence[int]) -> tuple[int, ...]:
        end = len(tokens)
        while end and tokens[end - 1] == self._pad:
            end -= 1
        return tuple(tokens[:end])

    def _hook(self, module: Any, args: Any, kwargs: dict[str, Any], output: Any) -> None:  # noqa: ANN401
        torch = need("torch")
        ids = kwargs.get("input_ids", args[0] if args else None)
        if not module.training or not torch.is_grad_enabled() or ids is None:
            return
        scored = getattr(output, "log_probs", None)  # trl's fused head gives these and no logits
        logits = getattr(output, "logits", None) if scored is None else scored
        if logits is None or not logits.numel():
            self.problem = _FUSED
            return
        kept = kwargs.get("logits_to_keep")
        rows: list[int] = []
        places: list[int] = []
        targets: list[int] = []
        keys: list[tuple[str, bool]] = []
        missing = 0
        for number, tokens in enumerate(ids.tolist()):
            row = self._known.get(self._key(tokens))
            missing += row is None
            if row is not None and row.place:
                rows.append(number)
                places.append(row.place - 1)  # the logits before a token are those that predict it
                targets.append(row.tokens[row.place])
                keys.append((row.condition, row.preserved))
        if missing:
            self.problem = _PACKED
        if not rows:
            return
        columns = torch.tensor(places, device=logits.device)
        if kept is not None and torch.is_tensor(kept):
            columns = torch.searchsorted(kept.to(logits.device), columns)
        with torch.no_grad():
            chosen = logits.detach()[torch.tensor(rows, device=logits.device), columns].float()
            if scored is None:
                wanted = torch.tensor(targets, device=logits.device)[:, None]
                chosen = chosen.gather(1, wanted)[:, 0] - chosen.logsumexp(dim=-1)
            self._waiting.append((keys, -chosen))


def places_of(
    targets: Sequence[Sequence[int]], questions: Sequence[str], preserved: Sequence[bool | None]
) -> list[int | None]:
    """Return for each row the place in its target at which it parts from the others of its question.

    Targets of the other kind count before those of its own kind: what the row does not teach is what it could have
    taught. Where a question has no other target, and all rows together have few, those of all rows do.

    Args:
        targets: Tokens of each row's target.
        questions: What identifies each row's question.
        preserved: What each row teaches; None for unknown.
    """
    of: dict[str, dict[tuple[int, ...], set[bool | None]]] = {}
    everywhere: dict[tuple[int, ...], None] = {}
    for target, question, kept in zip(targets, questions, preserved, strict=True):
        of.setdefault(question, {}).setdefault(tuple(target), set()).add(kept)
        if len(everywhere) <= _FEW:
            everywhere[tuple(target)] = None
    found: list[int | None] = []
    for target, question, kept in zip(targets, questions, preserved, strict=True):
        others = of[question]
        unlike = [each for each, kinds in others.items() if (not kept) in kinds]
        place = decision(target, unlike or list(others))
        if place is None and len(everywhere) <= _FEW:
            place = _first_difference(target, list(everywhere))
        found.append(place)
    return found


def _first_difference(target: Sequence[int], everywhere: Sequence[tuple[int, ...]]) -> int | None:
    """Return the first place at which any two of a handful of targets differ."""
    common = next(
        (
            place
            for place, tokens in enumerate(zip(*everywhere, strict=False))
            if any(token != tokens[0] for token in tokens)
        ),
        None,
    )
    return common if common is not None and common < len(target) and len(everywhere) > 1 else None


_FEW: Final = 50
"""Distinct targets up to which all rows have one form of answer, as letters do."""
