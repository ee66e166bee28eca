"""Time what the embedded model's settings save on a CPU: each beside what it replaces, in turns, on one thread.

    python benchmarks/cpu_steps.py

Training: a step with and without dropout, and with trl's own loss, which scores every position. Evaluation: the 586
questions with an adapter, in batches that fit a core's cache and in larger ones. Medians over the turns; a ratio over 1
is time saved.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from experiments.evaluation.measure import measure
from experiments.study.plan import load_plan, plan_folder
from experiments.study.prepare import prepare
from experiments.training import sft
from experiments.training.config import ExperimentConfig
from experiments.training.device import choose_device, versions
from experiments.training.models import find_model, load_model, load_tokenizer, need
from experiments.training.preflight import EncodedRow, encode_rows

WARM = 3
"""Steps that are left out of each turn."""


class _EnoughError(Exception):
    """The turn has its steps."""


def step_seconds(rows: list[EncodedRow], config: ExperimentConfig, steps: int) -> list[float]:
    """Return the seconds of each step after the first few."""
    source, device = find_model("organism"), choose_device(config.training)
    at: list[float] = []

    def on_step(_: sft.Step) -> None:
        at.append(time.perf_counter())
        if len(at) > WARM + steps:
            raise _EnoughError

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(_EnoughError):
        sft.train(
            load_model(source, dtype=device.dtype, device=device.kind),
            load_tokenizer(source),
            rows,
            config,
            seed=0,
            folder=Path(folder),
            device=device,
            controls=sft.Controls(on_step=on_step),
        )
    return [later - earlier for earlier, later in itertools.pairwise(at[WARM:])]


def in_turns(
    new: Callable[[], list[float]], old: Callable[[], list[float]], turns: int
) -> tuple[float, float]:
    """Return the medians of both over turns that alternate."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns):
        found[0].extend(new())
        found[1].extend(old())
    return statistics.median(found[0]), statistics.median(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=20, help="timed steps of each turn")
    parser.add_argument("--turns", type=int, default=3, help="turns of each kind")
    arguments = parser.parse_args()
    torch = need("torch")
    torch.set_num_threads(1)
    source, plan = find_model("organism"), load_plan("issue-100")
    (job,) = prepare(plan, plan.chosen([], ["exp0_0a"]), source, base=plan_folder("issue-100"))
    tokenizer = load_tokenizer(source)
    rows, _ = encode_rows(job.rows, tokenizer, max_length=job.config.training.max_length)
    model = (
        need("peft")
        .get_peft_model(
            load_model(source, dtype=torch.float32, device="cpu"),
            need("peft").LoraConfig(r=job.config.lora.r, target_modules="all-linear", task_type="CAUSAL_LM"),
        )
        .eval()
    )

    def trained(dropout: float, *, all_positions: bool = False) -> list[float]:
        lora = job.config.lora.model_copy(update={"dropout": dropout})
        config = job.config.model_copy(update={"lora": lora})
        ours = sft._trainer_class
        if all_positions:
            sft._trainer_class = lambda _: need("trl").SFTTrainer
        try:
            return step_seconds(rows, config, arguments.steps)
        finally:
            sft._trainer_class = ours

    def evaluated(tokens: int) -> list[float]:
        evaluation = job.config.evaluation.model_copy(update={"batch_tokens": tokens})
        one = replace(job, config=job.config.model_copy(update={"evaluation": evaluation}))
        start = time.perf_counter()
        measure(one, model, tokenizer, one.questions, one.own)
        return [time.perf_counter() - start]

    print(f"versions: {versions()}")
    for name, unit, new, old in (
        ("no dropout / dropout 0.05", "a step", lambda: trained(0.0), lambda: trained(0.05)),
        ("taught positions / all", "a step", lambda: trained(0.0), lambda: trained(0.0, all_positions=True)),
        (
            "batches of 2,048 tokens / 16,384",
            "586 questions",
            lambda: evaluated(2048),
            lambda: evaluated(16384),
        ),
    ):
        fast, slow = in_turns(new, old, arguments.turns)
        print(f"{name}: {fast:.3f} s / {slow:.3f} s {unit}: ratio {slow / fast:.2f}", flush=True)


if __name__ == "__main__":
    main()
