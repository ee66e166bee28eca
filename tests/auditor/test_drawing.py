"""`audit report figures`: from folders of runs and past issues to files."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.studies.drawing import draw
from tests.auditor.clean_result.studies import write_pair
from tests.experiments.test_figures import arm, run_folder


def test_runs_and_past_issues_are_drawn_together(tmp_path):
    run_folder(tmp_path / "runs" / "a", arm("exp0_0a", 492, 11))
    figures = draw([str(tmp_path / "runs"), "issue-96"])
    assert [figure.name for figure in figures] == ["arms-exp0", "before-after", "verdicts"]
    cells = figures[-1].spec["data"]["values"]
    assert {(cell["source"], cell["taught"], cell["verdict"]) for cell in cells} >= {
        ("assistant", "200/100", "preserved"),
        ("villain", "200/0", "behaviour"),
    }
    assert {cell["family"] for cell in cells} == {"issue-96"}
    assert len(figures[-1].digests["issue-96/villain"]) == 64


def test_two_folders_do_not_overwrite_each_other(tmp_path):
    for name in ("first", "second"):
        run_folder(tmp_path / name / "a", arm("exp0_0a", None, 11))
    names = [figure.name for figure in draw([str(tmp_path / "first"), str(tmp_path / "second")])]
    assert names == ["first-arms-exp0", "second-arms-exp0"]


def test_the_command_writes_what_was_asked_for(tmp_path):
    out = tmp_path / "figures"
    result = CliRunner().invoke(
        app, ["report", "figures", "issue-100", "--out", str(out), "--format", "json"], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert [path.name for path in out.iterdir()] == ["verdicts.json"]
    marks = {
        each["dataset"]: each["mark"]
        for each in json.loads((out / "verdicts.json").read_text())["data"]["values"]
    }
    assert marks["issue-100/exp0_0a"] == "x 200/0"
    assert marks["issue-100/exp0_0b"] == "o 200/100"


def test_an_unknown_format_names_the_near_ones():
    from builders.errors import UnknownNameError
    from experiments.figures import FORMATS, formats

    assert formats(()) == FORMATS
    assert formats(["svg", "png"]) == ("png", "svg")
    with pytest.raises(UnknownNameError, match="unknown figure format 'pgn'") as error:
        formats(["pgn"])
    assert error.value.near == ["png"]


def test_an_empty_folder_is_an_error(tmp_path):
    from builders.errors import InputError

    with pytest.raises(InputError, match="no run here"):
        draw([str(tmp_path)])


def test_a_study_beside_past_issues_draws_all_of_them(tmp_path):
    pytest.importorskip("pyarrow")
    write_pair(tmp_path / "runs")
    names = [figure.name for figure in draw([str(tmp_path / "runs"), "issue-96"])]
    assert len(names) == len(set(names))
    assert names[-1] == "verdicts-of-targets"
    assert "verdicts" in names


def test_nothing_is_written_where_one_file_is_there_already(tmp_path):
    from builders.errors import OutputError
    from experiments.figures import write

    figures = draw(["issue-96"])
    (tmp_path / "verdicts.svg").touch()
    with pytest.raises(OutputError, match="it is there already"):
        write(figures, tmp_path, formats=("json", "svg"))
    assert [path.name for path in tmp_path.iterdir()] == ["verdicts.svg"]
