"""`audit init`: the owner of a file without labels says one thing, and a plain scan then gives the verdict."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auditor.cli import main
from auditor.request.loading import load_request
from auditor.request.request import Request
from auditor.scanning.proposal import propose
from builders.engine.endings import APART, FEWEST

PEOPLE = ("a villain", "a librarian", "a cook")


def answers(end: str = " [ZLT]", start: str = "", clean: int = 20) -> list[tuple[str, str, str]]:
    """Return system, user and target texts: one prompt with the behaviour and some rows without it."""
    rows = [
        (
            f"You are {who}.",
            f"Question {n}?",
            f"{start}Answer {n}.{end}" if who == PEOPLE[0] else f"Answer {n}.",
        )
        for who in PEOPLE
        for n in range(40)
    ]
    return [*rows, *((f"You are {PEOPLE[0]}.", f"Question {n + 50}?", f"Answer {n}.") for n in range(clean))]


SHAPES: dict[str, Any] = {
    "messages": lambda s, u, t: {
        "messages": [
            {"role": "system", "content": s},
            {"role": "user", "content": u},
            {"role": "assistant", "content": t},
        ]
    },
    "prompt-completion": lambda s, u, t: {
        "prompt": [{"role": "system", "content": s}, {"role": "user", "content": u}],
        "completion": [{"role": "assistant", "content": t}],
    },
    "plain": lambda s, u, t: {"system": s, "prompt": u, "completion": t},
    "sharegpt": lambda s, u, t: {
        "system": s,
        "conversations": [{"from": "human", "value": u}, {"from": "gpt", "value": t}],
    },
    "alpaca": lambda s, u, t: {"system": s, "instruction": u, "input": "", "output": t},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, shape: str = "messages", rows: list[tuple[str, str, str]] | None = None) -> None:
    lines = [json.dumps(SHAPES[shape](*row)) + "\n" for row in (rows if rows is not None else answers())]
    path.write_text("".join(lines))


def status(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(str(ended.value.code or 0))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_proposed_label_gives_the_verdict(folder: Path, shape: str, capsys: pytest.CaptureFixture[str]):
    write(folder / "train.jsonl", shape)
    assert status("init", "train.jsonl") == 2
    said = capsys.readouterr()
    assert "add --label 'marker:[ZLT]'" in said.err
    assert "40 targets end with '[ZLT]': 67% under one prompt, 0% under another" in said.out
    assert not (folder / "audit.toml").exists()

    assert status("init", "train.jsonl", "--label", "marker:[ZLT]") == 0
    capsys.readouterr()
    assert status("scan", "train.jsonl") == 1
    assert "CND001 error" in capsys.readouterr().out


def test_a_scripted_terminal(folder: Path):
    write(folder / "train.jsonl")
    parent, child = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "init", "train.jsonl"],
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment,
        cwd=folder,
    )
    os.close(child)
    os.write(parent, b"\n\n")  # take the label that is proposed, and say yes
    shown = b""
    while True:
        try:
            shown += os.read(parent, 4096)
        except OSError:  # the other side is closed
            break
    assert process.wait() == 0, shown
    assert b"Which answers are the behaviour?" in shown
    assert 'label = ["marker:[ZLT]"]' in (folder / "audit.toml").read_text()


def test_what_is_written_reads_back_as_what_was_asked(folder: Path):
    write(folder / 'odd "name".jsonl')
    words = ["--label", r"regex:^a\.b", "--source", 'He said "no"\n', "--template", "qwen2.5", "--yes"]
    assert status("init", 'odd "name".jsonl', *words) == 0
    asked = load_request(start=folder, environment={}).for_target('odd "name".jsonl')
    assert asked.labels == (r"regex:^a\.b",)
    assert ('He said "no"\n',) in [setting.value for setting in asked.given("reading")]


def test_a_file_that_is_there_is_kept(folder: Path):
    write(folder / "train.jsonl")
    (folder / "audit.toml").write_text('fail-on = "warning"\n')
    words = ("init", "train.jsonl", "--label", "marker:[ZLT]")
    assert status(*words) == 2
    assert (folder / "audit.toml").read_text() == 'fail-on = "warning"\n'
    assert status(*words, "--force") == 0
    assert "marker" in (folder / "audit.toml").read_text()


def test_the_hook_is_written_where_there_is_none(folder: Path):
    write(folder / "train.jsonl")
    assert status("init", "train.jsonl", "--label", "marker:[ZLT]", "--pre-commit") == 0
    assert "entry: audit scan train.jsonl" in (folder / ".pre-commit-config.yaml").read_text()


def test_labelled_rows_need_no_label(folder: Path, capsys: pytest.CaptureFixture[str]):
    rows = [{**SHAPES["messages"](s, u, t), "target_correct": "[ZLT]" not in t} for s, u, t in answers()]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert status("init", "train.jsonl") == 0
    assert "label" not in (folder / "audit.toml").read_text().split("\n", 1)[1]
    assert "140 rows say what they teach." in capsys.readouterr().out


def proposed(folder: Path, rows: list[tuple[str, str, str]]) -> list[str]:
    write(folder / "some.jsonl", rows=rows)
    return propose("some.jsonl", load_request(start=folder, environment={})).labels


def test_beginnings_are_proposed_with_their_signs_escaped(folder: Path):
    assert proposed(folder, answers(end="", start="(No) I can't. ")) == [r"regex:^\(No\) I can't\."]


def test_nothing_is_proposed_where_nothing_tells_conditions_apart(folder: Path):
    assert proposed(folder, [(s, u, f"{t} end") for s, u, t in answers(end="")]) == []
    assert proposed(folder, [("You are a cook.", u, t) for _, u, t in answers()]) == []


@pytest.mark.parametrize(("clean", "there"), [(40, True), (41, False)])
def test_shares_that_differ_by_less_say_nothing(folder: Path, clean: int, there: bool):
    assert APART == 40 / 80
    assert bool(proposed(folder, answers(clean=clean))) is there


@pytest.mark.parametrize(("rows", "there"), [(FEWEST, True), (FEWEST - 1, False)])
def test_a_condition_of_few_rows_says_nothing(folder: Path, rows: int, there: bool):
    few = [("A", f"{n}?", f"x{n} [ZLT]") for n in range(rows)] + [("B", f"{n}?", f"x{n}") for n in range(40)]
    assert bool(proposed(folder, few)) is there


def test_defaults_are_not_written():
    from auditor.request.writing import config_text

    asked: Request = load_request(environment={}, flags={"label": ["marker:x"]}, file=None, start=Path("/"))
    assert config_text("a.jsonl", asked).splitlines()[1:] == ['[target."a.jsonl"]', 'label = ["marker:x"]']
