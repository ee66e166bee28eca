"""A part that a reader needs is not there: summary, design, results or reproducibility.

## What it finds

Write-ups in which no heading, no short line and no opening words of a paragraph announce one of the four.

## Why it matters

Without a design nobody can say what was compared, and without a reproducibility card nobody can repeat it.

## Example

A page with a title, a figure and three paragraphs of discussion.

## What to do

Add the part. The card can be written from the run folder.

## Limits

Goes by common words for each part (TL;DR, abstract, methods, setup, findings, parameters ...), in English. A note: a
project whose house style wants these parts sets `missing-section = "warning"` under `severity` in its `audit.toml`.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.plural import listed
from checks.core.registry import check
from checks.wrt.remark import Remark, WriteUp

_PARTS = {
    "summary": r"tl;?dr|summary|abstract|overview|in short|key (?:findings|takeaways)",
    "design": r"design|method|setup|set-up|what (?:i|we) (?:ran|did)|approach|experiment",
    "results": r"results?|findings|outcomes?|what (?:i|we) found",
    "reproducibility": r"reproduc|full parameters|hyper-?parameters|artifacts|how to (?:run|repeat)|replication",
}


@check(code="WRT001", name="missing-section", severity="note", since="0.1.0")
def missing_section(writeup: WriteUp) -> Iterator[Remark]:
    """Yield one remark for all parts that are missing."""
    labels = [label.text for label in writeup.document.labels]
    missing = [
        part
        for part, words in _PARTS.items()
        if not any(re.search(rf"\b(?:{words})", label, re.IGNORECASE) for label in labels)
    ]
    if missing:
        yield Remark(
            (0,),
            f"the write-up has no {listed(missing).replace(' and ', ' and no ')}",
            "add the part under a heading of its own",
        )
