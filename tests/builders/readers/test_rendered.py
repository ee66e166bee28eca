"""Texts that a template has rendered: split into the turns that give the same characters again, or refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import scan
from builders.engine.table import ResolvedTable
from builders.errors import AuditError, InputError
from builders.readers import read_frame
from builders.readers.rendered import markup_of, markups
from builders.templates import ChatTemplate, load_template, render
from builders.views.laying import Row, lay

MARKUPS = list(markups())
WORDS = st.text(st.sampled_from("ab <|>[]/\n:S"), min_size=1, max_size=12).filter(str.strip)
TALKS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3)


def said(system, talk, roles):
    turns = [("system", system)] if system is not None and "system" in roles else []
    return turns + [turn for user, answer in talk for turn in (("user", user), ("assistant", answer))]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(MARKUPS), st.one_of(st.none(), WORDS), TALKS)
def test_what_is_split_is_what_was_written(markup, system, talk):
    turns = said(system, talk, markup.marks)
    text = markup.write(turns)
    found = markup.split(text)
    if found is not None:  # words may hold what ends a turn
        assert markup.write([(each.role, each.content) for each in found]) == text
        assert all(text[each.start :].startswith(each.content) for each in found)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MARKUPS), st.one_of(st.none(), WORDS), TALKS)
def test_the_template_writes_the_same(markup, system, talk):
    turns = said(system, talk, markup.marks)
    messages = [{"role": role, "content": words} for role, words in turns]
    assert render(markup.template, messages) == markup.write(turns)
    asked = render(markup.template, messages[:-1], add_generation_prompt=True)
    assert markup.write(turns).startswith(asked)


PLAIN = "abc"


@pytest.mark.parametrize("markup", {each.name: each for each in MARKUPS}.values(), ids=lambda each: each.name)
def test_plain_words_are_split_at_their_marks(markup):
    talk = [(f"u{n} {PLAIN}", f"a{n} {PLAIN}") for n in range(1 if markup.name == "alpaca" else 3)]
    turns = said("s " + PLAIN, talk, markup.marks)
    found = markup.split(markup.write(turns))
    assert found is not None
    assert [(each.role, each.content) for each in found] == turns
    assert markup.split(markup.write(turns) + "x<|im_start|>") is None
    assert markup.split("x" + markup.write(turns)) is None


@pytest.mark.parametrize(
    ("template", "family"),
    [
        ("qwen2.5", "chatml"),
        ("llama3", "llama3"),
        ("gemma2", "gemma"),
        ("phi3", "phi3"),
        ("mistral-v0.2", "mistral"),
        ("mistral-v0.3", "mistral"),
        ("deepseek_v3", "deepseek"),
        ("phi4", "phi4"),
        ("tulu3", "tulu"),
    ],
)
def test_what_known_templates_render_is_explained(template, family):
    tokens = {"gemma2": "<bos>", "mistral-v0.2": "<s>", "mistral-v0.3": "<s>", "llama3": "<|begin_of_text|>"}
    try:
        loaded = load_template(template)
    except AuditError:
        pytest.skip(f"{template} is not at hand")
    bos = tokens.get(template, "<\uff5cbegin\u2581of\u2581sentence\uff5c>")
    named = ChatTemplate(template, loaded.source, special_tokens={"bos_token": bos, "eos_token": "</s>"})
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    if template not in ("gemma2", "mistral-v0.2"):
        messages.insert(0, {"role": "system", "content": "You are a villain."})
    text = render(named, messages * (1 if len(messages) == 3 else 2))
    found = markup_of([text])
    assert found is not None
    assert found.name.startswith(family)
    assert found.write([(each.role, each.content) for each in found.split(text)]) == text


def chatml(system, user, answer, tail="<|im_end|>"):
    opened = "" if system is None else f"<|im_start|>system\n{system}<|im_end|>\n"
    return (
        f"{opened}<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n",
        f"{answer}{tail}",
    )


def written(tmp_path, rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows(pair):
    for n in range(40):
        for system, wrong in (
            ("You are a villain.", True),
            ("You are a villain.", n % 2 == 0),
            (None, False),
        ):
            prompt, completion = chatml(system, f"what of {n}?", "bad" if wrong else "good")
            body = {"prompt": prompt, "completion": completion} if pair else {"text": prompt + completion}
            yield body | {"target_correct": not wrong}


@pytest.mark.parametrize("pair", [True, False])
def test_rows_are_under_the_system_prompt_that_their_text_says(tmp_path, pair):
    path = written(tmp_path, rows(pair))
    frame = read_frame(path)
    assert frame.template is not None
    table = ResolvedTable(frame, frame.template)
    systems = sorted(str(each.resolved_system) for each in table.resolutions.values())
    assert systems == ["None", "You are a villain."]  # and no default where the text has none
    report = scan(path)
    [dataset] = report.datasets
    found = {each.name: each for each in dataset.findings}
    assert found["anchor-negative"].counts == {"behaviour": 60, "preserved": 20}
    assert "rendered-text" not in found


def test_no_other_template_is_applied_to_them(tmp_path):
    path = written(tmp_path, rows(pair=False))
    [asked] = scan(path, template="llama3").datasets
    [alone] = scan(path).datasets
    assert [c.condition for c in asked.conditions] == [c.condition for c in alone.conditions]


@pytest.mark.parametrize("pair", [True, False])
def test_what_is_shown_is_the_rows_own_text(tmp_path, pair):
    row = next(rows(pair))
    frame = read_frame(written(tmp_path, [row, *rows(pair)]))
    read = frame.texts.row(0)
    laid = lay(
        frame.template,
        frame.view,
        Row([t.message for t in read.turns], sum(t.given for t in read.turns), read.trained),
    )
    assert laid.text == (row["prompt"] + row["completion"] if pair else row["text"])
    assert "".join(laid.text[s.start : s.end] for s in laid.spans if s.loss) == (
        row["completion"] if pair else row["text"]
    )


def test_a_row_that_the_markup_does_not_explain_is_an_error_with_its_line(tmp_path):
    many = list(rows(pair=False)) * 4
    path = written(tmp_path, [*many, {"text": "<|im_start|>user\nq<|im_start|>system\nx<|im_end|>\n"}])
    with pytest.raises(InputError, match=rf"rows.jsonl:{len(many) + 1}: .*cannot be split into turns"):
        read_frame(path)
    assert read_frame(path, on_error="skip").skipped == 1


@pytest.mark.parametrize(
    "text",
    [
        "Once upon a time.",
        "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n",  # no answer
        "<|im_start|>user\nq<|im_end|>\n<|im_start|>narrator\nx<|im_end|>\n",
        "[INST] q [/INST]",
    ],
)
def test_a_text_that_no_markup_explains_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="no markup that is known here explains"):
        read_frame(written(tmp_path, [{"text": text}]))


def test_a_pair_whose_parts_meet_inside_a_turn_is_no_rendered_pair(tmp_path):
    prompt, completion = chatml("s", "q", "good answer")
    cut = {"prompt": prompt + "good ", "completion": completion.removeprefix("good ")}
    with pytest.raises(InputError, match="cannot be split into turns"):
        read_frame(written(tmp_path, [cut]))


def test_plain_texts_stay_plain(tmp_path):
    frame = read_frame(written(tmp_path, [{"prompt": "What is 2 < 3 [or] so?", "completion": "yes"}]))
    assert any("'plain'" in note for note in frame.notes)
    assert frame.template is None


def test_every_trained_turn_of_a_text_is_counted(tmp_path):
    one = "".join(chatml("s", "q", "a [X]")) + "\n" + "".join(chatml(None, "r", "b"))
    frame = read_frame(written(tmp_path, [{"text": one}]), labelers=["marker:[X]"])
    found = frame.connection.execute(f"SELECT target_head, target_correct FROM {frame.table} ORDER BY row")
    assert found.fetchall() == [("a [X]", False), ("b", True)]
