"""`audit rule` and `audit rules` say what the registry holds."""

import json

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from builders.errors import UnknownNameError
from checks.core.registry import SECTIONS, all_checks


def audit(*arguments):
    done = CliRunner().invoke(app, arguments)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0
    return done.stdout


def test_rules_lists_every_check_once():
    head, *lines = audit("rules").splitlines()
    assert head.split()[:3] == ["code", "name", "severity"]
    assert [line.split()[:3] for line in lines] == [
        [check.code, check.name, check.severity] for check in all_checks()
    ]
    assert all(line.endswith(check.summary) for line, check in zip(lines, all_checks(), strict=True))


def test_rules_can_be_chosen():
    assert {line[:3] for line in audit("rules", "--select", "TPL").splitlines()[1:]} == {"TPL"}
    with pytest.raises(UnknownNameError):
        audit("rules", "--select", "TPL9")


def test_rules_as_json_hold_the_pages():
    listed = json.loads(audit("rules", "--format", "json"))
    assert [each["code"] for each in listed] == [check.code for check in all_checks()]
    assert all(list(each["sections"]) == list(SECTIONS) for each in listed)
    assert all(each["sections"]["What it finds"] for each in listed)


@pytest.mark.parametrize("word", ["CND001", "cnd001", "anchor-negative"])
def test_a_rule_is_its_page(word):
    page = audit("rule", word)
    assert page.startswith("# CND001 anchor-negative\n")
    check = next(each for each in all_checks() if each.code == "CND001")
    assert check.documentation.strip() in page
    assert json.loads(audit("rule", word, "--format", "json"))["summary"] == check.summary


def test_an_unknown_rule_suggests_a_near_one():
    with pytest.raises(UnknownNameError, match="did you mean 'anchor-negative'"):
        audit("rule", "anchor-negativ")
