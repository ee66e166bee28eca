"""A baseline knows findings by what they say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.acceptance.baseline import compare, load_baseline, write_baseline
from builders.errors import InputError
from checks.core.finding import Evidence
from tests.auditor.formats.reports import HOSTILE, everything

HOME = Path(__file__).parents[2]


def changed(report, code, **update):
    """Return the report with one finding changed."""
    first = report.datasets[0]
    said = [each.model_copy(update=update) if each.code == code else each for each in first.findings]
    return report.model_copy(
        update={"datasets": [first.model_copy(update={"findings": said}), *report.datasets[1:]]}
    )


def new(report, baseline):
    """Return the codes that still count."""
    return [each.code for each in compare(report, baseline, name="known.json").report.findings()]


@pytest.mark.parametrize("text", ["plain", HOSTILE])
def test_what_was_written_is_known(tmp_path, text):
    path = tmp_path / "known.json"
    written = write_baseline(everything(text), path)
    assert load_baseline(path) == written
    compared = compare(everything(text), written, name="known.json")
    assert (compared.report.findings(), compared.gone) == ([], [])
    assert [each.suppressed for each in compared.report.datasets[0].findings][:3] == [
        "known, in known.json"
    ] * 3


def test_a_suppressed_finding_is_not_written(tmp_path):
    written = write_baseline(everything(), tmp_path / "known.json")
    assert sorted(each.code for each in written.findings) == ["CND001", "SRC999", "TPL004"]


def test_lines_rows_and_the_rows_picked_do_not_matter(tmp_path):
    baseline = write_baseline(everything(), tmp_path / "known.json")
    moved = changed(
        everything(), "CND001", evidence=[Evidence(path="x.jsonl", line=99, row=98, text="other")]
    )
    assert new(moved, baseline) == []
    code = everything().datasets[0].findings[1].evidence[0]
    moved = changed(everything(), "SRC999", evidence=[code.model_copy(update={"line": 70, "column": 1})])
    assert new(moved, baseline) == []


@pytest.mark.parametrize(
    ("code", "update"),
    [
        ("CND001", {"message": "villain is taught 201 wrong answers"}),
        ("CND001", {"condition": "9" * 64}),
        ("CND001", {"personas": ["villain"]}),
        (
            "SRC999",
            {"evidence": [Evidence(path="scripts/build.py", line=7, column=9, text="seed = hash(other)")]},
        ),
    ],
)
def test_a_finding_that_says_something_else_is_new(tmp_path, code, update):
    baseline = write_baseline(everything(), tmp_path / "known.json")
    assert new(changed(everything(), code, **update), baseline) == [code]


def test_a_second_one_that_says_the_same_is_new_and_a_missing_one_is_gone(tmp_path):
    baseline = write_baseline(everything(), tmp_path / "known.json")
    first = everything().datasets[0]
    twice = everything().model_copy(
        update={"datasets": [first.model_copy(update={"findings": [*first.findings, first.findings[1]]})]}
    )
    assert new(twice, baseline) == ["SRC999"]
    none = everything().model_copy(update={"datasets": []})
    assert [(each.code, each.count) for each in compare(none, baseline, name="x").gone] == [
        ("CND001", 1),
        ("SRC999", 1),
        ("TPL004", 1),
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 2, "findings": []}', '{"findings": [{}]}'])
def test_what_is_no_baseline_is_an_error(tmp_path, text):
    path = tmp_path / "known.json"
    path.write_text(text)
    with pytest.raises(InputError, match="is no baseline") as raised:
        load_baseline(path)
    assert str(raised.value).startswith(str(path))
    with pytest.raises(InputError, match="cannot be read"):
        load_baseline(tmp_path / "none.json")


def test_scan_writes_and_reads_a_baseline(tmp_path):
    def scan(*arguments):
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "auditor",
                "scan",
                "issue-96/assistant",
                "--format",
                "concise",
                *arguments,
            ],
            cwd=tmp_path,
            check=False,
            env={"PYTHONPATH": str(HOME), "PATH": ""},
            capture_output=True,
            text=True,
            timeout=120,
        )

    written = scan("--write-baseline", "known.json")
    assert (written.returncode, written.stderr) == (0, "")
    known = scan("--baseline", "known.json")
    assert known.returncode == 0
    assert known.stdout.count("(suppressed: known, in known.json)") == known.stdout.count("\n") > 0
    content = json.loads((tmp_path / "known.json").read_text())
    content["findings"] = [each for each in content["findings"] if each["code"] != "CND001"]
    content["findings"][0]["count"] += 1
    (tmp_path / "known.json").write_text(json.dumps(content))
    left = scan("--baseline", "known.json")
    assert left.returncode == 1
    new = [line for line in left.stdout.splitlines() if "suppressed" not in line]
    assert [line[:32] for line in new] == ["issue-96/assistant: error CND001"]
    assert left.stderr.startswith("warning: known.json: 1 finding of it not found any more")
    assert scan("--baseline", "none.json").returncode == 2
