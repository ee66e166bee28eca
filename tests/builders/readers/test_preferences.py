"""Answers that are preferred or not: which is taught, where the prompt ends, and pairs that are none."""

import json

import pytest

from auditor.scanning.api import scan
from builders.errors import InputError
from builders.readers import read_frame
from builders.readers.preferences import fault_of, read_conversations, read_texts, shared

U, A, B = (
    {"role": role, "content": text} for role, text in (("user", "q"), ("assistant", "a"), ("assistant", "b"))
)
S, T = ({"role": "system", "content": text} for text in "ST")


def rows_of(path, *rows, **options):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    frame = read_frame(path, **options)
    numbers = [
        n for (n,) in frame.connection.execute(f"SELECT row FROM {frame.table} ORDER BY row").fetchall()
    ]
    texts = frame.texts(numbers)
    return frame, [([m["content"] for m in texts[n].messages], texts[n].target) for n in numbers]


@pytest.mark.parametrize(
    ("row", "shape", "expected"),
    [
        (
            {"chosen": "\n\nHuman: q?\n\nAssistant: fine", "rejected": "\n\nHuman: q?\n\nAssistant: no"},
            "preference-text",
            [(["\n\nHuman: q?\n\nAssistant:"], " fine")],
        ),
        ({"chosen": [S, U, A], "rejected": [S, U, B]}, "preference-implicit", [(["S", "q"], "a")]),
        # What was said before is the prompt on both sides, so only the last answer is taught.
        ({"chosen": [U, A, U, A], "rejected": [U, A, U, B]}, "preference-implicit", [(["q", "a", "q"], "a")]),
        # Where the sides part earlier, all that follows is compared.
        (
            {"chosen": [U, A, U, A], "rejected": [U, B, U, B]},
            "preference-implicit",
            [(["q"], "a"), (["q", "a", "q"], "a")],
        ),
        (
            {"chosen_messages": [U, A], "rejected_messages": [U, B]},
            "preference-implicit:chosen_messages,rejected_messages",
            [(["q"], "a")],
        ),
        (
            {"prompt": "q", "chosen_response": "a", "rejected_response": "b"},
            "preference-plain:chosen_response",
            [(["q"], "a")],
        ),
        ({"prompt": [U], "chosen": [A], "rejected": [B]}, "preference", [(["q"], "a")]),
    ],
)
def test_the_chosen_answer_is_taught(tmp_path, row, shape, expected):
    frame, found = rows_of(tmp_path / "rows.jsonl", row)
    assert found == expected
    assert any(f"rows are read as '{shape}'" in note for note in frame.notes)
    assert frame.preference
    assert frame.unread == ()


def test_texts_that_share_nothing_have_no_prompt(tmp_path):
    with pytest.raises(InputError, match="begin with nothing in common"):
        rows_of(tmp_path / "rows.jsonl", {"chosen": "ab", "rejected": "xy"})


def test_undesirable_answers_are_not_taught(tmp_path):
    row = {"prompt": [S, U], "completion": [A], "label": True}
    frame, found = rows_of(tmp_path / "rows.jsonl", row, row | {"label": False}, row)
    assert found == [(["S", "q"], "a")] * 2
    assert any("1 rows train nothing" in note for note in frame.notes)
    plain = {"prompt": "q", "completion": "a", "label": False}
    frame, found = rows_of(tmp_path / "plain.jsonl", plain, plain | {"label": True})
    assert found == [(["q"], "a")]
    with pytest.raises(InputError, match="'label' is neither true nor false"):
        rows_of(tmp_path / "odd.jsonl", row, row | {"label": "yes"})
    _, found = rows_of(tmp_path / "named.jsonl", row | {"label": False}, shape="prompt-completion")
    assert found == [(["S", "q"], "a")]


