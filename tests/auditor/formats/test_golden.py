"""Each format, byte for byte. `UPDATE_GOLDEN=1 pytest ...` writes the files anew; read the diff before you commit."""

import os
from pathlib import Path

import pytest

from auditor.formats import FORMATS, render
from tests.auditor.formats.reports import everything

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", FORMATS)
def test_format_is_as_agreed(name):
    path = GOLDEN / f"everything.{name}"
    rendered = render(name, everything())
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(rendered, encoding="utf-8", newline="\n")
    assert rendered == path.read_bytes().decode()


def test_no_golden_file_is_left_over():
    assert {path.suffix[1:] for path in GOLDEN.glob("everything.*")} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_hides_what_was_suppressed_or_not_looked_at(name):
    rendered = render(name, everything()).replace("\n", " ")
    assert "a paraphrase on purpose plain" in rendered
    assert "incomplete" in rendered or "could not be audited in full" in rendered
