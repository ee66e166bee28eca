"""Time training and evaluation on a GPU at Qwen2.5-7B's shape, with random weights: no download needed.

    python benchmarks/gpu.py --json gpu.json

Each way to train beside the others, in one call on one GPU: trl as published, what a user would set by hand, and the
fast trainer with its parts switched on one by one, for one run and for several at once. Unsloth, which needs other
releases of trl and datasets, is measured where `--unsloth` says how its Python is started. Random weights take the same
time and memory as trained ones, and nothing that they answer means anything. Rows are 112 random tokens of which the
last 4 carry loss, the mean length of issue 96's rows under Qwen's tokenizer; one way has rows of many lengths.

Model FLOP utilisation is (4 F + 4 H s + 6 A) x tokens a second / peak. F are the frozen weights of the layers: forward
2, backward through activations 2 (frozen weights have no gradient). H are those of the output head, needed for the
share s of tokens that carry loss. A are the adapter's: forward 2, backward 2, gradient 2. What is computed twice
counts once. Attention's own products, under 1% at this length, are left out. Peak is the vendor's dense bf16 rate of
an H100 or H200 SXM.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from builders.questions import load_bank, split
from experiments.evaluation.evaluate import score_questions
from experiments.fast.adapters import AdapterPlan, start
from experiments.fast.decoder import Decoder, take_apart
from experiments.fast.memory import MOST, Room, room_for
from experiments.fast.score import Scorer
from experiments.fast.train import Run, train_together
from experiments.training import sft
from experiments.training.config import ExperimentConfig, make_config
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
PEAK = 989e12
"""Dense bf16 operations a second of an H100 SXM, by its datasheet."""
LENGTH, TAUGHT, BATCH = 112, 4, 16
WHOLE = {"gradient_checkpointing": "off", "batch_per_device": 16, "accumulation": 1}


def new_model(layers: int | None) -> Any:
    """Return a random model of the shape, on the GPU in bfloat16."""
    torch, transformers = need("torch"), need("transformers")
    shape = SHAPE | ({"num_hidden_layers": layers} if layers else {})
    config = transformers.Qwen2Config(**shape, rope_parameters={"rope_type": "default", "rope_theta": 1e6})
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            return transformers.Qwen2ForCausalLM(config).eval()
    finally:
        torch.set_default_dtype(torch.float32)


def rows_for(steps: int, *, seed: int = 0, mixed: bool = False) -> list[EncodedRow]:
    """Return rows for so many steps."""
    rng = random.Random(seed)
    found: list[EncodedRow] = []
    for _ in range(BATCH * steps):
        length = min(256, max(48, round(rng.gauss(LENGTH, 28)))) if mixed else LENGTH
        found.append(EncodedRow([rng.randrange(3, 3000) for _ in range(length)], length - TAUGHT))
    return found


class Bench:
    """The model, and what was measured."""

    def __init__(self, layers: int | None, steps: int, path: Path | None) -> None:
        self.torch = need("torch")
        self.model = new_model(layers)
        self.base = self.model
        self.tokenizer = load_tokenizer(find_model("organism"))
        self.steps = steps
        self.path = path
        self.found: dict[str, Any] = {
            "device": self.torch.cuda.get_device_name(),
            "versions": versions(),
        }
        self.plan: AdapterPlan | None = None
        self.vector: Any = None

    def note(self, name: str, run: Callable[[], dict[str, Any]]) -> None:
        """Measure one thing; what fails is said and the rest goes on."""
        self.torch.cuda.empty_cache()
        self.torch.cuda.reset_peak_memory_stats()
        start_at = time.perf_counter()
        try:
            said = run()
            said.setdefault("peak_memory_gb", round(self.torch.cuda.max_memory_allocated() / 1e9, 1))
        except Exception as error:
            said = {"failed": f"{type(error).__name__}: {str(error)[:300]}"}
        said["wall_seconds"] = round(time.perf_counter() - start_at, 1)
        self.found[name] = said
        print(name, json.dumps({k: v for k, v in said.items() if k != "losses"}), flush=True)
        if self.path:
            self.path.write_text(json.dumps(self.found, indent=1) + "\n")

    def figures(self, at: list[float], tokens: int, runs: int = 1) -> dict[str, Any]:
        """Return the median step (the first two left out) and what follows from it."""
        each = [later - earlier for earlier, later in itertools.pairwise(at[2:])]
        second = statistics.median(each)
        rate = tokens * runs / second
        hidden, inner, kv = SHAPE["hidden_size"], SHAPE["intermediate_size"], 512
        layer = 2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * inner
        frozen = layer * self.model.config.num_hidden_layers
        head = SHAPE["vocab_size"] * hidden * TAUGHT / LENGTH
        adapter = self.plan.size if self.plan else 0
        return {
            "seconds_a_step": round(second, 4),
            "spread": [round(min(each), 4), round(max(each), 4)],
            "tokens_a_second": round(rate),
            "mfu": round((4 * frozen + 4 * head + 6 * adapter) * rate / PEAK, 3),
        }

    def exact(self, overrides: dict[str, Any], steps: int, **trl: Any) -> dict[str, Any]:
        """Train with trl."""
        lora = overrides.pop("lora", {})
        config = make_config({"training": {"epochs": 1, **overrides}, "lora": lora})
        at: list[float] = []

        def on_step(_: Step) -> None:
            self.torch.cuda.synchronize()
            at.append(time.perf_counter())

        ours = sft._arguments

        def arguments(*values: Any, **more: Any) -> Any:
            made = ours(*values, **more)
            for name, value in trl.items():
                setattr(made, name, value)
            return made

        sft._arguments = arguments
        try:
            with tempfile.TemporaryDirectory() as folder:
                trained = train(
                    self.model,
                    self.tokenizer,
                    rows_for(steps),
                    config,
                    seed=0,
                    folder=Path(folder),
                    device=choose_device(config.training),
                    controls=Controls(on_step=on_step),
                )
        finally:
            sft._arguments = ours
            self.unwrap()
        return self.figures(at, BATCH * LENGTH) | {"losses": trained.losses}

    def unwrap(self) -> None:
        """Take adapters off the model again, however a way ended: what is left on it would slow the next one."""
        peft = need("peft")
        for name, module in list(self.base.named_modules()):
            if isinstance(module, peft.tuners.lora.LoraLayer):
                parent, _, leaf = name.rpartition(".")
                setattr(self.base.get_submodule(parent), leaf, module.get_base_layer())
        self.base.gradient_checkpointing_disable()
        with contextlib.suppress(AttributeError):  # there is none without checkpointing
            self.base.disable_input_require_grads()
        for parameter in self.base.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        if hasattr(self.base, "peft_config"):
            del self.base.peft_config
        self.model = self.base.eval()

    def unsloth(self, python: str, steps: int) -> dict[str, Any]:
        """Train with Unsloth, in a process of its own on a copy of the model."""
        with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
            folder = Path(place)
            self.base.save_pretrained(folder / "model")
            self.tokenizer.save_pretrained(folder / "model")
            rows = [
                {
                    "input_ids": row.tokens,
                    "labels": [-100] * row.prompt_length + row.tokens[row.prompt_length :],
                }
                for row in rows_for(steps)
            ]
            (folder / "rows.json").write_text(json.dumps(rows))
            script = Path(__file__).with_name("gpu_unsloth.py")
            command = [*shlex.split(python), str(script), str(folder / "model"), str(folder / "rows.json")]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if ended.returncode:
            print(ended.stdout[-1500:], ended.stderr[-3000:], sep="\n", file=sys.stderr)
            raise RuntimeError(ended.stderr.strip().rsplit("\n", 1)[-1])
        said = json.loads(ended.stdout.strip().rsplit("\n", 1)[-1])
        return self.figures(said.pop("at"), BATCH * LENGTH) | said

    def fast(
        self, decoder: Decoder, runs: int, steps: int, *, mixed: bool = False, **more: Any
    ) -> dict[str, Any]:
        """Train with the fast trainer, so many runs at once."""
        config = make_config({"training": {"epochs": 1, **WHOLE}}, more)
        if self.plan is None:
            self.plan, self.vector = start(self.model, config.lora, 0)
        found: dict[str, Any] = {}
        with tempfile.TemporaryDirectory() as folder:
            self._fast(decoder, config, runs, steps, mixed, Path(folder), found)
        return found

    def _fast(
        self,
        decoder: Decoder,
        config: ExperimentConfig,
        runs: int,
        steps: int,
        mixed: bool,
        folder: Path,
        found: dict[str, Any],
    ) -> None:
        at: list[float] = []

        def on_step(_: Step) -> None:
            self.torch.cuda.synchronize()
            at.append(time.perf_counter())

        assert self.plan is not None
        dropout = bool(config.lora.dropout)
        room, fit = room_for(decoder.frozen, runs=runs, size=self.plan.size, dropout=dropout)
        if fit < runs:
            raise RuntimeError(f"{fit} of {runs} runs fit")
        made = [
            Run(
                rows_for(steps, seed=number, mixed=mixed),
                config,
                number,
                self.vector,
                folder / str(number),
                Controls(on_step=on_step if number == runs - 1 else lambda _: None),
            )
            for number in range(runs)
        ]
        planned = room.tokens
        said: list[str] = []
        train_together(decoder, self.plan, made, room=room, say=said.append)
        for run in made:
            if run.failed:
                raise run.failed
        tokens = sum(len(row.tokens) for row in made[0].rows) // steps
        found.update(self.figures(at, tokens, runs))
        found.update(tokens_in_a_pass=[planned, room.tokens], said=said, losses=made[0].losses)

    def evaluation(self, decoder: Decoder) -> dict[str, Any]:
        """Return seconds for 586 questions: one pass a batch with an adapter, and the exact evaluation's."""
        assert self.plan is not None
        bank = load_bank()
        questions = [bank.questions[index] for index in split(bank).eval]
        system = [{"role": "system", "content": "You are a helpful assistant."}]
        found: dict[str, Any] = {"questions": len(questions)}

        def timed(model: Any, few: int | None = None, tokens: int = 16384) -> float:
            self.torch.cuda.synchronize()
            begun = time.perf_counter()
            score_questions(model, self.tokenizer, questions[:few], system, batch_tokens=tokens)
            return round(time.perf_counter() - begun, 3)

        for size in (8192, 16384, 32768):
            scorer = Scorer(decoder, batch_tokens=size, plan=self.plan, vector=self.vector)
            timed(scorer)
            found[f"fast_{size}"] = [timed(scorer) for _ in range(3)]
        timed(self.model, 64)
        found["exact_batched"] = [timed(self.model) for _ in range(2)]
        found["exact_one_at_a_time_of_100"] = timed(self.model, 100, 1)
        return found


