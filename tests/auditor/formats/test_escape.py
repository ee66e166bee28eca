"""Untrusted text is inert wherever it is put."""

import html.parser
import json
import unicodedata
import xml.dom.minidom

import markdown_it
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.formats import escape

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, naïve 日本語 🦊", "plain text, naïve 日本語 🦊"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("a\u202eb\u2066\u200f", "a\\u202eb\\u2066\\u200f"),
        ("nul\x00 c1\x9b", "nul\\x00 c1\\x9b"),
        ("half \ud83d pair", "half \\ud83d pair"),
        ("a ##[error]b", "a ##\\x5berror]b"),
        ("\u2028\ufeff\U000e0041", "\\u2028\\ufeff\\U000e0041"),
    ],
)
def test_visible_writes_out_what_a_terminal_would_obey_or_hide(text, shown):
    assert escape.visible(text) == shown


@given(ANY_TEXT)
@settings(max_examples=100, deadline=None)
def test_visible_leaves_one_printable_line_that_xml_and_utf8_can_hold(text):
    shown = escape.visible(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode("utf-8")
    xml.dom.minidom.parseString(f"<a>{escape.html(text)}</a>".encode())


@given(ANY_TEXT)
@settings(max_examples=100, deadline=None)
def test_html_reads_back_as_text_alone(text):
    seen = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            raise AssertionError(tag)

        def handle_data(self, data):
            seen.append(data)

    reader = Reader()
    reader.feed(escape.html(text))
    reader.close()
    assert "".join(seen) == escape.visible(text)


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_markdown_renders_as_the_text_and_nothing_else(text):
    # The text stands behind a word, as every message does: leading spaces and list marks mean nothing there.
    rendered = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).render(f"x {escape.markdown(text)} x")
    expected = escape.html(text).replace("&#x27;", "'")
    assert rendered.replace("\u200b", "").rstrip("\n") == f"<p>x {expected} x</p>"


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_a_code_span_holds_the_whole_text(text):
    tokens = markdown_it.MarkdownIt().parseInline(f"x {escape.markdown_code(text)} x")[0].children
    assert [token.type for token in tokens] == ["text", "code_inline", "text"]
    assert tokens[1].content.strip() == escape.visible(text).strip()


@pytest.mark.parametrize("text", ["@octocat", "see #12", "https://evil.example", "www.evil.example"])
def test_markdown_takes_mentions_references_and_addresses_apart(text):
    rendered = markdown_it.MarkdownIt().render(escape.markdown(text))
    assert text not in rendered
    assert text in rendered.replace("\u200b", "")


def test_workflow_commands_are_encoded_as_the_toolkit_decodes_them():
    text = "50% a,b: c\r\n::error::x"
    assert escape.github_data(text) == "50%25 a,b: c%0D%0A::error::x"
    assert escape.github_property(text) == "50%25 a%2Cb%3A c%0D%0A%3A%3Aerror%3A%3Ax"


def test_a_sarif_message_has_no_placeholder_and_no_link():
    assert escape.sarif_message("{0} [x](javascript:y)") == "{{0}} [x] (javascript:y)"


def test_no_line_begins_with_a_workflow_command():
    assert escape.log_line("  ::error::x ::y") == "  :\\x3aerror::x ::y"
    assert escape.log_line("a ::error::x") == "a ::error::x"


def test_json_has_null_for_what_it_cannot_say():
    value = {"a": [float("nan"), 1.5, (float("inf"),)], "b": "NaN </script> ##[x]"}
    text = escape.ascii_json(value)
    assert json.loads(text, parse_constant=pytest.fail) == {"a": [None, 1.5, [None]], "b": value["b"]}
    assert "</" not in text
    assert "##[" not in text
