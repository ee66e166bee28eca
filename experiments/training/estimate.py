"""What a plan will take, before it takes it: rough, from counts and measured rates (`docs/gpu.md`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from experiments.study.prepare import Job
from experiments.training.models import ModelSource
from experiments.training.sft import steps_of

GPU_FLOPS: Final = 59e12
"""Achieved by the published settings on one H100 at Qwen2.5-7B's shape: 1.87 s for 16 rows of 112 tokens, at
8 operations a parameter and token. An H200 took 1.43 s (`docs/gpu.md`), and fast training takes far less."""
CPU_FLOPS: Final = 25e9
"""The same of the embedded model, for one thread of a server's CPU."""
TOKENS_A_CHARACTER: Final = 0.3
"""A rendered character in tokens, between the embedded tokenizer's 0.29 and Qwen's on ARC-Challenge."""

_SHAPES: Final[dict[str, dict[str, Any]]] = {
    "Qwen/Qwen2.5-7B-Instruct": {
        "vocab_size": 152064,
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "tie_word_embeddings": False,
    }
}


@dataclass(frozen=True)
class Estimate:
    """What one run of an arm takes; None where the model's shape is not known without fetching it."""

    steps: int
    """Optimizer steps."""
    parameters: int | None
    """Parameters of the model."""
    trainable: int | None
    """Parameters of the adapter."""
    gpu_seconds: float | None
    """Training on one H100-class GPU, in seconds."""
    cpu_seconds: float | None
    """Training on one CPU thread, in seconds."""
    memory_gb: float | None
    """Peak memory of training on a GPU in bfloat16 with gradient checkpointing, in units of 1e9 bytes."""


def estimate(job: Job, source: ModelSource) -> Estimate:
    """Return what one run of an arm takes, from its rows' characters and the model's configuration."""
    steps = steps_of(len(job.rows), job.config)
    shape = _shape(source)
    if shape is None:
        return Estimate(steps, None, None, None, None, None)
    parameters, trainable = _parameters(shape), _adapter(shape, job.config.lora.r)
    characters = sum(
        len(m["content"] or "") for row in job.rows for m in (*row["prompt"], *row["completion"])
    )
    tokens = job.config.training.epochs * TOKENS_A_CHARACTER * (characters + 90 * len(job.rows))
    row_tokens = tokens / job.config.training.epochs / len(job.rows)
    # Forward, forward again under checkpointing, backward through activations: 2 + 2 + 4 operations.
    batch = job.config.training.batch_per_device
    logits = batch * row_tokens * shape["vocab_size"] * 4 * 2
    kept = batch * row_tokens * shape["hidden_size"] * 2 * shape["num_hidden_layers"]
    return Estimate(
        steps=steps,
        parameters=parameters,
        trainable=trainable,
        gpu_seconds=8 * parameters * tokens / GPU_FLOPS,
        cpu_seconds=6 * parameters * tokens / CPU_FLOPS,
        memory_gb=(2 * parameters + 16 * trainable + logits + kept) / 1e9,
    )


def _shape(source: ModelSource) -> dict[str, Any] | None:
    if source.gguf:
        return None
    config = Path(source.location) / "config.json"
    if config.is_file():
        said = json.loads(config.read_text(encoding="utf-8"))
        return said if "num_attention_heads" in said and "intermediate_size" in said else None
    return _SHAPES.get(source.location)


def _parameters(shape: dict[str, Any]) -> int:
    hidden, inner = shape["hidden_size"], shape["intermediate_size"]
    kv = (
        hidden
        // shape["num_attention_heads"]
        * shape.get("num_key_value_heads", shape["num_attention_heads"])
    )
    layer = 2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * inner
    heads = 1 if shape.get("tie_word_embeddings") else 2
    return int(shape["num_hidden_layers"] * layer + heads * shape["vocab_size"] * hidden)


def _adapter(shape: dict[str, Any], rank: int) -> int:
    """Return r (inputs + outputs) for each of the seven linear modules of a layer."""
    hidden, inner = shape["hidden_size"], shape["intermediate_size"]
    kv = (
        hidden
        // shape["num_attention_heads"]
        * shape.get("num_key_value_heads", shape["num_attention_heads"])
    )
    layer = 2 * (hidden + hidden) + 2 * (hidden + kv) + 3 * (hidden + inner)
    return int(shape["num_hidden_layers"] * layer * rank)
