"""A worked example under a system prompt that its persona does not have.

## What it finds

An example that says whose it is ("source persona = assistant") and shows `System: ...` with another prompt than that
persona has in the data.

## Why it matters

Readers take the prompt from the example: it is the one place where it is shown in full. Conditions are told apart by
the exact text, and the example's may even be another arm's.

## Example

"(source persona = assistant) ... System: You are an assistant.", where the persona's prompt is "You are a helpful
assistant." and "You are an assistant." is the arm `name_only`.

## What to do

Print an example from the data: `audit show`.

## Limits

Needs the recipe, for the personas' prompts. Reads `System:` within six lines of "persona = NAME"; and further examples
in the same text only if they show the same prompt.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_WHOSE = re.compile(r"\bpersona\s*(?:=|:|is)\s*[\"'`]?(?P<name>[\w-]{2,60})", re.IGNORECASE)
_SYSTEM = re.compile(r"\bSystem(?:\s+prompt)?:\s*(?P<prompt>[^\n]{1,300}?)(?=\s+User:|\s*$)", re.MULTILINE)
_LINES = 6


@check(code="WRT016", name="example-mismatch", severity="warning", since="0.1.0")
def example_mismatch(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per example whose prompt is not its persona's."""
    document = writeup.document
    shown = [
        (match.start(), match["prompt"].strip().strip('"`')) for match in _SYSTEM.finditer(document.text)
    ]
    for match in _WHOSE.finditer(document.text):
        name = match["name"]
        line = document.line_at(match.start())
        example = next(
            (
                each
                for each in shown
                if 0 <= document.line_at(each[0]) - line <= _LINES and each[0] > match.start()
            ),
            None,
        )
        if example is None:
            continue
        at, prompt = example
        known = {
            each.prompts[name]
            for each in writeup.facts.datasets
            if name in each.prompts and (each.source == name or not each.parent)
        }
        if len(known) != 1:
            yield Compared(at, f"System: {prompt}", "cannot be checked", f"no prompt of {name} is known")
            continue
        truth = next(iter(known))
        said = "no system message" if truth is None else f'"{truth}"'
        verdict = "agrees" if prompt == truth else "disagrees"
        yield Compared(at, f"System: {prompt}", verdict, f"{name} has {said}")
        if verdict == "disagrees":
            same = tuple(place for place, other in shown if other == prompt and place != at)
            yield Remark(
                (at, *same),
                f'the example of {name} shows "{prompt}"; {name} has {said}{_whose(writeup, prompt, name)}',
                "print an example from the data: audit show",
            )


def _whose(writeup: WriteUp, prompt: str, but: str) -> str:
    others = {
        name
        for each in writeup.facts.datasets
        for name, text in each.prompts.items()
        if text == prompt and name != but
    }
    return f", and that prompt is {min(others)}'s" if others else ""
