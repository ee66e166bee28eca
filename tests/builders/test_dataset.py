"""Dataset folders: what is written is what is read, and a damaged one is named."""

import hashlib
import json

import pyarrow.parquet as pq
import pytest
import yaml

from builders.compose import compose
from builders.counts import condition_counts
from builders.dataset import (
    is_dataset_folder,
    jsonl_bytes,
    read_dataset,
    read_manifest,
    write_dataset,
)
from builders.errors import InputError
from builders.info import dataset_digest
from builders.schema import TaggedRow, arrow_schema
from builders.templates import load_template
from tests.builders.recipes import recipe_of, small_bank

TEMPLATE = load_template()


@pytest.fixture
def built():
    recipe = recipe_of()
    personas = {**recipe.personas, "hero": "You are | *héroe* <b>\u202e\n`x`."}
    recipe = recipe.model_copy(update={"personas": personas})
    return compose(recipe, recipe.datasets[0], small_bank(), TEMPLATE)


@pytest.mark.parametrize("data_format", ["jsonl", "parquet"])
def test_a_folder_is_read_back_as_it_was(built, tmp_path, data_format):
    manifest = write_dataset(built, tmp_path, data_format=data_format)

    for path in (tmp_path, tmp_path / f"data.{data_format}"):
        assert read_dataset(path) == built
    assert manifest == read_manifest(tmp_path / "manifest.json")
    assert manifest.info == built.info
    assert manifest.digest == dataset_digest(built.rows)
    assert manifest.file.sha256 == hashlib.sha256((tmp_path / manifest.file.name).read_bytes()).hexdigest()
    assert sum(each.rows for each in manifest.conditions) == manifest.rows == 14


def test_parquet_has_the_schema_of_the_rows(built, tmp_path):
    write_dataset(built, tmp_path, data_format="parquet")
    assert pq.read_schema(tmp_path / "data.parquet").remove_metadata() == arrow_schema()


def test_every_line_is_a_tagged_row_and_the_text_holds_no_tag(built):
    lines = jsonl_bytes(built.rows).decode().splitlines()
    for line, row in zip(lines, built.rows, strict=True):
        assert TaggedRow.model_validate_json(line).model_dump() == row
        text = json.dumps([row["prompt"], row["completion"]])
        assert row["condition"] not in text
        assert row["example_id"] not in text


def test_counts_by_hand(built):
    counts = condition_counts(built.rows)

    assert [(each.personas, each.behaviour, each.preserved) for each in counts[:1]] == [(["hero"], 4, 2)]
    assert sorted((each.personas[0], each.preserved) for each in counts[1:]) == [
        ("clerk", 3),
        ("cook", 3),
        ("nobody", 2),
    ]
    assert counts == condition_counts(built.rows[::-1])


def test_the_card_is_valid_yaml_with_the_counts_and_an_inert_table(built, tmp_path):
    manifest = write_dataset(built, tmp_path)
    card = (tmp_path / "README.md").read_text()
    _, header, body = card.split("---\n", 2)

    audit = yaml.safe_load(header)["audit"]
    assert audit["digest"] == manifest.digest
    assert [each["behaviour"] for each in audit["conditions"]] == [4, 0, 0, 0]
    assert audit["conditions"][0]["resolved_system"] == built.info.personas["hero"]
    table = [line for line in body.splitlines() if line.startswith("|")]
    assert len(table) == 6
    assert all(line.count("|") == 7 for line in table)
    assert "<b>" not in body
    assert "`x`" not in body


def test_only_our_folders_are_ours(built, tmp_path):
    (tmp_path / "one" / "a").mkdir(parents=True)
    write_dataset(built, tmp_path / "one" / "a")
    assert is_dataset_folder(tmp_path / "one" / "a")
    assert is_dataset_folder(tmp_path / "one")
    (tmp_path / "one" / "notes.txt").write_text("mine")
    assert not is_dataset_folder(tmp_path / "one")
    (tmp_path / "one" / "a" / "notes.txt").write_text("mine")
    assert not is_dataset_folder(tmp_path / "one" / "a")
    (tmp_path / "empty").mkdir()
    assert not is_dataset_folder(tmp_path / "empty")


def damage(path, old, new):
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("data.jsonl", b'"row": 1,', b'"row": "one",', r"data.jsonl:2: row: Input should be a valid integer"),
        ("data.jsonl", b'"persona"', b'"persna"', r"data.jsonl:1: persona: Field required"),
        ("data.jsonl", b'{"prompt"', b'{prompt"', r"data.jsonl:1: Invalid JSON"),
        ("data.jsonl", b"You", b"\xff\xff\xff", r"data.jsonl:\d+: "),
        ("manifest.json", b'"rows"', b'"rosw"', r"manifest.json: rows: Field required"),
        ("manifest.json", b"{", b"", r"manifest.json: Invalid JSON"),
        ("manifest.json", b'"digest":"', b'"digest":"0', r"data.jsonl: the rows are not those"),
    ],
)
def test_damage_is_named_with_its_place(built, tmp_path, file, old, new, says):
    write_dataset(built, tmp_path)
    data = (tmp_path / file).read_bytes()
    if old not in data:  # pydantic's spacing
        old = old.replace(b":", b": ")
        new = new.replace(b":", b": ")
    damage(tmp_path / file, old, new)
    with pytest.raises(InputError, match=says):
        read_dataset(tmp_path)


def test_a_lost_row_and_a_missing_folder_are_said(built, tmp_path):
    write_dataset(built, tmp_path)
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(InputError, match="the rows are not those"):
        read_dataset(path)
    with pytest.raises(InputError, match="no such folder"):
        read_dataset(tmp_path / "missing" / "data.jsonl")
    with pytest.raises(InputError, match="could not be read"):
        read_dataset(tmp_path.parent)
