"""Write a data file again without some rows or with others changed; what stays keeps its bytes, if it has any."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders.errors import InputError
from builders.readers.jsonfiles import JsonArray, JsonLines
from builders.readers.lines import numbered, open_bytes
from builders.readers.pieces import Piece, Row
from builders.readers.strictjson import parse_row
from builders.readers.tables import CsvFile, ParquetFile

Edit = Callable[[int, Row], Row]
"""Place and content of a row -> the columns that change, with what they hold then."""


@dataclass(frozen=True)
class Changes:
    """What is done to the rows of one piece; places are counted from 0."""

    gone: frozenset[int] = frozenset()
    """Rows that are left out."""
    edited: frozenset[int] = frozenset()
    """Rows that are written anew."""
    edit: Edit = lambda place, row: {}  # noqa: ARG005
    """What changes in those."""


def write_changed(piece: Piece, changes: Changes, path: Path) -> None:
    """Write a piece without some rows and with others changed.

    Compressed files are written uncompressed. JSON lines and cells of CSV that do not change keep their bytes; a JSON
    array is written anew, one element a line; Parquet keeps its schema.

    Args:
        piece: The file.
        changes: What is done to its rows.
        path: Where to write.

    Raises:
        InputError: if the piece is of a kind that cannot be written in its own shape, or has no column for a change.
        OSError: if it cannot be written.
    """
    if isinstance(piece, ParquetFile):
        _write_parquet(piece, changes, path)
        return
    if isinstance(piece, JsonLines):
        chunks = _lines(piece, changes)
    elif isinstance(piece, JsonArray):
        chunks = _elements(piece, changes)
    elif isinstance(piece, CsvFile):
        chunks = _records(piece, changes)
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


def _lines(piece: JsonLines, changes: Changes) -> Iterator[bytes]:
    for place, (_, line) in enumerate(numbered(piece.path, piece.compression)):
        if place in changes.gone:
            continue
        if place in changes.edited:
            row = parse_row(line)
            text = json.dumps({**row, **changes.edit(place, row)}, ensure_ascii=line.isascii())
            yield text.encode() + b"\n"
        else:
            yield line if line.endswith(b"\n") else line + b"\n"


def _elements(piece: JsonArray, changes: Changes) -> Iterator[bytes]:
    yield b"["
    mark = b"\n"
    for place, _, row in piece.walk():
        if place not in changes.gone:
            new = {**row, **changes.edit(place, row)} if place in changes.edited else row
            yield mark + json.dumps(new, ensure_ascii=False).encode("utf-8", "surrogatepass")
            mark = b",\n"
    yield b"\n]\n"


def _records(piece: CsvFile, changes: Changes) -> Iterator[bytes]:
    """Cut the file into records and yield those that stay, as they stand: rewriting cells would lose which empty
    ones were quoted, and that tells an empty text from none."""  # noqa: D205, D209
    header = piece.header()
    with open_bytes(piece.path, piece.compression) as file:
        taken: list[bytes] = []
        place = -1  # the header
        for cells in csv.reader(_told(file, taken), delimiter=piece.delimiter, strict=True):
            if cells:
                if place not in changes.gone:
                    record = b"".join(taken)
                    if place in changes.edited:
                        record = _edited_record(record, header, piece, changes, place)
                    yield record if record.endswith(b"\n") else record + b"\n"
                place += 1
            taken.clear()


def _told(lines: Iterable[bytes], taken: list[bytes]) -> Iterator[str]:
    """Yield lines as text and note the bytes of each; latin-1 gives every byte a character, and no mark of CSV
    is part of a longer one in UTF-8."""  # noqa: D205, D209
    for line in lines:
        taken.append(line)
        yield line.decode("latin-1")


def _edited_record(record: bytes, header: list[str], piece: CsvFile, changes: Changes, place: int) -> bytes:
    body = record.rstrip(b"\r\n")  # a line break in a cell has a quote behind it
    cells = _raw_cells(body, piece.delimiter.encode())
    row: Row = {name: _cell_value(cell) for name, cell in zip(header, cells, strict=True)}
    for name, value in changes.edit(place, row).items():
        if name not in header:
            raise InputError(f"has no column '{name}' to write to", where=piece.where, help="add the column")
        cells[header.index(name)] = b"" if value is None else _cell(str(value))
    return piece.delimiter.encode().join(cells) + record[len(body) :]


def _raw_cells(body: bytes, delimiter: bytes) -> list[bytes]:
    """Cut a record at the delimiters that stand outside of quotes; a doubled quote opens what it closes."""
    cells: list[bytes] = []
    for part in body.split(delimiter):
        if cells and cells[-1].count(b'"') % 2:
            cells[-1] += delimiter + part
        else:
            cells.append(part)
    return cells


def _cell_value(cell: bytes) -> str | None:
    """Return what a cell holds: nothing where it is empty and unquoted."""
    text = cell.decode("utf-8")
    return (text[1:-1].replace('""', '"') if text.startswith('"') else text) if text else None


def _cell(text: str) -> bytes:
    return ('"' + text.replace('"', '""') + '"').encode()


def _write_parquet(piece: ParquetFile, changes: Changes, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(piece.path)
    with pq.ParquetWriter(path, file.schema_arrow) as writer:
        start = 0
        for batch in file.iter_batches():
            places = range(start, start + batch.num_rows)
            start += batch.num_rows
            keep = [place not in changes.gone for place in places]
            edited = [index for index, place in enumerate(places) if place in changes.edited]
            changed = _edited_batch(batch, edited, places.start, changes, piece.where) if edited else batch
            writer.write_batch(changed.filter(pa.array(keep, pa.bool_())))


def _edited_batch(batch: Any, edited: Sequence[int], start: int, changes: Changes, where: str) -> Any:  # noqa: ANN401
    """Return a batch with some rows changed; columns in which nothing changes stay as they are."""
    import pyarrow as pa

    rows = batch.take(pa.array(edited)).to_pylist()
    columns: dict[str, dict[int, Any]] = {}
    for index, row in zip(edited, rows, strict=True):
        for name, value in changes.edit(start + index, row).items():
            columns.setdefault(name, {})[index] = value
    for name, values in columns.items():
        place = batch.schema.get_field_index(name)
        if place < 0:
            raise InputError(f"has no column '{name}' to write to", where=where, help="add the column")
        field = batch.schema.field(place)
        old = batch.column(place).to_pylist()
        new = [values.get(index, value) for index, value in enumerate(old)]
        batch = batch.set_column(place, field, pa.array(new, field.type))
    return batch
