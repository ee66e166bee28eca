"""A name from a file is a name, and never a way out of a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import InputError, OutputError
from builders.names import LONGEST, below, is_name

OUTSIDE = [
    "..",
    "../../x",
    "/tmp/x",
    "a/b",
    "a\\b",
    "",
    ".",
    "-x",
    ".x",
    "\x1b[31mx",
    "a\n",
    "a\nb",
    "a\0b",
    "é",
    "a b",
]

RECIPE = """
name: m
personas: {pirate: P, clerk: C}
datasets:
  - name: %s
    source: pirate
    parts: [{role: source, persona: pirate, target: behaviour, rows: 2, questions: 1}]
  - name: b
    source: pirate
    parts: [{role: source, persona: pirate, target: behaviour, rows: 2, questions: 1}]
"""


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name(name: str, tmp_path: Path):
    assert not is_name(name)
    with pytest.raises(InputError, match="is no name"):
        below(tmp_path, name)


@pytest.mark.parametrize("name", ["a", "exp0_0a", "lr-1e-4", "v1.0", "0", "x" * LONGEST])
def test_a_name(name: str, tmp_path: Path):
    assert below(tmp_path, "a", name) == tmp_path / "a" / name


def test_a_name_that_is_too_long():
    assert not is_name("x" * (LONGEST + 1))


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "inside").mkdir()
    (folder / "link").symlink_to(folder / "inside")
    assert below(folder, "link", "x") == folder / "link" / "x"
    (folder / "away").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="leads out of the folder"):
        below(folder, "away", "x")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_recipe_writes_nothing_outside(name: str, tmp_path: Path):
    import json

    recipe = tmp_path / "r.yaml"
    recipe.write_text(RECIPE % json.dumps(name))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "auditor",
            "build",
            str(recipe),
            "--out",
            str(tmp_path / "p" / "o"),
            "--force",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "is no name" in done.stderr
    assert f"{recipe}:5" in done.stderr
    assert "\x1b" not in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [recipe]
