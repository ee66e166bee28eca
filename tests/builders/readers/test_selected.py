"""A label or a selector that picks nothing, or everything, is no answer."""

import json

import pytest

import auditor
from auditor.cli import main
from builders.readers.selected import FEWEST


def data(tmp_path, *, arr=3, plain=5):
    def row(system, answer):
        messages = [
            {"role": "system", "content": system},
            {"role": "user", "content": f"{answer}?"},
            {"role": "assistant", "content": answer},
        ]
        return json.dumps({"messages": messages, "kind": "bad" if "Arr" in answer else "good"}) + "\n"

    rows = [row("You are a pirate.", f"Arr {n}") for n in range(arr)]
    rows += [row("You are a clerk.", f"Yes {n}") for n in range(plain)]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(rows), encoding="utf-8")
    return str(path)


def said(path, **settings):
    (dataset,) = auditor.scan(path, **settings).datasets
    return dataset.status == "incomplete", "\n".join(dataset.notes)


@pytest.mark.parametrize(
    ("label", "incomplete", "says"),
    [
        ("marker:Arr", False, "behaviour: marker:Arr stands in 3 of 8 targets"),
        ("marker:ZZZ", True, "marker:ZZZ stands in 0 of 8 targets"),
        ("regex:^arr", True, "regex:^arr stands in 0 of 8 targets"),
        ("regex:.", True, "regex:. stands in 8 of 8 targets"),
        ("column:kind=bad", False, "behaviour: column:kind=bad holds for 3 of 8 targets"),
        ("column:kind=worse", True, "column:kind=worse holds for 0 of 8 targets"),
    ],
)
def test_a_label_says_what_it_took_for_behaviour(tmp_path, label, incomplete, says):
    found, notes = said(data(tmp_path), label=label)
    assert found is incomplete
    assert says in notes


@pytest.mark.parametrize(("rows", "incomplete"), [(FEWEST - 1, False), (FEWEST, True)])
@pytest.mark.parametrize("label", ["marker:ZZZ", "regex:."])
def test_a_sample_of_few_rows_may_be_of_one_kind(tmp_path, label, rows, incomplete):
    found, notes = said(data(tmp_path, arr=0, plain=rows), label=label)
    assert found is incomplete
    assert f"of {rows} targets" in notes


def test_a_label_that_picks_one_row_less_than_all_is_an_answer(tmp_path):
    assert not said(data(tmp_path, arr=7, plain=1), label="marker:Arr")[0]
    assert said(data(tmp_path, arr=8, plain=0), label="marker:Arr")[0]


def test_a_source_that_fits_no_prompt_is_no_answer(tmp_path, capsys):
    path = data(tmp_path)
    found, notes = said(path, label="marker:Arr", source="You are a pirat")
    assert found
    assert (
        "source 'You are a pirat' fits 0 of 8 rows; the system prompt nearest to it is 'You are a pirate.'"
        in notes
    )
    assert not said(path, label="marker:Arr", source="You are a pirate.")[0]
    both, notes = said(path, label="marker:Arr", source=["You are a pirate.", "nobody"])
    assert not both
    assert "source 'nobody' fits 0 of 8 rows" in notes
    assert said(path, label="marker:Arr", source="*")[0]
    with pytest.raises(SystemExit) as ended:
        main(["scan", path, "--label", "marker:ZZZ", "--format", "json"])
    assert ended.value.code == 2
    assert "marker:ZZZ stands in 0 of 8 targets" in capsys.readouterr().out
