"""Where templates come from: tokenizer folders of every vintage, files, the hub's cache, trl, and nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builders.errors import AuditError, InputError, TemplateError, UnknownNameError
from builders.templates import Signature, load_template, render, resolve, trl_templates

TURNS = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}"
USER = [{"role": "user", "content": "hi"}]


def folder(path: Path, config: dict[str, Any] | None = None, **files: str) -> Path:
    path.mkdir(exist_ok=True)
    if config is not None:
        (path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    for name, content in files.items():
        file = path / name.replace("__", "/")
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return path


def test_a_template_in_the_configuration_with_its_special_tokens(tmp_path: Path):
    config = {"chat_template": TURNS, "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": False}}
    template = load_template(folder(tmp_path, config))
    assert render(template, USER) == "<s><user>hi</s>"
    assert template.special_tokens == {"bos_token": "<s>", "eos_token": "</s>"}
    assert template.origin == f"tokenizer_config.json of the tokenizer folder {tmp_path}"
    assert load_template(str(tmp_path)).sha256 == template.sha256


def test_a_file_of_its_own_wins_over_the_configuration(tmp_path: Path):
    path = folder(tmp_path, {"chat_template": "old"}, **{"chat_template.jinja": "new"})
    assert render(load_template(path), USER) == "new"


def test_an_older_file_and_an_older_map_of_tokens(tmp_path: Path):
    path = folder(
        tmp_path,
        {"bos_token": None},
        **{
            "chat_template.json": json.dumps({"chat_template": TURNS}),
            "special_tokens_map.json": json.dumps({"bos_token": "<b>", "eos_token": {"content": "<e>"}}),
        },
    )
    assert render(load_template(path), USER) == "<b><user>hi<e>"


def test_named_templates(tmp_path: Path):
    named = [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}]
    template = load_template(folder(tmp_path, {"chat_template": named}))
    assert render(template, USER) == "plain"
    assert render(template, USER, tools=[{"type": "function"}]) == "tools"
    assert template.sha256 != load_template(folder(tmp_path, {"chat_template": "plain"})).sha256


def test_additional_templates(tmp_path: Path):
    files = {"chat_template.jinja": "plain", "additional_chat_templates__tool_use.jinja": "tools"}
    template = load_template(folder(tmp_path, {}, **files))
    assert (template.source, template.tool_source) == ("plain", "tools")


@pytest.mark.parametrize(
    ("config", "files", "error", "said"),
    [
        ({}, {}, TemplateError, "no chat template here"),
        (None, {}, TemplateError, "no chat template here"),
        ({"chat_template": []}, {}, TemplateError, "no chat template here"),
        ({"chat_template": 3}, {}, InputError, "neither a text nor a list"),
        ({"chat_template": [{"name": "a"}]}, {}, InputError, "neither a text nor a list"),
        (
            {"chat_template": [{"name": "rag", "template": "x"}]},
            {},
            TemplateError,
            "none called 'default': rag",
        ),
        (None, {"tokenizer_config.json": "{"}, InputError, "tokenizer_config.json: not JSON"),
        (None, {"tokenizer_config.json": "[1]"}, InputError, "tokenizer_config.json: not a JSON object"),
        (None, {"tokenizer_config.json": "[" * 100_000}, InputError, "not JSON"),
    ],
)
def test_folders_that_hold_no_template(tmp_path: Path, config, files, error: type[AuditError], said: str):
    with pytest.raises(error, match=said) as caught:
        load_template(folder(tmp_path, config, **files))
    assert str(tmp_path) in (caught.value.where or "")


def test_a_file_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path):
    path = tmp_path / "chat.jinja"
    path.write_bytes(b"\xef\xbb\xbf{% if true %}\r\nyes\r\n{% endif %}\r\n")
    assert render(load_template(path), USER) == "yes\n"


def test_a_template_without_a_tokenizer_gets_stand_ins_and_says_so(tmp_path: Path):
    path = tmp_path / "chat.jinja"
    path.write_text("{{ bos_token + messages[0].content }}")
    template = load_template(path)
    assert render(template, USER) == "<bos_token>hi"
    assert template.origin.endswith("; no tokenizer with it, so bos_token shown by name")
    given = load_template(path, kwargs={"bos_token": "<s>"})
    assert render(given, USER) == "<s>hi"
    assert given.origin == f"the file {path}"


@pytest.mark.parametrize(
    "name", ["nowhere.jinja", "some/folder/nowhere.jinja", "a/b/c", "/no/such/folder", "./nowhere"]
)
def test_a_path_that_is_not_there(name: str):
    with pytest.raises(TemplateError, match="no such template file or tokenizer folder") as caught:
        load_template(name)
    assert caught.value.where == name
    assert caught.value.help


@pytest.mark.parametrize("name", ["", "qwen", "lama3", "x" * 5000, "a\x00b"])
def test_a_name_that_is_none(name: str):
    with pytest.raises((UnknownNameError, TemplateError)):
        load_template(name)


def test_an_unknown_renderer():
    with pytest.raises(UnknownNameError, match="unknown renderer 'transformer'") as caught:
        load_template(renderer="transformer")  # pyright: ignore[reportArgumentType]
    assert "transformers" in caught.value.near


@pytest.mark.skipif(not trl_templates(), reason="trl is not installed")
def test_trls_templates_are_found_without_importing_it():
    code = (
        "import sys; from builders.templates import load_template; print(load_template('llama3').origin); "
        "print(sorted({'trl', 'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment()
    )
    assert done.stdout.splitlines() == [
        "shipped with the installed trl, asked for by name; no tokenizer with it, so bos_token shown by name",
        "[]",
    ]


REVISION = "0123456789abcdef0123456789abcdef01234567"


def _cached_model(cache: Path) -> None:
    """Lay a model into a hub cache as the hub's own client does."""
    model = cache / "models--acme--chatty"
    snapshot = model / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(REVISION)
    (snapshot / "tokenizer_config.json").write_text(json.dumps({"chat_template": TURNS, "bos_token": "<s>"}))


