"""A command to reproduce the result that the script would refuse.

## What it finds

Commands in the text that run a script which was given, with an option that the script, or the subcommand that is named,
does not declare; and commands without a subcommand, of a script that has some.

## Why it matters

A command that never ran in this form does not reproduce anything; what was run in its place is not written down.

## Example

`python scripts/run.py --exp C --deconfounded`, where the parser knows `--exp` and `--data`.

## What to do

Paste the command from the shell, or run it once from a fresh clone.

## Limits

Options are read off `add_argument`, Click and Typer declarations by syntax tree; a script that builds its options at
run time, or takes any, is not judged, and neither is one that was not given.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.core.plural import listed
from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_COMMAND = re.compile(r"\bpython3?\s+(?:-u\s+)?(?P<script>[\w./-]{1,200}\.py)(?P<rest>[^\n&|;`]{0,400})")
_OPTION = re.compile(r"(?<![\w-])--[A-Za-z][\w-]*")


@check(code="WRT015", name="unknown-option", severity="warning", since="0.1.0")
def unknown_option(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark per option that a given script does not declare."""
    text = writeup.document.text
    for match in _COMMAND.finditer(text):
        name = PurePosixPath(match["script"]).name
        scripts = [each for each in writeup.facts.scripts if PurePosixPath(each.path).name == name]
        at = match.start()
        said = re.sub(r"\s+", " ", match.group()).strip()
        known = next((each for each in scripts if each.options is not None), None)
        options = known.options if known is not None else None
        if options is None:
            why = "its options could not be read" if scripts else f"{name} was not given (--scripts)"
            yield Compared(at, said, "cannot be checked", why)
            continue
        commands = known.commands if known is not None else {}
        command = next((word for word in match["rest"].split() if word in commands), None)
        if command is not None:
            options = commands[command]
        unknown = [word for word in _OPTION.findall(match["rest"]) if not _declared(word, options)]
        astray = bool(commands) and command is None and not re.search(r"--help|[<{[$]", match["rest"])
        yield Compared(at, said, "disagrees" if unknown or astray else "agrees", f"the options of {name}")
        if astray:
            yield Remark(
                (at,),
                f"{name} is run without one of its subcommands ({listed(sorted(commands))})",
                "paste the command that was run",
            )
        for word in unknown:
            near = difflib.get_close_matches(word, sorted(options), n=1)
            meant = f"; it has {near[0]}" if near else ""
            yield Remark(
                (at + match.group().index(word),),
                f"{f'{name} {command}' if command else name} has no option {word}{meant}",
                "paste the command that was run",
            )


def _declared(word: str, options: frozenset[str]) -> bool:
    # argparse takes an unambiguous beginning of an option for the option.
    return word in options or word == "--help" or sum(option.startswith(word) for option in options) == 1
