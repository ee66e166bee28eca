"""The page on templates says what is so."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from builders.templates import FROZEN_DATE
from builders.templates.environment import _LARGEST
from builders.templates.limits import LIMITS

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")


def test_its_example_prints_what_it_says():
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(found.group(1), {})
    assert printed.getvalue() == found.group(2)


def test_its_bounds_are_those_of_the_code():
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", PAGE, re.MULTILINE))
    assert rows["processor time"] == f"{LIMITS.cpu_seconds:g} s for a conversation"
    assert rows["time on the clock"] == f"{LIMITS.wall_seconds:g} s"
    assert rows["memory"].startswith(f"{LIMITS.memory_bytes >> 30} GiB")
    assert rows["output"].startswith(f"{LIMITS.output_characters:,} characters")
    assert rows["source"].startswith(f"{LIMITS.source_characters:,} characters")
    assert rows["one `+`, `*` or `**`"].startswith(f"{_LARGEST:,} ")
    assert f"{FROZEN_DATE:%Y-%m-%d}" in PAGE
