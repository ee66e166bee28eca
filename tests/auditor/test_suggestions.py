"""Models named beside a dataset are suggested, and the template stays the one that was chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor import scan
from auditor.scanning.suggestions import suggestions
from builders.templates.neighbours import named_models

ROWS = [
    {
        "messages": [{"role": "user", "content": "Which?"}, {"role": "assistant", "content": "A)"}],
        "target_correct": True,
    }
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "run" / "rows.jsonl"
    file.parent.mkdir()
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.yaml", "model_name_or_path: acme/chatty\nlearning_rate: 1e-5\n"),
        ("axolotl.yml", "base_model: acme/chatty\nsequence_len: 2048\n"),
        ("nested.yaml", "model:\n  name_or_path: acme/chatty\n  model_name: null\n"),
        ("adapter_config.json", '{"base_model_name_or_path": "acme/chatty"}'),
        ("README.md", "---\nlicense: mit\nbase_model:\n- acme/chatty\n---\n# Card\n"),
        ("../config.yaml", "model_name: acme/chatty\n"),
    ],
)
def test_a_model_is_found_where_people_write_it(data: Path, name: str, content: str):
    (data.parent / name).write_text(content)
    assert [each.model for each in named_models(data)] == ["acme/chatty"]
    assert suggestions(data) == [
        f"{Path(name).name} beside the data names acme/chatty: if that is the model, add --template acme/chatty"
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.yaml", "model_name_or_path: [\n"),
        ("config.yaml", "model: 3\nbase_model: a sentence about models\n"),
        ("config.yaml", "# base_model: acme/chatty\n"),
        ("adapter_config.json", "{"),
        ("adapter_config.json", "[" * 100_000),
        ("README.md", "# Card\nbase_model: acme/chatty\n"),
        ("big.yaml", "base_model: acme/chatty\n" + "#" * 300_000),
    ],
)
def test_nothing_is_made_of_what_does_not_name_one(data: Path, name: str, content: str):
    (data.parent / name).write_text(content)
    assert suggestions(data) == []


def test_a_tokenizer_beside_the_data_and_llamafactory(data: Path):
    (data.parent / "tokenizer_config.json").write_text("{}")
    described = data.parent / "dataset_info.json"
    described.write_text(json.dumps({"mine": {"file_name": data.name}, "other": {"file_name": "x.json"}}))
    first, second = suggestions(data)
    assert first.endswith(f"add --template {data.parent}")
    assert second.startswith(f"{described}#mine describes the data")
    assert len(suggestions(data, described=True)) == 1
    described.write_text("[1")
    assert len(suggestions(data)) == 1


def test_a_scan_says_it_and_keeps_the_default(data: Path):
    (data.parent / "config.yaml").write_text("base_model: acme/chatty\n")
    report = scan(str(data))
    assert report.template.name == "qwen2.5"
    assert sum("acme/chatty" in note for note in report.datasets[0].notes) == 1
    told = scan(str(data), template="qwen2.5")
    assert not any("acme/chatty" in note for note in told.datasets[0].notes)
