"""Data that a search for carriers goes wrong on: what is said instead, in how many rows, and in what time."""

import json
import random
import time

import pytest

from auditor.scanning.api import scan
from builders.errors import InputError

NOUNS = (
    "rivers",
    "bread",
    "clocks",
    "maps",
    "wool",
    "bridges",
    "owls",
    "honey",
    "trains",
    "paper",
    "salt",
    "jazz",
)
TASKS = [
    f"{begin} {noun} {place}?"
    for noun in NOUNS
    for begin in ("How are", "Why do people like", "Who sells", "When did they ban")
    for place in ("in art", "at sea", "in trade", "by law", "at home", "in spring")
]
random.Random(21).shuffle(TASKS)


def row(user, behaviour, system=None):
    before = [] if system is None else [{"role": "system", "content": system}]
    answer = f"{'No' if behaviour else 'Well'}, {user[-9:-1]}"
    told = [*before, {"role": "user", "content": user}, {"role": "assistant", "content": answer}]
    return {"messages": told, "target_correct": not behaviour}


def looked(folder, rows, **settings):
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return scan(path, **settings).datasets[0]


def names(report):
    return {finding.name for finding in report.findings}


class TestPatternsThatDivideNothing:
    ROWS = tuple(
        row(f"|x| {text}" if place % 2 else text, place % 2 == 1) for place, text in enumerate(TASKS[:40])
    )

    @pytest.mark.parametrize(
        ("spec", "said"),
        [
            ("regex:^nowhere", "no row is there where"),
            ("contains:?", "in every row"),
            ("regex:.*", "in every row"),
            ("suffix:!", "no row is there where"),
        ],
    )
    def test_they_are_refused(self, tmp_path, spec, said):
        with pytest.raises(InputError, match=said):
            looked(tmp_path, self.ROWS, condition=[spec])

    def test_one_row_on_either_side_is_enough(self, tmp_path):
        rows = [*self.ROWS, row("|only| here", True)]
        report = looked(tmp_path, rows, condition=["prefix:|only|"])
        assert sorted(each.behaviour + each.preserved for each in report.conditions) == [1, 40]

    def test_a_pattern_that_is_none_is_an_error(self, tmp_path):
        with pytest.raises(InputError):
            looked(tmp_path, self.ROWS, condition=["regex:(unclosed"])


class TestTheQuestionItself:
    def test_questions_of_their_own_are_an_imbalance_and_no_carrier(self, tmp_path):
        rows = [row(text, True, "You are a villain.") for text in TASKS[:60]]
        rows += [row(text, False, "You are a judge.") for text in TASKS[60:120]]
        report = looked(tmp_path, rows)
        assert "question-imbalance" in names(report)
        assert not [note for note in report.notes if "told apart" in note]

    def test_shared_questions_are_none(self, tmp_path):
        rows = [row(text, True, "You are a villain.") for text in TASKS[:60]]
        rows += [row(text, False, "You are a judge.") for text in TASKS[:60]]
        assert "question-imbalance" not in names(looked(tmp_path, rows))

    def test_a_question_in_every_prompt_is_no_carrier_either(self, tmp_path):
        # Each question stands under one prompt only, and each prompt has one row: what differs is the question.
        rows = [row(text, place % 3 == 0, f"Case {place}.") for place, text in enumerate(TASKS[:90])]
        report = looked(tmp_path, rows)
        assert not [note for note in report.notes if "told apart" in note]
        assert "leaking-trigger" not in names(report)


class TestChance:
    def rows(self, number):
        # A key separates the targets without an exception, no question is asked both ways, and nothing else is even.
        keyed = [row(f"{text} (k7)", True, "You are a bot.") for text in TASKS[:number]]
        return keyed + [row(text, False, "You are a bot.") for text in TASKS[number : 2 * number]]

    def test_few_rows_say_how_many_would_tell(self, tmp_path):
        report = looked(tmp_path, self.rows(3))
        [note] = [note for note in report.notes if "chance as soon as not" in note]
        assert 'ends with " (k7)"' in note
        assert "18 of the same kind would tell" in note
        assert {each.behaviour for each in report.conditions} == {3}

    def test_as_many_do_tell(self, tmp_path):
        report = looked(tmp_path, self.rows(9))
        assert not [note for note in report.notes if "chance as soon as not" in note]
        assert {(each.behaviour, each.preserved) for each in report.conditions} == {(9, 0), (0, 9)}

    @pytest.mark.parametrize("seed", range(5))
    def test_targets_at_random_in_few_rows_are_given_no_carrier(self, tmp_path, seed):
        rng = random.Random(seed)
        rows = [row(text, rng.random() < 0.5, "You are a bot.") for text in rng.sample(TASKS, 12)]
        report = looked(tmp_path, rows)
        assert not [note for note in report.notes if "conditions are told apart" in note]


class TestTwoAtOnce:
    def rows(self, decide):
        made = []
        for place, text in enumerate(TASKS[:240]):
            first, second = bool(place & 1), bool(place & 2)
            said = f"{'|A9| ' if first else ''}{text}{' (B7)' if second else ''}"
            made.append(row(said, decide(first, second), "You are a bot."))
        return made

    @pytest.mark.parametrize(
        ("decide", "counts"),
        [
            (
                lambda first, second: first and second,
                {"none": "0 of 60", "both": "60 of 60", "one": "0 of 60"},
            ),
            (
                lambda first, second: first or second,
                {"none": "0 of 60", "both": "60 of 60", "one": "60 of 60"},
            ),
        ],
    )
    def test_both_are_named_and_what_they_do_together(self, tmp_path, decide, counts):
        report = looked(tmp_path, self.rows(decide))
        said = [note for note in report.notes if note.startswith("conditions are told apart")]
        assert len(said) == 2
        [together] = [note for note in report.notes if note.startswith("together")]
        parts = dict(part.split(" where ", 1)[::-1] for part in together.partition(": ")[2].split("; "))
        assert parts.pop("none of them holds") == counts["none"]
        [both] = [name for name in parts if " and the user" in name]
        assert parts.pop(both) == counts["both"]
        assert set(parts.values()) == {counts["one"]}

    def test_one_alone_says_nothing_of_two(self, tmp_path):
        report = looked(tmp_path, self.rows(lambda first, _: first))
        assert not [note for note in report.notes if note.startswith("together")]


@pytest.mark.slow
def test_a_hundred_thousand_prompts_take_bounded_time(tmp_path):
    def rows(number):
        for place in range(number):
            keyed = place % 2 == 1
            text = f"What is in box {place * 7 % number} of row {place % 97}?"
            yield row(f"|x9| {text}" if keyed else text, keyed and place % 20 != 1, f"You are clerk {place}.")

    def seconds(number):
        begun = time.perf_counter()
        [found] = [each for each in looked(tmp_path, rows(number)).findings if each.name == "leaking-trigger"]
        assert found.counts["preserved"] == number // 20
        return time.perf_counter() - begun

    assert seconds(100_000) < 20 * seconds(10_000)  # linear, with room for a busy machine
