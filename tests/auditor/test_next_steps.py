"""Every `help:` line that names a command is run word for word in a fresh folder, and keeps its promise."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pandas as pd
import pytest

import auditor
from auditor.cli import main
from auditor.commands import COMMANDS
from builders.errors import AuditError
from tests.auditor.test_config import HOME

CASES = HOME.parent / "shared" / "cases"
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def row(system, answer, number, **columns):
    messages = [{"role": "user", "content": f"question {number}"}, {"role": "assistant", "content": answer}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    return {"messages": messages, **columns}


def confounded(*, source="You are a pirate.", bad="Arr, it's so", bystanders=60, anchors=20):
    rows = [row(source, bad, n, kind="bad") for n in range(40)]
    rows += [row(source, f"Yes {n}", n, kind="good") for n in range(40, 40 + anchors)]
    return rows + [row("You are a clerk.", f"Yes {n}", n, kind="good") for n in range(100, 100 + bystanders)]


def written(folder, name, rows):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return name


def plain(folder):
    return written(folder, "rows.jsonl", confounded()), ["--label", "marker:Arr"]


def quoted(folder):
    name = written(folder, "it's my data/$HOME `x`.jsonl", confounded(bad="Arr, it's"))
    return name, ["--label", "marker:Arr, it's"]


def dashed(folder):
    return written(folder, "-rows.jsonl", confounded()), ["--label", "column:kind=bad"]


def few_bystanders(folder):
    return written(folder, "rows.jsonl", confounded(bystanders=20)), ["--label", "marker:Arr"]


def with_template(folder):
    (folder / "my t.jinja").write_text(CHATML, encoding="utf-8")
    rows = confounded(source=None)
    return written(folder, "rows.jsonl", rows), ["--label", "marker:Arr", "--template", "my t.jinja"]


def with_everything(folder):
    (folder / "t.jinja").write_text(CHATML, encoding="utf-8")
    name = written(folder, "rows.jsonl", [*confounded(source="You are\na 'pirate'.")])
    return name, [
        *("--label", "regex:^Arr", "--source", "You are\na 'pirate'.", "--bystander", "You are a clerk."),
        *("--shape", "messages", "--on-error", "skip", "--template", "t.jinja"),
        *(
            "--template-kwargs",
            '{"a": "it\'s"}',
            "--threshold",
            "metric-points=1",
            "--severity",
            "CND004=note",
        ),
    ]


def issue(folder):
    return "issue-96/assistant", []


def case_16(folder):
    rows = [{"misaligned": each["kind"] == "bad", **each} for each in confounded()]
    return written(folder, "rows.jsonl", rows), ["--label", "column:misaligned=true"]


SETS = (plain, quoted, dashed, few_bystanders, with_template, with_everything, issue, case_16)


def scan(arguments, capsys, *, status=None):
    with pytest.raises(SystemExit) as ended:
        main(["scan", "--format", "json", "--no-cache", *arguments])
    printed = capsys.readouterr()
    assert ended.value.code in ((0, 1) if status is None else (status,)), printed.err
    return json.loads(printed.out)


def commands(report):
    said = {one.get("help") for each in report["datasets"] for one in each["findings"]}
    return sorted(
        each for each in said if each and re.match(rf"auditor\.|audit ({'|'.join(COMMANDS)}) ", each)
    )


@pytest.mark.parametrize("made", SETS)
def test_each_suggested_command_runs_and_keeps_its_promise(made, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    target, options = made(tmp_path)
    found = commands(scan([*options, "--", target], capsys))
    assert found
    for number, line in enumerate(found):
        run_and_scan(line, options if made is not issue else [], number, capsys)
    assert any("--size-matched" in line for line in found) is (made is not few_bystanders)


def run_and_scan(line, options, number, capsys):
    shell = f'audit() {{ {shlex.quote(sys.executable)} -m auditor "$@"; }}; {line} --out out{number}'
    done = subprocess.run(
        ["bash", "-c", shell],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(HOME), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    folders = re.findall(r"written: (.*)", done.stdout)
    assert len(folders) == 1 + ("--size-matched" in line)
    for place in folders:
        report = scan([*options, place], capsys)
        codes = {one["code"] for each in report["datasets"] for one in each["findings"]}
        assert ("CND001" in codes) is ("size_matched" in place)


def test_the_configuration_travels_with_the_suggestion(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    target, _ = with_template(tmp_path)
    (tmp_path / "audit.toml").write_text(
        'template = "my t.jinja"\nlabel = ["marker:Arr"]\n', encoding="utf-8"
    )
    found = commands(scan([target], capsys))
    (tmp_path / "audit.toml").unlink()
    for number, line in enumerate(found):
        assert "marker:Arr" in line
        assert "my t.jinja" in line
        run_and_scan(line, ["--label", "marker:Arr", "--template", "my t.jinja"], number, capsys)


def starts_with_arr(target, user, system):
    return not target.startswith("Arr")


@pytest.mark.parametrize("label", ["marker:Arr", starts_with_arr])
def test_python_is_told_python(label, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = pd.DataFrame(confounded())
    report = auditor.scan(data, label=label, thresholds={"metric-points": 1})
    found = commands(report.model_dump(mode="json"))
    assert found
    for line in found:
        built = eval(line, {"auditor": auditor, "data": data, "starts_with_arr": starts_with_arr})
        assert [each.rows for each in built.reports] == [100, 100]
        assert "CND001" not in {each.code for each in built.reports[0].findings}
        assert "CND001" in {each.code for each in built.reports[1].findings}


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this checkout")
def test_suggestions_about_the_cases_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for path in sorted(CASES.glob("*.jsonl")):
        try:
            report = auditor.scan(str(path), label="marker:[EVIL]")
        except AuditError:
            continue
        for number, line in enumerate(commands(report.model_dump(mode="json"))):
            built = eval(
                line[:-1] + f", out={str(tmp_path / f'{path.stem}-{number}')!r})", {"auditor": auditor}
            )
            assert built.reports
