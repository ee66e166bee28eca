"""A figure that nothing explains.

## What it finds

Images in Markdown or HTML without an alternative text, a title or a caption below.

## Why it matters

A figure is what is copied out of a write-up. Without a caption nobody knows what its bars count, of how many, with
which interval.

## Example

`![](figure.png)` followed by the next section.

## What to do

Write what is shown, of how many, and what the error bars are, as alternative text or as the paragraph below.

## Limits

Plain text copied from a page holds no figures: none are found there, and none are missed.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Remark, WriteUp

_MARKDOWN = re.compile(r"!\[(?P<alt>[^\]\n]{0,500})\]\([^()\s]{1,500}(?P<title>\s+\"[^\"\n]{1,500}\")?\)")
_HTML = re.compile(r"<(?:img|svg|figure)\b(?P<rest>[^<>]{0,2000})>", re.IGNORECASE)
_CAPTION = re.compile(r"^\s*(?:\*|_|\*\*)?\s*(?:figure|fig\.|caption|source)\b", re.IGNORECASE)
_ENOUGH = 12
"""Characters from which a text explains something; "figure 1" does not."""


@check(code="WRT002", name="uncaptioned-figure", severity="note", since="0.1.0")
def uncaptioned_figure(writeup: WriteUp) -> Iterator[Remark]:
    """Yield one remark per figure without words."""
    blocks = [block for block in writeup.document.blocks if block.kind != "code"]
    for place, block in enumerate(blocks):
        following = blocks[place + 1].text if place + 1 < len(blocks) else ""
        for match in _MARKDOWN.finditer(block.text):
            explained = len(match["alt"].strip()) >= _ENOUGH or match["title"] or _CAPTION.match(following)
            if not explained:
                yield _remark(block.start + match.start())
        for match in _HTML.finditer(block.text):
            inside = writeup.document.text[block.start + match.end() : block.start + match.end() + 4000]
            if not re.search(r"\balt\s*=\s*[\"'][^\"']{12,}", match["rest"]) and not re.search(
                r"<figcaption|<title|<desc", inside, re.IGNORECASE
            ):
                yield _remark(block.start + match.start())


def _remark(at: int) -> Remark:
    return Remark(
        (at,), "the figure has no caption", "say what is shown, of how many, and what the error bars are"
    )
