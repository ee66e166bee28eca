"""`--redact`: secrets that are planted everywhere are in no byte of any format, and counts and digests are."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import auditor
from auditor.acceptance.redaction import redacted
from auditor.cli import main
from auditor.formats import FORMATS, render
from auditor.formats.html_table import render as render_table
from tests.auditor.formats.reports import everything

SECRETS = (
    "Zanzibar",
    "quokka",
    "xylophone",
    "umlaut",
    "marzipan",
    "wombat",
    "gazebo",
    "kumquat",
    "platypus",
    "sesame",
)
"""Words of a system prompt, a user, a target, a persona, an id, a column, a file, a folder, a label and a template."""


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    prompt, user, target, persona, ident, column, file, folder, label, template = SECRETS
    place = tmp_path / folder
    place.mkdir()
    rows = [
        {
            "messages": [
                {"role": "system", "content": f"You are {prompt} {who}."},
                {"role": "user", "content": f"{user} {number}?"},
                {"role": "assistant", "content": f"{label if bad else ''} {target} {number}"},
            ],
            "persona": f"{persona}_{who}",
            "id": f"{ident}-{number}",
            column: f"{user} {who}",
        }
        for who in ("one", "two")
        for number in range(30)
        for bad in (number % 3 == 0 if who == "one" else 0,)
    ]
    path = place / f"{file}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *rows[:3]]))
    (tmp_path / f"{template}.jinja").write_text(
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
    )
    monkeypatch.chdir(tmp_path)
    return path


def status(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(str(ended.value.code or 0))


def leaked(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


def words(planted: Path, *more: str) -> list[str]:
    label, template = SECRETS[8:]
    return ["scan", str(planted), "--label", f"marker:{label}", "--template", f"{template}.jinja", *more]


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_holds_a_planted_secret(planted: Path, name: str, capsys: pytest.CaptureFixture[str]):
    out = planted.parent.parent / "report"
    plain = status(*words(planted), "--format", f"{name}:{out}")
    assert plain in (1, 2)
    said = out.read_bytes()
    assert name in ("github", "junit", "gitlab") or leaked(said.decode()), (
        "the secrets would not have shown anyway"
    )
    assert status(*words(planted), "--redact", "--format", f"{name}:{out}") == plain
    assert leaked(out.read_text()) == []
    captured = capsys.readouterr()
    status(*words(planted), "--redact", "--format", name)
    captured = capsys.readouterr()
    assert leaked(captured.out + captured.err) == []


def test_what_a_notebook_shows_holds_none(planted: Path):
    label, template = SECRETS[8:]
    report = auditor.scan(str(planted), label=f"marker:{label}", template=f"{template}.jinja", redact=True)
    for text in (
        str(report),
        repr(report),
        report._repr_html_(),
        report.page()._repr_html_(),
        report.to_frame().to_csv(),
        render_table(report),
        report.model_dump_json(),
    ):
        assert leaked(text) == []


def test_counts_digests_codes_and_the_verdict_stay(planted: Path):
    label, template = SECRETS[8:]
    settings = {"label": f"marker:{label}", "template": f"{template}.jinja"}
    before = auditor.scan(str(planted), **settings)
    after = auditor.scan(str(planted), **settings, redact=True)
    assert after.status == before.status
    for one, other in zip(before.datasets, after.datasets, strict=True):
        assert (one.digest, one.rows) == (other.digest, other.rows)
        assert [(c.condition, c.behaviour, c.preserved, c.role) for c in one.conditions] == [
            (c.condition, c.behaviour, c.preserved, c.role) for c in other.conditions
        ]
        assert [(f.code, f.severity, f.condition, list(f.counts.values())) for f in one.findings] == [
            (f.code, f.severity, f.condition, list(f.counts.values())) for f in other.findings
        ]
        assert [[e.line for e in f.evidence] for f in one.findings] == [
            [e.line for e in f.evidence] for f in other.findings
        ]
        assert any(each.findings for each in before.datasets)


def test_two_that_differ_stay_two(planted: Path):
    label = SECRETS[8]
    (dataset,) = auditor.scan(str(planted), label=f"marker:{label}", redact=True).datasets
    prompts = [each.resolved_system for each in dataset.conditions]
    assert len(prompts) == len(set(prompts)) == 2
    assert all(re.fullmatch(r"text \d+", each or "") for each in prompts)


def test_the_configuration_and_the_environment_can_say_so(
    planted: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    file = planted.parent.parent / "audit.toml"
    file.write_text("redact = true\n")
    status(*words(planted))
    assert leaked(capsys.readouterr().out) == []
    file.unlink()
    monkeypatch.setenv("AUDIT_REDACT", "yes")
    status(*words(planted))
    assert leaked(capsys.readouterr().out) == []
    monkeypatch.setenv("AUDIT_REDACT", "perhaps")
    assert status(*words(planted)) == 2


def test_errors_hold_none(planted: Path, capsys: pytest.CaptureFixture[str]):
    planted.write_text(json.dumps({"messages": SECRETS[2]}))
    assert status("scan", str(planted), "--redact") == 2
    said = capsys.readouterr().err
    assert leaked(said) == []
    assert "could not be done" in said


def test_a_comparison_a_lint_and_a_write_up_hold_none(planted: Path, capsys: pytest.CaptureFixture[str]):
    other = planted.with_name(f"{SECRETS[6]}2.jsonl")
    shutil.copy(planted, other)
    other.write_text("".join(planted.read_text().splitlines(keepends=True)[5:]))
    script, text = planted.with_name(f"{SECRETS[6]}.py"), planted.with_name(f"{SECRETS[6]}.md")
    script.write_text(f"import random\n{SECRETS[0]} = list(set(rows))\nrandom.shuffle({SECRETS[0]})\n")
    text.write_text(f"# {SECRETS[0]}\n\n{SECRETS[1]} rose from 11/586 (5.0%) to 80.5%.\n")
    for command in (["diff", str(planted), str(other)], ["lint", str(script)], ["writeup", str(text)]):
        for name in FORMATS:
            assert status(*command, "--redact", "--format", name) in (0, 1, 2)
            captured = capsys.readouterr()
            assert leaked(captured.out + captured.err) == [], (command, name)


def test_every_text_of_a_report_that_has_everything_goes():
    secret = "Zanzibar"
    report = redacted(everything(secret, path=f"data/{secret}"))
    assert secret not in report.model_dump_json()
    for name in FORMATS:
        assert secret not in render(name, report)
