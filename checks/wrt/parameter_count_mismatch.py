"""A number of parameters that the architecture does not give.

## What it finds

"N trainable parameters" that is not what the adapter's rank and the model's dimensions come to, and "N parameters" in
parentheses behind the model's name that is not the model's size.

## Why it matters

The number says how large the intervention is. At a third of its true size, the adapter looks too small to have
overwritten what it overwrote.

## Example

"LoRA, ~25M trainable params: r=32, all-linear" on Qwen2.5-7B: rank 32 on seven modules of 28 layers is
28 x 32 x 90,112 = 80,740,352.

## What to do

Take the number from the training log, or from the card of the run.

## Limits

Knows decoders of the Llama family by their dimensions, and adapters on all seven linear modules.

## References

* Hu et al., LoRA (2021), section 4.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from checks.core.registry import check
from checks.wrt.numbers import NUMBER, Number, numbers_in, parse_number, shown
from checks.wrt.remark import Compared, Remark, WriteUp

_COUNT = rf"(?P<count>(?:~|≈|about )?\s?{NUMBER}\s?(?:[kKMB]|million|billion|thousand)?)"
_TRAINABLE = re.compile(rf"{_COUNT}\s+trainable\s+param(?:eter)?s?", re.IGNORECASE)
_TRAINABLE_KEY = re.compile(rf"\btrainable\s+param(?:eter)?s?\s*(?:=|:|\|)\s*{_COUNT}", re.IGNORECASE)
_MODEL = re.compile(rf"\({_COUNT}\s+param(?:eter)?s?\)", re.IGNORECASE)


@check(code="WRT007", name="parameter-count-mismatch", severity="warning", since="0.1.0")
def parameter_count_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per stated count that is not the recomputed one."""
    dimensions = writeup.facts.dimensions
    trained = _trained(writeup)
    for at, number in _found(writeup, _TRAINABLE, _TRAINABLE_KEY):
        if trained is None:
            what = "dimensions, rank and targets are not all known"
            yield Compared(at, f"{number.text} trainable parameters", "cannot be checked", what)
            continue
        truth, how = trained
        verdict = number.compare(truth)
        if verdict == "disagrees" and _corrected(writeup, at, truth):
            verdict, how = "cannot be checked", "the right number stands beside it"
        yield Compared(at, f"{number.text} trainable parameters", verdict, f"{truth:,} ({how})")
        if verdict == "disagrees":
            yield Remark(
                (at,),
                f"{number.text} trainable parameters are stated; there are {truth:,} ({how})",
                f"write {shown(Fraction(truth, 10**6), digits=1)}M",
            )
    for at, number in _found(writeup, _MODEL):
        if dimensions is None:
            yield Compared(at, number.text, "cannot be checked", "the model's dimensions are not known")
            continue
        truth = dimensions.parameters()
        verdict = number.compare(truth)
        yield Compared(at, f"{number.text} parameters", verdict, f"{truth:,}")
        # Texts name several models: a size that is not this one's may be another's.
        if verdict == "disagrees" and _names_the_model(writeup, at):
            yield Remark(
                (at,), f"{number.text} parameters are stated; the model has {truth:,}", "correct the number"
            )


def _trained(writeup: WriteUp) -> tuple[int, str] | None:
    """Return how many parameters were trained and how that is known: as the run counted them, or from dimensions."""
    settings, dimensions = writeup.facts.settings, writeup.facts.dimensions
    measured, rank, targets = (settings.get(name) for name in ("trainable parameters", "rank", "targets"))
    if measured is not None:
        return int(measured.value), measured.origin
    linear = targets is not None and str(targets.value).replace("_", "-") == "all-linear"
    if dimensions is None or rank is None or not linear:
        return None
    truth = dimensions.lora_parameters(int(rank.value))
    each = truth // (dimensions.layers * int(rank.value))
    return (
        truth,
        f"rank {rank.value} on all seven linear modules: {dimensions.layers} layers x {rank.value} x {each:,}",
    )


def _corrected(writeup: WriteUp, at: int, truth: int) -> bool:
    """Return whether the paragraph also has the right number: it then is about the wrong one."""
    block = next((each for each in writeup.document.prose if each.start <= at < each.end), None)
    return block is not None and any(number.value == truth for _, number in numbers_in(block.text))


def _found(writeup: WriteUp, *patterns: re.Pattern[str]) -> Iterator[tuple[int, Number]]:
    for block in writeup.document.prose:
        for pattern in patterns:
            for match in pattern.finditer(block.text):
                number = parse_number(match["count"])
                if number is not None:
                    yield block.start + match.start("count"), number


def _names_the_model(writeup: WriteUp, at: int) -> bool:
    model = writeup.facts.settings.get("model")
    if model is None:
        return False
    name = str(model.value).rpartition("/")[2]
    return writeup.document.text[max(0, at - 1 - len(name) - 1) : at].rstrip(" (").endswith(name)
