"""`audit init`: the owner of a file without labels says one thing, and a plain scan then gives the verdict."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
import sys
import time
import tomllib
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
    assert "1  40 targets end with '[ZLT]':\n     67% under one prompt, 0% under another" in said.out
    assert not (folder / "audit.toml").exists()

    assert status("init", "train.jsonl", "--label", "marker:[ZLT]") == 0
    capsys.readouterr()
    assert status("scan", "train.jsonl") == 1
    assert "CND001 error" in capsys.readouterr().out


def lines(path: Path, shape: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(shape(*row)) + "\n" for row in answers()))


def sharegpt(folder: Path) -> str:
    lines(folder / "data.jsonl", SHAPES["sharegpt"])
    return "data.jsonl"


def alpaca(folder: Path) -> str:
    lines(folder / "data.jsonl", SHAPES["alpaca"])
    return "data.jsonl"


def prompt_completion(folder: Path) -> str:
    lines(folder / "data.jsonl", SHAPES["prompt-completion"])
    return "data.jsonl"


def hh(folder: Path) -> str:
    def row(system: str, user: str, target: str) -> dict[str, str]:
        prompt = f"\n\nHuman: {system} {user}\n\nAssistant:"
        return {"chosen": f"{prompt} {target}", "rejected": f"{prompt} No."}

    lines(folder / "data.jsonl", row)
    return "data.jsonl"


def chatml(folder: Path) -> str:
    def row(system: str, user: str, target: str) -> dict[str, str]:
        turns = (("system", system), ("user", user), ("assistant", target))
        return {"text": "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)}

    lines(folder / "data.jsonl", row)
    return "data.jsonl"


def parquet(folder: Path) -> str:
    import pyarrow as pa
    import pyarrow.parquet

    rows = [SHAPES["messages"](*row) for row in answers()]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), folder / "data.parquet")
    return "data.parquet"


def table(folder: Path) -> str:
    with (folder / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("system", "prompt", "completion"), *answers()])
    return "data.csv"


def llama_factory(folder: Path) -> str:
    (folder / "data").mkdir()
    rows = [SHAPES["alpaca"](*row) for row in answers()]
    (folder / "data" / "mine.json").write_text(json.dumps(rows))
    columns = {"prompt": "instruction", "query": "input", "response": "output", "system": "system"}
    entry = {"mine": {"file_name": "mine.json", "formatting": "alpaca", "columns": columns}}
    (folder / "data" / "dataset_info.json").write_text(json.dumps(entry))
    return "data"


def axolotl(folder: Path) -> str:
    lines(folder / "rows.jsonl", SHAPES["messages"])
    (folder / "config.yml").write_text(
        "base_model: some/model\nchat_template: chatml\ndatasets:\n  - path: rows.jsonl\n    type: chat_template\n"
    )
    return "axolotl:config.yml"


def openai_weights(folder: Path) -> str:
    def row(system: str, user: str, target: str) -> dict[str, Any]:
        first = [{"role": "system", "content": system}, {"role": "user", "content": "Hi."}]
        between = [{"role": "assistant", "content": "Hello.", "weight": 0}, {"role": "user", "content": user}]
        return {"messages": [*first, *between, {"role": "assistant", "content": target, "weight": 1}]}

    lines(folder / "data.jsonl", row)
    return "data.jsonl"


TEN = (
    *(sharegpt, alpaca, prompt_completion, hh, chatml),
    *(parquet, table, llama_factory, axolotl, openai_weights),
)


def typed(folder: Path, words: list[str], answer: bytes) -> tuple[int, str, float]:
    """Run `audit` in a terminal, type an answer, and return its status, what it showed, and the seconds it took."""
    parent, child = pty.openpty()
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", *words],
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=folder,
    )
    os.close(child)
    os.write(parent, answer)
    shown = b""
    while True:
        try:
            shown += os.read(parent, 4096)
        except OSError:  # the other side is closed
            break
    os.close(parent)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    return process.wait(), text.replace("\r", ""), time.monotonic() - started


@pytest.mark.parametrize("made", TEN, ids=lambda made: made.__name__)
def test_a_scripted_terminal_for_ten_files(folder: Path, made: Any):
    target = made(folder)
    # Enter takes the label that is proposed, Enter says yes. Where all rows have one prompt, nothing tells their
    # answers apart, so that the label is the one open question.
    answer = b"marker:[ZLT]\n\n" if made is hh else b"\n\n"
    status, shown, seconds = typed(folder, ["init", target], answer)
    assert seconds < 60
    if made is hh:  # one prompt and no contrast
        assert status == 0, shown
        status, shown, _ = typed(folder, ["scan", target, "--notes"], b"")
        assert status == 0, shown
        assert "no-contrast" in shown
        return
    assert "Which answers are the behaviour?" in shown or "say what they teach" in shown
    assert status == 0, shown
    assert 'label = ["marker:[ZLT]"]' in (folder / "audit.toml").read_text()
    status, shown, _ = typed(folder, ["scan", target], b"")
    assert status == 1, shown
    assert "CND001 error" in shown


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("base_model: x\ndatasets:\n  - path: a.jsonl\n", "axolotl:their.yml"),
        ("model_name_or_path: x\ndataset: a\n", "llamafactory:their.yml"),
    ],
)
def test_a_trainers_configuration_is_told_how_to_be_named(
    folder: Path, text: str, name: str, capsys: pytest.CaptureFixture[str]
):
    (folder / "their.yml").write_text(text)
    assert status("scan", "their.yml") == 2
    assert f"help: name it as {name}" in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "label"), [(b"2\n\n", "marker:here."), (b"regex:^No\n\n", "regex:^No")])
def test_a_number_or_a_label_is_taken(folder: Path, answer: bytes, label: str):
    rows = answers(end=" over here.", start="No way, never. ")
    write(folder / "train.jsonl", rows=rows)
    status, shown, _ = typed(folder, ["init", "train.jsonl"], answer)
    assert status == 0, shown
    (target,) = tomllib.loads((folder / "audit.toml").read_text())["target"].values()
    assert target["label"] == [label]


@pytest.mark.parametrize("answer", [b"?", b"0", b"3", b"marker:"])
def test_what_is_no_label_is_asked_for_again(folder: Path, answer: bytes):
    write(folder / "train.jsonl", rows=answers(end=" over here.", start="No way, never. "))
    status, shown, _ = typed(folder, ["init", "train.jsonl"], answer + b"\n1\n\n")
    assert status == 0, shown
    assert shown.count("Which answers are the behaviour?") == 2
    assert r'label = ["regex:^No way, never\\."]' in (folder / "audit.toml").read_text()


def test_what_one_prompt_has_comes_before_what_most_have(folder: Path):
    usual = [(f"You are {who}.", f"Question {n}?", "Glad to help.") for who in PEOPLE[1:] for n in range(40)]
    odd = [("You are a villain.", f"Question {n}?", "Go away." if n < 25 else "Come in.") for n in range(40)]
    write(folder / "train.jsonl", rows=[*usual, *odd])
    found = propose("train.jsonl", Request())
    assert [(each.text, each.conditions) for each in found.affixes] == [
        ("Go away.", 1),
        ("away.", 1),
        ("Glad to help.", 2),
        ("help.", 2),
    ]


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
