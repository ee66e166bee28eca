"""Something is said not to be uploaded, and the script that made it uploads it.

## What it finds

"Not uploaded", "never pushed to the hub" and the like, in a sentence on models or adapters, where a script that was
given passes `hf_upload=True` or calls `push_to_hub`.

## Why it matters

Readers retrain what they could have fetched, and what was to stay private may be public.

## Example

"Adapters: not uploaded to HF Hub", where the training call says `hf_upload=True`.

## What to do

Look at the hub, and link what is there; or say that the upload failed.

## Limits

Needs the script (`--scripts`). What a script says is what it was to do: an upload may have failed.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_DENIED = re.compile(
    r"\b(?:not|never|n't)\s+(?:been\s+|yet\s+|be\s+)?(?:uploaded|pushed|published|released)\b|\bno\s+(?:hub\s+)?upload\b",
    re.IGNORECASE,
)
_WHAT = re.compile(r"\b(?:models?|adapters?|weights?|checkpoints?|LoRAs?)\b", re.IGNORECASE)


@check(code="WRT024", name="denied-upload", severity="warning", since="0.2.0")
def denied_upload(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per denial that a script contradicts."""
    uploads = [(each.path, what, line) for each in writeup.facts.scripts for what, line in each.uploads]
    for sentence in writeup.document.sentences:
        if not _WHAT.search(sentence.text):
            continue
        for match in _DENIED.finditer(sentence.text):
            at = sentence.start + match.start()
            if not uploads:
                why = (
                    "no script that was given uploads anything"
                    if writeup.facts.scripts
                    else "no script was given"
                )
                yield Compared(at, match.group(), "cannot be checked", why)
                continue
            path, what, line = uploads[0]
            yield Compared(at, match.group(), "disagrees", f"{path}:{line} has {what}")
            yield Remark(
                (at,),
                f"`{match.group()}` is said of what {path}:{line} uploads ({what})",
                "link what is on the hub, or say that the upload failed",
            )
