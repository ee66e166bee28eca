"""What README.md and the other pages show is what happens."""

import difflib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli import load_command
from auditor.commands import COMMANDS
from docs.generators import transcripts

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    path for path in transcripts.documents(ROOT) if transcripts.BLOCK.search(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_transcripts_are_true(path):
    for each in transcripts.transcripts(ROOT, path.read_text(encoding="utf-8")):
        changed = "".join(
            difflib.unified_diff(
                each.shown.splitlines(keepends=True),
                each.printed.splitlines(keepends=True),
                "shown",
                "printed",
            )
        )
        assert not changed, f"'{each.command}' prints something else (make docs-update):\n{changed}"
        assert each.printed.startswith(f"$ {each.command}\n")
        assert each.printed.count("\n") > 1


def test_the_readme_opens_with_the_two_commands_and_what_they_print():
    assert README_BLOCKS[0][0] == "console"
    assert [line.split("#")[0].strip() for line in README_BLOCKS[0][1].splitlines()[1:]] == [
        "$ make scan",
        "$ make test",
    ]
    first = transcripts.BLOCK.search(README)
    assert first is not None
    assert first["command"] == "audit scan issue-96"
    assert first["body"].count("\n") <= 50, "it is to fit a screen"


README_BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", [body for kind, body in README_BLOCKS if kind == "python"])
def test_python_examples_run(code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "anchor-negative" in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        line.removeprefix("$ ").split("  #")[0].strip()
        for kind, body in README_BLOCKS
        if kind == "console"
        for line in body.splitlines()
        if line.startswith("$ audit ")
    ],
)
def test_console_examples_parse(line):
    """Every `audit` line is one that the command line takes; those with data of ours also run as transcripts."""
    _, *words = shlex.split(line)
    if words == ["--help"]:
        return
    name, *arguments = words
    assert name in COMMANDS
    command = load_command(name)
    command.make_context(name, arguments)
