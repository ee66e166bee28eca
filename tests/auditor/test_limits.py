"""Bounds on what an input may cost, in messages and by every way of setting them; and where an input may lead."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

import auditor
from auditor.cli import main
from auditor.request.loading import load_request
from builders.bounds import Bounds, bounded, bounds, may_leave
from builders.errors import InputError, UnknownNameError

ROW = {
    "messages": [{"role": "user", "content": "x" * 2000}, {"role": "assistant", "content": "b"}],
    "target_correct": True,
}
LOOPING = (
    "{% for m in messages %}{{ m.role ~ m.content }}"
    "{% for i in range(90000) %}{% for j in range(9) %}{% endfor %}{% endfor %}{% endfor %}"
)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    return path


def status(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(str(ended.value.code or 0))


def test_every_bound_is_a_setting():
    request = load_request(start=Path("/"), environment={})
    assert request.limits == Bounds()
    assert {name for name in request.settings if name.startswith("limits.")} == {
        f"limits.{name.replace('_', '-')}" for name in vars(Bounds())
    }


def test_flag_beats_environment_beats_file(tmp_path: Path):
    file = tmp_path / "audit.toml"
    file.write_text("[limits]\nrow-mb = 1\nrecipe-rows = 5\nwriteup-mb = 0.5\n")
    request = load_request(
        file=file,
        environment={"AUDIT_LIMIT_ROW_MB": "2", "AUDIT_LIMIT_RECIPE_ROWS": "6"},
        flags={"limit": ["row-mb=3"]},
    )
    assert (request.limits.row_mb, request.limits.recipe_rows, request.limits.writeup_mb) == (3.0, 6, 0.5)
    with request.within():
        assert bounds().row_mb == 3.0
        assert not may_leave()
    assert bounds() == Bounds()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[limits]\nrow-mb = 0", "more than 0"),
        ("[limits]\nrow-mb = -1", "more than 0"),
        ('[limits]\nrow-mb = "x"', "has to be a number"),
        ("[limits]\nrecipe-rows = 1.5", "has to be a whole number"),
        ("[limits]\nrow-gb = 1", "unknown limit 'row-gb'"),
        ("limits = 1", "has to be a table"),
        ('[target."x"]\nlimits = {row-mb = 1}', "holds for a whole command"),
    ],
)
def test_what_is_no_limit(tmp_path: Path, text: str, says: str):
    file = tmp_path / "audit.toml"
    file.write_text(text)
    with pytest.raises((InputError, UnknownNameError), match=says):
        load_request(file=file, environment={})


def test_a_row_beyond_its_bound_says_how_the_bound_is_raised(rows: Path, capsys: pytest.CaptureFixture[str]):
    assert status("scan", str(rows), "--limit", "row-mb=0.001") == 2
    assert "the line has more than 0.001 MB" in capsys.readouterr().err
    assert status("scan", str(rows), "--limit", "row-mb=0.01") == 0
    with pytest.raises(InputError, match="--limit row-mb=NUMBER"):
        auditor.scan(str(rows), limits={"row-mb": 0.001})


def test_the_renderings_of_a_template_have_a_bound(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    template = tmp_path / "slow.jinja"
    template.write_text(LOOPING)
    words = ("scan", str(rows), "--template", str(template))
    assert status(*words, "--limit", "template-seconds=0.01") == 2
    assert "0.01 s and 0.02 s for each are allowed (--limit template-seconds)" in capsys.readouterr().err


def test_one_rendering_has_a_bound(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    template = tmp_path / "slower.jinja"
    template.write_text(LOOPING + "{# another #}")
    words = ("scan", str(rows), "--template", str(template))
    assert status(*words, "--limit", "render-seconds=0.01") == 2
    assert "used more than 0.01 s of processor time (--limit render-seconds)" in capsys.readouterr().err


def test_a_write_up_has_a_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "w.md"
    path.write_text("# Title\n\n" + "A sentence of a write-up.\n" * 100)
    assert status("writeup", str(path), "--limit", "writeup-mb=0.001") == 2
    assert "is larger than 0.001 MB" in capsys.readouterr().err
    assert status("writeup", str(path), "--limit", "writeup-mb=0.01", "--select", "WRT001") == 0


# Where a trainer's own file may lead.


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a description, and rows inside and outside it."""
    folder = tmp_path / "study"
    (folder / "data").mkdir(parents=True)
    for place in (folder / "data" / "rows.jsonl", tmp_path / "secret.jsonl"):
        place.write_text(
            json.dumps({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]})
        )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return folder