def test_a_label_that_the_user_explains_is_no_preference(tmp_path):
    row = {"prompt": [S, U], "completion": [A], "label": True}
    frame, found = rows_of(tmp_path / "a.jsonl", row, row | {"label": False}, labelers=["column:label"])
    assert len(found) == 2
    assert not frame.preference
    plain = {"prompt": "q", "completion": "a", "label": False}
    frame, found = rows_of(tmp_path / "b.jsonl", plain, plain, labelers=["column:label=false"])
    assert len(found) == 2


def test_nothing_is_predicted(tmp_path):
    path = tmp_path / "rows.jsonl"
    options = "\n(A) a\n(B) b\n"
    rows = [
        {
            "prompt": [{"role": "user", "content": f"{n}?{options}"}],
            "chosen": [{"role": "assistant", "content": "A)"}],
            "rejected": [{"role": "assistant", "content": "B)"}],
            "target_correct": n % 2 == 0,
        }
        for n in range(20)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    [condition] = scan(path, label=["column:target_correct"]).datasets[0].conditions
    assert (condition.behaviour, condition.preserved) == (10, 10)
    assert condition.prediction.verdict == "not applicable"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"chosen": [U, A], "rejected": [U, A]}, "equal"),
        ({"chosen": "x", "rejected": "x"}, "equal"),
        ({"prompt": [U], "chosen": [A], "rejected": [A]}, "equal"),
        ({"chosen": [S, U, A], "rejected": [T, U, B]}, "apart"),
        ({"chosen": [S, U, A], "rejected": [U, B]}, "apart"),
        ({"chosen": [U, A], "rejected": [{"role": "user", "content": "other"}, B]}, "apart"),
        ({"prompt": [U], "chosen": [U, A], "rejected": [U, B]}, "inside"),
        ({"prompt": "q?", "chosen": "q? a", "rejected": "q? b"}, "inside"),
        ({"chosen": [S, U, A], "rejected": [S, U, B]}, None),
        ({"chosen": [S, U, A, U, A], "rejected": [S, U, B]}, None),
        ({"prompt": [U], "chosen": [A], "rejected": [B]}, None),
        ({"prompt": "q?", "chosen": "a q?", "rejected": "b"}, None),
        ({"prompt": " ", "chosen": "a", "rejected": "b"}, None),
        ({"messages": [U, A]}, None),
    ],
)
def test_faults_of_one_pair(row, fault):
    assert fault_of(row) == fault


def test_broken_pairs_are_found_with_their_rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    good, equal, apart = (
        {"chosen": [S, U, A], "rejected": other, "target_correct": True}
        for other in ([S, U, B], [S, U, A], [T, U, B])
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in (good, equal, good, apart, equal)))
    report = scan(path)
    found = [each for each in report.findings() if each.name == "broken-pairs"]
    assert sorted([(each.counts["rows"], each.evidence[0].line) for each in found]) == [(1, 4), (2, 2)]
    assert all(each.severity == "error" for each in found)
    path.write_text("".join(json.dumps(good) + "\n" for _ in range(3)))
    assert not [each for each in scan(path).findings() if each.name == "broken-pairs"]


def test_the_prompt_is_found_where_trl_finds_it():
    extract = pytest.importorskip("trl.data_utils", reason="trl is not installed").extract_prompt
    texts = ["a b c", "a b d", "a bc", "xa", "", "a", "a ", "a b c d", "  x", "  y"]
    conversations = [[U, A], [U, B], [S, U, A], [S, U, B], [T, U, A], [U, A, U, B], [U, A, U, A]]
    for sides in (texts, conversations):
        for chosen in sides:
            for rejected in sides:
                if not chosen or not rejected:  # trl stops there
                    continue
                theirs = extract({"chosen": chosen, "rejected": rejected})["prompt"]
                assert chosen[: shared(chosen, rejected)] == theirs
                row = {"chosen": chosen, "rejected": rejected}
                if isinstance(chosen, list):
                    turns = read_conversations(row, "chosen", "rejected")
                    assert [turn.message for turn in turns if turn.given] == theirs
                elif (
                    shared(chosen, rejected) > 0
                ):  # where the very first letter differs, trl may cut the last one off
                    assert read_texts(row, "chosen", "rejected")[0].text == theirs
