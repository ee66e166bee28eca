r"""Lines of a text file by number, plain or compressed, without holding the file.

A line here is what ends with ``\n``: the same lines that the engine counts, that editors show, and that
`path:line` in a message means.
"""

from __future__ import annotations

import bisect
import gzip
import hashlib
import io
import mmap
import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from builders.errors import InputError

Compression = Literal["gzip", "zstd"]

CHUNK = 1 << 22


@contextmanager
def open_bytes(path: Path, compression: Compression | None = None) -> Generator[IO[bytes]]:
    """Open a file for reading, decompressing on the way.

    Raises:
        InputError: if the file cannot be opened or read to its end, or is zstd and no decoder is installed.
    """
    try:
        with _opened(path, compression) as file:
            yield file
    except InputError:
        raise
    except (OSError, EOFError, zlib.error, *_zstd_errors(compression)) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot be read: {reason[0].lower()}{reason[1:]}",
            where=str(path),
            help="the file is cut off or damaged: fetch or write it again" if compression else None,
        ) from error


def _opened(path: Path, compression: Compression | None) -> IO[bytes]:
    if compression == "gzip":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if compression == "zstd":
        return _open_zstd(path)
    return path.open("rb")


def _open_zstd(path: Path) -> IO[bytes]:
    try:
        import zstandard
    except ImportError as error:
        raise InputError(
            "is compressed with zstd and no decoder is installed",
            where=str(path),
            help="`pip install zstandard`, or decompress it first: `unzstd FILE`",
        ) from error
    reader = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True)
    return io.BufferedReader(cast("io.RawIOBase", reader))


def _zstd_errors(compression: Compression | None) -> tuple[type[Exception], ...]:
    if compression != "zstd":
        return ()
    try:
        import zstandard
    except ImportError:
        return ()
    return (zstandard.ZstdError,)


@dataclass(frozen=True)
class Survey:
    """What one pass over a file's bytes says."""

    sha256: str
    """Of the decompressed bytes, 64 hex digits."""
    lines: int
    """How many lines there are, blank ones included."""
    size: int
    """Decompressed bytes."""


def survey(path: Path, compression: Compression | None = None) -> Survey:
    """Read a file once for its digest and its number of lines.

    Raises:
        InputError: if the file cannot be read or decompressed.
    """
    sha, newlines, size, last = hashlib.sha256(), 0, 0, b"\n"
    with open_bytes(path, compression) as file:
        while chunk := file.read(CHUNK):
            sha.update(chunk)
            newlines += chunk.count(b"\n")
            size += len(chunk)
            last = chunk[-1:]
    return Survey(sha.hexdigest(), newlines + (last != b"\n"), size)


def numbered(path: Path, compression: Compression | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1, and the bytes of every line that is not blank."""
    with open_bytes(path, compression) as file:
        for number, line in enumerate(file, start=1):
            if not line.isspace():
                yield number, line


class LineIndex:
    """Random access to a file's lines by number.

    The first access notes how many lines every few megabytes hold, so that later ones read one stretch only.
    A compressed file is read from its start each time: it is the rare case, and an index would not help it.
    """

    def __init__(self, path: Path, compression: Compression | None = None) -> None:
        self.path = path
        self.compression: Compression | None = compression
        self._ends: list[int] = []

    def read(self, lines: Iterable[int]) -> dict[int, bytes]:
        """Return the wanted lines, numbered from 1, each with its line end; unknown numbers are left out."""
        wanted = sorted(set(lines))
        if not wanted:
            return {}
        if self.compression is not None:
            return self._read_through(wanted)
        if self.path.stat().st_size == 0:
            return {}
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            if not self._ends:
                self._count(view)
            found = ((number, self._line(view, number)) for number in wanted)
            return {number: line for number, line in found if line is not None}

    def _count(self, view: mmap.mmap) -> None:
        total = 0
        for start in range(0, len(view), CHUNK):
            total += view[start : start + CHUNK].count(b"\n")
            self._ends.append(total)

    def _line(self, view: mmap.mmap, number: int) -> bytes | None:
        """Find the end of the line before, then the line; `number` counts from 1."""
        chunk = bisect.bisect_left(self._ends, number - 1)
        if number == 1:
            start = 0
        elif chunk == len(self._ends):
            return None
        else:
            start = chunk * CHUNK
            before = self._ends[chunk - 1] if chunk else 0
            for _ in range(number - 1 - before):
                start = view.find(b"\n", start) + 1
        end = view.find(b"\n", start)
        line = view[start : len(view) if end < 0 else end + 1]
        return line or None

    def _read_through(self, wanted: Sequence[int]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        remaining = set(wanted)
        with open_bytes(self.path, self.compression) as file:
            for number, line in enumerate(file, start=1):
                if number in remaining:
                    found[number] = line
                    remaining.discard(number)
                    if not remaining:
                        break
        return found
