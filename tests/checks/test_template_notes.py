"""default-injected and unrenderable-rows."""

from builders.templates import ChatTemplate
from checks.core.runner import audit
from tests.checks.rows import ABSENT, context, findings, group

REFUSES = ChatTemplate(
    name="refuses",
    source=(
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system role here') }}{% endif %}"
        "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    ),
    origin="a test",
)


def test_default_injected_counts_rows_and_quotes_the_text():
    [found] = findings(group(7, ABSENT, True), group(5, "given", False), select="default-injected")
    assert found.severity == "note"
    assert found.counts == {"rows": 7}
    assert '"You are Qwen, created by Alibaba Cloud. You are a helpful assistant."' in found.message


def test_default_injected_is_silent_on_empty_and_on_typed_text():
    typed = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    assert not findings(group(7, "", True), group(5, typed, False), select="TPL004")


def test_default_injected_one_row_flips_it():
    assert findings(group(7, "a", True), group(1, ABSENT, True), select="TPL004")[0].counts == {"rows": 1}


def test_unrenderable_rows_are_an_error_and_leave_the_audit_incomplete():
    report = audit(context(group(7, "x", True), group(5, ABSENT, False), template=REFUSES))
    [found] = [each for each in report.findings if each.name == "unrenderable-rows"]
    assert found.severity == "error"
    assert found.counts == {"rows": 7}
    assert "no system role here" in found.message
    assert report.status == "incomplete"


def test_unrenderable_rows_near_miss_and_flip():
    assert not findings(group(7, ABSENT, True), template=REFUSES, select="TPL005")
    assert findings(group(7, ABSENT, True), group(1, "x", True), template=REFUSES, select="TPL005")
