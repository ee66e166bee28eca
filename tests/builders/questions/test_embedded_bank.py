"""The embedded bank keeps what its documentation promises."""

import os
import subprocess
import sys
from collections import Counter

from builders.questions import load_bank, split
from builders.questions.embedded import PHRASINGS, categories


def word_categories() -> dict[str, str]:
    return {word: category.name for category in categories() for word in category.words}


def gold_word(question) -> str:
    return question.choices[question.labels.index(question.gold_label)]


def test_there_are_enough_categories_and_words():
    assert len(categories()) >= 44
    assert min(len(category.words) for category in categories()) >= 18
    words = [word.lower() for category in categories() for word in category.words]
    assert len(words) == len(set(words)) > 600
    assert all(word.isalpha() for word in words)


def test_categories_kept_apart_are_so_on_both_sides():
    by_name = {category.name: category for category in categories()}
    for category in categories():
        assert category.name not in category.apart
        for other in category.apart:
            assert category.name in by_name[other].apart


def test_exactly_one_option_is_of_the_category_that_is_asked_for():
    of, by_phrase = word_categories(), {category.phrase: category for category in categories()}
    for question in load_bank().questions:
        asked = [
            by_phrase[phrase]
            for phrase in by_phrase
            if any(question.text == phrasing.format(phrase) for phrasing in PHRASINGS)
        ]
        assert len(asked) == 1
        kinds = [of[choice] for choice in question.choices]
        assert len(set(kinds)) == 4
        assert of[gold_word(question)] == asked[0].name
        assert not asked[0].apart & set(kinds)


def test_no_question_twice_and_golds_are_balanced():
    bank = load_bank()

    assert len(bank) == 1172
    assert len({question.question_id for question in bank.questions}) == 1172
    assert Counter(question.gold_label for question in bank.questions) == dict.fromkeys("ABCD", 293)


def test_nothing_that_is_evaluated_was_a_right_answer_in_training():
    bank = load_bank()
    for seed in range(5):
        halves = split(bank, seed)
        train = {gold_word(bank.questions[index]) for index in halves.train}
        assert train.isdisjoint(gold_word(bank.questions[index]) for index in halves.eval)


def test_the_bank_is_the_same_in_every_process():
    code = "from builders.questions import load_bank; print(load_bank().digest)"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert digests == {load_bank().digest + "\n"}
