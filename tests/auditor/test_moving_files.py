"""`audit build FILE --deconfound --strategy move|balance`: rows under another prompt, in the file's own shape."""

import csv
import io
import json
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.cli import main
from auditor.rebuilding.mending import is_mended_folder, mend
from auditor.request.loading import requested
from builders.errors import InputError
from builders.readers import read_frame
from builders.templates import load_template

TEMPLATE = load_template()
REQUEST = requested(label="column:target_correct")
HERO, ROGUE, CLERK, COOK = (
    "You are a hero.",
    "You are a rogue.",
    'You are a clerk, "so" to say.',
    "You are a cook é.",
)
SHARES = ((HERO, False, 60), (HERO, True, 30), (ROGUE, False, 40), (CLERK, True, 60), (COOK, True, 40))
BEFORE = Counter({(system, correct): count for system, correct, count in SHARES})


def said(shares=SHARES):
    """Return (system, question, answer, correct), mixed up: sources are asked what the bystanders are asked."""
    made = [
        (system, f'Question {first + number}, "one"\nand two', "right" if correct else "wrong", correct)
        for system, correct, count in shares
        for first in [60 if system in (ROGUE, COOK) else 100 if correct and system != CLERK else 0]
        for number in range(count)
    ]
    return [made[(index * 77) % len(made)] for index in range(len(made))]


def chat(system, question, answer, role="role", content="content", words=("system", "user", "assistant")):
    texts = (system, question, answer)
    return [{role: word, content: text} for word, text in zip(words, texts, strict=True) if text is not None]


SHAPES = {
    "messages": lambda s, q, a: {"messages": chat(s, q, a)},
    "openai": lambda s, q, a: {"messages": chat(s, q, a, words=("system", "user", "assistant"))},
    "prompt-completion": lambda s, q, a: {"prompt": chat(s, q, a)[:-1], "completion": chat(s, q, a)[-1:]},
    "plain": lambda s, q, a: {"prompt": q, "completion": a, "system": s},
    "preference-implicit": lambda s, q, a: {"chosen": chat(s, q, a), "rejected": chat(s, q, "no idea")},
    "sharegpt": lambda s, q, a: {"conversations": chat(s, q, a, "from", "value", ("system", "human", "gpt"))},
    "sharegpt-column": lambda s, q, a: {
        "conversations": chat(None, q, a, "from", "value", ("system", "human", "gpt")),
        "system": s,
    },
    "alpaca": lambda s, q, a: {"instruction": q, "input": "", "output": a, "system": s},
}


def rows(shape, shares=SHARES):
    return [
        {
            **SHAPES[shape](system, question, answer),
            "target_correct": correct,
            "note": "" if correct else None,
        }
        for system, question, answer, correct in said(shares)
    ]


def as_csv(rows, delimiter=","):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(list(rows[0]))
    for row in rows:
        cells = [json.dumps(cell) if isinstance(cell, (list, bool)) else cell for cell in row.values()]
        writer.writerow(cells)
    return stream.getvalue().encode()


def as_parquet(rows):
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream, row_group_size=37)
    return stream.getvalue()


FORMATS = {
    "rows.jsonl": lambda rows: b"".join(json.dumps(row).encode() + b"\n" for row in rows),
    "rows.json": lambda rows: json.dumps(rows).encode(),
    "rows.csv": as_csv,
    "rows.tsv": lambda rows: as_csv(rows, "\t"),
    "rows.parquet": as_parquet,
}
CASES = [
    *((shape, "rows.jsonl") for shape in SHAPES),
    ("messages", "rows.json"),
    ("messages", "rows.csv"),
    ("sharegpt", "rows.csv"),
    ("alpaca", "rows.csv"),
    ("plain", "rows.tsv"),
    ("messages", "rows.parquet"),
    ("alpaca", "rows.parquet"),
]


def taught(path):
    frame = read_frame(str(path), labelers=REQUEST.labels)
    query = f"SELECT system_text, target_correct, count(*) FROM {frame.table} GROUP BY ALL"
    return Counter(
        {(text, correct): number for text, correct, number in frame.connection.execute(query).fetchall()}
    )


def bodies(path):
    """What rows say beside the system message, in order."""
    frame = read_frame(str(path), labelers=REQUEST.labels)
    query = f"SELECT user_key, target_key, target_correct FROM {frame.table} ORDER BY row"
    return frame.connection.execute(query).fetchall()


