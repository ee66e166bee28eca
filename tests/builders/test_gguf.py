"""GGUF files: the template and the special tokens they hold, and files that only claim to be one."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from builders.errors import InputError, TemplateError
from builders.templates import Signature, load_template, render, resolve

SOURCE = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}"
USER = [{"role": "user", "content": "hi"}]


def text(value: str, order: str = "<") -> bytes:
    data = value.encode()
    return struct.pack(f"{order}Q", len(data)) + data


def pair(key: str, kind: int, value: bytes, order: str = "<") -> bytes:
    return text(key, order) + struct.pack(f"{order}I", kind) + value


def texts(values: list[str], order: str = "<") -> bytes:
    return struct.pack(f"{order}IQ", 8, len(values)) + b"".join(text(each, order) for each in values)


def pairs_of(order: str = "<", template: str | None = SOURCE) -> list[bytes]:
    number = lambda value: struct.pack(f"{order}I", value)  # noqa: E731
    found = [
        pair("general.alignment", 4, number(32), order),
        pair("tokenizer.ggml.token_type", 9, struct.pack(f"{order}IQ3i", 5, 3, 1, 2, 3), order),
        pair("tokenizer.ggml.tokens", 9, texts(["a", "<end>", "<begin>"], order), order),
        pair("tokenizer.ggml.bos_token_id", 4, number(2), order),
        pair("tokenizer.ggml.eos_token_id", 4, number(1), order),
    ]
    return (
        found
        if template is None
        else [*found, pair("tokenizer.chat_template", 8, text(template, order), order)]
    )


def write(
    path: Path, pairs: list[bytes], *, order: str = "<", version: int = 3, count: int | None = None
) -> Path:
    header = b"GGUF" + struct.pack(f"{order}IQQ", version, 7, len(pairs) if count is None else count)
    path.write_bytes(header + b"".join(pairs) + b"\0" * 64)
    return path


@pytest.mark.parametrize(("order", "version"), [("<", 3), ("<", 2), (">", 3)])
def test_the_template_and_the_tokens_of_a_file(tmp_path: Path, order: str, version: int):
    path = write(tmp_path / "model.gguf", pairs_of(order), order=order, version=version)
    template = load_template(path)
    assert template.special_tokens == {"bos_token": "<begin>", "eos_token": "<end>"}
    assert render(template, USER) == "<begin><user>hi<end>"
    assert template.origin == f"tokenizer.chat_template of the GGUF file {path}"
    assert resolve(template, Signature("absent")).resolved_system is None


def test_the_name_does_not_matter(tmp_path: Path):
    assert load_template(write(tmp_path / "model.bin", pairs_of())).source == SOURCE


def test_a_template_for_tools(tmp_path: Path):
    named = pair("tokenizer.chat_template.tool_use", 8, text("tools"))
    template = load_template(write(tmp_path / "model.gguf", [named, *pairs_of()]))
    assert (template.source, template.tool_source) == (SOURCE, "tools")


def test_a_file_without_a_template(tmp_path: Path):
    with pytest.raises(TemplateError, match="holds no chat template"):
        load_template(write(tmp_path / "model.gguf", pairs_of(template=None)))


@pytest.mark.parametrize(
    ("pairs", "options", "said"),
    [
        (pairs_of(), {"version": 1}, "GGUF of version 1"),
        (pairs_of(), {"version": 4}, "GGUF of version 4"),
        (pairs_of(), {"count": 65_537}, "more than a GGUF file has"),
        (pairs_of(), {"count": 60}, "cut off|unknown type|unreadable|make sense"),
        ([pair("x", 13, b"")], {}, "unknown type 13"),
        ([pair("x", 8, struct.pack("<Q", 1 << 60))], {}, "cut off"),
        ([pair("x", 9, struct.pack("<IQ", 8, 16_000_001))], {}, "list of 16,000,001 values"),
        ([pair("x", 9, struct.pack("<IQ", 4, 16_000_000))], {}, "cut off"),
        ([pair("x", 9, struct.pack("<IQ", 9, 1))], {}, "list of lists"),
        ([pair("tokenizer.chat_template", 4, struct.pack("<I", 1))], {}, "is of type 4"),
        ([pair("tokenizer.chat_template", 8, struct.pack("<Q", 1 << 40))], {}, "make sense"),
        ([struct.pack("<Q", 65_536)], {}, "make sense"),
    ],
)
def test_files_that_lie(tmp_path: Path, pairs: list[bytes], options: dict[str, int], said: str):
    with pytest.raises(InputError, match=said):
        load_template(write(tmp_path / "model.gguf", pairs, **options))


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\0\0\0\0\0\0\0", b"hello, I am a template"])
def test_a_name_alone_makes_no_file(tmp_path: Path, content: bytes):
    path = tmp_path / "fake.gguf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"fake\.gguf"):
        load_template(path)


def test_a_file_written_by_the_gguf_library(tmp_path: Path):
    gguf = pytest.importorskip("gguf", reason="the library that writes GGUF files is not installed")
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_chat_template(SOURCE)
    writer.add_token_list(["a", "<end>", "<begin>"])
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    assert render(load_template(path), USER) == "<begin><user>hi<end>"
