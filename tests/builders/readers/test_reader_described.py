"""Data that LLaMA-Factory's dataset_info.json or an Axolotl config describes."""

import json

import pytest

from builders.errors import InputError, UnknownNameError
from builders.readers import read_frame

COLUMNS = "system_state, system_text, target_head, user_key"


def rows(target, **options):
    frame = read_frame(target, **options)
    return frame.connection.execute(f"SELECT {COLUMNS} FROM {frame.table} ORDER BY row").fetchall()


@pytest.fixture
def expected(tmp_path):
    path = tmp_path / "expected.jsonl"
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "A)"}]
    path.write_text(
        "\n".join(
            json.dumps({"messages": [*system, *turns]})
            for system in ([{"role": "system", "content": "be kind"}], [])
        )
    )
    return rows(path)


@pytest.fixture
def factory(tmp_path):
    """A LLaMA-Factory data folder."""
    folder = tmp_path / "factory"
    folder.mkdir()
    (folder / "alpaca.json").write_text(
        json.dumps([{"ask": "q", "reply": "A)", "sys": "be kind"}, {"ask": "q", "reply": "A)", "sys": None}])
    )
    turns = [{"speaker": "someone", "says": "q"}, {"speaker": "bot", "says": "A)"}]
    (folder / "chat.json").write_text(
        json.dumps([{"talk": [{"speaker": "sys", "says": "be kind"}, *turns]}, {"talk": turns}])
    )
    info = {
        "a": {"file_name": "alpaca.json", "columns": {"prompt": "ask", "response": "reply", "system": "sys"}},
        "b": {
            "file_name": "chat.json",
            "formatting": "sharegpt",
            "columns": {"messages": "talk"},
            "tags": {
                "role_tag": "speaker",
                "content_tag": "says",
                "user_tag": "someone",
                "assistant_tag": "bot",
                "system_tag": "sys",
            },
        },
        "ranked": {"file_name": "alpaca.json", "ranking": True, "columns": {"prompt": "ask"}},
        "odd": {"file_name": "alpaca.json", "formatting": "xml"},
    }
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder


@pytest.mark.parametrize("name", ["a", "b"])
def test_llama_factory_entries(factory, expected, name):
    assert rows(f"{factory}#{name}") == expected
    assert rows(f"{factory / 'dataset_info.json'}#{name}") == expected
    notes = read_frame(f"{factory}#{name}").notes
    assert any("read as llamafactory" in note for note in notes)


def test_llama_factory_entries_that_cannot_be_followed(factory):
    with pytest.raises(InputError, match="describes the datasets a, b, ranked, odd"):
        read_frame(factory)
    with pytest.raises(UnknownNameError, match="unknown dataset 'c'"):
        read_frame(f"{factory}#c")
    with pytest.raises(InputError, match="no chosen and rejected answer"):
        read_frame(f"{factory}#ranked")
    with pytest.raises(InputError, match="formatting 'xml'"):
        read_frame(f"{factory}#odd")


def test_axolotl_config(factory, expected):
    config = factory / "config.yml"
    config.write_text(
        """
base_model: x
datasets:
  - path: chat.json
    type: chat_template
    field_messages: talk
    message_property_mappings: {role: speaker, content: says}
    roles: {user: [someone], assistant: [bot], system: [sys]}
  - path: texts.json
    type: completion
"""
    )
    assert rows(f"axolotl:{config}#0") == expected
    with pytest.raises(InputError, match="has 2 datasets"):
        read_frame(f"axolotl:{config}")
    with pytest.raises(InputError, match="whole texts"):
        read_frame(f"axolotl:{config}#1")
    with pytest.raises(InputError, match="no Axolotl config"):
        read_frame(f"axolotl:{factory / 'chat.json'}")


def test_segments(tmp_path):
    path = tmp_path / "segments.jsonl"
    path.write_text(
        json.dumps(
            {
                "segments": [
                    {"label": False, "text": "q: "},
                    {"label": False, "text": "1"},
                    {"label": True, "text": "A)"},
                ]
            }
        )
        + "\n"
        + json.dumps({"segments": [{"label": False, "text": "q: 1"}, {"label": True, "text": "A)"}]})
    )
    frame = read_frame(path)
    assert frame.connection.execute(
        f"SELECT count(*), count(DISTINCT row_key) FROM {frame.table}"
    ).fetchall() == [(2, 1)]
    assert frame.texts([0])[0].messages == [{"role": "user", "content": "q: 1"}]


def test_a_folder_of_several_datasets_is_not_mixed(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
        (tmp_path / name / "data.jsonl").write_text("{}")
    with pytest.raises(InputError, match="holds 2 datasets"):
        read_frame(tmp_path)


def test_a_folder_of_several_formats_is_not_mixed(tmp_path):
    (tmp_path / "a.jsonl").write_text("{}")
    (tmp_path / "a.csv").write_text("a,b")
    with pytest.raises(InputError, match=r"several formats: \.csv, \.jsonl"):
        read_frame(tmp_path)


@pytest.mark.parametrize("target", ["missing.jsonl", "none-*.jsonl"])
def test_what_is_not_there(tmp_path, target):
    with pytest.raises(InputError, match=r"no such file|no file matches"):
        read_frame(str(tmp_path / target))


@pytest.mark.parametrize("content", [b"PAR1 no", b"ARROW1 no"])
def test_damaged_tables(tmp_path, content):
    path = tmp_path / "data"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no readable"):
        read_frame(path)


def test_a_broken_csv_row_is_named_with_its_line(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text('prompt,completion\nq,"A)"\nq,"A)",too,many\n')
    with pytest.raises(InputError, match="is no CSV") as raised:
        read_frame(path)
    assert raised.value.where == f"{path}:3"


def test_lists_as_python_prints_them(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("messages,x\n\"[{'role': 'user'}]\",1\n")
    with pytest.raises(InputError, match="Python prints"):
        read_frame(path)


def test_ready_made_text_and_unknown_columns(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"text": "x"}\n')
    with pytest.raises(InputError, match="ready-made 'text'"):
        read_frame(path)
    path.write_text('{"a": "x", "b": 1}\n')
    with pytest.raises(InputError, match="their columns are a, b"):
        read_frame(path)
    with pytest.raises(UnknownNameError, match="unknown shape 'mesages'"):
        read_frame(path, shape="mesages")
