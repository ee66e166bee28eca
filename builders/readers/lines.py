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
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal, cast

from builders.errors import InputError

Compression = Literal["gzip", "zstd"]

CHUNK = 1 << 22

MOST_LINE: Final = 1 << 29
"""Bytes of one line. A compressed file of a few megabytes can hold one of gigabytes."""


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
    ends: tuple[int, ...]
    """How many lines have ended by the end of each chunk."""


def survey(path: Path, compression: Compression | None = None) -> Survey:
    """Read a file once for its digest and its number of lines.

    Raises:
        InputError: if the file cannot be read or decompressed.
    """
    sha, ends, last = hashlib.sha256(), [0], b"\n"
    with open_bytes(path, compression) as file:
        while chunk := file.read(CHUNK):
            sha.update(chunk)
            ends.append(ends[-1] + chunk.count(b"\n"))
            last = chunk[-1:]
    return Survey(sha.hexdigest(), ends[-1] + (last != b"\n"), tuple(ends[1:]))


def bounded(file: IO[bytes], where: str, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield every line with its number.

    Args:
        file: The file, at the start of a line.
        where: What errors call it.
        first: The number of that line.

    Raises:
        InputError: if a line is longer than `MOST_LINE`.
    """
    for number in itertools.count(first):
        line = file.readline(MOST_LINE + 1)
        if not line:
            return
        if len(line) > MOST_LINE:
            raise InputError(
                f"the line has more than {MOST_LINE >> 20} MB",
                where=f"{where}:{number}",
                help="no trainer takes such a row: take it out, or split it",
            )
        yield number, line


def numbered(path: Path, compression: Compression | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1, and the bytes of every line that is not blank.

    Raises:
        InputError: if the file cannot be read, or a line is longer than `MOST_LINE`.
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
        self._ends: Sequence[int] = ()

    def learn(self, found: Survey) -> None:
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
                self._count(file)
            found: dict[int, bytes] = {}
            if not self._ends:
                return found
            for chunk, numbers in itertools.groupby(wanted, key=self._chunk):
                found |= _forward(file, self._seek(file, chunk), list(numbers))
            return found

    def _count(self, file: IO[bytes]) -> None:
        counts: list[int] = []
        while chunk := file.read(CHUNK):
            counts.append(chunk.count(b"\n"))
        self._ends = tuple(itertools.accumulate(counts))

    def _chunk(self, line: int) -> int:
        """Return the chunk in which the line before ends, which is where to start looking."""
        return min(bisect.bisect_left(self._ends, line - 1), len(self._ends) - 1)

    def _seek(self, file: IO[bytes], chunk: int) -> int:
        """Go to the first line that starts in a chunk, and return its number."""
        file.seek(chunk * CHUNK)
        if chunk == 0:
            return 1
        file.readline()
        return self._ends[chunk - 1] + 2


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
