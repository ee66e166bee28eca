"""Seeds are ruled out as an explanation, and there is one seed.

## What it finds

"Not seed variance", "robust across seeds" and the like in a write-up that says it used one seed, or whose runs have
one.

## Why it matters

What varies between seeds cannot be seen with one. The difference may be far larger than seeds can make; then that
has to be argued from other runs, and not from these.

## Example

"an 80.9pp causal effect of those 100 anchors, not of training-set size, not of seed variance" beside "seed 42 only".

## What to do

Run more seeds, or say that seeds were not varied and what earlier runs suggest.

## Limits

Finds a fixed set of phrases. Silent where the number of seeds is not known.

## References

* `checks.stats.over_seeds`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Remark, WriteUp

_RULED_OUT = re.compile(
    r"\bnot\s+(?:just\s+|merely\s+|due to\s+|of\s+|from\s+|a matter of\s+|explained by\s+)?(?:the\s+)?seed(?:-to-seed)?"
    r"\s+(?:variance|variation|noise|effects?)\b"
    r"|\b(?:robust|stable|consistent|replicates?)\s+(?:across|over|to)\s+(?:all\s+|different\s+|the\s+)?seeds?\b",
    re.IGNORECASE,
)
_ONE_SEED = re.compile(
    r"\b(?:single|one)[- ]seed\b|\bseed\s+\d+\s+only\b|\bonly\s+(?:one|a single)\s+seed\b|\bseed\s*\|\s*\d+\s*\(single",
    re.IGNORECASE,
)


def one_seed(writeup: WriteUp) -> int | None:
    """Return where the text says that there was one seed; None where it does not."""
    for block in writeup.document.prose:
        match = _ONE_SEED.search(block.text)
        if match and not re.search(
            r"\b(?:not|never|than|beyond|no)\s+(?:an?\s+|the\s+)?$", block.text[: match.start()]
        ):
            return block.start + match.start()
    return None


@check(code="WRT012", name="unmeasured-variance", severity="warning", since="0.1.0")
def unmeasured_variance(writeup: WriteUp) -> Iterator[Remark]:
    """Yield one remark per statement that rules seeds out."""
    said = one_seed(writeup)
    seeds = writeup.facts.seeds
    if said is None and len(seeds) != 1:
        return
    line = (
        f"line {writeup.document.line_at(said)}"
        if said is not None
        else f"seed {min(seeds)} in all runs given"
    )
    for block in writeup.document.prose:
        for match in _RULED_OUT.finditer(block.text):
            before = block.text[max(0, match.start() - 60) : match.start()]
            if re.search(r"\b(?:whether|if|cannot|can't|to check|would)\b[^.]*$", before, re.IGNORECASE):
                continue
            at = block.start + match.start()
            yield Remark(
                (at,) if said is None else (at, said),
                f"seeds are ruled out (`{match.group()}`), and there is one seed ({line}): how much they vary was not "
                "measured",
                "run more seeds, or say that they were not varied",
            )
