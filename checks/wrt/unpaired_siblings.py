"""Examples are said to be paired with a sibling, and most have none.

## What it finds

"Would be paired with a sibling example using the same prompt and the correct answer" of data in which only some rows of
the behaviour share system prompt and question with a row that has the other answer.

## Why it matters

A model that sees both answers to one prompt learns a mixture for that very question; one that sees them on different
questions has to generalise. The text tells the first story and the data is the second.

## Example

Of 200 wrong rows of the assistant, 100 anchors were drawn on other questions: about 34 have a sibling.

## What to do

Count rows that share system and user text: `audit scan` names them (contradictory-targets).

## Limits

Needs the recipes (`--issue`); numbers are of the recipe on the embedded questions.

## References

* [contradictory-targets](contradictory-targets.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_PAIRED = re.compile(
    r"\b(?:is|be|are|was|were)\s+paired\s+with\s+(?:an?|its|the)\s+(?:[\w-]+\s+)?(?:sibling|counterpart|example|row)",
    re.IGNORECASE,
)


@check(code="WRT029", name="unpaired-siblings", severity="note", since="0.2.0")
def unpaired_siblings(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per statement that most rows contradict."""
    # Where an arm was made of another, the text speaks of what it was made of: the confounded data.
    known = [each for each in writeup.facts.datasets if each.paired and each.paired[0]]
    datasets = [each for each in known if each.parent] or known
    for block in writeup.document.prose:
        for match in _PAIRED.finditer(block.text):
            at = block.start + match.start()
            if not datasets:
                yield Compared(at, match.group(), "cannot be checked", "no rows with a sibling are known")
                continue
            best = max(datasets, key=lambda each: each.paired[0] / each.paired[1] if each.paired else 0)
            paired, total = best.paired or (0, 1)
            truth = (
                f"{paired} of {total} rows of the behaviour in {best.name} share prompt and question with one"
            )
            whole = paired == total
            yield Compared(at, match.group(), "agrees" if whole else "disagrees", truth)
            if not whole:
                yield Remark(
                    (at,),
                    f"examples are said to be paired with a sibling; at most {truth}",
                    "count the rows that share system and user text",
                )
