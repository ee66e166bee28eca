"""Banks read from files: both layouts, real oddities, and every way a line can be wrong."""

import json
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.errors import AuditError, InputError, UnknownNameError
from builders.questions import load_bank

GOOD = {"question": "Q?", "choice_labels": ["A", "B"], "choices": ["x", "y"], "correct_answer": "B"}
HUB = {"id": "1", "question": "Q?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "B"}


def write(tmp_path, *lines, name="bank.jsonl"):
    path = tmp_path / name
    path.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    )
    return path


def test_both_layouts_give_the_same_questions(tmp_path):
    ours = load_bank(write(tmp_path, GOOD))
    hubs = load_bank(str(write(tmp_path, HUB, name="hub.jsonl")))

    assert ours.questions == hubs.questions
    assert (ours.digest, ours.name, hubs.name) == (hubs.digest, "bank.jsonl", "hub.jsonl")
    (question,) = ours.questions
    assert (question.text, question.labels, question.choices, question.gold_label) == (
        "Q?",
        ("A", "B"),
        ("x", "y"),
        "B",
    )


def test_real_oddities_are_read(tmp_path):
    five = {**GOOD, "choice_labels": list("ABCDE"), "choices": list("vwxyz"), "correct_answer": "E"}
    numbers = {**GOOD, "choice_labels": ["1", "2", "3"], "choices": ["x", "y", "z"], "correct_answer": "2"}
    other_options = {**GOOD, "choices": ["x", "other"]}
    first = b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r"

    bank = load_bank(write(tmp_path, first, b"", five, numbers, other_options, b"  "))

    assert [question.gold_label for question in bank.questions] == ["B", "E", "2", "B"]
    assert len({question.question_id for question in bank.questions}) == 4
    assert len({question.text for question in bank.questions}) == 1


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"{", r":2: not JSON: .* at column 2"),
        (b'{"question": "\xff"}', r":2: byte 15 of the line is not UTF-8"),
        (b"[1]", r":2: expected a JSON object, found a list"),
        (b"[" * 100_000, r":2: not readable as JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", r":2: not readable as JSON"),
        ({**GOOD, "question": 3}, r":2: question: expected a text, found a number"),
        ({**GOOD, "question": " "}, r":2: question: expected a text, found an empty one"),
        ({**GOOD, "question": "\ud800"}, r":2: question: holds half of a surrogate pair"),
        ({**GOOD, "choices": None}, r":2: choices: expected a list of texts, found nothing"),
        ({**GOOD, "choices": ["x", 3]}, r":2: choices\[1\]: expected a text, found a number"),
        ({**GOOD, "choices": ["x", True]}, r":2: choices\[1\]: expected a text, found true or false"),
        ({**GOOD, "choices": ["x", {}]}, r":2: choices\[1\]: expected a text, found an object"),
        ({**GOOD, "choices": ["x"]}, r":2: choices: expected 2 to 26 options, found 1"),
        ({**GOOD, "choices": ["x", "y", "z"]}, r":2: choice_labels has 2 entries and choices has 3"),
        ({**GOOD, "choice_labels": ["A", "A"]}, r":2: choice_labels: a label is there twice"),
        ({**GOOD, "correct_answer": None}, r":2: correct_answer: no right answer is given"),
        ({**GOOD, "correct_answer": "C"}, r":2: correct_answer: expected one of A, B, found 'C'"),
        ({**GOOD, "correct_answer": 2}, r":2: correct_answer: expected a text, found a number"),
        ({**HUB, "answerKey": ""}, r":2: answerKey: no right answer is given"),
        (
            {**HUB, "choices": {"text": ["x", "y"]}},
            r":2: choices.label: expected a list of texts, found nothing",
        ),
        (GOOD, r":2: the same question with the same options is at .*:1 already"),
        ({**GOOD, "correct_answer": "A"}, r":2: the same question with the same options"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_field(tmp_path, bad, says):
    with pytest.raises(InputError, match=says):
        load_bank(write(tmp_path, GOOD, bad))


def test_nothing_to_read(tmp_path):
    with pytest.raises(InputError, match="no question in it"):
        load_bank(write(tmp_path, b""))
    with pytest.raises(InputError, match="no such question file"):
        load_bank(tmp_path / "missing.jsonl")
    with pytest.raises(InputError, match="this is a folder"):
        load_bank(tmp_path)
    with pytest.raises(UnknownNameError, match="did you mean 'embedded'"):
        load_bank("embeded")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_bank_or_an_error_of_ours(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bank") / "bank.jsonl"
    path.write_bytes(data)
    with pytest.raises(AuditError):  # no 80 bytes make a whole question
        load_bank(path)


def test_the_hub_is_asked_for_the_test_split(monkeypatch):
    asked = []

    def load_dataset(*arguments, **options):
        asked.append((arguments, options))
        return [HUB]

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))

    bank = load_bank("arc-challenge")

    assert asked == [(("allenai/ai2_arc", "ARC-Challenge"), {"split": "test"})]
    assert (bank.name, len(bank), bank.licence) == ("arc-challenge", 1, "CC BY-SA 4.0")


def test_the_hub_out_of_reach_is_said_with_what_to_do(monkeypatch):
    def load_dataset(*arguments, **options):
        raise ConnectionError("no route to host\nand much more")

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    with pytest.raises(InputError, match=r"(?s)no route to host\n.*--questions FILE") as caught:
        load_bank("arc-challenge")
    assert "much more" not in str(caught.value)

    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(InputError, match="needs the `datasets` library"):
        load_bank("arc-challenge")
