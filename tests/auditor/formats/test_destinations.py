"""Where `--format` and `--out` send a report."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auditor.formats import Destination, parse_destinations, render, write
from builders.errors import InputError, OutputError, UnknownNameError
from tests.auditor.formats.reports import everything


@pytest.mark.parametrize(
    ("formats", "output", "expected"),
    [
        ([], None, [Destination("full")]),
        ([], Path("a.txt"), [Destination("full", Path("a.txt"))]),
        (["json"], None, [Destination("json")]),
        (["sarif:out.sarif", "full"], None, [Destination("sarif", Path("out.sarif")), Destination("full")]),
        (
            ["sarif:a:b.sarif", "json"],
            Path("c.json"),
            [Destination("sarif", Path("a:b.sarif")), Destination("json", Path("c.json"))],
        ),
    ],
)
def test_destinations(formats, output, expected):
    assert parse_destinations(formats, output) == tuple(expected)


@pytest.mark.parametrize(
    ("formats", "output", "says"),
    [
        (["json", "full"], None, "json and full would both go to one place"),
        (["json:a"], Path("b"), "every format has a file already"),
        (["json:a", "sarif:./a"], None, "two formats would be written to"),
        (["json:a", "full"], Path("a"), "two formats would be written to"),
    ],
)
def test_what_has_no_place_of_its_own_is_an_error(formats, output, says):
    with pytest.raises(InputError, match=says):
        parse_destinations(formats, output)


def test_an_unknown_format_suggests_a_near_one():
    with pytest.raises(UnknownNameError, match="did you mean 'sarif'"):
        parse_destinations(["sarf:out"])
    with pytest.raises(UnknownNameError, match="unknown format"):
        render("xml", everything())


def test_all_destinations_are_written(tmp_path):
    stream = io.StringIO()
    file = tmp_path / "out.sarif"
    write(everything(), [Destination("sarif", file), Destination("github")], stdout=stream)
    assert file.read_text(encoding="utf-8") == render("sarif", everything())
    assert stream.getvalue() == render("github", everything())
    assert [path.name for path in tmp_path.iterdir()] == ["out.sarif"]


def test_a_stream_that_cannot_say_it_gets_an_escape():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write(everything("naïve"), [Destination("github")], stdout=stream)
    stream.flush()
    assert b"na\\xefve" in raw.getvalue()


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "no").write_text("a file, and no folder")
    with pytest.raises(OutputError, match="could not be written"):
        write(everything(), [Destination("json", tmp_path / "no" / "x")])
    assert [path.name for path in tmp_path.iterdir()] == ["no"]


def test_links_are_followed_and_special_files_left_in_their_place(tmp_path):
    (tmp_path / "there.json").write_text("old")
    (tmp_path / "link.json").symlink_to("there.json")
    write(everything(), [Destination("json", tmp_path / "link.json")])
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "there.json").read_text() == render("json", everything())
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit((tmp_path / "pipe").read_text)
        write(everything(), [Destination("json", tmp_path / "pipe")])
        assert read.result() == render("json", everything())
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "pipe", "there.json"]
