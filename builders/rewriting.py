"""Write a data file again without some of its rows; what stays is the same to the byte where rows have bytes."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from builders.errors import InputError
from builders.readers.jsonfiles import JsonArray, JsonLines
from builders.readers.lines import numbered, open_bytes
from builders.readers.pieces import Piece
from builders.readers.tables import CsvFile, ParquetFile


def write_without(piece: Piece, gone: Collection[int], path: Path) -> None:
    """Write a piece without the rows at these places.

    Compressed files are written uncompressed. JSON lines and cells of CSV keep their bytes; a JSON array is
    written anew, one element a line; Parquet keeps its schema.

    Args:
        piece: The file.
        gone: Places of rows in it, counted from 0.
        path: Where to write.

    Raises:
        InputError: if the piece is of a kind that cannot be written in its own shape.
        OSError: if it cannot be written.
    """
    gone = frozenset(gone)
    if isinstance(piece, ParquetFile):
        _write_parquet(piece, gone, path)
        return
    if isinstance(piece, JsonLines):
        chunks = _lines(piece, gone)
    elif isinstance(piece, JsonArray):
        chunks = _elements(piece, gone)
    elif isinstance(piece, CsvFile):
        chunks = _records(piece, gone)
    else:
        raise InputError(
            "cannot be written again in its own shape",
            where=piece.where,
            help="save it as JSON lines or Parquet first, and build from that",
        )
    with path.open("wb") as file:
        file.writelines(chunks)


def new_names(pieces: Sequence[Piece]) -> list[str]:
    """Return the pieces' paths below the folder that they share, without the ending of a compression."""
    paths = [Path(piece.where) for piece in pieces]
    if len(paths) == 1:
        names = [paths[0].name]
    else:
        shared = os.path.commonpath([path.parent for path in paths])
        names = [path.relative_to(shared).as_posix() for path in paths]
    return [name.removesuffix(".gz").removesuffix(".zst") for name in names]


def _lines(piece: JsonLines, gone: frozenset[int]) -> Iterator[bytes]:
    for place, (_, line) in enumerate(numbered(piece.path, piece.compression)):
        if place not in gone:
            yield line if line.endswith(b"\n") else line + b"\n"


def _elements(piece: JsonArray, gone: frozenset[int]) -> Iterator[bytes]:
    yield b"["
    mark = b"\n"
    for place, _, row in piece.walk():
        if place not in gone:
            yield mark + json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")
            mark = b",\n"
    yield b"\n]\n"


def _records(piece: CsvFile, gone: frozenset[int]) -> Iterator[bytes]:
    """Cut the file into records and yield those that stay, as they stand: rewriting cells would lose which empty
    ones were quoted, and that tells an empty text from none."""  # noqa: D205, D209
    with open_bytes(piece.path, piece.compression) as file:
        taken: list[bytes] = []
        place = -1  # the header
        for cells in csv.reader(_told(file, taken), delimiter=piece.delimiter, strict=True):
            if cells:
                if place not in gone:
                    yield b"".join(taken) if taken[-1].endswith(b"\n") else b"".join(taken) + b"\n"
                place += 1
            taken.clear()


def _told(lines: Iterable[bytes], taken: list[bytes]) -> Iterator[str]:
    """Yield lines as text and note the bytes of each; latin-1 gives every byte a character, and no mark of CSV
    is part of a longer one in UTF-8."""  # noqa: D205, D209
    for line in lines:
        taken.append(line)
        yield line.decode("latin-1")


def _write_parquet(piece: ParquetFile, gone: frozenset[int], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(piece.path)
    with pq.ParquetWriter(path, file.schema_arrow) as writer:
        start = 0
        for batch in file.iter_batches():
            keep = [start + index not in gone for index in range(batch.num_rows)]
            start += batch.num_rows
            writer.write_batch(batch.filter(pa.array(keep, pa.bool_())))
