"""A run's files are recorded when it ends, and looked at again before anything is told of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli import main
from builders.errors import InputError
from checks.core.result import RESULT_FILE, read_result
from checks.results.altered_run import altered_run
from experiments.report.folder import read_study
from experiments.study.card import read_card
from experiments.study.runs import note
from experiments.study.seal import altered, digest_of, read_sealed, write_result
from tests.checks.test_result import run

FILES = (
    "audit.json",
    "config.yaml",
    "data.jsonl",
    "per_question.parquet",
    "completions.jsonl",
    "details.json",
    "key.json",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "runs" / "exp0_0a" / "seed-42-0123456789"
    (made / "adapter").mkdir(parents=True)
    (made / "adapter" / "weights").write_bytes(b"weights")
    for name in FILES:
        (made / name).write_text(name)
    (made / "log").write_text("lines that may be added to")
    write_result(made, run())
    note(tmp_path / "runs", "finished", path=str(made), result_sha256=digest_of(made / RESULT_FILE))
    return made


def names(folder: Path) -> list[str]:
    return altered(folder, read_result(folder))


def test_what_the_run_wrote_is_what_is_there(folder: Path):
    assert names(folder) == []
    (folder / "log").write_text("another line")
    assert names(folder) == []


@pytest.mark.parametrize("name", [*FILES, "adapter/weights"])
def test_a_file_that_was_changed_or_taken_away(folder: Path, name: str):
    text = (folder / name).read_bytes()
    (folder / name).write_bytes(text + b" ")
    assert names(folder) == [name]
    (folder / name).unlink()
    assert names(folder) == [name]
    (folder / name).write_bytes(text)
    assert names(folder) == []


def test_a_file_that_was_added(folder: Path):
    (folder / "adapter" / "more").write_bytes(b"")
    assert names(folder) == ["adapter/more"]


def test_a_result_that_was_changed(folder: Path):
    path = folder / RESULT_FILE
    path.write_text(path.read_text().replace('"correct": 11', '"correct": 12'))
    assert names(folder) == [RESULT_FILE]


def test_a_run_that_was_copied_keeps_its_own_record(folder: Path, tmp_path: Path):
    away = folder.rename(tmp_path / "alone")
    assert names(away) == []


def test_a_run_that_recorded_nothing_is_said(folder: Path):
    from checks.core.result import ResultSet

    path = folder / RESULT_FILE
    said = json.loads(path.read_text()) | {"files": {}}
    (folder.parents[1] / "ledger.jsonl").unlink()
    path.write_text(json.dumps(said))
    [(result, changed)] = read_sealed(folder)
    assert changed == []
    [observed] = altered_run(ResultSet(runs=[result], altered=[changed]))
    assert observed.severity == "note"
    assert "cannot be told" in observed.message


def test_the_command_finds_it(folder: Path, capsys: pytest.CaptureFixture[str]):
    def status() -> int:
        with pytest.raises(SystemExit) as ended:
            main(["runs", str(folder.parents[1]), "--check"])
        return int(str(ended.value.code or 0))

    assert status() == 0
    assert "altered-run" not in capsys.readouterr().out
    (folder / "data.jsonl").write_text("other rows")
    assert status() == 1
    said = capsys.readouterr().out
    assert "altered-run" in said
    assert "data.jsonl is not what the run wrote" in " ".join(said.split())


def test_nothing_is_told_of_files_that_were_changed(folder: Path):
    (folder / "audit.json").write_text("{}")
    for tell in (read_card, lambda each: read_study([each])):
        with pytest.raises(InputError, match="not what the run wrote: audit"):
            tell(folder)
