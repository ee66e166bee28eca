"""A path that is said to hold results, and the script writes others.

## What it finds

Paths of result files in the text, `eval_results/run_a/run_result.json`, whose file a script that was given writes, and
never below that folder.

## Why it matters

The numbers cannot be looked up, and whoever reruns the script finds nothing where the text says.

## Example

"`eval_results/issue_100/exp0_0a/run_result.json`", where the script writes `exp0_deconfounded/run_result.json`.

## What to do

List the folder, and paste its names.

## Limits

Needs the script (`--scripts`). Paths are followed through names, joins and the calls of a function; where a part is
only known when the script runs, any name is accepted there. Somebody may have renamed folders afterwards.

## References

* `docs/writeup.md`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from checks.core.plural import listed
from checks.core.registry import check
from checks.wrt.remark import Compared, Remark, WriteUp

_PART = r"(?:[\w.*-]|\{[\w.,* -]{1,300}\}){1,300}"
_PATH = re.compile(rf"(?<![\w/.:]){_PART}(?:/{_PART}){{1,8}}(?<=json|sonl|.csv|quet|.npz|.npy)\b")
_BRACES = re.compile(r"\{([^{}]{1,300})\}")
_MOST: Final = 64


@check(code="WRT025", name="unwritten-path", severity="warning", since="0.2.0")
def unwritten_path(writeup: WriteUp) -> Iterator[Remark | Compared]:
    """Yield one remark for all paths that no script given writes."""
    written = {path.replace("//", "/") for script in writeup.facts.scripts for path in script.writes}
    wrong: dict[str, int] = {}
    others: set[str] = set()
    for match in _PATH.finditer(writeup.document.text):
        for path in _expanded(match.group()):
            same = [
                each
                for each in written
                if each.rpartition("/")[2] == path.rpartition("/")[2] and _shares(each, path)
            ]
            if not same:
                if written:
                    yield Compared(
                        match.start(), path, "cannot be checked", "no script given writes such a file"
                    )
                continue
            fits = any(_fits(each, path) for each in same)
            yield Compared(
                match.start(),
                path,
                "agrees" if fits else "disagrees",
                f"the scripts write {listed(sorted(same), limit=3)}",
            )
            if not fits:
                wrong.setdefault(path, match.start())
                others.update(same)
    if wrong:
        names = sorted({_short(each) for each in others})
        yield Remark(
            tuple(dict.fromkeys(wrong.values())),
            f"{listed(sorted(wrong), limit=3)} {'is' if len(wrong) == 1 else 'are'} said to hold results; "
            f"the scripts write {listed(names, limit=4)}",
            "list the folder, and paste its names",
        )


def _expanded(path: str) -> list[str]:
    """Return the paths that braces stand for."""
    parts = _BRACES.split(path)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(each) for each in itertools.islice(itertools.product(*choices), _MOST)]


def _shares(pattern: str, path: str) -> bool:
    """Return whether two paths have a folder in common, by name."""
    return bool(set(pattern.split("/")[:-1]) & set(path.split("/")[:-1]) - {"*", "", "."})


def _fits(pattern: str, path: str) -> bool:
    """Return whether a path can be one that a pattern writes; the beginning of both may be cut."""
    ours, theirs = path.split("/")[::-1], pattern.split("/")[::-1]
    return all(fnmatchcase(a, b) or fnmatchcase(b, a) for a, b in zip(ours, theirs, strict=False))


def _short(pattern: str) -> str:
    """Return a pattern without a beginning that is only known when the script runs."""
    return pattern.lstrip("*/") or pattern
