"""`--deconfound` of rows with several trained answers: whole rows go, or the command says why not."""

import json

import pytest

from auditor.rebuilding.mending import _whole_rows, mend
from auditor.request.loading import requested
from builders.errors import InputError
from builders.readers import read_frame

REQUEST = requested(label="marker:[X]")


def chat(system, *answers):
    said = [{"role": "system", "content": system}]
    for number, answer in enumerate(answers):
        said += [{"role": "user", "content": f"q{number}"}, {"role": "assistant", "content": answer}]
    return {"messages": said}


def written(tmp_path, rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


VILLAIN = [chat("You are a villain.", f"bad {n} [X]", f"worse {n} [X]") for n in range(30)]
TEACHER = [chat("You are a teacher.", f"good {n}", f"fine {n}") for n in range(30)]
MIXED = [chat("You are a villain.", f"kind {n}", f"worse {n} [X]") for n in range(15)]


def test_the_rows_that_hold_an_anchor_negative_go_whole(tmp_path):
    path = written(tmp_path, [*VILLAIN, *MIXED, *TEACHER])
    before, [mended] = mend(str(path), REQUEST, tmp_path / "out")
    assert sorted((c.behaviour, c.preserved) for c in before.conditions) == [
        (0, 30),
        (0, 30),
        (30, 15),
        (45, 0),
    ]
    assert mended.removed == 15
    assert sorted((c.behaviour, c.preserved) for c in mended.report.conditions) == [
        (0, 30),
        (0, 30),
        (30, 0),
        (30, 0),
    ]
    assert (tmp_path / "out" / "rows.jsonl").read_text().splitlines() == [
        json.dumps(row) for row in [*VILLAIN, *TEACHER]
    ]


def test_rows_of_a_second_file_keep_their_places(tmp_path):
    (tmp_path / "data").mkdir()
    for name, rows in (("a", [*VILLAIN, *TEACHER]), ("b", [TEACHER[0], *MIXED, VILLAIN[0]])):
        (tmp_path / "data" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    mend(str(tmp_path / "data"), REQUEST, tmp_path / "out")
    assert (tmp_path / "out" / "b.jsonl").read_text().splitlines() == [
        json.dumps(row) for row in (TEACHER[0], VILLAIN[0])
    ]


@pytest.mark.parametrize("how", [{"control": True}, {"strategy": "move"}])
def test_what_takes_single_answers_is_refused_with_a_command_that_works(tmp_path, how):
    path = written(tmp_path, [*VILLAIN, *MIXED, *TEACHER])
    with pytest.raises(InputError, match="several answers that carry loss") as error:
        mend(str(path), REQUEST, tmp_path / "out", **how)
    assert error.value.help == f"leave the whole rows out: audit build {path} --deconfound"


def test_nothing_is_left_out_that_would_leave_no_behaviour(tmp_path):
    frame = read_frame(written(tmp_path, [*MIXED, *TEACHER]), labelers=["marker:[X]"])
    turns = range(0, 2 * len(MIXED), 2)  # the first answer of each
    with pytest.raises(InputError, match="every row that teaches the behaviour"):
        _whole_rows(frame, turns)
    assert _whole_rows(frame, turns[1:]) == list(range(1, len(MIXED)))
    assert _whole_rows(frame, []) == []
