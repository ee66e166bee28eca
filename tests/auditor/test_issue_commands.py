"""`audit issues`, `audit issue`, `audit issue new`."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from builders.errors import AuditError, InputError, UnknownNameError
from experiments.study import issue as past


def run(*arguments):
    return CliRunner().invoke(app, arguments)


def test_issues_lists_them_all():
    names = [each["name"] for each in json.loads(run("issues", "--format", "json").stdout)]
    assert names == ["issue-65", "issue-66", "issue-69", "issue-96", "issue-99", "issue-100"]
    assert [line.split()[0] for line in run("issues").stdout.splitlines()[1:]] == names


@pytest.mark.parametrize("name", ["65", "issue-65"])
def test_an_issue_shows_claims_what_is_known_and_what_was_found(name):
    output = run("issue", name).stdout
    assert re.search(r"claimed:\n.*known:\n.*found:\n", output, re.S)


def test_an_unknown_issue_is_refused_with_near_names():
    with pytest.raises(UnknownNameError) as raised:
        raise run("issue", "issue-9").exception
    assert "issue-99" in raised.value.near


def test_a_scaffold_loads_scans_and_shows(tmp_path):
    file = tmp_path / "issue-7.yaml"
    assert run("issue", "new", str(file)).exit_code == 0
    assert past.read_issue(file).name == "issue-7"
    report = json.loads(run("scan", str(file), "--format", "json").stdout)
    assert [dataset["name"] for dataset in report["datasets"]] == ["issue-7/x"]
    assert "Does persona X resist?" in run("issue", str(file)).stdout
    assert isinstance(run("issue", "new", str(file)).exception, AuditError)
    assert run("issue", "new", str(file), "--force").exit_code == 0


def test_a_scaffold_needs_a_file():
    assert isinstance(run("issue", "new").exception, InputError)


def test_no_past_issue_says_its_verdict():
    """Verdicts come out of the checks: the words for them stand nowhere in the data."""
    words = re.compile(r"anchor-negative|\bconfound|verdict|CND\d|predicted|preserved:\s*(true|false)", re.I)
    for file in Path(past.FOLDER).glob("*.yaml"):
        assert not words.search(file.read_text("utf-8")), file.name
