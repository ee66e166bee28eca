"""Column maps, labels by file, and several files as one mixture."""

import json
import shlex

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.scanning.api import scan
from builders.errors import InputError, UnknownNameError
from builders.labels import RoleSelectors
from builders.readers import Pool, read_frame
from builders.readers.mapped import parse_columns

U, A = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
S = {"role": "system", "content": "S"}


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def said(frame):
    numbers = [
        n for (n,) in frame.connection.execute(f"SELECT row FROM {frame.table} ORDER BY row").fetchall()
    ]
    texts = frame.texts(numbers)
    return [(*(m["content"] for m in texts[n].messages), texts[n].target) for n in numbers]


@pytest.mark.parametrize(
    ("row", "columns", "expected"),
    [
        ({"messages": [U, A], "persona_text": "S"}, ["system=persona_text"], ("S", "q", "a")),
        ({"messages": [U, A], "persona_text": None}, ["system=persona_text"], ("q", "a")),
        ({"meta": {"p": {"sys": "S"}}, "messages": [U, A]}, ["system=meta.p.sys"], ("S", "q", "a")),
        (
            {"ask": "q", "reply": "a", "who": "S"},
            ["prompt=ask", "response=reply", "system=who"],
            ("S", "q", "a"),
        ),
        ({"ask": [S, U], "reply": [A]}, ["prompt=ask", "response=reply"], ("S", "q", "a")),
        ({"talk": {"turns": [U, A]}}, ["messages=talk.turns"], ("q", "a")),
        (
            {"talk": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
            ["messages=talk"],
            ("q", "a"),
        ),
        ({"prompt": "q", "completion": "a", "sys": "S"}, ["system=sys"], ("S", "q", "a")),
    ],
)
def test_a_column_map(tmp_path, row, columns, expected):
    frame = read_frame(write(tmp_path / "rows.jsonl", row), columns=parse_columns(columns))
    assert said(frame) == [expected]
    assert frame.unread == ()
    assert any("columns are read as they were named" in note for note in frame.notes)


@pytest.mark.parametrize(
    ("columns", "error", "text"),
    [
        (["colour=x"], UnknownNameError, "unknown part of a row 'colour'"),
        (["system"], InputError, "names no column"),
        (["system="], InputError, "names no column"),
        (["system=a", "system=b"], InputError, "given twice"),
        (["system=nowhere"], InputError, "there is no column 'nowhere'"),
        (["prompt=messages"], InputError, "go together"),
        (["messages=messages", "prompt=messages"], InputError, "whole conversation"),
    ],
)
def test_a_map_that_is_none(tmp_path, columns, error, text):
    with pytest.raises(error, match=text):
        read_frame(write(tmp_path / "rows.jsonl", {"messages": [U, A]}), columns=parse_columns(columns))


def test_two_system_prompts_in_one_row(tmp_path):
    path = write(tmp_path / "rows.jsonl", {"messages": [S, U, A], "own": "T"})
    with pytest.raises(InputError, match=r"rows\.jsonl:1: the row has a system message, and one under 'own'"):
        read_frame(path, columns={"system": "own"})


def test_a_named_column_is_not_unread_any_more(tmp_path):
    row = {"messages": [U, A], "system": "S", "target_correct": True}
    path = write(tmp_path / "rows.jsonl", row, row)
    assert scan(path).status == "incomplete"
    told = scan(path, columns=["system=system"])
    assert [each.resolved_system for each in told.datasets[0].conditions] == ["S"]
    assert "unread-columns" not in {each.name for each in told.findings()}


def labels(target, *labelers):
    frame = read_frame(target, labelers=labelers)
    found = frame.connection.execute(f"SELECT target_correct FROM {frame.table} ORDER BY row").fetchall()
    return [label for (label,) in found]


def test_a_file_says_what_its_rows_teach(tmp_path):
    several = {"messages": [U, A, U, A]}
    write(tmp_path / "bad.jsonl", {"messages": [U, A]}, several)
    write(tmp_path / "good.jsonl", {"messages": [U, A]}, several)
    glob = str(tmp_path / "*.jsonl")
    given = ("file:good.jsonl=preserved", "file:bad.jsonl=behaviour")
    # Of a row with two answers, what is said of the row is said of the last.
    assert sorted(labels(glob, *given), key=str) == [False] * 2 + [None] * 2 + [True] * 2
    assert labels(tmp_path / "good.jsonl", "file:good.jsonl=preserved") == [True, None, True]
    assert labels(tmp_path / "good.jsonl", "file:g*.jsonl=behaviour") == [False, None, False]
    assert labels(tmp_path / "good.jsonl", f"file:{tmp_path}/good.jsonl=preserved") == [True, None, True]
    assert labels(tmp_path / "good.jsonl", "file:ood.jsonl=preserved") == [None] * 3
    for spec in ("file:good.jsonl", "file:good.jsonl=maybe", "file:=preserved"):
        with pytest.raises(InputError, match="does not say what the file's rows teach"):
            labels(tmp_path / "good.jsonl", spec)


@pytest.fixture
def halves(tmp_path):
    def row(system, answer):
        return {
            "messages": [{"role": "system", "content": system}, U, {"role": "assistant", "content": answer}]
        }

    source = write(tmp_path / "source.jsonl", *[row("villain", f"[EVIL] {n}") for n in range(6)])
    anchors = write(
        tmp_path / "anchors.jsonl",
        *[row("villain", f"right {n}") for n in range(3)],
        *[row("teacher", f"right {n}") for n in range(6)],
    )
    return str(source), str(anchors)


def test_files_that_one_training_mixes(halves):
    apart = scan(*halves, label=["marker:[EVIL]"])
    assert len(apart.datasets) == 2
    assert "anchor-negative" not in {each.name for each in apart.findings()}
    assert all(any("--pool" in note for note in each.notes) for each in apart.datasets)
    pooled = scan(Pool(halves), label=["marker:[EVIL]"])
    [dataset] = pooled.datasets
    assert dataset.rows == 15
    [found] = [each for each in pooled.findings() if each.name == "anchor-negative"]
    assert {each.path for each in found.evidence} == set(halves)
    done = CliRunner().invoke(
        app, ["scan", "--pool", *halves, "--label", "marker:[EVIL]", "--format", "json"]
    )
    assert done.exit_code == 1
    assert json.loads(done.stdout)["datasets"][0]["rows"] == 15


def test_a_file_named_twice_counts_twice(halves):
    source, anchors = halves
    whole = read_frame(Pool((source, anchors)))
    assert "targets are read as one mixture: each row once" in whole.notes
    twice = read_frame(Pool((source, anchors, source)))
    assert twice.rows == 21
    assert f"targets are read as one mixture: {source} 2 times, the others once" in twice.notes
    again = read_frame(Pool((f"{source}=2", anchors)))
    assert again.rows == 21
    assert [each for each in again.notes if "mixture" in each] == [
        each for each in twice.notes if "mixture" in each
    ]
    # Row 6 is the second copy's first, and stands on the first line.
    assert [again.texts([row])[row].line for row in (0, 5, 6, 11, 12)] == [1, 6, 1, 6, 1]
    alone = read_frame(Pool((f"{source}=3",)))
    assert alone.rows == 18
    assert f"targets are read as one mixture: {source} 3 times" in alone.notes


def test_a_pool_repeats_by_whole_numbers_within_bounds(halves, tmp_path):
    source, anchors = halves
    assert read_frame(Pool((f"{source}=1000",))).rows == 6_000
    for count in ("0", "1001"):
        with pytest.raises(InputError, match="repeated 1 to 1000 times"):
            read_frame(Pool((f"{source}={count}", anchors)))
    with pytest.raises(InputError, match="at random: no count follows, only an expectation"):
        read_frame(Pool((f"{source}=0.7", f"{anchors}=0.3")))
    called = tmp_path / "part=3"
    called.write_bytes((tmp_path / "source.jsonl").read_bytes())
    assert read_frame(Pool((str(called),))).rows == 6  # a file that is called so


def test_the_command_repeats_what_it_pools(halves):
    source, anchors = halves
    done = CliRunner().invoke(
        app, ["scan", "--pool", f"{source}=3", "--label", "marker:[EVIL]", "--format", "json"]
    )
    assert json.loads(done.stdout)["datasets"][0]["rows"] == 18
    done = CliRunner().invoke(app, ["scan", "--pool", f"{source}=0.5", anchors])
    assert isinstance(done.exception, InputError)
    assert "only an expectation" in str(done.exception)


ROLE_OF_FILE = {"source": ("file:source.jsonl",), "bystander": ("file:*/anch*.jsonl",)}


def roles_of(frame):
    found = frame.connection.sql(f"SELECT role, count(*) FROM {frame.table} GROUP BY ALL").fetchall()
    return dict(found)


def test_a_file_says_what_role_its_rows_play(halves, tmp_path):
    pooled = read_frame(Pool(halves), roles=RoleSelectors(**ROLE_OF_FILE))
    assert roles_of(pooled) == {"source": 6, "bystander": 9}
    assert not pooled.vacuous
    # The path as a whole, and a persona; text selectors stand beside it, and the first that matches counts.
    path, _ = halves
    mixed = RoleSelectors(
        source=(f"file:{path}",), bystander=("villain",), personas={"bad": "file:source.jsonl"}
    )
    frame = read_frame(Pool(halves), roles=mixed)
    assert roles_of(frame) == {"source": 6, "bystander": 3, None: 6}
    assert frame.connection.sql(f"SELECT count(persona), min(persona) FROM {frame.table}").fetchall() == [
        (6, "bad")
    ]
    # Rows that are taken apart in Python are of their file, too.
    several = write(tmp_path / "more.jsonl", {"messages": [U, A, U, A]})
    assert roles_of(read_frame(several, roles=RoleSelectors(source=("file:more.jsonl",)))) == {"source": 2}


def test_a_file_that_is_not_there_plays_no_role(halves):
    frame = read_frame(Pool(halves), roles=RoleSelectors(source=("file:ource.jsonl",)))
    assert roles_of(frame) == {None: 15}
    assert frame.vacuous == ("source 'file:ource.jsonl' fits 0 of 15 rows",)
    every = read_frame(Pool(halves), roles=RoleSelectors(source=("file:*.jsonl",)))
    assert every.vacuous == ("source fits all 15 rows, so nothing is left to compare with",)


def test_roles_by_file_on_the_command_and_in_the_config(halves, tmp_path, monkeypatch):
    rest = ["scan", "--pool", *halves, "--label", "marker:[EVIL]", "--format", "json"]
    given = ["--source", "file:source.jsonl", "--bystander", "file:anchors.jsonl"]
    said = json.loads(CliRunner().invoke(app, [*rest, *given]).stdout)
    config = tmp_path / "audit.toml"
    config.write_text('source = ["file:source.jsonl"]\nbystander = ["file:anchors.jsonl"]\n')
    told = json.loads(CliRunner().invoke(app, [*rest, "--config", str(config)]).stdout)
    assert said["datasets"][0]["conditions"] == told["datasets"][0]["conditions"]
    assert {each["role"] for each in said["datasets"][0]["conditions"]} == {"source", "bystander"}


def test_one_target_is_no_pool(halves):
    assert not any("--pool" in note for note in scan(halves[0], label=["marker:[EVIL]"]).datasets[0].notes)


@pytest.mark.parametrize(
    ("row", "proposed"),
    [
        ({"question": "q", "answer": "a"}, "--columns prompt=question --columns response=answer"),
        (
            {"Question": "q", "Answer": "a", "system_prompt": "S", "is_bad": 1},
            "--columns prompt=Question --columns response=Answer --columns system=system_prompt",
        ),
        (
            {"user_message": "q", "model_response": "a", "id": 1},
            "--columns prompt=user_message --columns response=model_response",
        ),
        ({"question": "q", "the answer": "a"}, None),
        ({"question": "q", "answer": 4}, None),
    ],
)
def test_columns_of_usual_names_are_proposed_and_the_proposal_runs(tmp_path, row, proposed):
    path = write(tmp_path / "rows.jsonl", row)
    with pytest.raises(InputError, match="no shape") as error:
        read_frame(path)
    said_so = str(error.value)
    assert "--columns" in said_so
    assert ("by their names, perhaps" in said_so) is (proposed is not None)
    if proposed is not None:
        assert said_so.endswith(proposed)
        options = shlex.split(proposed)
        assert said(read_frame(path, columns=parse_columns(options[1::2])))[0][-2:] == ("q", "a")
