"""What a dataset holds cannot break out of any format: not out of its line, its markup or the terminal."""

import json
import unicodedata
import xml.etree.ElementTree as ET

import markdown_it
import pytest

from auditor.formats import FORMATS, render
from auditor.formats.escape import visible
from tests.auditor.formats.reports import HOSTILE, everything

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}


@pytest.fixture(params=list(FORMATS))
def name(request):
    return request.param


@pytest.fixture
def hostile(name):
    return render(name, everything(HOSTILE, path=f"data/{HOSTILE}"))


def test_no_character_is_left_that_a_terminal_obeys_or_hides(hostile):
    left = {character for character in hostile if unicodedata.category(character) in FORBIDDEN}
    assert left <= {"\n"}
    hostile.encode("utf-8")


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("full", "html")], indirect=True)
def test_the_text_adds_no_line(name, hostile):
    # `full` breaks long lines, and `html` shows rendered rows with their lines.
    assert hostile.count("\n") == render(name, everything()).count("\n")


def test_no_line_becomes_a_workflow_command(name, hostile):
    assert "##[" not in hostile
    plain = render(name, everything())
    commands = [line.split(" ")[0] for line in plain.splitlines() if line.lstrip().startswith("::")]
    assert [line.split(" ")[0] for line in hostile.splitlines() if line.lstrip().startswith("::")] == commands


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab"], indirect=True)
def test_json_can_be_put_into_a_page_of_ascii(hostile):
    assert hostile.isascii()
    assert "</script" not in hostile
    json.loads(hostile)


@pytest.mark.parametrize("name", ["json", "jsonl"], indirect=True)
def test_json_gives_the_text_back_exactly(name, hostile):
    said = json.loads(hostile) if name == "json" else json.loads(hostile.splitlines()[0])
    assert said["target"] == f"data {HOSTILE}"


def test_github_annotations_decode_to_the_text():
    command = render("github", everything(HOSTILE)).splitlines()[0]
    properties, message = command.removeprefix("::").split("::", 1)
    decoded = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert decoded.split("\n")[
        0
    ] == f"train {visible(HOSTILE)}: {everything(HOSTILE).datasets[0].findings[0].message}".replace(
        HOSTILE, visible(HOSTILE)
    )
    assert properties == "error file=data/train.jsonl,line=12,title=CND001 anchor-negative"


def test_junit_reads_back_as_the_text():
    root = ET.fromstring(render("junit", everything(HOSTILE)))
    assert {element.tag for element in root.iter()} == {
        *("testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out")
    }
    assert root[0].get("name") == f"train {visible(HOSTILE)}"


def test_markdown_renders_no_markup_of_the_text():
    def tags(text):
        parser = markdown_it.MarkdownIt("gfm-like", {"html": True, "linkify": False})
        found = []
        for token in parser.parse(render("markdown", everything(text))):
            found += [token.type, *(child.type for child in token.children or [] if child.type != "text")]
        return found

    assert tags(HOSTILE) == tags("plain")
    assert not {"html_block", "html_inline", "link_open", "image"} & set(tags(HOSTILE))
