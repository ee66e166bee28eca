"""A hyperparameter that is not the one the run was made with.

## What it finds

Values of rank, alpha, dropout, rsLoRA, learning rate, schedule, warm-up, epochs, batch, accumulation, maximum
length, weight decay and seed that differ from the configuration, the past issue or the run results.

## Why it matters

Whoever repeats the experiment sets what the text says. A maximum length of 2048 where the code passes 1024 changes
which rows are cut and what fits in memory, and nobody notices until the numbers differ.

## Example

The write-up says `max_seq_length = 2048`; the code passes `max_length = 1024`.

## What to do

Print the card from the run folder instead of writing it by hand.

## Limits

A value counts as wrong only in a paragraph or table that states three hyperparameters or more, and only if no other
such place states the right one. Ranges and sets are not read. A lone value elsewhere is listed as not checked.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.numbers import Verdict
from checks.wrt.remark import Compared, Remark, WriteUp
from checks.wrt.settings import Stated, compare_setting, stated_settings


@check(code="WRT006", name="hyperparameter-mismatch", severity="warning", since="0.1.0")
def hyperparameter_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per hyperparameter and wrong value, with every place that states it."""
    groups: dict[str, list[Stated]] = defaultdict(list)
    for stated in stated_settings(writeup.document):
        groups[stated.setting.name].append(stated)
    for name, statements in groups.items():
        known = writeup.facts.settings.get(name)
        if known is None:
            for stated in statements:
                yield Compared(stated.at, stated.text, "cannot be checked", f"no {name} is known")
            continue
        verdicts: list[Verdict] = [compare_setting(stated, known.value) for stated in statements]
        right = any(
            stated.dense and verdict == "agrees" for stated, verdict in zip(statements, verdicts, strict=True)
        )
        wrong: dict[str, list[int]] = defaultdict(list)
        for stated, verdict in zip(statements, verdicts, strict=True):
            if verdict == "disagrees" and (right or not stated.dense):
                yield Compared(stated.at, stated.text, "cannot be checked", "it may be about another run")
                continue
            yield Compared(stated.at, stated.text, verdict, f"{name} {known.value} ({known.origin})")
            if verdict == "disagrees":
                wrong[stated.value].append(stated.at)
        for value, places in wrong.items():
            yield Remark(
                tuple(places),
                f"{name} is given as {value}, and the run was made with {known.value} ({known.origin})",
                "print the reproducibility card from the run instead of writing it by hand",
            )
