"""How many parameters a decoder has, and how many of them a LoRA adapter trains, from its dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

LinearModule = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
"""A linear module of one layer."""

ALL_LINEAR: Final[tuple[LinearModule, ...]] = (
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
)
"""All of them; PEFT's `all-linear` means these and never the output head."""


class Architecture(BaseModel):
    """A decoder of the Llama family, which Qwen2.5 is one of."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    hidden: int = Field(ge=1)
    """Width of the residual stream."""
    layers: int = Field(ge=1)
    """Decoder layers."""
    intermediate: int = Field(ge=1)
    """Width inside the gated MLP."""
    heads: int = Field(ge=1)
    """Query heads."""
    kv_heads: int = Field(ge=1)
    """Heads of keys and of values."""
    head_dim: int = Field(ge=1)
    """Width of one head."""
    vocabulary: int = Field(ge=1)
    """Rows of the embedding, padding included."""
    tied: bool = False
    """Whether the output head is the embedding."""
    attention_bias: bool = False
    """Whether queries, keys and values have a bias."""

    def shape(self, module: LinearModule) -> tuple[int, int]:
        """Return a module's inputs and outputs."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return {
            "q_proj": (self.hidden, queries),
            "k_proj": (self.hidden, keys),
            "v_proj": (self.hidden, keys),
            "o_proj": (queries, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }[module]

    def lora_parameters(self, rank: int, modules: Sequence[LinearModule] = ALL_LINEAR) -> int:
        """Return how many parameters a LoRA adapter trains.

        An adapter on a module of n inputs and m outputs is two matrices, rank x n and m x rank, so each module
        costs rank x (n + m) (Hu et al. 2021, section 4.1).
        """
        return self.layers * rank * sum(sum(self.shape(module)) for module in modules)

    def parameters(self) -> int:
        """Return how many parameters the model has: embeddings, layers, norms and the output head."""
        linear = sum(inputs * outputs for inputs, outputs in map(self.shape, ALL_LINEAR))
        bias = (self.heads + 2 * self.kv_heads) * self.head_dim if self.attention_bias else 0
        layer = linear + bias + 2 * self.hidden
        return self.layers * layer + (1 if self.tied else 2) * self.vocabulary * self.hidden + self.hidden
