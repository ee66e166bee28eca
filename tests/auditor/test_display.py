"""How much is shown, in which colours, with which links, how it ends, and when it looks again."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor import scan
from auditor.cli import RENAMED, app, main
from auditor.formats import Destination, pages, render, write
from auditor.formats.display import Display, links
from auditor.manual import manual, walk
from auditor.manual import pages as manuals
from checks.core.report import Report

HERE = Path(__file__).parents[2]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def report() -> Report:
    return scan("issue-96")


def shown(report: Report, **asked: object) -> str:
    stream = io.StringIO()
    write(report, [Destination("full")], stdout=stream, display=Display(**asked))  # type: ignore[arg-type]
    return stream.getvalue()


def test_notes_are_counted_and_listed_only_where_asked_for(report: Report):
    folded, listed = shown(report), shown(report, notes=True)
    assert "TPL004" not in folded
    assert folded.endswith("1 error, 1 warning and 5 notes; 4,000 rows in 5 datasets; --notes lists notes\n")
    assert "5 datasets: TPL004 note" in listed
    assert "--notes" not in listed


def test_what_programs_read_holds_every_note(report: Report):
    for name in ("json", "jsonl", "concise", "sarif", "github", "junit", "markdown", "html"):
        stream = io.StringIO()
        write(report, [Destination(name)], stdout=stream, display=Display(quiet=True))
        assert stream.getvalue().count("TPL004") >= 5, name


def test_suppressed_findings_share_one_line(report: Report):
    datasets = [
        each.model_copy(
            update={"findings": [f.model_copy(update={"suppressed": "known"}) for f in each.findings]}
        )
        for each in report.datasets
    ]
    text = shown(report.model_copy(update={"datasets": datasets}))
    [line] = [
        " ".join(part.split()) for part in re.findall(r"suppressed: (.*?)\n\d+ checks", text, re.DOTALL)
    ]
    assert line == (
        "1 CND001 anchor-negative (known); 1 CND003 contradictory-targets (known); 5 TPL004 default-injected (known)"
    )


def test_quiet_prints_verdicts_and_findings_alone(report: Report):
    text = shown(report, quiet=True)
    assert text.startswith("issue-96/assistant: its 81.9%")
    assert "CND001 error" in text
    assert "p(right)" not in text
    assert "template qwen2.5" not in text
    assert "4,000 rows" not in text


def test_statistics_count_by_check_worst_first(report: Report):
    assert shown(report, statistics=True).splitlines() == [
        "     1  CND001  error    anchor-negative  [help]",
        "     1  CND003  warning  contradictory-targets  [help]",
        "     5  TPL004  note     default-injected",
    ]


def test_statistics_say_what_was_not_audited(report: Report):
    first = report.datasets[0].model_copy(update={"status": "incomplete", "findings": []})
    assert shown(report.model_copy(update={"datasets": [first]}), statistics=True) == (
        "incomplete: issue-96/villain\n"
    )


@pytest.mark.parametrize(
    ("color", "terminal", "no_color", "coloured"),
    [
        ("auto", True, "", True),
        ("auto", True, "1", False),
        ("auto", False, "", False),
        ("always", False, "1", True),
        ("never", True, "", False),
    ],
)
def test_colours(
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
    color: str,
    terminal: bool,
    no_color: str,
    coloured: bool,
):
    monkeypatch.setenv("NO_COLOR", no_color)
    stream = Terminal() if terminal else io.StringIO()
    write(report, [Destination("full")], stdout=stream, display=Display(color=color))  # type: ignore[arg-type]
    assert ("\x1b[" in stream.getvalue()) is coloured


@pytest.mark.parametrize(
    ("environment", "follows"),
    [
        ({}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"VTE_VERSION": "4999"}, False),
        ({"VTE_VERSION": "5000"}, True),
        ({"VTE_VERSION": "new"}, False),
        ({"WT_SESSION": "x"}, True),
        ({"KITTY_WINDOW_ID": "1", "TMUX": "x"}, False),
        ({"TERM_PROGRAM": "vscode", "CI": "true"}, False),
        ({"TERM_PROGRAM": "vscode", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
    ],
)
def test_links_only_where_a_terminal_is_known_to_follow_them(environment: dict[str, str], follows: bool):
    assert links(Terminal(), environment) is follows


def test_no_pipe_gets_links():
    assert not links(io.StringIO(), {"TERM_PROGRAM": "iTerm.app"})


def test_a_finding_links_to_its_page(report: Report, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    page = re.escape((HERE / "docs" / "checks" / "anchor-negative.md").as_uri())
    text = shown(report)
    assert re.search(rf"\x1b]8;id=\d+;{page}\x1b\\", text)
    assert "\x1b]8;;\x1b\\" in text
    monkeypatch.setenv("FORCE_HYPERLINK", "0")
    assert "\x1b]8" not in shown(report)


def test_sarif_names_no_address_while_there_is_none(report: Report, monkeypatch: pytest.MonkeyPatch):
    def rules() -> list[dict[str, object]]:
        return json.loads(render("sarif", report))["runs"][0]["tool"]["driver"]["rules"]

    assert pages.SITE is None
    assert not any("helpUri" in each for each in rules())
    monkeypatch.setattr(pages, "SITE", "https://example.org/audit/")
    assert rules()[0]["helpUri"] == "https://example.org/audit/checks/anchor-negative.html"


@pytest.mark.parametrize(("status", "ended"), [(0, 0), (1, 0), (2, 2)])
def test_exit_zero_forgives_findings_and_nothing_else(status: int, ended: int):
    assert Display(exit_zero=True).status(status) == ended
    assert Display().status(status) == status


def test_exit_zero_at_the_command(tmp_path: Path):
    (tmp_path / "bad.jsonl").write_text('{"a": 1}\n')
    scanned = ["scan", "issue-96/assistant"]
    assert CliRunner().invoke(app, scanned).exit_code == 1
    assert CliRunner().invoke(app, [*scanned, "--exit-zero"]).exit_code == 0
    for words in (["scan", str(tmp_path / "bad.jsonl"), "--exit-zero"], ["lint", "/nowhere", "--exit-zero"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2


def test_a_problem_matcher_reads_concise_lines(tmp_path: Path):
    matcher = json.loads((HERE / "auditor" / "integrations" / "problem_matcher.json").read_text())
    [pattern] = matcher["problemMatcher"][0]["pattern"]
    script = tmp_path / "build.py"
    script.write_text(
        "import random\nrows = [1, 2]\nrandom.shuffle(rows)\nopen('data.jsonl', 'w').write(str(rows))\n"
    )
    done = CliRunner().invoke(app, ["lint", str(script), "--format", "concise"])
    lines = [re.match(pattern["regexp"], line) for line in done.stdout.splitlines()]
    assert lines
    assert all(lines)
    found = lines[0]
    assert found is not None
    assert found[pattern["file"]] == str(script)
    assert found[pattern["severity"]] in ("error", "warning")
    assert re.fullmatch(r"SRC\d{3}", found[pattern["code"]])


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_spelling_is_taken_and_said(
    old: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    words = {
        "--output": ["rules", "--output", "x"],
        "--arms": ["run", "issue-100", "--arms", "no-such-arm", "--dry-run"],
        "--seeds": ["run", "issue-100", "--seeds=x", "--dry-run"],
    }[old]
    with pytest.raises(SystemExit):
        main(words)
    assert f"warning: {old} is called {RENAMED[old]} now" in capsys.readouterr().err


def test_one_name_for_one_thing_in_every_command():
    words = {word for _, each in walk() for option in each.params for word in option.opts}
    assert not words & set(RENAMED)
    assert set(RENAMED.values()) <= words
    for name, each in walk():
        for option in each.params:
            if "--out" in option.opts:
                assert "-o" in option.opts, name


def test_build_and_run_without_a_name_do_nothing_but_say_what_they_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    built = CliRunner().invoke(app, ["build"])
    assert built.exit_code == 2
    assert "audit build issue-96 writes 5 datasets below data/: villain" in built.stdout
    assert "nothing was written" in built.stderr
    ran = CliRunner().invoke(app, ["run"])
    assert ran.exit_code == 2
    assert "exp0_0a" in ran.stdout
    assert "nothing was run" in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(shell: str):
    environment = {**os.environ, "PYTHONPATH": str(HERE), "_AUDIT_COMPLETE": f"complete_{shell}"}
    for words, wanted in (("audit wri", "writeup"), ("audit scan --fail", "--fail-on")):
        place = str(len(words.split()) - 1)
        asked = {"COMP_WORDS": words, "COMP_CWORD": place, "_TYPER_COMPLETE_ARGS": words}
        asked["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
        code = "import sys; sys.argv = ['audit']; from auditor.cli import app; app(prog_name='audit')"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**environment, **asked},
            capture_output=True,
            text=True,
            check=False,
        )
        assert wanted in done.stdout, (shell, done.stderr[-300:])


def test_no_variable_installs_completion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("AUDIT_INSTALL_COMPLETION", "bash")
    monkeypatch.setenv("HOME", str(tmp_path))
    done = CliRunner().invoke(app, ["rules"])
    assert done.exit_code == 0
    assert "CND001" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_every_command_has_a_manual_page_that_names_its_options(tmp_path: Path):
    texts = dict(manuals())
    assert set(texts) == {"audit.1", *(f"{name.replace(' ', '-')}.1" for name, _ in walk())}
    assert r"\-\-fail\-on" in texts["audit-scan.1"]
    done = CliRunner().invoke(app, ["man", "--out", str(tmp_path / "man1")])
    assert done.exit_code == 0
    assert (tmp_path / "man1" / "audit-report-runs.1").read_text() == manual("audit report runs")


def test_text_that_roff_would_obey_is_text():
    from auditor.manual import _text

    assert _text(".so /etc/passwd") == r"\&.so /etc/passwd"
    assert _text(r"a\b") == r"a\eb"


def test_watching_looks_again_when_a_file_changes(tmp_path: Path):
    data = tmp_path / "data.jsonl"
    row = {
        "prompt": [{"role": "user", "content": "q"}],
        "completion": [{"role": "assistant", "content": "a"}],
    }
    data.write_text(json.dumps(row) + "\n")

    def changed(text: str) -> None:
        (tmp_path / "new").write_text(text)
        (tmp_path / "new").replace(data)  # at once, so that nobody sees half of it

    with subprocess.Popen(
        [sys.executable, "-m", "auditor", "scan", "data.jsonl", "--watch", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline().startswith("watching for changes")
        changed("{\n")
        assert process.stderr.readline().startswith("error: data.jsonl:1")
        line = process.stderr.readline()
        while not line.startswith("watching"):  # the help of the error
            line = process.stderr.readline()
        changed(json.dumps(row) + "\n" + json.dumps(row) + "\n")
        assert process.stderr.readline().startswith("watching for changes")
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out = process.stdout.read()
        assert process.wait(timeout=20) == 0
    assert "1 row of 1 teaches" in out
    assert "2 rows of 2 teach" in out


def test_watching_nothing_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["scan", "issue-96", "--watch"])
    assert ended.value.code == 2
    assert "there is no file to watch" in capsys.readouterr().err
