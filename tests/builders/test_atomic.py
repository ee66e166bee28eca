"""Whole or not at all: killed at every step, on a full disk, and in places that are taken."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from builders import atomic
from builders.atomic import replaced_folder, write_file
from builders.errors import OutputError

CHILD = """
import os, signal, sys
from pathlib import Path
from builders.atomic import replaced_folder, write_file

step, how, place, exchange = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4] == "1"
if not exchange:
    import builders.atomic
    builders.atomic._exchange = lambda first, second: False
steps = 0

def die_at_the_step(event, arguments):
    global steps
    writes = event == "open" and "r" not in str(arguments[1] or "r")
    if writes or event.startswith(("os.", "shutil.", "ctypes.")):
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die_at_the_step)
if how == "file":
    write_file(place, b"new", force=True)
else:
    with replaced_folder(place, force=True, ours=lambda folder: True) as folder:
        (folder / "sub").mkdir()
        for name in ("a", "b", "sub/c"):
            (folder / name).write_text("new")
"""


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def kill_at_every_step(how: str, place: Path, restore, check, *, exchange: bool = True) -> int:
    """Run the child again and again, killed one step later each time; return how many steps it survived."""
    for step in range(1, 200):
        restore()
        arguments = [sys.executable, "-c", CHILD, str(step), how, str(place), str(int(exchange))]
        status = subprocess.run(arguments, check=False).returncode
        check(step)
        if status == 0:
            return step
        assert status == -signal.SIGKILL
    raise AssertionError("the child never came to its end")


def test_a_file_is_old_or_new_whenever_it_is_killed(tmp_path):
    place, seen = tmp_path / "file", set()

    kill_at_every_step(
        "file", place, lambda: place.write_text("old"), lambda step: seen.add(place.read_text())
    )

    assert seen == {"old", "new"}


OLD = {"a": "old", "d": "old"}
NEW = {"a": "new", "b": "new", "sub/c": "new"}


def test_a_folder_is_old_or_new_whenever_it_is_killed(tmp_path):
    place, seen = tmp_path / "folder", []

    def restore():
        with replaced_folder(place, force=True, ours=lambda folder: True) as folder:
            for name in OLD:
                (folder / name).write_text("old")

    def check(step):
        found = contents(place)
        assert found in (OLD, NEW), f"a mixture after step {step}"
        seen.append(found)

    steps = kill_at_every_step("folder", place, restore, check)

    assert OLD in seen
    assert seen[-1] == NEW
    assert steps > 5
    restore()
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]  # what the killed ones left is gone


def test_without_a_swap_of_the_system_the_old_folder_comes_back(tmp_path):
    """Between two renames the place may be empty; the next write brings the old folder back first."""
    place = tmp_path / "folder"

    def restore():
        with replaced_folder(place, force=True, ours=lambda folder: True) as folder:
            for name in OLD:
                (folder / name).write_text("old")

    def check(step):
        if not place.exists():
            atomic._clean_up(place)
        assert contents(place) in (OLD, NEW), f"a mixture after step {step}"

    kill_at_every_step("folder", place, restore, check, exchange=False)


def in_a_child(function) -> str:
    """Run in a fork, because its limits cannot be taken back; return what it says."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = function()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


def test_a_full_disk_is_said_and_leaves_what_was_there(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("old")
    folder.mkdir()
    (folder / "a").write_text("old")

    def fill_file():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        write_file(file, b"x" * 5000, force=True)
        return "written"

    def fill_folder():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with replaced_folder(folder, force=True, ours=lambda place: True) as new:
            (new / "a").write_bytes(b"x" * 5000)
        return "written"

    for fill in (fill_file, fill_folder):
        said = in_a_child(fill)
        assert said.startswith("OutputError")
        assert "the disk is full; what was there before is unchanged" in said
    assert file.read_text() == "old"
    assert contents(folder) == {"a": "old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_nothing_is_overwritten_without_force(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    write_file(file, b"one")
    with pytest.raises(OutputError, match="--force"):
        write_file(file, b"two")
    write_file(file, b"two", force=True)
    assert file.read_bytes() == b"two"

    with replaced_folder(folder) as new:
        (new / "a").write_text("one")
    with pytest.raises(OutputError, match="--force"), replaced_folder(folder, ours=lambda place: True):
        raise AssertionError("never reached")
    assert contents(folder) == {"a": "one"}


def test_a_strangers_folder_is_never_replaced(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis").write_text("precious")
    for ours in (None, lambda place: False):
        entered = replaced_folder(tmp_path / "home", force=True, ours=ours)
        with pytest.raises(OutputError, match="not written by this command"), entered:
            raise AssertionError("never reached")
    assert contents(tmp_path / "home") == {"thesis": "precious"}


def test_an_empty_folder_and_missing_parents_are_no_obstacle(tmp_path):
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "new" / "deep"):
        with replaced_folder(place) as folder:
            (folder / "a").write_text("x")
        assert contents(place) == {"a": "x"}


def test_places_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="a folder of that name"):
        write_file(tmp_path / "folder", b"")
    with (
        pytest.raises(OutputError, match="a file of that name"),
        replaced_folder(tmp_path / "file", force=True),
    ):
        pass
    with pytest.raises(OutputError, match="cannot be written as a whole"), replaced_folder(Path("/")):
        pass
    with (
        pytest.raises(OutputError, match="could not be written"),
        replaced_folder(tmp_path / "file" / "below"),
    ):
        pass
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with (
        pytest.raises(OutputError, match="could not be written"),
        replaced_folder(tmp_path / "loop" / "below"),
    ):
        pass


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replaced_folder(tmp_path / "link") as folder:
        (folder / "a").write_text("x")
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == {"a": "x"}


def test_an_error_in_the_block_leaves_nothing_behind(tmp_path):
    def interrupted():
        with replaced_folder(tmp_path / "folder") as folder:
            (folder / "a").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_two_writers_at_once_do_not_clean_up_each_other(tmp_path):
    with replaced_folder(tmp_path / "folder") as first:
        (first / "a").write_text("first")
        with replaced_folder(tmp_path / "folder") as second:
            (second / "a").write_text("second")
        assert contents(tmp_path / "folder") == {"a": "second"}
        assert first.exists()
