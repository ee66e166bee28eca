"""Arms are said to differ in one thing alone, and their rows stand in another order, too.

## What it finds

"The only difference is which 100 examples were dropped", "everything constant except ..." of arms whose shared rows are
shuffled with different seeds.

## Why it matters

With one epoch order or batch composition a model may come out differently. Where an arm has one seed, a second
difference cannot be told from the first.

## Example

Arms 0a and 0b share 600 rows; one was shuffled by seed 542, the other by 742, and the text names one seed, 42.

## What to do

Shuffle sibling arms by one seed, or name both.

## Limits

Needs the recipes (`--issue`). Says nothing of arms that share no rows.

## References

* [order-differs](order-differs.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_ALONE = re.compile(
    r"\bonly\s+difference\b|\b(?:hold(?:s|ing)?\s+)?everything\s+(?:else\s+)?(?:is\s+)?(?:held\s+)?constant\s+except\b"
    r"|\bdiffer\s+only\s+in\b|\bidentical\s+(?:except|but|apart)\b|\ball\s+else\s+(?:being\s+)?equal\b",
    re.IGNORECASE,
)


@check(code="WRT027", name="undisclosed-order", severity="note", since="0.2.0")
def undisclosed_order(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark for all statements that leave the order out."""
    own = writeup.facts.own
    pairs = [
        (first, second)
        for place, first in enumerate(own)
        for second in own[place + 1 :]
        if first.family == second.family and first.shared.get(second.name) and first.rows == second.rows
    ]
    places: list[int] = []
    told: list[str] = []
    for block in writeup.document.prose:
        match = _ALONE.search(block.text)
        if match is None:
            continue
        at, words = block.start + match.start(), match.group()
        named = [pair for pair in pairs if all(_names(block.text, each.aliases) for each in pair)]
        if not named:
            yield Compared(at, words, "cannot be checked", "which arms are meant is not known")
            continue
        apart = [pair for pair in named if pair[1].name in pair[0].reordered]
        yield Compared(at, words, "disagrees" if apart else "agrees", "the order of the shared rows")
        if apart:
            first, second = apart[0]
            places.append(at)
            told.append(f"the {first.shared[second.name]:,} rows that {first.name} and {second.name} share")
    if places:
        yield Remark(
            tuple(places),
            f"one difference alone is stated, and {told[0]} stand in another order in each",
            "shuffle sibling arms by one seed, or name both",
        )


def _names(text: str, aliases: tuple[str, ...]) -> bool:
    return any(re.search(rf"(?<![\w-]){re.escape(alias)}(?![\w-])", text) for alias in aliases if alias)
