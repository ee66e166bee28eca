"""Every command that a person reads, in a real pseudo-terminal at four widths: nothing is cut in two."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from functools import cache
from pathlib import Path

import pytest

from checks.core.columns import STACKED, Column, fitted, table
from tests.auditor.clean_result.studies import write_pair

HERE = Path(__file__).parents[2]
WIDTHS = (60, 80, 100, 140)
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\")


def in_terminal(words: list[str], width: int, folder: Path) -> list[str]:
    """Run `audit` in a terminal of that width and return the lines that it wrote, without colours."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {
        key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", *words],
        stdin=child,
        stdout=child,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(HERE), "TERM": "xterm"},
    )
    os.close(child)
    said = b""
    while True:
        try:
            said += os.read(parent, 65_536)
        except OSError:  # the other side is closed
            break
    os.close(parent)
    assert process.wait() in (0, 1), said
    return ANSI.sub("", said.decode()).replace("\r", "").rstrip("\n").split("\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("terminal")
    (root / "runs").mkdir()
    write_pair(root / "runs")
    (root / "build.py").write_text(
        "import json\nimport random\n\nrows = [{'prompt': 'q', 'completion': 'a'}] * 1234\nrandom.shuffle(rows)\n"
        "seed = hash('a name') % 2**32\nwith open('a_file_with_a_rather_long_name_for_data.jsonl', 'w') as f:\n"
        "    f.write(json.dumps(rows))\n"
    )
    (root / "writeup.md").write_text(
        "# Result\n\nThe assistant stays at 71.9% (420/586) after training on 9,999 rows at learning rate 3e-4, "
        "with p = 0.00012 over 12,345 questions.\n"
    )
    return root


COMMANDS = {
    "lint": ["lint", "build.py", "--pedantic"],
    "writeup": ["writeup", "writeup.md", "--issue", "issue-96", "--notes", "--pedantic", "--verbose"],
    "rules": ["rules"],
    "issues": ["issues"],
    "build": ["build", "issue-96", "--source", "assistant", "--deconfound", "--size-matched", "--force"],
    "run": ["run", "issue-100", "--exp", "0", "--dry-run"],
    "runs": ["runs", "runs"],
    "runs-show": ["runs", "show", "runs/exp0_0b/seed-2"],
    "card": ["card", "runs/exp0_0b/seed-2"],
    "template": ["template", "qwen2.5"],
    "template-all": ["template", "--all"],
    "scan": ["scan", "issue-96", "--notes"],
}
NUMBER = re.compile(r"\d[\d,./%]*\d%?|\d")


@cache
def numbers_of(name: str, folder: Path) -> frozenset[str]:
    """Return the numbers that a command prints where there is room for all of it."""
    return frozenset(NUMBER.findall("\n".join(in_terminal(COMMANDS[name], 400, folder))))


@pytest.mark.parametrize(
    "width", [60, *(pytest.param(each, marks=pytest.mark.slow) for each in WIDTHS if each != 60)]
)
@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_is_longer_than_the_terminal_and_no_number_is_cut(folder: Path, name: str, width: int):
    if name == "template-all":
        pytest.importorskip("trl")
    lines = in_terminal(COMMANDS[name], width, folder)
    assert len("".join(lines)) > 100
    # A path or digest of half the terminal's width may have no place to be broken at.
    assert [
        line for line in lines if len(line) > width and all(len(word) <= width // 2 for word in line.split())
    ] == []
    # Every number of the widest terminal's output that is still there stands whole.
    whole = numbers_of(name, folder)
    found = set(NUMBER.findall("\n".join(lines)))
    cut = {each for each in found - whole if any(each in full for full in whole) and len(each) > 1}
    assert cut == set()


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_of_a_build_stand_beside_their_prompt(folder: Path, width: int):
    text = "\n".join(in_terminal(COMMANDS["build"], width, folder))
    start = text.index("size-matched")
    record = text[start : start + 12 * width]
    for number in ("200", "100", "150"):
        assert re.search(rf"\b{number}\b", record)
    assert bool(re.search(r"\bwrong 200\s+right 100\b", record)) is (width < STACKED)


def test_a_list_of_templates_is_short_at_80_columns(folder: Path):
    pytest.importorskip("trl")
    from builders.templates import trl_templates

    lines = in_terminal(["template", "--all"], 80, folder)
    assert len(lines) <= 5 * len(list(trl_templates()))


COLUMNS = (
    Column("name", short=True),
    Column("rows", right=True),
    Column("kind", goes=2),
    Column("folder", goes=1),
)
ROWS = [["a" * 40, "12,345", "k" * 20, "f" * 40], ["b", "1", "k", "f"]]
NATURAL = 40 + 6 + 20 + 40 + 3 * 2


def test_a_record_s_first_number_has_its_heading():
    columns = (Column("wrong", right=True), Column("right", right=True), Column("prompt", short=True))
    assert table(columns, [["200", "100", "p" * 60]], width=40)[:2] == ["wrong 200", "  right 100"]


def test_a_table_that_fits_is_whole():
    assert table(COLUMNS, ROWS, width=NATURAL)[1] == f"{'a' * 40}  12,345  {'k' * 20}  {'f' * 40}"


def test_texts_are_shortened_before_a_column_goes():
    first = table(COLUMNS, ROWS, width=NATURAL - 1)[1]
    assert first == f"{'a' * 36}...  12,345  {'k' * 20}  {'f' * 40}"


def test_columns_go_in_the_stated_order():
    head, first, _ = table((COLUMNS[0], COLUMNS[1], COLUMNS[2], Column("folder", goes=1)), ROWS, width=90)
    assert head.split() == ["name", "rows", "kind", "folder"]
    wide = [[*ROWS[0][:3], "f" * 80], ROWS[1]]
    assert table(COLUMNS, wide, width=90)[0].split() == ["name", "rows", "kind"]
    wider = [["a" * 40, "12,345", "k" * 90, "f" * 80], ROWS[1]]
    assert table(COLUMNS, wider, width=90)[0].split() == ["name", "rows"]
    assert "12,345" in first


@pytest.mark.parametrize(("width", "stacked"), [(89, True), (90, False)])
def test_below_90_columns_a_table_that_does_not_fit_becomes_records(width: int, stacked: bool):
    lines = table(COLUMNS, ROWS, width=width)
    assert (lines[0] == "a" * 40) is stacked
    if stacked:
        assert lines[1] == f"  rows 12,345  kind {'k' * 20}  folder {'f' * 40}"


def test_nothing_is_broken_where_output_is_no_terminal():
    assert fitted("a b " * 100) == "a b " * 100
    assert len(table(COLUMNS, ROWS)[1]) == NATURAL


def test_lines_are_broken_between_words_under_their_beginning():
    assert fitted("  label  some words here", width=14) == "  label  some\n    words here"
    assert fitted("x" * 20, width=10) == "x" * 20
