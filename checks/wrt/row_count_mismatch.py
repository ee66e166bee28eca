"""A number of training rows that no dataset has.

## What it finds

"N_train = 700" and "trains on 700 examples" where every arm is known, as in a past issue, and none has that many rows.
Numbers of evaluation questions are compared, too, and never called wrong: a text speaks of more than one set.

## Why it matters

The size is what a size-matched control is matched on.

## Example

"N_train = 600" for arms of 700 rows.

## What to do

Print the count from the manifest.

## Limits

A number that any of the arms has counts as right, whichever arm the sentence is about.

## References

* [unmatched-size](unmatched-size.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.plural import listed
from checks.core.registry import check
from checks.wrt.numbers import NUMBER, parse_number
from checks.wrt.remark import Compared, Remark, WriteUp

_ROWS = re.compile(
    rf"\bN_?train\s*=\s*(?P<key>{NUMBER})|\btrain(?:s|ed)?\s+on\s+(?:the\s+same\s+)?(?P<words>{NUMBER})"
    r"\s+(?:training\s+)?(?:examples|rows)",
    re.IGNORECASE,
)
_QUESTIONS = re.compile(
    rf"(?P<words>{NUMBER})[- ](?:held-out\s+)?questions?\b|(?<![\w_])N\s*=\s*(?P<key>{NUMBER})"
)


@check(code="WRT020", name="row-count-mismatch", severity="warning", since="0.1.0")
def row_count_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per number of rows that no arm has."""
    datasets = writeup.facts.datasets
    sizes = {each.rows for each in datasets}
    questions = writeup.facts.questions
    wrong: dict[str, list[int]] = {}
    for block in writeup.document.prose:
        for match in _ROWS.finditer(block.text):
            text = match["key"] or match["words"]
            number = parse_number(text)
            at = block.start + match.start()
            if number is None or not writeup.facts.own:
                yield Compared(at, match.group(), "cannot be checked", "no data is given")
            elif number.value in sizes:
                have = [each.name for each in datasets if each.rows == number.value]
                yield Compared(at, match.group(), "agrees", f"the rows of {listed(have, limit=2)}")
            elif not writeup.facts.complete:
                yield Compared(at, match.group(), "cannot be checked", "it may be of data that was not given")
            else:
                wrong.setdefault(text, []).append(at)
                yield Compared(at, match.group(), "disagrees", f"the arms have {_sizes(sizes)} rows")
        for match in _QUESTIONS.finditer(block.text):
            number = parse_number(match["key"] or match["words"])
            known = number is not None and number.value in questions
            yield Compared(
                block.start + match.start(),
                match.group(),
                "agrees" if known else "cannot be checked",
                "the evaluation's questions" if known else "it may be of another set",
            )
    for text, places in wrong.items():
        yield Remark(
            tuple(places),
            f"{text} training rows are stated; the arms have {_sizes(sizes)}",
            "print the count from the manifest",
        )


def _sizes(sizes: set[int]) -> str:
    return listed([f"{size:,}" for size in sorted(sizes)])
