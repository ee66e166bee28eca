"""Remembered reports: the same as fresh ones, and never of anything but what ships with the package."""

import json

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.request.loading import load_request
from auditor.scanning import report_cache


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(*arguments):
    return CliRunner().invoke(app, ["scan", *arguments, "--format", "json"])


def place(*targets):
    return report_cache.cached_report(targets, load_request(flags={}))[0]


def test_the_second_scan_reads_what_the_first_one_said():
    first = run("issue-65")
    assert place("issue-65").is_file()
    assert run("issue-65").stdout == first.stdout == run("issue-65", "--no-cache").stdout


def test_it_is_the_file_that_is_read():
    run("issue-65")
    report = json.loads(place("issue-65").read_text())
    report["target"] = "remembered"
    place("issue-65").write_text(json.dumps(report))
    assert json.loads(run("issue-65").stdout)["target"] == "remembered"
    assert json.loads(run("issue-65", "--no-cache").stdout)["target"] == "issue-65"


@pytest.mark.parametrize("broken", ["", "{", '{"schema_version": 1}', "[]"])
def test_a_broken_file_is_scanned_anew_and_mended(broken):
    fresh = run("issue-65").stdout
    place("issue-65").write_text(broken)
    assert run("issue-65").stdout == fresh
    assert json.loads(place("issue-65").read_text())["target"] == "issue-65"


def test_options_make_another_report():
    run("issue-65")
    run("issue-65", "--select", "CND001")
    assert len(list(place("issue-65").parent.glob("*.json"))) == 2


@pytest.mark.parametrize(
    "options", [{"template": "x.jinja"}, {"questions": "arc.jsonl"}, {"template-kwargs": '{"a": 1}'}]
)
def test_what_depends_on_the_users_files_is_not_remembered(options):
    assert report_cache.cached_report(["issue-96"], load_request(flags=options)) == (None, None)


def test_neither_are_the_users_own_targets(tmp_path, monkeypatch):
    assert place("recipe.yaml") is None
    assert place("issue-96", "data.jsonl") is None
    monkeypatch.chdir(tmp_path)
    assert place("issue-96") is not None
    (tmp_path / "issue-96").mkdir()
    assert place("issue-96") is None


def test_an_edit_of_the_package_makes_another_key(monkeypatch):
    before = place("issue-96")
    state = list(report_cache._state())
    monkeypatch.setattr(report_cache, "_state", lambda: iter([*state[1:], (state[0][0], state[0][1] + 1, 0)]))
    assert place("issue-96") != before


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert json.loads(run("issue-65").stdout)["target"] == "issue-65"


def test_old_reports_are_forgotten(monkeypatch):
    monkeypatch.setattr(report_cache, "KEPT", 1)
    run("issue-65")
    run("issue-65", "--select", "CND001")
    assert len(list(place("issue-65").parent.glob("*.json"))) == 1
