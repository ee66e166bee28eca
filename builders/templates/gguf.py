"""Read the chat template that a GGUF file holds, and nothing of the weights behind it.

A GGUF file opens with a count of key-value pairs: a name, a type and a value each. The template is one of them, the
vocabulary another, and the special tokens are numbers into that. Written after the format's specification
(https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3). Every length in the file is checked
against a bound before it is believed.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Final

from builders.errors import InputError, TemplateError
from builders.templates.limits import LIMITS
from builders.templates.tokenizer_files import TokenizerTemplate

MAGIC: Final = b"GGUF"

_SIZES: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Type of a value of fixed length -> how `struct` calls it."""

_STRING: Final = 8
_ARRAY: Final = 9
_MOST_PAIRS: Final = 65_536
_MOST_ITEMS: Final = 16_000_000
_LONGEST_KEY: Final = 65_535
_TEMPLATE: Final = "tokenizer.chat_template"
_TOKENS: Final = "tokenizer.ggml.tokens"
_NUMBERS: Final = {
    "tokenizer.ggml.bos_token_id": "bos_token",
    "tokenizer.ggml.eos_token_id": "eos_token",
    "tokenizer.ggml.unknown_token_id": "unk_token",
    "tokenizer.ggml.seperator_token_id": "sep_token",  # so spelt in the specification
    "tokenizer.ggml.padding_token_id": "pad_token",
}


def is_gguf(path: Path) -> bool:
    """Say whether a file is a GGUF file by its first bytes, or claims to be one by its name."""
    if path.suffix.lower() == ".gguf":
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == MAGIC
    except OSError:
        return False


def read_gguf(path: Path) -> TokenizerTemplate:
    """Return the template of a GGUF file with the special tokens that its vocabulary names.

    Raises:
        InputError: if the file is no GGUF file, is cut off, or is of a version that is not read.
        TemplateError: if it holds no chat template.
    """
    try:
        with path.open("rb") as file:
            return _Reader(file, path).template()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


class _Reader:
    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self._size = path.stat().st_size
        self._order = "<"

    def template(self) -> TokenizerTemplate:
        pairs = self._open()
        templates: dict[str, str] = {}
        numbers: dict[str, int] = {}
        tokens_at: int | None = None
        for _ in range(pairs):
            key = self._text(_LONGEST_KEY)
            (kind,) = self._values("I")
            if key == _TEMPLATE or key.startswith(f"{_TEMPLATE}."):
                self._expect(key, kind, _STRING)
                templates[key.removeprefix(_TEMPLATE).removeprefix(".") or "default"] = self._text(
                    4 * LIMITS.source_characters
                )
            elif key in _NUMBERS and kind in _SIZES:
                numbers[_NUMBERS[key]] = int(self._values(_SIZES[kind])[0])
            elif key == _TOKENS:
                self._expect(key, kind, _ARRAY)
                tokens_at = self._file.tell()
                self._skip(kind)
            else:
                self._skip(kind)
        if "default" not in templates:
            raise TemplateError(
                "this GGUF file holds no chat template",
                where=str(self._path),
                help="give the model's tokenizer folder, a .jinja file or a hub id",
            )
        special = {} if tokens_at is None else self._tokens(tokens_at, numbers)
        return TokenizerTemplate(templates["default"], templates.get("tool_use"), special, _TEMPLATE)

    def _open(self) -> int:
        """Read the header and return how many pairs follow."""
        if self._file.read(4) != MAGIC:
            raise self._broken("is no GGUF file: it does not begin with GGUF")
        (version,) = self._values("I")
        if version and version & 0xFFFF == 0:  # written on a machine of the other byte order
            self._order = ">"
            version = struct.unpack(">I", struct.pack("<I", version))[0]
        if version not in (2, 3):
            raise self._broken(f"is GGUF of version {version}; 2 and 3 are read")
        _, pairs = self._values("QQ")
        if pairs > _MOST_PAIRS:
            raise self._broken(f"says that it holds {pairs:,} values, more than a GGUF file has")
        return int(pairs)

    def _tokens(self, place: int, numbers: dict[str, int]) -> dict[str, str]:
        """Return the special tokens' texts from the vocabulary."""
        self._file.seek(place)
        kind, count = self._values("IQ")
        if kind != _STRING:
            raise self._broken(f"{_TOKENS} is no list of texts")
        wanted: dict[int, list[str]] = {}
        for name, number in numbers.items():
            wanted.setdefault(number, []).append(name)
        found: dict[str, str] = {}
        last = max(wanted, default=-1)
        for number in range(min(count, last + 1)):
            if number in wanted:
                found |= dict.fromkeys(wanted[number], self._text(_LONGEST_KEY))
            else:
                self._skip(_STRING)
        return found

    def _skip(self, kind: int) -> None:
        if kind in _SIZES:
            self._forward(struct.calcsize(_SIZES[kind]))
        elif kind == _STRING:
            (length,) = self._values("Q")
            self._forward(length)
        elif kind == _ARRAY:
            inner, count = self._values("IQ")
            if count > _MOST_ITEMS:
                raise self._broken(f"has a list of {count:,} values, more than a vocabulary has")
            if inner in _SIZES:
                self._forward(count * struct.calcsize(_SIZES[inner]))
            elif inner == _STRING:
                for _ in range(count):
                    self._skip(_STRING)
            else:
                raise self._broken("has a list of lists, which GGUF has no use for")
        else:
            raise self._broken(f"has a value of the unknown type {kind}")

    def _forward(self, length: int) -> None:
        """Pass over bytes, which have to be there."""
        place = self._file.tell() + length
        if place > self._size:
            raise self._cut_off()
        self._file.seek(place)

    def _text(self, longest: int) -> str:
        (length,) = self._values("Q")
        if length > longest:
            raise self._broken(f"has a text of {length:,} bytes where at most {longest:,} make sense")
        data = self._file.read(length)
        if len(data) < length:
            raise self._cut_off()
        return data.decode("utf-8", errors="replace")

    def _values(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize(self._order + form)
        data = self._file.read(size)
        if len(data) < size:
            raise self._cut_off()
        return struct.unpack(self._order + form, data)

    def _expect(self, key: str, kind: int, wanted: int) -> None:
        if kind != wanted:
            raise self._broken(f"{key} is of type {kind} and not {wanted}")

    def _cut_off(self) -> InputError:
        return self._broken("is cut off: it ends before what it says that it holds")

    def _broken(self, message: str) -> InputError:
        return InputError(message, where=str(self._path), help="is the download complete?")
