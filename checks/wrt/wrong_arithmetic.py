"""Arithmetic in the text that does not come out.

## What it finds

Counts beside their percentage (`k/N = x%`, `x% (k/N)`, `k of N questions (x%)`), products, sums and quotients with
their result, and differences with their two numbers (`from x% to y%, z points`, `x → y (-z%)`, `a gap of z points (x
vs y)`) whose parts do not give the stated result, rounding allowed for.

## Why it matters

A number that cannot be right from the numbers beside it was copied from another run, or typed by hand. Either way a
reader no longer knows which of them the conclusion rests on.

## Example

"492/586 = 84.6%": it is 84.0%.

## What to do

Recompute it, and print such numbers from the results.

## Limits

Only what is written as arithmetic is recomputed, and only if every numeral of it is read whole; the rest is listed as
not checked: factors in brackets, ranges, bounds, units that would have to be converted. `seed=42` behind a product is
a setting and no result. A product in parentheses counts as the number's only behind words such as "batch size" or
"total". Differences of rounded numbers may be off by the rounding. What another number of the sentence explains is
not called wrong. Quotations are somebody else's.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.differences import judged_differences
from checks.wrt.expressions import judged_expressions
from checks.wrt.remark import Compared, Remark, WriteUp
from checks.wrt.shares import judged_shares
from checks.wrt.tokens import LONGEST, tokens

_MAY_HOLD = re.compile(
    r"[0-9][^=≈%→>×]{0,400}?(?:[=≈%→×(]|->|=>|\bp(?:p|oints?|ercent)\b|[ -]points?\b|[ x]\s?[0-9])"
)
"""What no arithmetic is without, so that most sentences are not taken apart."""


@check(code="WRT004", name="wrong-arithmetic", severity="error", since="0.1.0")
def wrong_arithmetic(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield a reading for every piece of arithmetic, and a remark where it does not come out."""
    for sentence in writeup.document.sentences:
        if len(sentence.text) > LONGEST:
            why = f"a sentence of {len(sentence.text):,} characters is not read"
            yield Compared(sentence.start, sentence.text[:40], "cannot be checked", why)
            continue
        if not _MAY_HOLD.search(sentence.text):
            continue
        found = tokens(sentence.text)
        judged = [*judged_shares(found), *judged_expressions(found), *judged_differences(found)]
        for each in sorted(judged, key=lambda one: one.start):
            at, said = sentence.start + each.start, sentence.text[each.start : each.end].strip()
            yield Compared(at, said, each.verdict, each.against)
            if each.verdict == "disagrees":
                yield Remark(
                    (at,),
                    f"`{said}` does not come out: {each.against}",
                    "recompute it, and print such numbers from the results",
                    confidence="certain" if each.certain else "likely",
                )
