"""`audit diff` on the arms of issue 100, as a user runs it."""

import json

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.scanning.comparison import Expectation, parse_expectation
from builders.errors import AuditError, InputError, UnknownNameError

ARMS = ("diff", "issue-100/exp0_0a", "issue-100/exp0_0b")


def run(*arguments):
    return CliRunner().invoke(app, arguments)


def findings(*arguments):
    return json.loads(run(*arguments, "--format", "json").stdout)["datasets"][0]["findings"]


def test_names_exactly_the_swapped_rows():
    found = {
        next(iter(each["counts"])): each for each in findings(*ARMS, "--rows") if each["code"] == "ARM002"
    }
    assert found["removed"]["counts"] == {"removed": 100}
    assert found["added"]["message"] == "100 rows added: 100 anchor assistant preserved"
    assert len(found["removed"]["evidence"]) == len(found["added"]["evidence"]) == 100


def test_says_what_it_does_to_the_prediction():
    effects = [each for each in findings(*ARMS) if each["code"] == "ARM001"]
    [source] = [each for each in effects if each["personas"] == ["assistant"]]
    assert source["counts"] == {
        "behaviour_before": 200,
        "preserved_before": 0,
        "behaviour_after": 200,
        "preserved_after": 100,
    }
    assert "predicted behaviour, now preserved" in source["message"]


def test_an_arm_and_itself_have_no_difference():
    assert findings("diff", "issue-100/exp0_0a", "issue-100/exp0_0a") == []


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        (["removed=100,role=bystander", "added=100,role=anchor"], 0),
        (["removed=100,role=anchor", "added=100,role=anchor"], 1),
        (["removed=99", "added=100"], 1),
        (["removed=100"], 1),
        (["removed=60,role=bystander", "removed=40,role=bystander", "added=100"], 1),
        (["removed=100", "added=100", "moved=0"], 1),
    ],
)
def test_expectations(expected, status):
    options = [word for each in expected for word in ("--expect", each)]
    assert run(*ARMS, *options).exit_code == status


def test_expectation_text():
    assert parse_expectation("removed=100, role=anchor") == Expectation("removed", 100, {"role": "anchor"})


@pytest.mark.parametrize(
    "text", ["removed", "removed=x", "role=anchor", "removed=1,added=2", "", "removed=-1"]
)
def test_malformed_expectations_are_refused(text):
    with pytest.raises(AuditError):
        parse_expectation(text)


def test_unknown_words_are_refused_with_near_ones():
    with pytest.raises(UnknownNameError) as raised:
        parse_expectation("removd=100")
    assert raised.value.near[0] == "removed"


def test_several_datasets_are_no_arm():
    result = run("diff", "issue-96", "issue-100/exp0_0a")
    assert isinstance(result.exception, InputError)
    assert "5 datasets" in str(result.exception)
