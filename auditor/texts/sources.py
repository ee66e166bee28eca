"""Find the scripts and notebooks that a lint is about, and read them as Python would."""

from __future__ import annotations

import io
import os
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from builders.errors import InputError

SUFFIXES: Final = (".py", ".ipynb")
"""What is looked for in folders; a file that is named is read whatever it is called."""

SKIPPED: Final = frozenset(
    ("__pycache__", "node_modules", "site-packages", "venv", "build", "dist", "__pypackages__", "buck-out")
)
"""Folders that hold other people's or generated code; hidden ones are skipped, too."""


@dataclass(frozen=True)
class SourceText:
    """A file's text with what is needed to write it back as it was."""

    text: str
    """Decoded, line ends as they are, without a byte order mark."""
    encoding: str
    """Its encoding; `utf-8-sig` where it begins with a byte order mark."""
    data: bytes
    """The bytes."""

    def encode(self, text: str) -> bytes:
        """Return a text as this file would have it."""
        return text.encode(self.encoding)


def source_files(paths: Iterable[Path], exclude: Iterable[str] = ()) -> list[Path]:
    """Return the files that some paths mean, each once, folders in the order of their names.

    Links to folders are not followed, so a loop of them is none here.

    Args:
        paths: Files and folders.
        exclude: Globs over whole paths, and over the names of files and of the folders in those that were given.

    Raises:
        InputError: if a path does not exist, or nothing is left to look at.
    """
    patterns = tuple(exclude)
    found: dict[Path, Path] = {}
    given = list(paths)
    for path in given:
        if path.is_dir():
            for each in _walk(path):
                if not _is_excluded(each, patterns, below=path):
                    found.setdefault(each.resolve(), each)
        elif path.exists():
            if not _is_excluded(path, patterns):
                found.setdefault(path.resolve(), path)
        else:
            raise InputError("there is no such file or folder", where=str(path), help="check the path")
    if not found:
        raise InputError(
            "there is nothing to lint: no .py and no .ipynb file",
            where=" ".join(map(str, given)) or None,
            help="name a file, or another folder",
        )
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                path = Path(where, name)
                if path.is_file():  # neither a socket nor a link to nowhere
                    yield path


def _is_excluded(path: Path, patterns: tuple[str, ...], *, below: Path | None = None) -> bool:
    parts = path.relative_to(below).parts if below is not None else (path.name,)
    names = (path.as_posix(), *parts)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def read_source(path: Path) -> SourceText:
    """Read a file in the encoding that it declares, as Python does (PEP 263).

    Raises:
        InputError: if it cannot be read or is not in its encoding; it says on which line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), help="check its permissions"
        ) from error
    if path.suffix == ".ipynb":
        encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    else:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError as error:
            raise InputError(
                f"declares no encoding that can be read: {error}", where=f"{path}:1", help="save it as UTF-8"
            ) from None
    try:
        return SourceText(data.decode(encoding), encoding, data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"is not {encoding}: {error.reason}",
            where=f"{path}:{line}",
            help="save it as UTF-8, or declare its encoding",
        ) from None
