"""What `audit serve` lists: files, data sets and studies of the folder, and nothing that a link reaches."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.serving import folder as listing
from auditor.serving.folder import contents
from builders.errors import InputError


def names(root: Path, kind: str = "data") -> list[str]:
    return [each.name for each in contents(root).entries.values() if each.kind == kind]


def test_data_files_are_listed_and_what_stands_beside_them_is_not(tmp_path: Path):
    for name in (
        "a.jsonl",
        "b.csv",
        "c.jsonl.gz",
        "sub/d.parquet",
        "notes.txt",
        "manifest.json",
        ".hidden/e.jsonl",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(tmp_path) == ["a.jsonl", "b.csv", "c.jsonl.gz", "sub/d.parquet"]


def test_a_study_is_one_entry_and_a_run_without_its_study_another(tmp_path: Path):
    for name in ("study/ledger.jsonl", "study/arm/seed-1/run_result.json", "study/arm/seed-1/data.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    shutil.copytree(tmp_path / "study" / "arm" / "seed-1", tmp_path / "alone")
    assert names(tmp_path, "runs") == ["alone", "study"]
    assert names(tmp_path) == []


def test_links_are_left_out_and_counted(tmp_path: Path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    for each in (root / "run", root / "papers", outside):
        each.mkdir(parents=True)
    (outside / "secret.jsonl").write_text("secret")
    (root / "link.jsonl").symlink_to(outside / "secret.jsonl")
    (root / "folder").symlink_to(outside)
    (root / "run" / "run_result.json").touch()
    (root / "run" / "details.json").symlink_to(outside / "secret.jsonl")
    (root / "papers" / "data.jsonl").touch()
    (root / "papers" / "README.md").symlink_to(outside / "secret.jsonl")
    found = contents(root)
    assert found.entries == {}
    assert found.links == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_no_data(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert names(tmp_path) == []


def test_a_change_of_the_file_or_of_its_papers_is_another_stamp(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("1")

    def stamp() -> listing.Stamp:
        return contents(tmp_path).entries["data", "a.jsonl"].stamp

    first = stamp()
    assert stamp() == first
    (tmp_path / "README.md").write_text("card")
    second = stamp()
    assert second != first
    (tmp_path / "a.jsonl").write_text("22")
    assert stamp() != second


@pytest.mark.parametrize(("files", "more"), [(3, False), (4, True)])
def test_a_huge_folder_says_that_it_is_not_listed_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, more: bool
):
    monkeypatch.setattr(listing, "MOST", 3)
    for number in range(files):
        (tmp_path / f"{number}.jsonl").touch()
    found = contents(tmp_path)
    assert len(found.entries) == 3
    assert found.more is more


def test_folders_as_deep_as_paths_go_are_looked_at(tmp_path: Path):
    deep = tmp_path
    for _ in range(1_200):
        deep = deep / "d"
        deep.mkdir()
    (deep / "a.jsonl").touch()
    try:
        assert len(names(tmp_path)) == 1
    finally:
        # Python's own rmtree, which pytest clears up with, gives up at that depth.
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(InputError, match="is no folder"):
        contents(tmp_path / "a.jsonl")
