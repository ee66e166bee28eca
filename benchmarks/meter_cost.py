"""What reading losses by condition costs a training step: forward and backward passes with and without the meter.

    python benchmarks/meter_cost.py [--model organism] [--batch 8] [--turns 4]

Batches of issue 100's rows go through the model with and without the meter in turns; processor time of each on a CPU,
time between two synchronisations on a GPU. Printed are the medians, their ratio, and what the meter's own hook takes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from builders.questions import load_bank
from builders.templates import load_template
from experiments.study.gate import audit_rows
from experiments.study.issue import load_issue
from experiments.training.models import find_model, load_model, load_tokenizer, need
from experiments.training.preflight import encode_rows
from experiments.training.regimes import meter_of

ROWS = 64


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="organism")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--turns", type=int, default=4)
    arguments = parser.parse_args()
    torch = need("torch")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    source = find_model(arguments.model)
    tokenizer = load_tokenizer(source)
    rows = [
        dict(row)
        for row in load_issue("issue-100").compose("exp0_0b", load_bank(), load_template()).rows[:ROWS]
    ]
    encoded, _ = encode_rows(rows, tokenizer, max_length=1024)
    report = audit_rows("issue-100/exp0_0b", rows, load_template(), "wrong_option").report
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    model = load_model(source, dtype=dtype, device=device).train()
    pad = tokenizer.pad_token_id
    batches = []
    for first in range(0, ROWS, arguments.batch):
        some = [row.tokens for row in encoded[first : first + arguments.batch]]
        longest = max(map(len, some))
        batches.append(torch.tensor([each + [pad] * (longest - len(each)) for each in some], device=device))
    meter = meter_of(rows, encoded, report, pad=pad)

    def timed(work: Callable[[], object]) -> float:
        if device == "cuda":
            torch.cuda.synchronize()
        clock = time.perf_counter if device == "cuda" else time.process_time
        begun = clock()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        return clock() - begun

    def step(ids: object, *, metered: bool) -> None:
        model(input_ids=ids, labels=ids).loss.backward()
        model.zero_grad()
        if metered:
            meter.step()

    taken: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(arguments.turns):
        for metered in (False, True) if turn % 2 else (True, False):
            watched = meter.attach(model) if metered else None
            taken[metered] += [timed(lambda ids=ids, m=metered: step(ids, metered=m)) for ids in batches]
            if watched is not None:
                watched.remove()
    plain, read = (statistics.median(taken[metered]) for metered in (False, True))
    output = model(input_ids=batches[0])
    alone = (
        timed(lambda: [meter._hook(model, (), {"input_ids": batches[0]}, output) for _ in range(100)]) / 100
    )
    print(f"{arguments.model} on {device}, {len(taken[True])} steps of {arguments.batch} rows each way")
    print(f"step without {1000 * plain:.2f} ms, with {1000 * read:.2f} ms: ratio {read / plain:.4f}")
    print(f"the hook alone {1000 * alone:.3f} ms: {alone / plain:.2%} of a step")
    return 0


if __name__ == "__main__":
    sys.exit(main())
