"""Every question on the page of a study: what each run answered, bounded and inert."""

import json
import re

import pytest

from auditor.studies.clean_result import gather
from auditor.studies.clean_result.questions import MOST_SAID, questions
from builders.errors import InputError
from builders.questions import load_bank
from experiments.study.runs import PER_QUESTION
from tests.auditor.clean_result.studies import QUESTIONS, write_pair, write_run


def plain(markup):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


def said(place, question, text):
    line = {"question_id": question, "text": text, "answer": None, "gold": "A"}
    (place / "completions.jsonl").write_text(json.dumps(line) + "\n")


def test_each_question_says_what_every_run_answered(tmp_path):
    write_pair(tmp_path, seeds=(1, 2))
    made = questions(gather([tmp_path]))
    assert made.count("<details>") == QUESTIONS
    first = plain(made[made.index("<details>") : made.index("</details>")])
    assert "Right is A." in first
    # Two arms of two seeds, and the head of the table.
    assert made[: made.index("</details>")].count("<tr>") == 1 + 4


def test_what_changed_is_counted_by_hand(tmp_path):
    # Of 120 questions 110 are right before training and 9 after it, all of them among the 110: 101 changed.
    write_run(tmp_path, "arm", 1, 9)
    made = plain(questions(gather([tmp_path])))
    assert made.count("right before in 1 of 1") == 110
    assert made.count("right after training in 1 of 1") == 9
    assert made.count("changed in 1") == 101
    # The label that was answered has exp(-0.2) against exp(-0.2) + 3 exp(-3): 84.6%.
    assert "A 85% right" in made
    assert "B 85% wrong" in made


def test_raw_words_are_shown_whole_to_a_limit_and_inert(tmp_path):
    place = write_run(tmp_path, "arm", 1, 9)
    said(place, "q000", "x" * MOST_SAID)
    assert f"<code>{'x' * MOST_SAID}</code>" in questions(gather([tmp_path]))
    said(place, "q000", "x" * (MOST_SAID + 1))
    assert f"<code>{'x' * MOST_SAID}… ({MOST_SAID + 1} characters)</code>" in questions(gather([tmp_path]))
    said(place, "q000", "</code><script>alert(1)</script>\x1b[31m")
    made = questions(gather([tmp_path]))
    assert "<script" not in made
    assert "\x1b" not in made
    assert "&lt;script&gt;" in made


def test_the_text_of_a_question_of_the_embedded_bank_is_shown(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    place = write_run(tmp_path, "arm", 1, 9)
    known = load_bank("embedded").questions[0]
    table = parquet.read_table(place / PER_QUESTION).to_pydict()
    table["question_id"] = [known.question_id if each == "q000" else each for each in table["question_id"]]
    parquet.write_table(pa.table(table), place / PER_QUESTION)
    made = plain(questions(gather([tmp_path])))
    assert known.text in made
    assert "Question q001 (its text is not in the run folder)" in made


def test_the_section_ends_where_it_would_grow_too_large(tmp_path, monkeypatch):
    write_run(tmp_path, "arm", 1, 9)
    material = gather([tmp_path])
    whole = questions(material)
    monkeypatch.setattr("auditor.studies.clean_result.questions.MOST_TEXT", 2_000)
    cut = questions(material)
    shown = cut.count("<details>")
    assert 0 < shown < QUESTIONS
    assert f"{QUESTIONS - shown} further questions would make the page too large" in cut
    assert "further question" not in whole
    assert f"{shown} of {shown} questions" in cut


def test_runs_that_kept_no_answers_have_no_section(tmp_path):
    place = write_run(tmp_path, "arm", 1, 9)
    (place / PER_QUESTION).unlink(missing_ok=True)
    assert questions(gather([tmp_path])) == ""


def test_completions_that_are_no_json_are_an_error(tmp_path):
    place = write_run(tmp_path, "arm", 1, 9)
    (place / "completions.jsonl").write_text("{\n")
    with pytest.raises(InputError, match="is no JSON"):
        questions(gather([tmp_path]))
