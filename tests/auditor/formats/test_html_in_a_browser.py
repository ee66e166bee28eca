"""The page in a real Chromium: quiet, complete, usable by keys and screen readers, inert, fit for 1,000 conditions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor import scan
from auditor.formats.html_page import render
from tests.auditor.formats.reports import HOSTILE, everything
from tests.browsing import Shown, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def issue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "issue-100.html"
    path.write_text(render(scan("issue-100")), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_quiet_asks_for_nothing_and_fits(browser: Any, issue: Path, width: int, scheme: str):
    shown = Shown(browser, issue, width=width, scheme=scheme)
    assert shown.said == []
    assert shown.asked == [issue.as_uri()]
    assert shown.fits()


def test_the_collision_is_seen_without_scrolling_on_a_laptop(browser: Any, issue: Path):
    page = Shown(browser, issue).page
    box = page.locator("figure", has_text="expC_qwen_default").bounding_box()
    assert box["y"] + box["height"] < 800


def test_sorting_is_right_in_both_directions(browser: Any, issue: Path):
    page = Shown(browser, issue).page
    for name, place in (("behaviour", 5), ("preserved", 6), ("published", 10)):
        button = page.locator("th button", has_text=name)
        for order in ("ascending", "descending"):
            button.focus()
            page.keyboard.press("Enter")
            assert page.locator("th[aria-sort]").get_attribute("aria-sort") == order
            cells = page.locator(f"#conditions tbody td:nth-child({place})")
            values = [
                float(each) for each in cells.evaluate_all("all => all.map(each => each.dataset.value)")
            ]
            assert values == sorted(values, reverse=order == "descending")


def test_the_filter_shows_what_matches(browser: Any, issue: Path):
    page = Shown(browser, issue).page
    page.fill("#filter", "alibaba")
    shown = page.locator("#conditions tbody tr:not([hidden])")
    assert shown.count() > 0
    assert all("Alibaba" in each for each in shown.all_inner_texts())
    assert page.inner_text("#filter-said").startswith(f"{shown.count()} of ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_works_within_a_notebook(browser: Any, tmp_path: Path, scheme: str):
    path = tmp_path / "notebook.html"
    path.write_text(
        f"<!doctype html><title>n</title>{scan('issue-100').page()._repr_html_()}", encoding="utf-8"
    )
    shown = Shown(browser, path, scheme=scheme)
    inner = shown.page.frame_locator("iframe")
    inner.locator("#filter").fill("alibaba")
    assert inner.locator("#conditions tbody tr:not([hidden])").count() > 0
    assert (
        inner.locator("#filter-said")
        .inner_text()
        .startswith(f"{inner.locator('tr:not([hidden]) td.prompt').count()} of ")
    )
    assert inner.locator("html").evaluate("each => each.scrollWidth <= innerWidth")
    assert shown.said == []
    assert {each for each in shown.asked if not each.startswith("about:")} == {path.as_uri()}


def test_every_step_of_a_slider_says_what_was_computed(browser: Any, issue: Path):
    page = Shown(browser, issue).page
    steps = json.loads(page.locator("#steps-1").text_content())
    slider = page.locator("#range-1")
    slider.focus()
    page.keyboard.press("Home")
    for step in steps[:-1]:
        assert page.inner_text("#told-1") == step == slider.get_attribute("aria-valuetext")
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#told-1") == steps[-1]


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "{{ constructor.constructor('alert(1)')() }}",
        pytest.param("x" * 1_000_000, marks=pytest.mark.slow),
    ],
    ids=["all kinds", "script", "image", "link", "template", "long"],
)
def test_hostile_data_is_inert(browser: Any, tmp_path: Path, text: str):
    path = tmp_path / "page.html"
    path.write_text(render(everything(text)), encoding="utf-8")
    shown = Shown(browser, path)
    shown.page.locator("th button").first.click()
    assert shown.said == []
    assert shown.asked == [path.as_uri()]
    assert shown.page.locator("main a, main img, main iframe").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Any, issue: Path, scheme: str):
    assert Shown(browser, issue, scheme=scheme, bypass=True).serious() == []


def test_a_thousand_conditions_can_be_used(browser: Any, tmp_path: Path):
    [dataset] = scan("issue-96/assistant").datasets
    many = [dataset.conditions[0].model_copy(update={"condition": f"{n:064d}"}) for n in range(1000)]
    report = scan("issue-96/assistant").model_copy(
        update={"datasets": [dataset.model_copy(update={"conditions": many})]}
    )
    path = tmp_path / "many.html"
    path.write_text(render(report), encoding="utf-8")
    page = Shown(browser, path).page
    page.locator("th button").first.click()
    assert page.locator("#conditions tbody tr").count() == 1000


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run report and a retraction, in the layout that the scan's page has."""
    pytest.importorskip("vl_convert", reason="the `report` extra is not installed")
    from auditor.studies.clean_result import gather, page_of
    from auditor.studies.retraction import as_html, retraction
    from tests.auditor.clean_result.studies import write_pair

    folder = tmp_path_factory.mktemp("documents")
    (folder / "runs").mkdir()
    material = gather([write_pair(folder / "runs")])
    (folder / "runs.html").write_text(page_of(material), encoding="utf-8")
    (folder / "retraction.html").write_text(
        as_html(retraction("issue-96"), title="issue-96"), encoding="utf-8"
    )
    return {name: folder / f"{name}.html" for name in ("runs", "retraction")}


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["runs", "retraction"])
def test_documents_are_quiet_fit_and_are_fit_for_screen_readers(
    browser: Any, documents: dict[str, Path], name: str, width: int, scheme: str
):
    shown = Shown(browser, documents[name], width=width, scheme=scheme)
    assert shown.said == []
    assert shown.asked == [documents[name].as_uri()]
    assert shown.fits()
    # A picture's own contrast is the figure's, which dark pages turn as a whole.
    bare = Shown(browser, documents[name], width=width, scheme=scheme, bypass=True)
    # Questions are alike; axe takes its time with each.
    more = "document.querySelectorAll('#questions > details:nth-child(n+6)')"
    bare.page.evaluate(f"{more}.forEach(each => each.remove())")
    bare.page.evaluate(
        "document.querySelectorAll('#questions > details').forEach(each => { each.open = true; })"
    )
    assert bare.serious("{exclude: ['svg']}") == []


def test_every_question_of_a_run_report_is_found_and_opened_by_keys(browser: Any, documents: dict[str, Path]):
    page = Shown(browser, documents["runs"]).page
    search = page.locator("#question-filter")
    search.focus()
    page.keyboard.type("changed in")
    shown = page.locator("#questions > details:not([hidden])")
    assert 0 < shown.count() < page.locator("#questions > details").count()
    assert page.inner_text("#question-filter-said").startswith(f"{shown.count()} of ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    row = shown.first.locator("tbody tr").first
    assert row.is_visible()
    assert "right" in row.inner_text()
    assert "wrong" in row.inner_text()


def test_the_first_figure_of_a_run_report_is_on_the_first_screen(browser: Any, documents: dict[str, Path]):
    page = Shown(browser, documents["runs"]).page
    box = page.locator("figure").first.bounding_box()
    assert box["y"] + box["height"] < 800