def described(folder: Path, name: str) -> str:
    path = folder / "dataset_info.json"
    path.write_text(json.dumps({"own": {"file_name": name, "formatting": "sharegpt"}}))
    return str(path)


def test_a_description_leads_to_files_beside_it(study: Path):
    assert auditor.scan(described(study, "data/rows.jsonl")).datasets[0].rows == 1
    assert auditor.scan(described(study, "data/../data/*.jsonl")).datasets[0].rows == 1


@pytest.mark.parametrize(
    "way", ["../secret.jsonl", "{top}/secret.jsonl", "data/../../secret.jsonl", "../*.jsonl", "link"]
)
def test_a_description_leads_nowhere_else(study: Path, way: str):
    (study / "link").symlink_to(study.parent / "secret.jsonl")
    target = described(study, way.format(top=study.parent))
    with pytest.raises(
        InputError, match=r"neither below its folder nor below the current one\nhelp: .*--follow anywhere"
    ):
        auditor.scan(target)
    assert auditor.scan(target, follow="anywhere").datasets[0].rows == 1


@pytest.mark.parametrize("name", ["hf:somebody/something", "-"])
def test_a_file_name_is_no_scheme(study: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.chdir(study)
    described(study, name)
    with pytest.raises(InputError, match="no such file"):
        auditor.scan("dataset_info.json")


def test_nothing_is_fetched_because_a_description_names_a_hub(study: Path):
    path = study / "dataset_info.json"
    path.write_text(json.dumps({"own": {"hf_hub_url": "somebody/something"}}))
    with pytest.raises(InputError, match="would be fetched from a hub"):
        auditor.scan(str(path))
    config = study / "axolotl.yml"
    config.write_text("base_model: x\ndatasets:\n  - {path: somebody/something, type: alpaca}\n")
    with pytest.raises(InputError, match="would be fetched from a hub"):
        auditor.scan(f"axolotl:{config}#0")


def test_an_axolotl_config_leads_to_the_current_folder_and_no_further(
    study: Path, monkeypatch: pytest.MonkeyPatch
):
    config = study / "axolotl.yml"
    config.write_text(
        f"datasets:\n  - {{path: {study.parent}/secret.jsonl, type: chat_template, field_messages: conversations, "
        "message_property_mappings: {role: from, content: value}}\n"
    )
    with pytest.raises(InputError, match="--follow anywhere"):
        auditor.scan(f"axolotl:{config}#0")
    monkeypatch.chdir(study.parent)
    assert auditor.scan(f"axolotl:{config}#0").datasets[0].rows == 1


@pytest.mark.parametrize("name", ["../secret.arrow", "/etc/passwd"])
def test_a_saved_folder_names_no_file_outside(study: Path, name: str):
    (study / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    with pytest.raises(InputError, match="outside the folder"):
        auditor.scan(str(study))
    (study / "state.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="is no JSON"):
        auditor.scan(str(study))
    (study / "state.json").unlink()
    (study / "dataset_dict.json").write_text(json.dumps({"splits": ["../.."]}))
    with pytest.raises(InputError, match="outside the folder"):
        auditor.scan(str(study))


def test_bounds_hold_within_and_not_after():
    with bounded(Bounds(row_mb=1.0), anywhere=True):
        assert bounds().row_mb == 1.0
        assert may_leave()
    assert bounds().row_mb == 512.0
    assert not may_leave()


def test_the_engine_holds_no_more_than_it_is_given(rows: Path, monkeypatch: pytest.MonkeyPatch):
    opened = []
    connect = duckdb.connect

    def seen(*given, **more):
        opened.append(connect(*given, **more))
        return opened[-1]

    monkeypatch.setattr("builders.readers.connection.duckdb.connect", seen)
    for given, held in (({"engine-mb": 200}, "190.7 MiB"), (None, "381.4 MiB")):
        auditor.scan(str(rows), limits=given)
        assert opened[-1].execute("SELECT current_setting('memory_limit')").fetchall() == [(held,)]