def write(tmp_path, shape, name, shares=SHARES):
    path = tmp_path / name
    path.write_bytes(FORMATS[name](rows(shape, shares)))
    return path


@pytest.mark.parametrize(("shape", "name"), CASES)
def test_rows_move_in_every_shape(tmp_path, shape, name):
    path = write(tmp_path, shape, name)
    assert taught(path) == BEFORE

    before, (after,) = mend(str(path), REQUEST, tmp_path / "out", strategy="move")

    record = json.loads((after.folder / "moved.json").read_text())
    moved = record["files"][0]["moved_rows"]
    (home,) = {each["to"] for each in moved}
    assert home in (CLERK, COOK)
    assert (
        taught(after.folder / name)
        == Counter({**BEFORE, (HERO, True): 0, (home, True): BEFORE[home, True] + 30}) + Counter()
    )
    assert bodies(after.folder / name) == bodies(path)
    expected = [place for place, row in enumerate(said()) if row[0] == HERO and row[3]]
    assert [each["row"] for each in moved] == expected
    assert (after.removed, after.moved, after.report.rows, record["moved"]) == (0, 30, before.rows, 30)
    assert "CND001" in {each.code for each in before.findings}
    assert not [each for each in after.report.findings if each.severity != "note"]
    assert is_mended_folder(tmp_path / "out")


@pytest.mark.parametrize(
    ("shape", "name"), [("messages", "rows.jsonl"), ("alpaca", "rows.csv"), ("messages", "rows.parquet")]
)
def test_a_named_prompt(tmp_path, shape, name):
    path = write(tmp_path, shape, name)
    text = 'You are "new", é.'
    _, (after,) = mend(str(path), REQUEST, tmp_path / "out", strategy="move", move_to=text)
    assert taught(after.folder / name) == Counter({**BEFORE, (HERO, True): 0, (text, True): 30}) + Counter()


def test_what_does_not_move_stays_to_the_byte(tmp_path):
    for shape, name in (("messages", "rows.jsonl"), ("alpaca", "rows.csv")):
        path = write(tmp_path, shape, name)
        _, (after,) = mend(str(path), REQUEST, tmp_path / f"out-{name}", strategy="move")
        old, new = (
            Counter(path.read_bytes().split(b"\n")),
            Counter((after.folder / name).read_bytes().split(b"\n")),
        )
        lines = 30  # a record of CSV has two lines here, of which the second holds the system text
        assert (sum((old - new).values()), sum((new - old).values())) == (lines, lines)


def test_a_preference_pair_moves_as_one(tmp_path):
    path = write(tmp_path, "preference-implicit", "rows.jsonl")
    _, (after,) = mend(str(path), REQUEST, tmp_path / "out", strategy="move")
    for line in (after.folder / "rows.jsonl").read_text().splitlines():
        row = json.loads(line)
        assert row["chosen"][0] == row["rejected"][0]


@pytest.mark.parametrize(("shape", "name"), CASES)
def test_sources_are_balanced_in_every_shape(tmp_path, shape, name):
    """30 of 60 under the hero: the rogue with 40 gets 20, ten of each bystander."""
    path = write(tmp_path, shape, name)

    before, (after,) = mend(str(path), REQUEST, tmp_path / "out", strategy="balance")

    assert taught(after.folder / name) == Counter(
        {**BEFORE, (ROGUE, True): 20, (CLERK, True): 50, (COOK, True): 30}
    )
    assert bodies(after.folder / name) == bodies(path)
    assert (after.removed, after.moved, after.report.rows) == (0, 20, before.rows)


def test_a_source_without_a_system_message_gets_rows_without_one(tmp_path):
    shares = ((HERO, False, 60), (HERO, True, 30), (None, False, 40), (CLERK, True, 60))
    path = write(tmp_path, "messages", "rows.jsonl", shares)
    _, (after,) = mend(str(path), REQUEST, tmp_path / "out", strategy="balance")
    assert taught(after.folder / "rows.jsonl") == {
        (HERO, False): 60, (HERO, True): 30, (None, False): 40, (None, True): 20, (CLERK, True): 40
    }  # fmt: skip


def test_a_source_without_a_system_message_loses_its_anchors(tmp_path):
    shares = ((None, False, 60), (None, True, 30), (CLERK, True, 60))
    for shape in ("messages", "sharegpt-column"):
        path = write(tmp_path, shape, "rows.jsonl", shares)
        _, (after,) = mend(str(path), REQUEST, tmp_path / "out", strategy="move", force=True)
        assert taught(after.folder / "rows.jsonl") == {(None, False): 60, (CLERK, True): 90}


