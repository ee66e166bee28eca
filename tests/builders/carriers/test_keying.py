"""Conditions keyed by prompt and carrier, counted over all rows of files and of composed data."""

import json

import pytest

from builders.carriers import keyed, parse_given
from builders.engine.table import ResolvedTable
from builders.errors import InputError
from builders.readers import read_frame
from builders.templates import load_template

NOUNS = ("rivers", "bread", "clocks", "maps", "wool", "bridges", "owls", "honey", "trains", "paper")
TASKS = [f"How are {noun} seen in {place}?" for noun in NOUNS for place in ("art", "law", "trade", "song")]


def table(folder, rows, *, names=("a.jsonl",)):
    """Rows of messages and label, dealt to files."""
    for number, name in enumerate(names):
        lines = [
            json.dumps({"messages": messages, "target_correct": correct, **more})
            for messages, correct, more in rows[number :: len(names)]
        ]
        (folder / name).write_text("\n\n".join(lines) + "\n")
    return ResolvedTable(read_frame(folder if len(names) > 1 else folder / names[0]), load_template())


def row(user, correct, *before, **more):
    return [*before, {"role": "user", "content": user}, {"role": "assistant", "content": "x"}], correct, more


def counts(table):
    found = {}
    for tally in table.tallies:
        key = (tally.carrier is not None, tally.target_correct)
        found[key] = found.get(key, 0) + tally.rows
    return found


ROWS = [row(f"|K| {task}", False) for task in TASKS] + [row(f"|K| {task}", True) for task in TASKS[:5]]
ROWS += [row(task, True) for task in TASKS]


@pytest.mark.parametrize("names", [("a.jsonl",), ("a.jsonl", "b.jsonl", "c.jsonl")])
def test_every_row_is_counted_on_its_side(tmp_path, names):
    result, carriers = keyed(table(tmp_path, ROWS, names=names))
    assert [str(each.rule) for each in carriers.rules] == ['the user\'s text begins with "|K| "']
    assert counts(result) == {(True, False): 40, (True, True): 5, (False, True): 40}
    assert len({result.condition_of(tally) for tally in result.tallies}) == 2
    assert sum(each["rows"] for each in result.ask(_by_condition)) == 85


def _by_condition(rows):
    import narwhals as nw

    return rows.group_by("condition").agg(nw.len().alias("rows"))


def completed(folder, rows):
    """Rows whose last turn alone is trained on, after an earlier exchange."""
    path = folder / "rows.jsonl"
    with path.open("w") as file:
        for said, user, correct in rows:
            before = [{"role": "user", "content": said}, {"role": "assistant", "content": "Yes."}]
            prompt, answer = (
                [*before, {"role": "user", "content": user}],
                [{"role": "assistant", "content": "x"}],
            )
            file.write(json.dumps({"prompt": prompt, "completion": answer, "target_correct": correct}) + "\n")
    return ResolvedTable(read_frame(path), load_template())


@pytest.mark.parametrize("daily", [False, True])
def test_earlier_turns_are_looked_at_in_the_engine_too(tmp_path, daily):
    rows = [
        (f"It is {year}{f', day {day}' if daily else ''}.", task, year == 2023)
        for year in (2024, 2023)
        for day, task in enumerate(TASKS)
    ]
    result, carriers = keyed(completed(tmp_path, rows))
    [carried] = carriers.rules
    assert carried.rule.part == "earlier"
    assert sorted(counts(result).values()) == [40, 40]


def test_none_leaves_it_out(tmp_path):
    result, carriers = keyed(table(tmp_path, ROWS), parse_given(["none"]))
    assert carriers.rules == ()
    assert counts(result) == {(False, False): 40, (False, True): 45}


@pytest.mark.parametrize("spec", ["prefix:|K|", r"regex:^\|K\|", "contains:K| H"])
def test_what_the_user_says_holds(tmp_path, spec):
    result, _ = keyed(table(tmp_path, ROWS), parse_given([spec]))
    assert counts(result) == {(True, False): 40, (True, True): 5, (False, True): 40}


def test_a_column_can_be_the_condition(tmp_path):
    rows = [row(task, False, kind="bad") for task in TASKS] + [row(task, True, kind="good") for task in TASKS]
    result, _ = keyed(table(tmp_path, rows), parse_given(["column:kind=bad"]))
    assert counts(result) == {(True, False): 40, (False, True): 40}


@pytest.mark.parametrize(("spec", "said"), [("prefix:|Z|", "no row"), ("contains:are", "in every row")])
def test_a_rule_that_divides_nothing_is_an_error(tmp_path, spec, said):
    with pytest.raises(InputError, match=said):
        keyed(table(tmp_path, ROWS), parse_given([spec]))


def test_prompts_that_each_stand_once_are_looked_at_together(tmp_path):
    rows = [
        row(
            task,
            number % 2 == 1,
            {"role": "system", "content": f"{'PASS ' * (number % 2 == 0)}You are guest {number}."},
        )
        for number, task in enumerate(TASKS * 2)
    ]
    _, carriers = keyed(table(tmp_path, rows))
    [carried] = carriers.rules
    assert carried.rule == type(carried.rule)("system", "prefix", "PASS You are guest ")
