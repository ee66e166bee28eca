"""The fixture, in a real pytest run of its own."""

import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[3]


def run(folder, test, **files):
    (folder / "test_data.py").write_text(test, encoding="utf-8")
    for name, text in files.items():
        (folder / name.replace("_toml", ".toml")).write_text(text, encoding="utf-8")
    # The plugin is named because this checkout may not be installed, where its entry point would name it.
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "auditor_pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir=.",
    ]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HOME), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


CONFOUNDED = """
def test_data(confounds):
    confounds("issue-96/assistant").assert_none()
"""


def test_a_failure_reads_like_a_finding(tmp_path):
    done = run(tmp_path, CONFOUNDED)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert any(
        line.startswith("issue-96/assistant: CND001 error assistant is taught 200 wrong answers")
        for line in lines
    )
    assert any(line.startswith("  row 14: system 'You are a helpful assistant.'") for line in lines)
    assert (
        "  help: auditor.build('issue-96', source='assistant', deconfound=True, size_matched=True)" in lines
    )
    assert "Traceback" not in done.stdout
    assert "raise_on" not in done.stdout


def test_what_is_ignored_or_below_the_severity_passes(tmp_path):
    test = """
def test_ignored(confounds):
    report = confounds("issue-96/assistant").assert_none(ignore=["anchor-negative", "CND003"])
    assert report.datasets[0].rows == 800

def test_selected(confounds):
    confounds("issue-96/assistant").assert_none(select=["CND002"])

def test_other_severity(confounds):
    confounds("issue-96/villain").assert_none(fail_on="error")
"""
    done = run(tmp_path, test)
    assert (done.returncode, "3 passed" in done.stdout) == (0, True), done.stdout


def test_the_configuration_of_the_project_holds(tmp_path):
    ignores = "".join(
        f'[[ignore]]\ncheck = "{code}"\nreason = "published"\n' for code in ("CND001", "CND003")
    )
    assert run(tmp_path, CONFOUNDED, audit_toml=ignores).returncode == 0


def test_an_audit_that_cannot_be_done_fails_the_test(tmp_path):
    done = run(tmp_path, 'def test_data(confounds):\n    confounds("no-such.jsonl").assert_none()\n')
    assert done.returncode == 1
    assert "the audit could not be done: no-such.jsonl: no such file" in done.stdout


def test_a_folder_that_hides_ours_breaks_only_tests_that_use_the_fixture(tmp_path):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "__init__.py").write_text("")
    done = run(tmp_path, CONFOUNDED + "\ndef test_other():\n    pass\n")
    assert "1 passed, 1 error" in done.stdout, done.stdout + done.stderr
