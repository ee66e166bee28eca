"""The page on data files says what is so: its examples run, and its tables name what there is."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from builders.labels import load_roles
from builders.labels.labelers import KINDS
from builders.readers import SHAPES

PAGE = (Path(__file__).parents[2] / "docs" / "readers.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (transcript,) = re.findall(r"^```console\n\$ cat chats.jsonl\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "chats.jsonl").write_text(transcript)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_print_what_the_page_says(folder):
    examples = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert len(examples) == PAGE.count("```python") == 3
    names: dict[str, object] = {"__name__": "page"}
    for code, printed in examples:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, names)
        assert out.getvalue() == printed


def test_the_roles_file_can_be_read(tmp_path):
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "roles.yaml").write_text(example)
    roles = load_roles(tmp_path / "roles.yaml")
    assert roles.anchor == ("absent", "You are a helpful assistant.")


def test_every_shape_and_labeler_is_in_its_table():
    assert set(SHAPES) == set(re.findall(r"^\| `([a-z-]+)` \| (?:`|the same)", PAGE, re.MULTILINE))
    described = set(re.findall(r"^\| `([a-z]+):[A-Z=]+` \|", PAGE, re.MULTILINE))
    assert described == set(KINDS) - {"python"}
