"""`audit template`: the table, JSON, all of trl's templates, and what it says when it cannot look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli import main
from builders.templates import load_template, trl_templates

QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["template", *arguments])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_the_table_of_the_embedded_template(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    status, out, err = run(capsys)
    assert (status, err) == (0, "")
    by = {line.split("  ")[0]: line for line in out.splitlines()}
    assert "default" in by["absent"]
    assert f'"{QWEN}"' in by["absent"]
    assert "refused: 'dict object' has no attribute 'content'" in by["null"]
    assert "an empty system turn" in by['""']
    assert "one condition" not in out
    assert f"injected: {QWEN}" in out
    assert out.splitlines()[0] == "template qwen2.5: the embedded template, the default"


def test_llamafactory_and_its_collisions(capsys):
    status, out, _ = run(capsys, "--renderer", "llamafactory", "--text", QWEN)
    assert status == 0
    assert f'one condition: absent = null = "" = "{QWEN}"' in " ".join(out.split())


def test_json_says_what_the_library_says(capsys):
    status, out, _ = run(capsys, "qwen2.5", "--format", "json", "--text", "Sing.")
    assert status == 0
    found = json.loads(out)
    [template] = found["templates"]
    assert found["schema_version"] == 1
    assert template["sha256"] == load_template().sha256
    assert [state["label"] for state in template["states"]] == [
        "absent",
        "null",
        '""',
        '"Sing."',
        '" Sing. "',
    ]
    assert template["states"][0]["resolved_system"] == template["injected"] == QWEN
    assert template["part_only_head"] == f"<|im_start|>system\n{QWEN}<|im_end|>\n<|im_start|>assistant\n"
    assert out.isascii()


@pytest.mark.train
@pytest.mark.skipif(not trl_templates(), reason="trl is not installed")
def test_all_of_trls_templates(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    status, out, _ = run(capsys, "--all")
    assert status == 0
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert set(trl_templates()) <= set(lines)
    assert "the prompt depends on today's date" in lines["llama3_2"]
    assert "date" not in lines["llama3_1"]
    assert "moved into the user's turn" in lines["gemma3"]
    assert lines["gemma"].split()[1:5] == ["nothing", "refused", "refused", "refused"]
    assert lines["qwen2_5"].split()[1:3] == ["default", "refused"]
    assert "absent = null" in lines["phi3_5"]


def test_control_characters_of_a_template_are_shown_and_not_obeyed(capsys, tmp_path: Path):
    path = tmp_path / "hostile.jinja"
    path.write_text(
        "{% if messages[0].role == 'system' and not messages[0].content %}{{ raise_exception('\x1b[2J\x07') }}"
        "{% endif %}<sys>\x1b[31mSome default text here\u202e</s>{{ messages[-1].content }}",
        encoding="utf-8",
    )
    status, out, err = run(capsys, str(path))
    assert status == 0
    assert not any(code in out + err for code in ("\x1b", "\x07", "\u202e"))
    assert "\\x1b[2J\\x07" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lama3.1"], "did you mean"),
        (["missing.jinja"], "missing.jinja: there is no such template file"),
        (["--all", "qwen2.5"], "--all takes no target"),
        (["--text", "  "], "--text: a blank text"),
        (["--template-kwargs", "[1]"], "--template-kwargs: not a JSON object"),
        (["--template-kwargs", '{"a": NaN}'], "template kwargs: not JSON"),
        (["--template-kwargs", '{"messages": []}'], "template kwargs: messages cannot be given"),
        (["--template-kwargs", "{"], "--template-kwargs: not a JSON object"),
    ],
)
def test_what_cannot_be_shown_ends_with_2(capsys, arguments: list[str], said: str):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert "help: " in err


def test_a_template_that_loops_ends_with_2_and_no_traceback(capsys, tmp_path: Path):
    path = tmp_path / "loop.jinja"
    path.write_text("{% for i in range(10**12) %}x{% endfor %}")
    status, out, err = run(capsys, str(path))
    assert (status, out) == (2, "")
    assert f"{path}:1: " in err
    assert "Traceback" not in err


def test_template_kwargs_reach_the_template(capsys, tmp_path: Path):
    path = tmp_path / "mood.jinja"
    path.write_text("<sys>You are in a {{ mood }} mood.</sys>{{ messages[-1].content }}")
    _, sad, _ = run(capsys, str(path), "--template-kwargs", '{"mood": "sad"}')
    assert "You are in a sad mood." in sad
