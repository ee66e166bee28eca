"""What is known before training about how a condition's rows are learnt and how they are asked for.

Everything may be unknown. What is unknown is not guessed: the prediction then speaks of a mixture that is learnt, or
of none (`checks.core.predictor`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

Loss = Literal["answer", "conversation", "ending", "marker", "slot", "preference"]
"""Tokens that carry loss: the whole answer; prompts, too; the answer's last tokens; the marker's own tokens, so that
nothing is taught about where to begin it; the one slot where the answers part. Or one answer against another."""

Adapter = Literal["lora", "full"]
"""Whether an adapter is trained, or all weights."""

USUAL_SCALE: Final = 64 / 32**0.5
"""What LoRA's update is multiplied by in the runs that were fitted to: alpha 64, rank 32, rank-stabilised."""

USUAL_WIDTH: Final = 3584
"""Hidden size of Qwen2.5-7B, the model of the published arms."""

_MEAN_RATE: Final = 0.5
"""Mean of a learning rate that falls to zero by cosine or linearly, as a share of its peak."""


@dataclass(frozen=True)
class Training:
    """How a dataset is trained on; None is "not known" everywhere."""

    learning_rate: float | None = None
    """Peak learning rate of an Adam-like optimiser."""
    epochs: float | None = None
    """Passes over the rows."""
    batch: int | None = None
    """Rows in one optimiser step."""
    constant_rate: bool = False
    """Whether the learning rate stays at its peak; else it falls to zero."""
    adapter: Adapter | None = "lora"
    """What is trained."""
    scale: float | None = USUAL_SCALE
    """What a LoRA update is multiplied by: alpha / rank, or alpha / sqrt(rank) where it is rank-stabilised."""
    width: int | None = None
    """The model's hidden size."""
    loss: Loss | None = "answer"
    """Tokens that carry loss."""
    from_base: bool = True
    """Whether it starts from the model as published, and not from one that was trained on such data before."""

    @property
    def known(self) -> bool:
        """Whether a dose can be said."""
        return None not in (self.learning_rate, self.epochs, self.batch, self.width, self.scale)

    def dose(self, rows: float) -> float:
        """Return how far a condition's own rows move the model, in the unit of the published arms.

        Learning rate times the optimiser steps that the rows fill. Adam's steps are of about one size, so their number
        times the rate is how far weights move. What that does to an answer rises with the update's scale and with the
        hidden size, over which it is summed (G. Yang et al., Tensor Programs V, 2022).

        Args:
            rows: Rows of the condition, a count.

        Raises:
            ValueError: if something that it needs is not known.
        """
        rate, epochs, batch, width, scale = (
            self.learning_rate,
            self.epochs,
            self.batch,
            self.width,
            self.scale,
        )
        if rate is None or epochs is None or batch is None or width is None or scale is None:
            raise ValueError("a dose needs learning rate, epochs, rows a step, hidden size and scale")
        mean = 1.0 if self.constant_rate else _MEAN_RATE
        return (
            rate * rows * epochs / batch * (mean / _MEAN_RATE) * (width / USUAL_WIDTH) * (scale / USUAL_SCALE)
        )


@dataclass(frozen=True)
class Asked:
    """How the answers are asked for and read after training; None is "not known"."""

    same_format: bool | None = None
    """Whether the evaluation's user turn is worded as the training rows' are."""
    majority: bool = True
    """Whether an answer is the likeliest one (greedy, argmax), so that a rate counts questions; else it is sampled or a
    probability, so that a rate is one."""
    temperature: float = 1.0
    """Temperature of sampling."""
    base_accuracy: float | None = None
    """Share of preserved answers before training, asked in this very format."""
    label_mass: float | None = None
    """Mean probability of all labels together before training, in this very format."""


@dataclass(frozen=True)
class Known:
    """What is known of a condition beside its counts; nothing by default."""

    training: Training | None = None
    """How it is trained."""
    asked: Asked = field(default_factory=Asked)
    """How it is asked after training."""
    questions: int | None = None
    """Distinct questions that its rows are about."""
    answer_tokens: float | None = None
    """Mean number of tokens in its answers."""
    favoured: float | None = None
    """Share of the questions offering it as a distractor that are taught the favoured wrong letter, where letters are
    not spread evenly over distractors (letter-skew); None where they are, or nobody looked."""
    rendered: bool = True
    """Whether the chat template renders its rows: what it refuses is not trained."""


NOTHING = Known()
"""Counts alone."""


def lora_scale(alpha: float, rank: int, *, stabilised: bool) -> float:
    """Return what a LoRA update is multiplied by: alpha / rank, or alpha / sqrt(rank) where it is rank-stabilised."""
    return alpha / (rank**0.5 if stabilised else rank)


_SIZE = re.compile(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?)\s*([BM])(?![A-Za-z0-9])", re.IGNORECASE)


def width_of(model: str) -> int | None:
    """Return about the hidden size of a model by the number of parameters in its name, or None where it says none.

    Hidden sizes of Qwen2.5 (0.5B 896, 1.5B 1536, 7B 3584, 72B 8192) and SmolLM2 (135M 576) follow the power law
    through the smallest and the 7B one to about a quarter.
    """
    sizes = _SIZE.findall(model.rsplit("/", 1)[-1])
    if len(sizes) != 1:
        return None
    number, unit = sizes[0]
    millions = float(number) * (1000 if unit.upper() == "B" else 1)
    return round(576 * (millions / 135) ** 0.4595) if millions > 0 else None