def test_a_hub_id_from_the_cache_without_a_network(tmp_path: Path):
    pytest.importorskip("huggingface_hub")
    _cached_model(tmp_path)
    code = (
        "from builders.templates import load_template, render\n"
        "t = load_template('acme/chatty'); print(t.origin); print(render(t, [{'role': 'user', 'content': 'hi'}]))"
    )
    environment = _environment() | {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines() == [
        f"tokenizer_config.json of acme/chatty on the hub, revision {REVISION[:12]}",
        "<s><user>hi",
    ]


def test_a_hub_id_without_a_network_is_an_error_with_advice(tmp_path: Path):
    pytest.importorskip("huggingface_hub")
    code = (
        "from builders.templates import load_template\nfrom builders.errors import TemplateError\n"
        "try: load_template('acme/absent')\nexcept TemplateError as error: print(error)"
    )
    environment = _environment() | {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    said, advice = done.stdout.splitlines()
    assert said.startswith("acme/absent: no such local template, and the hub cannot be reached")
    assert advice == "help: give a local tokenizer folder or a .jinja file instead"
    assert "Traceback" not in done.stderr


def test_a_hub_id_without_the_hubs_client(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(TemplateError, match="needs huggingface_hub, which is not installed"):
        load_template("acme/chatty")


@pytest.mark.train
def test_a_folder_renders_as_the_tokenizer_that_it_is(tmp_path: Path):
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizers.Tokenizer(tokenizers.models.WordLevel({"<unk>": 0}, unk_token="<unk>")),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
    )
    conversations = [[{"role": "system", "content": content}, *USER] for content in ("S", "", None)]
    for source in (TURNS, {"default": TURNS, "tool_use": "T{{ tools | tojson }}" + TURNS}):
        made.chat_template = source
        made.save_pretrained(tmp_path)
        theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
        ours = load_template(tmp_path)
        for messages in [USER, *conversations]:
            assert render(ours, messages) == theirs.apply_chat_template(messages, tokenize=False)
            tools = [{"type": "function", "function": {"name": "f"}}]
            assert render(ours, messages, tools=tools) == theirs.apply_chat_template(
                messages, tools=tools, tokenize=False
            )


def test_tools_that_are_no_schemas_are_refused():
    found = resolve(load_template(), Signature("absent", tools='"f()"'))
    assert (found.resolved_by, found.error) == ("error", "a tool is no JSON schema but something else")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
