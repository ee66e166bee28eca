"""A report in a notebook, a REPL and a string."""

import html.parser
import subprocess
import sys
from pathlib import Path

import pytest

import auditor
from auditor.formats import render
from auditor.formats.escape import visible
from auditor.formats.html_table import render as render_table
from auditor.scanning.shown import ShownReport
from tests.auditor.formats.reports import HOSTILE, everything

HOME = Path(__file__).parents[2]


class Reader(html.parser.HTMLParser):
    """Collects tags, with their nesting checked, and the text."""

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.text, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(fragment):
    reader = Reader()
    reader.feed(fragment)
    reader.close()
    assert reader.open == []
    return reader


def test_hostile_text_adds_no_element_and_is_shown():
    plain, hostile = read(render_table(everything())), read(render_table(everything(HOSTILE)))
    assert hostile.tags == plain.tags
    assert hostile.attributes == []
    assert not {"script", "img", "a", "style"} & set(hostile.tags)
    assert f"train {visible(HOSTILE)}" in hostile.text


def test_the_table_has_one_row_per_condition_and_one_item_per_finding():
    reader = read(render_table(everything()))
    assert reader.tags.count("tr") == 1 + 2
    assert reader.tags.count("th") == reader.tags.count("td") / 2 == 9
    assert reader.tags.count("details") == 2


def test_a_report_of_source_files_has_no_template_to_name():
    reader = read(render_table(everything().model_copy(update={"template": None})))
    assert "strong" in reader.tags
    assert "None" not in reader.text


def test_a_scan_shows_itself_and_prints_nothing(capfd):
    report = auditor.scan("issue-96/assistant")
    assert capfd.readouterr() == ("", "")
    assert str(report) == render("full", report)
    assert repr(report) == "<Report of 'issue-96/assistant': findings, 1 error, 1 warning and 1 note>"
    assert read(report._repr_html_()).tags.count("li") >= 3
    assert report.model_copy()._repr_html_() == report._repr_html_()


def test_the_page_in_a_notebook_is_the_one_that_is_written():
    report = auditor.scan("issue-96/assistant")
    reader = read(report.page(height=321)._repr_html_())
    assert reader.tags == ["iframe"]
    given = dict(reader.attributes)
    assert given["srcdoc"] == render("html", report)
    assert given["height"] == "321"
    assert given["sandbox"] == "allow-scripts"


def test_hostile_text_does_not_leave_the_frame():
    shown = ShownReport.model_validate(everything(HOSTILE + "\"'></iframe><script>").model_dump())
    assert read(shown.page()._repr_html_()).tags == ["iframe"]


def test_the_frame_has_a_row_for_each_condition():
    report = auditor.scan("issue-96/assistant")
    table = report.to_frame()
    assert len(table) == len(report.datasets[0].conditions)
    (source,) = table[table["role"] == "source"].to_dict("records")
    assert (source["behaviour"], source["preserved"], source["verdict"]) == (200, 100, "preserved")
    assert "CND001:error" in source["findings"]


def test_a_notebook_shows_the_table_once(tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="no nbclient, which runs notebooks")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel", reason="no ipykernel")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell('import auditor\nauditor.scan("issue-96/assistant")')]
    )
    environment = {"PYTHONPATH": str(HOME)}
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        client.execute()
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "execute_result"
    assert output.data["text/html"].count("<table>") == 1
    assert output.data["text/plain"].startswith("<Report of 'issue-96/assistant'")


def test_the_python_that_scans_prints_nothing_twice():
    code = "import auditor; report = auditor.scan('issue-96/assistant'); print(report)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.count("CND001 error") == 1
