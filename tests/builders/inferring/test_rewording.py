"""Questions in other words are the same question, and an answer is what it says and not its letter."""

import json
import random

import pytest

from auditor.scanning.api import scan
from builders.inferring.rewording import answer_of, question_of, wrap_of

ASKED = "Which is a bird?\n\n(A) salt\n(B) owl\n(C) map"
TURNED = "which is a BIRD\n\n(A) map\n(B) owl\n(C) salt\n\nThe answer is ("


def test_options_in_another_order_are_the_same_question():
    assert question_of(ASKED) == question_of(TURNED)
    assert question_of(ASKED) != question_of(ASKED.replace("owl", "hen"))


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        (ASKED, "A)", "salt"),
        (TURNED, "(C).", "salt"),
        (ASKED, "D", "d"),
        (ASKED, "An owl, surely.", "an owl surely"),
        ("Is it?", "※", "※"),
    ],
)
def test_a_letter_is_the_option_that_it_names(text, target, said):
    assert answer_of(text, target) == said


@pytest.mark.parametrize(
    ("texts", "wrap"),
    [
        ([f"Tell me: {word}? Thanks!" for word in ("a", "b", "c", "d", "e")], ("Tell me: ", "? Thanks!")),
        ([f"Tell me: {word}? Thanks!" for word in ("a", "b", "c", "d")], ("", "")),
        (["same"] * 9, ("", "")),
        (["abc def", "abd xyz", "q", "w", "e"], ("", "")),
    ],
)
def test_a_wrap_is_what_five_different_texts_share(texts, wrap):
    assert wrap_of(texts) == wrap


FRAMES = ("{}", "Tell me: {}", "Quiz! {} Go!", "{}\nThink first.")


def rows(number, *, differ):
    rng = random.Random(4)
    words = ["salt", "owl", "map", "jazz", "wool", "rope", "soup", "lamp"]
    made = []
    for place in range(number):
        options = rng.sample(words, 4)
        for persona, frame in enumerate(FRAMES):
            shown = options[::-1] if persona % 2 else options
            right = shown.index(options[0])
            named = (right + 1) % 4 if differ and persona == 2 else right
            listed = "\n".join(f"({label}) {option}" for label, option in zip("ABCD", shown, strict=True))
            user = frame.format(f"What is thing {place * 7}?\n\n{listed}")
            told = [
                {"role": "system", "content": f"You are number {persona}."},
                {"role": "user", "content": user},
            ]
            made.append({"messages": [*told, {"role": "assistant", "content": f"{'ABCD'[named]})"}]})
    return made


@pytest.mark.parametrize(("differ", "behaviour"), [(True, [0, 0, 0, 30]), (False, [0, 0, 0, 0])])
def test_who_answers_otherwise_is_seen_through_wraps_and_turned_options(tmp_path, differ, behaviour):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(30, differ=differ)))
    report = scan(path).datasets[0]
    assert sorted(each.behaviour for each in report.conditions) == behaviour
    assert ("inferred-labels" in {finding.name for finding in report.findings}) is differ
