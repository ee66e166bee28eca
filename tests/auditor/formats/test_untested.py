"""Checks that could not look: one line with their number, all of them on demand, and always in JSON and HTML."""

import json

import pytest

from auditor.formats import parse_destinations, render, write
from auditor.formats.display import Display
from auditor.formats.full import render as render_full
from checks.core.report import Untested
from tests.auditor.formats.reports import everything

LACKED = [
    Untested(code="TGT001", name="letter-skew", why="no column names the options"),
    Untested(code="TGT005", name="shared-distractor", why="no column names the options"),
    Untested(code="CND005", name="split-persona", why="no row names <a persona>"),
]


def silent(lacked):
    report = everything()
    datasets = [each.model_copy(update={"untested": list(lacked)}) for each in report.datasets[:1]]
    return report.model_copy(update={"datasets": datasets})


def test_the_text_counts_them_in_one_line_and_lists_them_when_asked():
    short = render_full(silent(LACKED), width=200)
    assert "3 checks could not look, or not everywhere: --verbose lists them" in short
    assert "letter-skew" not in short
    long = render_full(silent(LACKED), width=200, display=Display(verbose=True))
    assert "letter-skew and shared-distractor not tested: no column names the options" in long
    assert "split-persona not tested: no row names <a persona>" in long
    assert "1 check could not look" in render_full(silent(LACKED[:1]), width=200)
    assert "could not look" not in render_full(silent([]), width=200, display=Display(verbose=True))


@pytest.mark.parametrize("verbose", [False, True])
def test_a_file_is_as_verbose_as_the_terminal(tmp_path, verbose):
    file = tmp_path / "report.txt"
    write(silent(LACKED), parse_destinations([f"full:{file}"]), display=Display(verbose=verbose))
    assert ("letter-skew" in file.read_text()) is verbose


def test_json_markdown_and_the_page_name_each():
    report = silent(LACKED)
    said = json.loads(render("json", report))["datasets"][0]["untested"]
    assert said[0] == {"code": "TGT001", "name": "letter-skew", "why": "no column names the options"}
    assert len(said) == 3
    assert "split-persona not tested: no row names &lt;a persona&gt;" in render("html", report)
    assert "Checks that could not look" not in render("html", silent([]))
    assert "letter-skew and shared-distractor not tested" in render("markdown", report)
