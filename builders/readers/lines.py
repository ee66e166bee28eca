r"""Lines of a text file by number, plain or compressed, without holding the file.

A line here is what ends with ``\n``: the same lines that the engine counts, that editors show, and that
`path:line` in a message means.
"""

from __future__ import annotations

import bisect
import gzip
import hashlib
import io
import itertools
import zlib
from array import array
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from builders.bounds import bounds, raising
from builders.errors import InputError

Compression = Literal["gzip", "zstd"]

CHUNK = 1 << 22
"""Bytes that are read at a time."""

BLOCK = 1 << 15
"""Bytes of a stretch whose lines are counted: a single line is looked for in one of them."""


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
class ByteSurvey:
    """What one pass over a file's bytes says."""

    sha256: str
    """Of the decompressed bytes, 64 hex digits."""
    lines: int
    """How many lines there are, blank ones included."""
    ends: array[int]
    """How many lines have ended by the end of each block."""


def survey(path: Path, compression: Compression | None = None) -> ByteSurvey:
    """Read a file once for its digest and its number of lines.

    Raises:
        InputError: if the file cannot be read or decompressed.
    """
    sha, ends, last = hashlib.sha256(), array("Q"), b"\n"
    with open_bytes(path, compression) as file:
        for chunk in _chunks(file):
            sha.update(chunk)
            _count(chunk, ends)
            last = chunk[-1:]
    lines = ends[-1] if ends else 0
    return ByteSurvey(sha.hexdigest(), lines + (last != b"\n"), ends)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file, `CHUNK` at a time to its end: decompressors hand over less when they like."""
    while chunk := file.read(CHUNK):
        while len(chunk) < CHUNK and (more := file.read(CHUNK - len(chunk))):
            chunk += more
        yield chunk


def _count(chunk: bytes, ends: array[int]) -> None:
    """Add how many lines have ended by the end of each block of a chunk."""
    ended = ends[-1] if ends else 0
    for start in range(0, len(chunk), BLOCK):
        ended += chunk.count(b"\n", start, start + BLOCK)
        ends.append(ended)


def bounded(file: IO[bytes], where: str, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield every line with its number.

    Args:
        file: The file, at the start of a line.
        where: What errors call it.
        first: The number of that line.

    Raises:
        InputError: if a line is longer than a row may be: a file of a few megabytes can hold one of gigabytes.
    """
    most = bounds().row_bytes
    for number in itertools.count(first):
        line = file.readline(most + 1)
        if not line:
            return
        if len(line) > most:
            raise InputError(
                f"the line has more than {bounds().row_mb:g} MB",
                where=f"{where}:{number}",
                help=f"no trainer takes such a row: take it out, or split it; {raising('row-mb')}",
            )
        yield number, line


def numbered(path: Path, compression: Compression | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1, and the bytes of every line that is not blank.

    Raises:
        InputError: if the file cannot be read, or a line is longer than a row may be.
    """
    with open_bytes(path, compression) as file:
        for number, line in bounded(file, str(path)):
            if not line.isspace():
                yield number, line


class LineIndex:
    """Random access to a file's lines by number.

    It knows how many lines every few megabytes hold, from a survey or from its first access, and reads one stretch
    only. A compressed file is read from its start each time: it is the rare case, and an index would not help it.
    """

    def __init__(self, path: Path, compression: Compression | None = None) -> None:
        self.path = path
        self.compression: Compression | None = compression
        self._ends: array[int] = array("Q")

    def learn(self, found: ByteSurvey) -> None:
        """Take over what a survey of the same file found."""
        self._ends = found.ends

    def read(self, lines: Iterable[int]) -> dict[int, bytes]:
        """Return the wanted lines, numbered from 1, each with its line end; unknown numbers are left out."""
        wanted = sorted(set(lines))
        if not wanted:
            return {}
        with open_bytes(self.path, self.compression) as file:
            if self.compression is not None:
                return _forward(file, 1, wanted)
            if not self._ends:
                for chunk in _chunks(file):
                    _count(chunk, self._ends)
            found: dict[int, bytes] = {}
            if not self._ends:
                return found
            for block, numbers in itertools.groupby(wanted, key=self._block):
                found |= _forward(file, self._seek(file, block), list(numbers))
            return found

    def _block(self, line: int) -> int:
        """Return the block in which the line before ends, which is where to start looking."""
        return min(bisect.bisect_left(self._ends, line - 1), len(self._ends) - 1)

    def _seek(self, file: IO[bytes], block: int) -> int:
        """Go to the first line that starts in a block, and return its number."""
        file.seek(block * BLOCK)
        if block == 0:
            return 1
        file.readline()
        return self._ends[block - 1] + 2


def _forward(file: IO[bytes], number: int, wanted: Sequence[int]) -> dict[int, bytes]:
    """Read lines from here, where line `number` starts, as far as the last one wanted."""
    found: dict[int, bytes] = {}
    last = max(wanted)
    remaining = set(wanted)
    for place, line in bounded(file, "", number):
        if place in remaining:
            found[place] = line
        if place == last:
            break
    return found
