"""A tokenizer, for what characters cannot tell: `tokenizer.json` through the `tokenizers` library, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from builders.errors import InputError
from builders.templates.model import ChatTemplate
from builders.version import extra_help


@dataclass(frozen=True)
class Token:
    """One token of a text."""

    id: int
    """Its number in the vocabulary."""
    text: str
    """The characters that it covers."""
    start: int = 0
    """The first of them."""


class Tokenizer:
    """Cuts a rendered text into tokens, as the trainer does after the chat template: nothing is added.

    Args:
        path: A `tokenizer.json`, or the folder that holds one.

    Raises:
        InputError: if it is not there or not a tokenizer, or `tokenizers` is not installed.
    """

    def __init__(self, path: Path) -> None:
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            import tokenizers
        except ImportError:
            raise InputError(
                "showing tokens needs the `tokenizers` library",
                where=str(path),
                help=f"{extra_help('train')}, or leave the tokenizer out: characters are shown then",
            ) from None
        if not file.is_file():
            raise InputError(
                "there is no tokenizer.json", where=str(path), help="name a fast tokenizer's folder"
            )
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises a bare Exception
            raise InputError(f"not a tokenizer: {str(error)[:200]}", where=str(file)) from None
        # A file may carry both; a trainer sets its own, and neither may hide how long a text is.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def tokens(self, text: str) -> list[Token]:
        """Return the tokens of a text, special tokens recognised and none added."""
        found = self._tokenizer.encode(text, add_special_tokens=False)
        return [
            Token(number, text[start:end], start)
            for number, (start, end) in zip(found.ids, found.offsets, strict=True)
        ]

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens recognised and none added."""
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(each.ids) for each in found]


def shared_tokens(one: list[Token], other: list[Token]) -> int:
    """Return how many tokens two lists share at the start: where TRL lets the completion begin."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left.id != right.id:
            return place
    return min(len(one), len(other))


def tokenizer_folder(template: ChatTemplate) -> Path | None:
    """Return the folder that a template came from, if it holds a `tokenizer.json`."""
    folder = Path(template.name)
    return folder if (folder / "tokenizer.json").is_file() else None


def tokenizer_of(template: ChatTemplate) -> Tokenizer | None:
    """Return the tokenizer that a template came with; None where there is none, or no library to read it with.

    Raises:
        InputError: if it is there and is no tokenizer.
    """
    folder = tokenizer_folder(template)
    return None if folder is None or find_spec("tokenizers") is None else Tokenizer(folder)
