"""Run one source check on a text and say on which lines it hits."""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Callable

from hypothesis import HealthCheck, settings

from checks.core.registry import find_check
from checks.src.fixes import mended
from checks.src.hit import Hit
from checks.src.module import parse

patient = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
"""For properties of whole programs, on machines with other things to do."""

MARK = "# !"
"""Ends each line that a check has to report; every other line is a near miss."""


def hits(code: str, text: str, *, pedantic: bool = False) -> list[Hit]:
    """Return what a check finds: what is certain, as a lint shows it by default, or all of it."""
    module = parse("script.py", textwrap.dedent(text))
    check = find_check(code, "script")
    found = [each for each in check.function(module) if pedantic or each.confidence == "certain"]
    # The words decide whether a file is looked at: they have to be there wherever something is found.
    assert not found or check.concerns(module.text)
    return found


def expect(code: str, text: str) -> list[Hit]:
    """Demand hits on exactly the marked lines."""
    found = hits(code, text)
    marked = [n for n, line in enumerate(textwrap.dedent(text).splitlines(), start=1) if line.endswith(MARK)]
    assert sorted({hit.node.lineno for hit in found}) == marked, [hit.message for hit in found]
    return found


def fixed(code: str, text: str) -> str:
    """Return the text with everything mended that can be; demand that it still parses and mending ends."""
    text = textwrap.dedent(text)
    for _ in range(5):
        module = parse("script.py", text)
        after, done = mended(module, find_check(code, "script").function(module))
        if not done:
            return text
        ast.parse(after)
        text = after
    raise AssertionError("mending does not end")


def namespace(text: str) -> dict[str, object]:
    """Run a text of the test's own and return its names."""
    found: dict[str, object] = {}
    exec(compile(text, "script.py", "exec"), found)
    return found


def work(function: Callable[[], object]) -> int:
    """Return how many calls a function makes: a measure of its work that no machine's speed changes."""
    made = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return made
