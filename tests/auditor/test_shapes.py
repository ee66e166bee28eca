"""One dataset in every shape gives one report, from the command line and from Python."""

import json

import pytest
from typer.testing import CliRunner

import auditor
from auditor.cli import app
from tests.builders.shapes import SHAPES, jsonl, write_csv, written


def substance(report):
    """Return what a report says about the rows: everything but where they stand."""
    (dataset,) = report["datasets"]
    findings = [
        {key: value for key, value in finding.items() if key not in ("evidence", "help")}
        | {"rows": [each["row"] for each in finding["evidence"]]}
        for finding in dataset["findings"]
    ]
    return report["status"], dataset["rows"], dataset["conditions"], findings


def from_python(target):
    return substance(json.loads(auditor.scan(target).model_dump_json()))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("expected") / "messages.jsonl"
    path.write_bytes(jsonl(written("messages")))
    found = from_python(str(path))
    assert len(found[2]) == 5
    assert len(found[3]) >= 2
    return found


def unpredicted(found):
    """Return the same without what is predicted from counts, which preferences do not decide."""
    status, rows, conditions, findings = found
    return (
        status,
        rows,
        [{**each, "prediction": None, "known": None} for each in conditions],
        [{**each, "prediction": None, "message": None} for each in findings],
    )


# Developer messages, which the shape `openai` has, are no system messages to the embedded template.
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "openai"])
def test_the_same_rows_give_the_same_report(tmp_path, expected, shape):
    path = tmp_path / "data.jsonl"
    path.write_bytes(jsonl(written(shape)))
    if shape.startswith("preference"):
        found = from_python(str(path))
        assert unpredicted(found) == unpredicted(expected)
        assert {each["prediction"]["verdict"] for each in found[2]} == {"not applicable"}
        return
    assert from_python(str(path)) == expected
    done = CliRunner().invoke(app, ["scan", str(path), "--format", "json", "--fail-on", "never"])
    assert done.exit_code == 0, done.output
    assert substance(json.loads(done.stdout)) == expected


@pytest.mark.parametrize("container", ["csv", "parquet", "dataset", "pandas", "shards"])
def test_so_does_every_container(tmp_path, expected, container):
    records = written("messages")
    target = tmp_path / f"data.{container}"
    match container:
        case "csv":
            target.write_bytes(write_csv(records, ","))
        case "parquet":
            pytest.importorskip("pandas").DataFrame(records).to_parquet(target)
        case "dataset":
            target = pytest.importorskip("datasets").Dataset.from_list(records)
        case "pandas":
            target = pytest.importorskip("pandas").DataFrame(records)
        case _:
            target.mkdir()
            for start in range(0, 800, 300):
                (target / f"{start:03}.jsonl").write_bytes(jsonl(records[start : start + 300]))
    if isinstance(target, type(tmp_path)):
        assert from_python(str(target)) == expected
        return
    # What is held against the documents beside a file needs a file.
    *same, findings = expected
    assert from_python(target) == (
        *same,
        [each for each in findings if each["code"] not in {"PRV001", "PRV002", "PRV005"}],
    )
