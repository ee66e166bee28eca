"""Two arms are said to train on the same rows, and they share fewer.

## What it finds

"Train on the same N examples" of arms that have N rows each and share fewer than N.

## Why it matters

A size-matched control differs from its sibling by the rows that were swapped. "The same N" hides that, and with it the
question whether what was dropped in one arm matters.

## Example

"The two conditions train on the same 700 examples": one lacks 100 anchors, the other 100 bystanders; they share 600.

## What to do

Say how many rows are shared and which are not: `audit diff A B`.

## Limits

Needs both arms' rows, from a past issue or `--data`. Silent where any two arms of that size share all rows.

## References

* [unexplained-rows](unexplained-rows.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.numbers import parse_number
from checks.wrt.remark import Compared, Remark, WriteUp

_SAME = re.compile(
    r"\btrain(?:s|ed|ing)?\s+on\s+(?:exactly\s+)?the\s+same\s+(?P<rows>\d[\d,]{0,14})(?:\s+training)?\s+"
    r"(?:examples|rows|samples|items)",
    re.IGNORECASE,
)


@check(code="WRT018", name="shared-rows-mismatch", severity="warning", since="0.1.0")
def shared_rows_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per statement that every pair of such arms contradicts."""
    for block in writeup.document.prose:
        for match in _SAME.finditer(block.text):
            number = parse_number(match["rows"])
            at = block.start + match.start()
            own = [each for each in writeup.facts.own if number is not None and each.rows == number.value]
            pairs = [
                (first, second, first.shared[second.name])
                for place, first in enumerate(own)
                for second in own[place + 1 :]
                if second.name in first.shared and first.family == second.family
            ]
            if not pairs or number is None:
                yield Compared(at, match.group(), "cannot be checked", "no two arms of that size are known")
                continue
            first, second, most = max(pairs, key=lambda each: each[2])
            same = most >= number.value
            truth = f"{first.name} and {second.name} share {most:,} of {first.rows:,} rows"
            yield Compared(at, match.group(), "agrees" if same else "disagrees", truth)
            if not same:
                yield Remark(
                    (at,),
                    f"the arms are said to train on the same {first.rows:,} examples; {truth}",
                    "say which rows differ: audit diff",
                )
