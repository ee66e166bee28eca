"""A claim about when a chat template injects its default, and the template does so in another case.

## What it finds

"Injects ... when the system field is empty" of a template that leaves `""` as an empty turn and fills in only for a
conversation that has no system message; and the other way round.

## Why it matters

"Empty" and "none" are two conditions. An arm trained on `""` and one trained without a system message then look like
one, and the explanation of the one that survives is carried over to the other.

## Example

"auto-injects its default when the system field is empty", of Qwen2.5: absent gets the default, `""` stays empty.

## What to do

Say "when there is no system message"; `audit template` shows all four cases.

## Limits

Reads "empty" and "blank" as `""`. A sentence that says "empty or missing" is read as a claim about both.

## References

* `docs/templates.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from builders.templates import ChatTemplate, Signature, resolve
from checks.core.registry import check
from checks.wrt.injected_text_mismatch import injections
from checks.wrt.remark import Compared, Remark, WriteUp

_CASE = re.compile(r"\b(?:when(?:ever)?|if|for|where|on|to)\s+(?P<case>[^.,;:()]{1,60})", re.IGNORECASE)
_EMPTY = re.compile(r"\b(?:empty|blank)\b|\"\"")
_ABSENT = re.compile(
    r"\b(?:absent|missing|omitted|not (?:given|there|present|set)|no system|without|lacks?|none)\b",
    re.IGNORECASE,
)


@check(code="WRT009", name="injection-case-mismatch", severity="warning", since="0.1.0")
def injection_case_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark for all statements of a case in which the template injects nothing."""
    template = writeup.facts.template
    wrong: dict[str, list[int]] = {}
    for sentence, match in injections(writeup):
        case = _CASE.match(sentence.text[match.end() :].lstrip())
        if case is None:
            continue
        said = case["case"]
        claimed = [name for name, pattern in (("empty", _EMPTY), ("absent", _ABSENT)) if pattern.search(said)]
        if not claimed:
            continue
        at = sentence.start + match.start()
        quote = f"injects ... {case.group().strip()}"
        if template is None:
            yield Compared(at, quote, "cannot be checked", "which template it is is not known")
            continue
        missed = [name for name in claimed if not _fills(template, name)]
        yield Compared(at, quote, "disagrees" if missed else "agrees", _truth(template))
        if missed:
            wrong.setdefault(missed[0], []).append(at)
    if template is not None:
        for name, places in wrong.items():
            what = 'an empty system field (`""`)' if name == "empty" else "a missing system message"
            yield Remark(
                tuple(places),
                f"the template is said to inject its default into {what}; {_truth(template)}",
                "name the case that is meant; `audit template` shows all of them",
            )


def _fills(template: ChatTemplate, case: str) -> bool:
    return resolve(template, Signature("empty" if case == "empty" else "absent")).resolved_by == "default"


def _truth(template: ChatTemplate) -> str:
    filled = [
        word for name, word in (("absent", "no system message"), ("empty", '`""`')) if _fills(template, name)
    ]
    return (
        f"{template.name} injects it for {' and '.join(filled)} alone"
        if filled
        else f"{template.name} never does"
    )
