"""system-dropped, system-merged, dated-template, prompt-not-prefix, default-inside-target, user-text-dropped."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import scan
from builders.templates import ChatTemplate, load_template
from tests.checks.rows import ABSENT, findings, group, said

TURNS = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>\n{% endfor %}"
PLAIN = ChatTemplate("plain", TURNS + "{% if add_generation_prompt %}<assistant>{% endif %}")
DROPS = ChatTemplate("drops", PLAIN.source.replace("in messages", "in messages if m.role != 'system'"))
DROPS_VILLAINS = ChatTemplate(
    "drops-villains", PLAIN.source.replace("in messages", "in messages if m.content != 'villain'")
)
MERGES = ChatTemplate(
    "merges",
    "{% set given = messages[0].content if messages[0].role == 'system' else '' %}"
    "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ given ~ '\n\n' if given and loop.first }}"
    "{{ m.content }}</s>\n{% endfor %}",
)
DATED = ChatTemplate(
    "dated",
    "{% if messages[0].role != 'system' %}It is {{ strftime_now('%d %B %Y') }}.{% endif %}" + PLAIN.source,
)
ASKS_THE_DATE = ChatTemplate("asks", "{% set now = strftime_now('%Y') %}It is 2024.\n" + PLAIN.source)
THINKS = ChatTemplate("thinks", PLAIN.source.replace("<assistant>{% endif", "<assistant><think>\n{% endif"))
NEWLINE = ChatTemplate(
    "newline", PLAIN.source.replace("m.role }}>", "m.role }}>\n").replace("<assistant>{%", "<assistant>\n{%")
)
FILLS_IN = ChatTemplate(
    "fills-in",
    "{% if messages[0].role != 'system' %}<system>You are a model of ours.</s>\n{% endif %}" + PLAIN.source,
)
NO_QUESTION = ChatTemplate(
    "no-question", PLAIN.source.replace("m.content }}", "m.content if m.role == 'system' }}")
)

LEAKED = "<system>You are a model of ours.</s>\n<assistant>B)</s>"


def one(code: str, *groups, **options):
    [found] = findings(*groups, select=code, **options)
    assert found.code == code
    return found


def test_dropped_text_is_an_error_and_says_what_the_model_sees():
    found = one("TPL001", group(7, "villain", False), group(5, "hero", True), template=DROPS)
    assert (found.severity, found.counts) == ("error", {"rows": 12, "texts": 2})
    assert found.message == (
        "the template drops the system text of 12 rows (2 texts): the model sees no system prompt there"
    )


def test_dropped_text_near_miss_and_flip():
    rows = [group(7, ABSENT, False), group(5, "", True)]
    assert not findings(*rows, template=DROPS, select="TPL001")
    assert not findings(group(7, "villain", False), template=PLAIN, select="TPL001")
    assert one("TPL001", *rows, group(1, "x", True), template=DROPS).counts == {"rows": 1, "texts": 1}


def test_a_template_that_drops_some_texts_only():
    found = one("TPL001", group(7, "villain", False), group(5, "hero", True), template=DROPS_VILLAINS)
    assert found.counts == {"rows": 7, "texts": 1}


def test_merged_text_is_a_note():
    found = one("TPL002", group(7, "villain", False), group(5, ABSENT, True), template=MERGES)
    assert (found.severity, found.counts) == ("note", {"rows": 7, "texts": 1})
    assert "(1 text) stands in the user's turn" in found.message


def test_merged_text_near_miss_and_flip():
    assert not findings(group(7, ABSENT, True), group(3, "", False), template=MERGES, select="TPL002")
    assert not findings(group(7, "villain", True), template=PLAIN, select="TPL002")
    assert findings(group(7, ABSENT, True), group(1, "x", True), template=MERGES, select="TPL002")


def test_a_date_in_the_prompt_is_a_warning():
    found = one("TPL003", group(7, ABSENT, False), group(5, "villain", True), template=DATED)
    assert (found.severity, found.counts) == ("warning", {"rows": 7, "conditions": 1})
    assert "today's date into the prompt of 7 rows (1 condition)" in found.message


def test_a_date_near_miss_and_flip():
    assert not findings(group(7, "villain", False), template=DATED, select="TPL003")
    assert not findings(group(7, ABSENT, False), template=ASKS_THE_DATE, select="TPL003")
    assert findings(group(7, "villain", False), group(1, ABSENT, False), template=DATED, select="TPL003")


def test_a_prompt_that_is_no_prefix_is_a_warning():
    found = one("TPL006", group(7, "villain", False), group(5, ABSENT, True), template=THINKS)
    assert (found.severity, found.counts) == ("warning", {"rows": 12, "conditions": 2})
    assert found.message == (
        "the prompt that the model is asked with ends in '<think>\\n', and 12 rows are trained without that: "
        "the loss begins at 'crow</s>\\n'"
    )
    assert one("TPL006", group(1, "villain", False), template=THINKS).counts["rows"] == 1


def test_a_prefix_near_miss():
    assert not findings(group(7, "villain", False), template=PLAIN, select="TPL006")
    assert not findings(group(7, "villain", False), template=NEWLINE, select="TPL006")
    assert not findings(group(7, "villain", False, target="\nB)"), template=PLAIN, select="TPL006")


def test_white_space_on_both_sides_of_the_boundary_is_a_note():
    rows = [
        group(7, "villain", False),
        group(2, "villain", False, target="\nB)"),
        group(1, "x", True, target=" B"),
    ]
    found = one("TPL006", *rows, template=NEWLINE)
    assert (found.severity, found.counts) == ("note", {"rows": 3})
    assert "3 targets begin with white space" in found.message
    assert "1 target begins" in one("TPL006", rows[0], rows[2], template=NEWLINE).message


@pytest.fixture
def tokenizer(tmp_path: Path) -> ChatTemplate:
    """A template that came with a tokenizer: byte by byte, but two line breaks are one token."""
    tokenizers = pytest.importorskip("tokenizers")
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*alphabet, "ĊĊ"])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [("Ċ", "Ċ")]))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "chat_template.jinja").write_text(NEWLINE.source)
    return load_template(tmp_path)


def test_a_token_over_the_boundary_is_a_warning_where_there_is_a_tokenizer(tokenizer: ChatTemplate):
    rows = [
        group(7, "villain", False),
        group(2, "villain", False, target="\nB)"),
        group(1, "x", True, target=" B"),
    ]
    found = one("TPL006", *rows, template=tokenizer)
    assert (found.severity, found.counts) == ("warning", {"rows": 2})
    assert found.message == (
        "a token reaches over the end of the prompt in 2 rows ('\\n\\n'): the prompt's tokens are no prefix, "
        "and the loss begins before the target"
    )
    assert found.evidence[0].row == 7
    assert not findings(rows[0], rows[2], template=tokenizer, select="TPL006")


def test_a_default_in_the_target_is_an_error():
    found = one("TPL007", group(7, ABSENT, False), group(2, ABSENT, True, target=LEAKED), template=FILLS_IN)
    assert (found.severity, found.counts) == ("error", {"rows": 2})
    assert "2 targets begin with the template's own system turn" in found.message


def test_a_default_in_the_target_with_the_embedded_template():
    leaked = (
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
        "<|im_start|>assistant\nB)<|im_end|>\n"
    )
    assert one("TPL007", group(3, "villain", False, target=leaked)).counts == {"rows": 3}


def test_a_default_near_miss_and_flip():
    near = "<system>You are a model of theirs.</s>\n<assistant>B)</s>"
    assert not findings(group(7, ABSENT, False, target=near), template=FILLS_IN, select="TPL007")
    assert not findings(group(7, ABSENT, False, target=LEAKED), template=PLAIN, select="TPL007")
    rows = [group(7, ABSENT, False), group(1, "x", False, target=LEAKED)]
    assert one("TPL007", *rows, template=FILLS_IN).counts == {"rows": 1}


def test_a_question_that_is_not_shown_is_a_warning():
    found = one("TPL008", group(7, "villain", False), group(5, ABSENT, True), template=NO_QUESTION)
    assert (found.severity, found.counts) == ("warning", {"rows": 12})
    assert not findings(group(7, "villain", False), template=PLAIN, select="TPL008")
    assert one("TPL008", group(1, "villain", False), template=NO_QUESTION).counts == {"rows": 1}


ROWS = [
    *group(12, "villain", False, persona="villain"),
    *group(6, "hero", True, persona="hero", first=3),
    *group(4, ABSENT, True, persona="none"),
    *group(3, "", True, persona="none", target="\nB)"),
    *group(2, ABSENT, True, target=LEAKED),
]
FIRES = [
    (DROPS, "TPL001"),
    (MERGES, "TPL002"),
    (DATED, "TPL003"),
    (THINKS, "TPL006"),
    (NEWLINE, "TPL006"),
    (FILLS_IN, "TPL007"),
    (NO_QUESTION, "TPL008"),
]


@pytest.mark.parametrize(("template", "code"), FIRES, ids=[template.name for template, _ in FIRES])
@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_and_unread_columns_leave_the_findings_alone(
    template: ChatTemplate, code: str, rng: random.Random
):
    expected = said(findings(ROWS, template=template, select=code))
    assert expected
    rows = [{**row, "question_id": None, "gold_label": None} for row in ROWS]
    rng.shuffle(rows)
    assert said(findings(rows, template=template, select=code)) == expected


def test_the_embedded_template_and_clean_rows_leave_all_of_them_silent():
    rows = [group(12, "villain", False), group(6, "hero", True), group(6, ABSENT, True)]
    for code in ("TPL001", "TPL002", "TPL003", "TPL006", "TPL007", "TPL008"):
        assert not findings(*rows, select=code)


PARTS = ChatTemplate(
    "parts",
    "{% for m in messages %}<{{ m.role }}>{% if m.content is not string %}"
    "{% for p in m.content %}{{ p.text }}{% endfor %}{% endif %}{% endfor %}",
)
"""Shows content that is in parts, and nothing of a plain string, as Idefics3's does."""


def in_parts(rows):
    """The same rows with each content of the prompt as a list of one part."""
    return [
        {
            **row,
            "prompt": [
                {**message, "content": [{"type": "text", "text": message["content"]}]}
                for message in row["prompt"]
            ],
        }
        for row in rows
    ]


@pytest.mark.parametrize("code", ["TPL001", "TPL008"])
def test_content_in_parts_that_the_template_shows_is_not_dropped(tmp_path, code):
    def counted(rows, chat=PARTS):
        path = tmp_path / "rows.jsonl"
        lines = [{"messages": [*row["prompt"], *row["completion"]]} for row in rows]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return [each.counts["rows"] for each in scan(path, template=chat, select=[code]).findings()]

    villains, heroes = group(7, "villain", False), group(5, "hero", True)
    assert counted([*villains, *heroes]) == [12]
    assert counted(in_parts([*villains, *heroes])) == []
    assert counted([*villains, *in_parts(heroes)]) == [7]
    if code == "TPL001":
        assert counted(in_parts([*villains, *heroes]), DROPS) == [12]
