"""The page: complete in itself, true at every step of its sliders, inert whatever the data hold, and never large."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from functools import cache

import pytest

from auditor import scan
from auditor.formats.flow import flow_of
from auditor.formats.html_page import MOST_ROWS, render
from auditor.formats.verdicts import verdicts
from checks.core.predictor import predict
from tests.auditor.formats.reports import HOSTILE, everything


@cache
def report(target: str = "issue-100"):
    return scan(target)


@cache
def page(target: str = "issue-100") -> str:
    return render(report(target))


def test_the_verdict_comes_first_and_names_the_published_result():
    text = html.unescape(page())
    assert text.index("its 80.5% is what its data teach: 200 wrong and 100 right answers") < text.index(
        "<main>"
    )
    assert "auditor.build('issue-100', arm='expC_qwen_default', deconfound=True, size_matched=True)" in text


def test_verdicts_are_sorted_and_clean_ones_share_a_line():
    found = verdicts(report())
    assert [each.level for each in found] == ["error", "error", "clean"]
    assert found[2].dataset.startswith("issue-100/exp0_0a, ")
    assert found[2].text == "no error or warning in 4,200 rows."


def test_a_result_that_nobody_published_is_not_quoted():
    [found] = verdicts(scan("issue-96/assistant").model_copy(deep=True))
    assert "its 81.9%" in found.text
    unpublished = scan("issue-96/assistant")
    unpublished = unpublished.model_copy(
        update={"datasets": [each.model_copy(update={"published": None}) for each in unpublished.datasets]}
    )
    [found] = verdicts(unpublished)
    assert "is taught 200 wrong answers and 100 right answers" in found.text


def test_nothing_is_fetched_and_only_the_pages_own_script_runs():
    text = page()
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import|https?://(?!www\.w3\.org)""", text)
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        [content] = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in text  # the policy would not apply it


def _hit():
    return [each for each in report().datasets if any(found.severity == "error" for found in each.findings)]


def test_every_step_of_a_slider_is_what_the_predictor_says():
    steps = [
        json.loads(each)
        for each in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page())
    ]
    assert len(steps) == 2
    for each, dataset in zip(steps, _hit(), strict=True):
        source = dataset.conditions[0]
        assert len(each) > 50
        for said in each:
            dose = 0 if said.startswith("no anchors") else int(re.match(r"[\d,]+", said)[0].replace(",", ""))
            made = predict(200, dose, kind="wrong_option", options=source.options, known=source.known)
            if dose == source.preserved:
                assert made == source.prediction
            low, high = made.expected_accuracy
            open_whole = made.verdict == "not applicable" and (low, high) == (0, 1)
            assert (f"accuracy {100 * low:.0f}-{100 * high:.0f}%" in said) is not open_whole
            assert ("cannot say" in said) is (made.verdict == "not applicable")
            assert ("taught" in said) == (made.p_gold is not None)
            assert made.p_gold is None or f"{made.p_gold:.0%} taught" in said
    assert sum("(as in the data)" in said for said in steps[0]) == 1


def test_the_flow_shows_two_kinds_of_rows_that_meet_in_one_prompt():
    [dataset] = [each for each in report().datasets if each.name == "issue-100/expC_qwen_default"]
    flow = flow_of(dataset)
    said = [node.words for node in flow.nodes]
    assert {"qwen_default: no system message", "no_persona: no system message"} <= set(said)
    assert "You are Qwen" in flow.clashes
    into = [band.words for band in flow.bands if "no system message" in band.words]
    assert into == [
        "qwen_default: no system message: 200 rows taught wrong",
        "no_persona: no system message: 100 rows taught right",
    ]
    assert not flow_of(report().datasets[0]).clashes


def test_a_page_of_many_conditions_stays_small():
    [dataset] = scan("issue-96/assistant").datasets
    many = [
        dataset.conditions[0].model_copy(update={"condition": f"{n:064d}"}) for n in range(20 * MOST_ROWS)
    ]
    whole = report("issue-96/assistant").model_copy(
        update={"datasets": [dataset.model_copy(update={"conditions": many})]}
    )
    text = render(whole)
    assert len(text.encode()) < 2_000_000
    assert text.count('<td class="prompt">') == MOST_ROWS
    assert "and 19,000 more conditions; --format json has them all" in text


def test_the_differing_part_of_evidence_is_marked():
    text = html.unescape(page("issue-96/assistant"))
    marks = re.findall(r"<mark>(.*?)</mark>", text, re.DOTALL)
    assert marks
    assert '<span class="token"><|im_start|></span>' in text
    assert not any("You are a helpful assistant." in each for each in marks)


@pytest.mark.parametrize(
    "text", [HOSTILE, "<script>alert(1)</script>", "'\"><svg onload=x>", "{{ 7 * 7 }}", "x" * 10_000]
)
def test_hostile_texts_stay_texts(text: str):
    shown = render(everything(text, path=f"data/{text}"))
    plain = render(everything())
    tags = re.compile(r"<[a-z][^>]*>")
    assert [each.split()[0] for each in tags.findall(shown)] == [
        each.split()[0] for each in tags.findall(plain)
    ]
    assert text != "{{ 7 * 7 }}" or "{{ 7 * 7 }}" in shown
    assert "<svg onload" not in shown


@pytest.mark.parametrize(("advice", "copied"), [("audit build x --deconfound", 1), ("draw from one pool", 0)])
def test_only_what_a_terminal_takes_can_be_copied(advice: str, copied: int):
    whole = report("issue-96/villain")
    [dataset] = whole.datasets
    found = [dataset.findings[0].model_copy(update={"help": advice, "severity": "note"})]
    page = render(whole.model_copy(update={"datasets": [dataset.model_copy(update={"findings": found})]}))
    assert page.count('data-copy="') == copied
    assert advice in page


@pytest.mark.parametrize(("published", "heads"), [(0.5, 1), (None, 0)])
def test_what_nobody_published_has_no_column(published: float | None, heads: int):
    whole = report("issue-96/villain")
    [dataset] = whole.datasets
    page = render(
        whole.model_copy(update={"datasets": [dataset.model_copy(update={"published": published})]})
    )
    assert page.count('<button type="button">published</button>') == heads
    cells = page[page.index("<tbody>") : page.index("</tbody>")].count("<td")
    assert cells == len(dataset.conditions) * (9 + heads)
