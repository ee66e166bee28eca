"""Time our training and evaluation on a GPU at Qwen2.5-7B's shape, with random weights: no download needed.

    python benchmarks/gpu_steps.py --json steps.json

Random weights take the same time and memory as trained ones, and nothing that they answer means anything.
Rows are 112 random tokens, of which the last 4 carry loss: the mean length of issue 96's rows under Qwen's
tokenizer, as measured on ARC-Challenge.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from builders.questions import load_bank, split
from experiments.evaluation.evaluate import score_questions
from experiments.training.config import make_config
from experiments.training.device import choose_device, versions
from experiments.training.models import find_model, load_tokenizer, need
from experiments.training.preflight import EncodedRow
from experiments.training.sft import Controls, Step, train

SHAPE = {
    "vocab_size": 152064,
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": False,
}
"""Qwen2.5-7B's configuration, as its model card gives it."""

VARIANTS: dict[str, dict[str, Any]] = {
    "published: 4 x 4, gradient checkpointing": {},
    "4 x 4, no checkpointing": {"gradient_checkpointing": "off"},
    "1 x 16, no checkpointing": {"gradient_checkpointing": "off", "batch_per_device": 16, "accumulation": 1},
}


def new_model(layers: int | None) -> Any:
    """Return a random model of the shape, on the GPU in bfloat16."""
    torch, transformers = need("torch"), need("transformers")
    shape = SHAPE | ({"num_hidden_layers": layers} if layers else {})
    config = transformers.Qwen2Config(**shape, rope_parameters={"rope_type": "default", "rope_theta": 1e6})
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            return transformers.Qwen2ForCausalLM(config)
    finally:
        torch.set_default_dtype(torch.float32)


def time_training(model: Any, tokenizer: Any, overrides: dict[str, Any], steps: int) -> dict[str, Any]:
    """Return seconds a step (median, the first two left out), peak memory and tokens a second."""
    torch = need("torch")
    config = make_config({"training": {"epochs": 1, **overrides}})
    rng = random.Random(0)
    rows = [EncodedRow([rng.randrange(3, 3000) for _ in range(112)], 108) for _ in range(16 * steps)]
    at: list[float] = []

    def on_step(_: Step) -> None:
        torch.cuda.synchronize()
        at.append(time.perf_counter())

    torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder:
        trained = train(
            model,
            tokenizer,
            rows,
            config,
            seed=0,
            folder=Path(folder),
            device=choose_device(config.training),
            controls=Controls(on_step=on_step),
        )
    each = [later - earlier for earlier, later in itertools.pairwise(at[1:])]
    second = statistics.median(each)
    return {
        "seconds_a_step": round(second, 3),
        "spread": [round(min(each), 3), round(max(each), 3)],
        "tokens_a_second": round(16 * 112 / second),
        "peak_memory_gb": round(torch.cuda.max_memory_allocated() / 1e9, 1),
        "trainable": trained.trainable,
        "parameters": trained.parameters,
        "steps": trained.steps,
    }


def time_evaluation(model: Any, tokenizer: Any) -> dict[str, Any]:
    """Return seconds for 586 questions in batches, and a question's seconds one at a time."""
    torch = need("torch")
    bank = load_bank()
    questions = [bank.questions[index] for index in split(bank).eval]
    score_questions(model, tokenizer, questions[:64], [])  # warm-up
    torch.cuda.synchronize()
    start = time.perf_counter()
    score_questions(model, tokenizer, questions, [])
    batched = time.perf_counter() - start
    start = time.perf_counter()
    score_questions(model, tokenizer, questions[:100], [], batch_tokens=1)
    single = (time.perf_counter() - start) / 100
    return {
        "questions": len(questions),
        "batched_seconds": round(batched, 2),
        "one_at_a_time_seconds": round(single * len(questions), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=12, help="optimizer steps of each variant")
    parser.add_argument("--layers", type=int, help="fewer layers, to try the script on a small GPU")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    torch = need("torch")
    if not torch.cuda.is_available():
        raise SystemExit("a GPU with bfloat16 and 30 GB of memory or more is needed")
    tokenizer = load_tokenizer(find_model("organism"))
    found: dict[str, Any] = {"device": torch.cuda.get_device_name(), "versions": versions()}
    model = new_model(arguments.layers)
    found["evaluation"] = time_evaluation(model.eval(), tokenizer)
    print(json.dumps(found), flush=True)
    for name, overrides in VARIANTS.items():
        torch.cuda.empty_cache()
        model = model or new_model(arguments.layers)
        found[name] = time_training(model, tokenizer, overrides, arguments.steps)
        print(name, json.dumps(found[name]), flush=True)
        model = None  # peft put its layers into it
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
