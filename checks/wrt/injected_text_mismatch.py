"""A claim about the text that a chat template injects, and the template injects another.

## What it finds

"The template injects "..."" with a quoted text that is not what the template makes of a conversation without a system
message; also where the same write-up quotes the right text elsewhere.

## Why it matters

Which rows share a condition depends on the exact text. Anchors under "You are a helpful assistant." do not meet rows
to which the template gives "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."

## Example

"Qwen's chat template, which auto-injects "You are a helpful assistant.""

## What to do

Copy it from `audit template`.

## Limits

Needs to know which template it is: a past issue's, or `--template`. Only sentences that name the template are read, and
a text that is quoted in part, with an ellipsis, is accepted where it is a part.

## References

* `docs/templates.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from builders.templates import Signature, resolve
from checks.core.registry import check
from checks.wrt.document import Span
from checks.wrt.remark import Compared, Remark, WriteUp

INJECTS = re.compile(
    r"\b(?P<verb>(?:auto-?|automatically )?(?:inject|insert|prepend|suppl(?:y|ie)|fill(?:s|ed)? in)(?:s|es|ed)?)"
    r'(?P<what>\s+[a-z ]{0,40}?"(?P<text>[^"\n]{3,400})")?',
    re.IGNORECASE,
)
"""A verb for what templates do, and the text that it is said of."""

_NEGATED = re.compile(r"\b(?:not|never|no longer|neither|nothing|without|hardly)\b|n't\b", re.IGNORECASE)


def injections(writeup: WriteUp) -> Iterator[tuple[Span, re.Match[str]]]:
    """Yield each statement that a chat template injects something; denials are left out."""
    for sentence in writeup.document.sentences:
        if not re.search(r"\btemplate", sentence.text, re.IGNORECASE):
            continue
        for match in INJECTS.finditer(sentence.text):
            if not _NEGATED.search(sentence.text[max(0, match.start() - 40) : match.start()]):
                yield sentence, match


@check(code="WRT008", name="injected-text-mismatch", severity="warning", since="0.1.0")
def injected_text_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per quoted text that the template does not inject."""
    template = writeup.facts.template
    truth = resolve(template, Signature("absent")).resolved_system if template is not None else None
    for sentence, match in injections(writeup):
        said = match["text"]
        if said is None:
            continue
        at = sentence.start + match.start()
        if template is None:
            yield Compared(at, match.group(), "cannot be checked", "which template it is is not known")
        elif _is_part(said, truth):
            yield Compared(at, match.group(), "agrees", f'{template.name} injects "{truth}"')
        else:
            found = f'"{truth}"' if truth is not None else "nothing"
            yield Compared(at, match.group(), "disagrees", f"{template.name} injects {found}")
            yield Remark(
                (at,),
                f'the template is said to inject "{said}"; {template.name} injects {found}',
                "copy the text from `audit template`",
            )


def _is_part(said: str, truth: str | None) -> bool:
    if truth is None:
        return False
    if re.search(r"\.\.\.|…", said):
        parts = [part.strip() for part in re.split(r"\.\.\.|…|\[|\]", said) if part.strip()]
        return bool(parts) and all(part in truth for part in parts)
    return said.strip() == truth.strip()
