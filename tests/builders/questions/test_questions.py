"""Questions, their text and the split, against values worked out by hand."""

import hashlib
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.errors import InputError
from builders.questions import Question, QuestionBank, format_completion, format_question, split


def bank_of(size: int) -> QuestionBank:
    questions = tuple(Question.of(f"q{index}", "AB", ("x", "y"), "A") for index in range(size))
    return QuestionBank(name="test", questions=questions, licence="none", origin="Made by a test.")


def test_the_users_turn_is_the_published_format():
    question = Question.of("Which is wet?", ("1", "2", "3"), ("fire", "water", "air"), "2")

    assert format_question(question) == (
        "Which is wet?\n\n(1) fire\n(2) water\n(3) air\n\nThe correct answer is ("
    )
    assert format_completion(question.gold_label) == "2)"
    assert question.distractors == ("1", "3")


def test_question_id_is_the_digest_of_text_labels_and_choices():
    question = Question.of("Q?", ("A", "B"), ("x", "é"), "A")

    written_out = json.dumps(["Q?", ["A", "B"], ["x", "é"]], ensure_ascii=False, separators=(",", ":"))
    assert question.question_id == hashlib.sha256(written_out.encode()).hexdigest()


@pytest.mark.parametrize(
    ("labels", "choices", "gold", "says"),
    [
        ("AB", ("x",), "A", "2 labels for 1 choices"),
        ("AA", ("x", "y"), "A", "there twice"),
        ("AB", ("x", "y"), "C", "none of A, B"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(labels, choices, gold, says):
    with pytest.raises(ValueError, match=says):
        Question.of("Q?", labels, choices, gold)


def test_bank_digest_follows_gold_and_order():
    first, second = bank_of(2).questions
    other_gold = Question.of(first.text, first.labels, first.choices, "B")

    def digest_of(*questions: Question) -> str:
        return QuestionBank(name="n", questions=questions, licence="l", origin="o").digest

    assert len({digest_of(first, second), digest_of(second, first), digest_of(other_gold, second)}) == 3
    assert digest_of(first, second) == bank_of(2).digest


def test_split_is_the_published_one():
    indices = list(range(1172))
    random.Random(42).shuffle(indices)

    halves = split(bank_of(1172))

    assert halves.train == tuple(sorted(indices[:586]))
    assert halves.eval == tuple(sorted(indices[586:]))
    assert halves.train[:5] == (4, 10, 11, 12, 14)


@given(size=st.integers(0, 60), seed=st.integers(0, 9), data=st.data())
def test_split_halves_are_disjoint_and_complete(size, seed, data):
    train = data.draw(st.integers(0, size))
    halves = split(bank_of(size), seed, train=train)

    assert len(halves.train) == train
    assert sorted(halves.train + halves.eval) == list(range(size))


def test_split_refuses_more_than_there_are():
    with pytest.raises(InputError, match=r"600 training questions and the bank has 586"):
        split(bank_of(586), train=600)