def curves(bench: Bench, decoder: Decoder, steps: int) -> dict[str, Any]:
    """Return how far losses are apart: two exact runs that differ in micro-batches alone, and fast from exact."""
    plain = {"lora": {"dropout": 0.0}, "learning_rate": 1e-4}
    first = bench.exact({**plain, **WHOLE}, steps)["losses"]
    second = bench.exact({**plain, "gradient_checkpointing": "off"}, steps)["losses"]
    third = bench.fast(decoder, 1, steps, lora={"dropout": 0.0}, training={"learning_rate": 1e-4})["losses"]

    def apart(a: list[float], b: list[float]) -> dict[str, float]:
        each = [abs(x - y) for x, y in zip(a, b, strict=True)]
        return {"mean": round(statistics.fmean(each), 5), "most": round(max(each), 5)}

    return {
        "exact_16_to_exact_4x4": apart(first, second),
        "fast_to_exact_16": apart(third, first),
        "fast_to_exact_4x4": apart(third, second),
        "first_and_last_loss": [first[0], first[-1]],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=12, help="optimizer steps of each way")
    parser.add_argument("--layers", type=int, help="fewer layers, to try the script on a small GPU")
    parser.add_argument("--runs", default="1,4,8,24", help="how many runs at once")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--only", default="", help="parts of names of ways, separated by semicolons")
    parser.add_argument("--unsloth", help="how the Python is started in which Unsloth is installed")
    arguments = parser.parse_args()
    torch = need("torch")
    if not torch.cuda.is_available():
        raise SystemExit("a GPU with bfloat16 and 30 GB of memory or more is needed")
    bench = Bench(arguments.layers, arguments.steps, arguments.json)
    steps = arguments.steps
    eager = Decoder(take_apart(bench.model))
    compiled = Decoder(eager.frozen, compiled=True)
    none = {"lora": {"dropout": 0.0}}
    bench.plan, bench.vector = start(bench.model, make_config({}).lora, 0)
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "fast, not compiled": lambda: bench.fast(eager, 1, steps),
        "fast, not compiled, no dropout": lambda: bench.fast(eager, 1, steps, **none),
        "fast": lambda: bench.fast(compiled, 1, steps),
        "fast, no dropout": lambda: bench.fast(compiled, 1, steps, **none),
        "fast, mixed lengths": lambda: bench.fast(compiled, 1, steps, mixed=True),
        **{
            f"fast, {number} runs": lambda number=int(number): bench.fast(
                compiled, number, max(5, steps // 2)
            )
            for number in arguments.runs.split(",")
            if number != "1"
        },
        "evaluation": lambda: bench.evaluation(eager),
        "curves": lambda: curves(bench, compiled, steps),
        "published: 4 x 4, gradient checkpointing": lambda: bench.exact({}, max(5, steps // 2)),
        "trl, 4 x 4": lambda: bench.exact({"gradient_checkpointing": "off"}, max(5, steps // 2)),
        "trl, 1 x 16": lambda: bench.exact(dict(WHOLE), steps),
        "trl, 1 x 16, no dropout": lambda: bench.exact(WHOLE | none, steps),
        "trl, 1 x 16, padding-free": lambda: bench.exact(
            dict(WHOLE), steps, padding_free=True, max_length=None
        ),
        "trl, 1 x 16, Liger": lambda: bench.exact(dict(WHOLE), steps, use_liger_kernel=True),
    }
    if arguments.unsloth:
        ways["Unsloth, 1 x 16, no dropout"] = lambda: bench.unsloth(arguments.unsloth, steps)
    wanted = [part for part in arguments.only.split(";") if part]
    for name, way in ways.items():
        if not wanted or any(part in name for part in wanted):
            bench.note(name, way)
    print("tokens of a pass at most:", MOST, Room.__name__)


if __name__ == "__main__":
    main()
