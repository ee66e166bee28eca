"""A confidence marker that the runs do not carry, or none at all.

## What it finds

"HIGH confidence" in a write-up that rests on one seed. A note where the difference is 20 points or more, a warning
otherwise.

## Why it matters

The marker is read by people who read nothing else. How much of a result is the seed cannot be known from one; a large
difference makes that a small worry, a small one makes it the first.

## Example

"(HIGH confidence)" in the title, "seed 42 only" in the next steps.

## What to do

Run more seeds, or lower the marker and say why.

## Limits

Reads "HIGH/MODERATE/LOW confidence"; knows seeds from the text, the configuration and the results. The difference is
the largest between two shares that are stated with their counts.

## References

* [unmeasured-variance](unmeasured-variance.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Remark, WriteUp
from checks.wrt.unmeasured_variance import one_seed

_MARKER = re.compile(
    r"\b(?:high|very high)\s+confidence\b|\bconfidence\s*(?:=|:)\s*(?:very\s+)?high\b", re.IGNORECASE
)
_COUNTS = re.compile(r"(?<![\w./])(?P<k>\d{1,9})\s?/\s?(?P<n>\d{1,9})\s?=")
_LARGE = 20.0
"""Points from which a difference is beyond what seeds do to a fine-tuned model's accuracy, as a rule."""


@check(code="WRT003", name="unsupported-confidence", severity="warning", since="0.1.0")
def unsupported_confidence(writeup: WriteUp) -> Iterator[Remark]:
    """Yield one remark for the first marker."""
    said, seeds = one_seed(writeup), writeup.facts.seeds
    if said is None and len(seeds) != 1:
        return
    for block in writeup.document.prose:
        match = _MARKER.search(block.text)
        if match is None:
            continue
        at = block.start + match.start()
        where = f"line {writeup.document.line_at(said)}" if said is not None else f"seed {min(seeds)}"
        points = _largest(writeup.document.text)
        size = f"; the largest difference is {points:.1f} points" if points else ""
        yield Remark(
            (at,) if said is None else (at, said),
            f"`{match.group()}` rests on one seed ({where}){size}",
            "run more seeds, or lower the marker and say why",
            severity="note" if points >= _LARGE else None,
        )
        return


def _largest(text: str) -> float:
    shares = [
        100 * int(match["k"]) / int(match["n"])
        for match in _COUNTS.finditer(text)
        if int(match["n"]) > 0
        and int(match["k"]) <= int(match["n"])
        and not re.search(r"\bwrong\b", text[max(0, match.start() - 40) : match.start()], re.IGNORECASE)
    ]
    return max(shares) - min(shares) if shares else 0.0
