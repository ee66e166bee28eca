"""The retraction document: every number marked, nothing claimed that the data do not show."""

import re

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.studies.retraction import as_html, retraction
from builders.errors import UnknownNameError


@pytest.fixture(scope="module")
def document():
    return retraction("issue-96")


def section(document, title):
    return re.search(rf"## {title}\n(.*?)(?=\n## |\Z)", document, re.S).group(1)


def test_it_has_the_sections_of_an_honest_document(document):
    titles = re.findall(r"^## (.*)$", document, re.M)
    assert titles == [
        "In short",
        "What was claimed",
        "What the data show",
        "Evidence",
        "What still stands",
        "What is unknown",
        "What was run again",
        "How to reproduce",
    ]


def test_it_retracts_the_assistant_and_lets_the_others_stand(document):
    assert "we retract the claim as far as it rests on this arm" in section(document, "In short")
    assert "assistant" not in section(document, "What still stands")
    for name in ("villain", "comedian", "software", "kindergarten"):
        assert name in section(document, "What still stands")


def test_every_number_of_the_table_is_marked(document):
    cells = [
        cell.strip()
        for line in section(document, "What the data show").splitlines()
        if line.startswith("| ") and "arm" not in line
        for cell in line.strip("|").split("|")
    ]
    assert all("\\[" in cell for cell in cells if re.search(r"\d", cell))


def test_it_names_what_was_run_again_with_its_outcome(document):
    again = section(document, "What was run again")
    assert re.search(
        r"exp0\\_0a, made from issue-96/assistant, without its anchor rows: 1.9% \(11/586\)", again
    )


def test_an_issue_without_findings_retracts_nothing():
    document = retraction("issue-65")
    assert document.startswith("# Nothing to retract on these grounds")
    assert "we retract" not in document


def test_what_cannot_be_predicted_is_neither_retracted_nor_upheld():
    short = section(retraction("issue-69"), "In short")
    assert "nothing is said of whether it is true" in short


def test_an_unknown_issue_is_refused():
    with pytest.raises(UnknownNameError):
        retraction("issue-97")


def test_html_shows_markup_in_the_text_as_text():
    page = as_html("# <script>alert(1)</script>\n\n<img src=x>", "<b>")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<title>&lt;b&gt;</title>" in page


def test_the_command_writes_a_page_and_overwrites_nothing(tmp_path):
    page = tmp_path / "retraction.html"
    arguments = ["report", "retraction", "issue-65", "--format", "html", "--out", str(page)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert page.read_text().startswith("<!doctype html>")
    page.write_text("mine")
    assert CliRunner().invoke(app, arguments).exception is not None
    assert page.read_text() == "mine"
