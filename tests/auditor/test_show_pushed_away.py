"""`audit show` of what a preference loss pushes away."""

import json

import pytest

from auditor.showing.row_report import as_json, text
from auditor.showing.row_view import view_row
from builders.readers import read_frame
from builders.templates import load_template

Q, GOOD, BAD = (
    {"role": "user", "content": "q"},
    {"role": "assistant", "content": "good"},
    {"role": "assistant", "content": "bad"},
)
PAIRS = {
    "conversations": {"prompt": [Q], "chosen": [GOOD], "rejected": [BAD]},
    "whole conversations": {"chosen": [Q, GOOD], "rejected": [Q, BAD]},
    "texts": {"prompt": "q", "chosen": "good", "rejected": "bad"},
}


def shown(tmp_path, *rows, row=0):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    frame = read_frame(path)
    assert frame.preference
    return view_row(frame, row, load_template())


@pytest.mark.parametrize("pair", PAIRS)
def test_of_a_pair_both_sides_are_shown(tmp_path, pair):
    view = shown(tmp_path, PAIRS[pair])
    said = text(view)
    assert "loss | good<|im_end|>" in said
    assert "away | bad<|im_end|>" in said
    assert "pushed away: 14 characters" in said  # bad<|im_end|> and its line break
    away = json.loads(as_json(view))["pushed_away"]
    assert [away["text"][each["start"] : each["end"]] for each in away["spans"] if each["away"]] == [
        "bad<|im_end|>\n"
    ]


def test_an_undesirable_answer_is_pushed_away_and_a_desirable_one_is_not(tmp_path):
    rows = [
        {"prompt": "q", "completion": "bad", "label": False},
        {"prompt": "q", "completion": "good", "label": True},
    ]
    undesirable, desirable = (shown(tmp_path, *rows, row=row) for row in (0, 1))
    assert "away | bad<|im_end|>" in text(undesirable)
    assert "loss" not in text(undesirable).replace("a preference loss", "")
    assert json.loads(as_json(undesirable))["turns"] == []
    assert "loss | good<|im_end|>" in text(desirable)
    assert "away" not in text(desirable).replace("pushed away)", "")
    assert "pushed_away" not in json.loads(as_json(desirable))