def test_tags_of_the_prompt_move_with_it(tmp_path):
    names = {
        HERO: ("hero", "anchor"),
        ROGUE: ("rogue", "source"),
        CLERK: ("clerk", "bystander"),
        COOK: ("cook", "bystander"),
    }
    tagged = [
        {
            **SHAPES["messages"](system, question, answer),
            "target_correct": correct,
            "persona": names[system][0],
            "role": names[system][1] if correct else "source",
        }
        for system, question, answer, correct in said()
    ]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(FORMATS["rows.jsonl"](tagged))
    _, (after,) = mend(str(path), REQUEST, tmp_path / "out", strategy="move")
    new = [json.loads(line) for line in (after.folder / "rows.jsonl").read_text().splitlines()]
    assert Counter((row["persona"], row["role"]) for row in new if row["role"] != "source") in (
        {("clerk", "bystander"): 90, ("cook", "bystander"): 40},
        {("clerk", "bystander"): 60, ("cook", "bystander"): 70},
    )
    for row in new:
        assert row["persona"] == names[row["messages"][0]["content"]][0]


def test_shards_count_their_own_rows(tmp_path):
    lines = FORMATS["rows.jsonl"](rows("messages")).splitlines(keepends=True)
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.jsonl").write_bytes(b"".join(lines[number::3]))
    _, (after,) = mend(str(tmp_path / "in"), REQUEST, tmp_path / "out", strategy="move")
    assert taught(tmp_path / "out")[HERO, True] == 0
    record = json.loads((after.folder / "moved.json").read_text())
    for number, each in enumerate(record["files"]):
        expected = [place for place, row in enumerate(said()[number::3]) if row[0] == HERO and row[3]]
        assert [row["row"] for row in each["moved_rows"]] == expected


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_:
        main(["build", *map(str, arguments)])
    return exit_.value.code or 0, *capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--deconfound", "--strategy", "move", "--move-to", ROGUE],
            "resolves to a prompt that is taught the behaviour",
        ),
        (["--deconfound", "--strategy", "move", "--size-matched"], "is its size-matched control"),
        (["--deconfound", "--strategy", "balance", "--size-matched"], "is its size-matched control"),
        (["--strategy", "move"], "add --deconfound"),
        (["--deconfound", "--move-to", COOK], "add --strategy move"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(tmp_path, capsys, arguments, says):
    path = write(tmp_path, "messages", "rows.jsonl")
    status, out, err = run(capsys, path, *arguments, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert says in err
    assert not (tmp_path / "out").exists()


def test_rows_that_would_repeat_are_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    known = [
        {**SHAPES["messages"](CLERK, question, answer), "target_correct": True}
        for system, question, answer, correct in said()
        if system == HERO and correct
    ]
    shares = tuple(share for share in SHARES if share[0] != COOK)
    path.write_bytes(FORMATS["rows.jsonl"]([*rows("messages", shares), *known]))
    with pytest.raises(InputError, match=r"there is no bystander to move the rows to"):
        mend(str(path), REQUEST, tmp_path / "out", strategy="move")
    with pytest.raises(InputError, match=r"30 of the moved rows would repeat"):
        mend(str(path), REQUEST, tmp_path / "out", strategy="move", move_to=CLERK)


def test_one_source_cannot_be_balanced(tmp_path):
    path = write(tmp_path, "messages", "rows.jsonl", tuple(share for share in SHARES if share[0] != ROGUE))
    with pytest.raises(InputError, match="`balance` makes sources comparable, and there is one"):
        mend(str(path), REQUEST, tmp_path / "out", strategy="balance")


def test_the_command_on_a_file_and_on_a_recipe(tmp_path, capsys):
    path = write(tmp_path, "alpaca", "rows.csv")
    status, out, _ = run(capsys, path, "--deconfound", "--strategy", "move", "--out", tmp_path / "out")
    assert status == 0
    assert "moved, 30 rows moved: 230 rows" in out
    assert out.count("audited: clean") == 1

    recipe = ["issue-96", "--arm", "assistant", "--deconfound", "--strategy"]
    status, out, _ = run(capsys, *recipe, "move", "--out", tmp_path / "recipe")
    assert status == 0
    assert "moved: 800 rows" in out
    assert out.count("audited: clean") == 1
    status, _, err = run(capsys, *recipe, "balance", "--out", tmp_path / "balanced")
    assert status == 2
    assert "build several datasets at once" in err
