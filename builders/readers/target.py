"""From what the user named to the pieces of a dataset."""

from __future__ import annotations

import glob
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from builders.bounds import may_leave
from builders.engine.frame import Unread
from builders.errors import InputError
from builders.readers import arrow, hub
from builders.readers.described import Described, axolotl, llama_factory, llama_factory_training, swift
from builders.readers.jsonfiles import JsonArray, JsonLines
from builders.readers.lines import Compression, open_bytes
from builders.readers.oneobject import whole_object
from builders.readers.pieces import Piece
from builders.readers.shapes import Shape
from builders.readers.spool import copied, is_stream, opened
from builders.readers.stores import STORES, objects
from builders.readers.strictjson import BOM
from builders.readers.tables import CsvFile, ParquetFile
from builders.templates.model import ChatTemplate
from builders.views import TrainingView

DATA_SUFFIXES: Final = (".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".csv", ".tsv")
"""What counts as data in a folder, with .gz or .zst behind it or not."""

SCHEMES: Final = ("axolotl:", "llamafactory:", "swift:", "hf:", *STORES)
"""What targets that say what they are begin with."""

LLAMA_FACTORY: Final = "dataset_info.json"
"""What LLaMA-Factory calls its description; folders saved by `datasets` have a file of that name, too."""

NOT_DATA: Final = (
    "manifest.json",
    "removed.json",
    "moved.json",
    "dataset_info.json",
    "state.json",
    "dataset_dict.json",
    "audit.json",
)
"""JSON files that stand beside data and hold none."""


@dataclass(frozen=True)
class Located:
    """A dataset's pieces and what is known of it from where it stands."""

    name: str
    pieces: Sequence[Piece]
    shape: Shape | None = None
    """Where a description beside the data says it."""
    notes: tuple[str, ...] = ()
    view: TrainingView | None = None
    """The trainer whose description it is."""
    template: ChatTemplate | None = None
    """The chat template that the description names."""
    unread: tuple[Unread, ...] = ()
    """What the description says and is not followed."""


MOST_COPIES: Final = 1_000
"""Times that a pool may hold a target."""

_NUMBER: Final = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Pool:
    """Several targets that one training mixes: they are read as one dataset, each as often as it is named."""

    targets: tuple[str | Path, ...]
    """Files, folders or entries, in the order in which their rows count; ``FILE=N`` stands for N times FILE."""

    def __str__(self) -> str:
        """Return the targets with plus signs between."""
        return " + ".join(map(str, self.targets))


def _pooled(pool: Pool) -> Located:
    entries = [_repeated(str(each)) for each in pool.targets]
    # Each copy is read by itself: a piece knows where it has been read.
    found = [locate(target) for target, count in entries for _ in range(count)]
    times = Counter[str]()
    for target, count in entries:
        times[target] += count
    shapes = {None if each.shape is None else each.shape.name for each in found}
    if len(shapes) > 1 or None not in shapes:
        raise InputError(
            "targets that a trainer's own file describes cannot be pooled",
            where=str(pool),
            help="pool the data files themselves, with --shape, --columns and --trainer where they need it",
        )
    often = ", ".join(f"{target} {count} times" for target, count in times.items() if count > 1)
    said = f"{often}{', the others once' if 1 in times.values() else ''}" if often else "each row once"
    return Located(
        str(pool),
        [piece for each in found for piece in each.pieces],
        notes=(f"targets are read as one mixture: {said}",),
    )


def _repeated(target: str) -> tuple[str, int]:
    """Return a target of a pool without its ``=N``, and that number; a file that is really called so comes first.

    Raises:
        InputError: if it is a weight, by which a trainer draws at random, or is out of bounds.
    """
    name, found, count = target.rpartition("=")
    if not found or not name or Path(target).exists() or not _NUMBER.fullmatch(count):
        return target, 1
    if "." in count:
        raise InputError(
            "a weight says how often a trainer draws from it at random: no count follows, only an expectation",
            where=target,
            help=f"say how often its rows are repeated, for example {name}=3: repeated in proportion to weight over "
            "number of rows, the files have the shares that are expected of the draws",
        )
    if not 1 <= int(count) <= MOST_COPIES:
        raise InputError(
            f"rows can be repeated 1 to {MOST_COPIES} times", where=target, help="leave it out, or name fewer"
        )
    return name, int(count)


def locate(target: Any) -> Located:  # noqa: ANN401
    """Find a dataset.

    Raises:
        InputError: if nothing is there, or it is of no format that we read.
    """
    if isinstance(target, Pool):
        return _pooled(target)
    if isinstance(target, str) and (found := _by_scheme(target)) is not None:
        return found
    if isinstance(target, str | Path):
        return _from_path(str(target))
    pieces = hub.from_object(target)
    if pieces is not None:
        return Located(pieces[0].where, pieces)
    raise InputError(f"cannot read {type(target).__name__}", help=_advice(target))


def _by_scheme(target: str) -> Located | None:
    """Locate a target that says by its first letters what it is; None for others."""
    if target == "-":
        return Located("standard input", [_stream(_stdin().read, "standard input")])
    if target.startswith("axolotl:"):
        config, _, number = target.removeprefix("axolotl:").partition("#")
        return _described(axolotl(Path(config), number or None), target, Path(config))
    if target.startswith("llamafactory:"):
        config, _, number = target.removeprefix("llamafactory:").partition("#")
        return _described(llama_factory_training(Path(config), number or None), target, Path(config))
    if target.startswith("swift:"):
        return _swift(target)
    if target.startswith(STORES):
        return Located(
            target,
            [
                piece_of(each.copy(), label=each.where)
                for each in objects(target, lambda name: _suffix(Path(name)) in DATA_SUFFIXES)
            ],
        )
    return Located(target, hub.from_hub(target)) if target.startswith("hf:") else None


def _advice(target: object) -> str:
    """Return what to pass instead: lists have no types, and several targets are several arguments."""
    items = cast("Sequence[object]", target) if isinstance(target, (list, tuple)) else ()
    if items and all(isinstance(each, dict) for each in items):
        return "make a table of the rows first: datasets.Dataset.from_list(rows), or pandas.DataFrame(rows)"
    if items:
        return "pass several targets one by one: scan(*targets)"
    return "pass a path, a datasets.Dataset, or a pandas, polars or Arrow table"


def _described(described: Described, target: str, file: Path) -> Located:
    """Locate what a description names, which must not lead elsewhere than somebody may expect who audits it."""
    for each in described.targets:
        _refuse_elsewhere(each, file, target)
    found = [locate(each) for each in described.targets]
    for piece in (piece for each in found for piece in each.pieces):
        if piece.path is not None and not piece.path.is_relative_to("/proc/self/fd"):
            _refuse_elsewhere(str(piece.path), file, target)
    return Located(
        target,
        [piece for each in found for piece in each.pieces],
        described.shape,
        (*(note for each in found for note in each.notes), *described.notes),
        described.view,
        described.template,
        described.unread,
    )


def _refuse_elsewhere(place: str, file: Path, target: str) -> None:
    if may_leave():
        return
    if place.startswith(("hf:", *STORES)):
        raise InputError(
            f"names {place}, which would be fetched from a {'hub' if place.startswith('hf:') else 'store'}",
            where=target,
            help="let it with --follow anywhere",
        )
    allowed = [file.resolve().parent, *(here for here in [Path.cwd()] if here != Path(here.anchor))]
    if not any(Path(place).resolve().is_relative_to(each) for each in allowed):
        raise InputError(
            f"names {place!a}, which is neither below its folder nor below the current one",
            where=target,
            help="let it with --follow anywhere, if you know who wrote it",
        )


def _swift(target: str) -> Located:
    """Locate what ms-swift reads; how it reads a data set depends on the columns that the rows have."""
    name, _, number = target.removeprefix("swift:").partition("#")
    first = _described(swift(Path(name), number or None), target, Path(name))
    columns = {column: None for piece in first.pieces[:3] for row in piece.sample() for column in row}
    return _described(swift(Path(name), number or None, tuple(columns)), target, Path(name))


def _from_path(target: str) -> Located:
    try:
        target.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            "the name is not UTF-8, which the engine needs", where=ascii(target), help="rename the file"
        ) from error
    path, split = _split_of(target)
    if path.name == LLAMA_FACTORY and path.is_file():
        return _described(llama_factory(path, split), target, path)
    if path.is_dir():
        saved = hub.saved_folder(path, split)
        if saved is None and (path / LLAMA_FACTORY).is_file():
            return _described(llama_factory(path / LLAMA_FACTORY, split), target, path / LLAMA_FACTORY)
        files = shards(path) if saved is None else saved
        return Located(target, [piece_of(file) for file in files])
    if path.exists():
        return Located(target, [_once(path) if is_stream(path) else piece_of(path)])
    if any(letter in target for letter in "*?["):
        found = [Path(each) for each in sorted(glob.glob(target, recursive=True)) if Path(each).is_file()]  # noqa: PTH207
        if not found:
            raise InputError("no file matches", where=target)
        return Located(target, [piece_of(file) for file in found])
    raise InputError("no such file or folder", where=target)


def _split_of(target: str) -> tuple[Path, str | None]:
    """Take `#SPLIT` off a folder's or a description's name, unless a file is really called that."""
    path, mark, split = target.rpartition("#")
    if mark and not Path(target).exists() and (Path(path).is_dir() or path.endswith(LLAMA_FACTORY)):
        return Path(path), split
    return Path(target), None


def shards(folder: Path) -> list[Path]:
    """Return the data files of a folder, by name.

    Raises:
        InputError: if there are none, or they are of several formats.
    """
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in NOT_DATA
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and _suffix(path) in DATA_SUFFIXES
    ]
    if not found:
        raise InputError(
            "no data in this folder", where=str(folder), help="data files end in " + ", ".join(DATA_SUFFIXES)
        )
    datasets = sorted({path.parent for path in found if (path.parent / "manifest.json").is_file()})
    if len(datasets) > 1:
        raise InputError(
            f"the folder holds {len(datasets)} datasets, and one at a time is audited",
            where=str(folder),
            help="name one of them: " + ", ".join(str(each) for each in datasets[:5]),
        )
    formats = sorted({_suffix(path) for path in found})
    if len(formats) > 1:
        raise InputError(
            f"the folder holds data in several formats: {', '.join(formats)}",
            where=str(folder),
            help="name the files, for example with a glob: " + str(folder / f"*{formats[0]}"),
        )
    return found


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".zst"):
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def piece_of(path: Path, label: str | None = None) -> Piece:
    """Return a file as a piece, by what it holds and not by what it is called.

    Raises:
        InputError: if it is empty or of no format that we read.
    """
    where = label or str(path)
    head, compression = _head(path)
    if head.startswith(BOM):
        return _without_bom(path, compression, where)
    text = head.lstrip()
    if not text:
        raise InputError("is empty: there is nothing to audit", where=where)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            "is UTF-16", where=where, help="save it as UTF-8: `iconv -f utf-16 -t utf-8 FILE > NEW`"
        )
    if head.startswith(b"PAR1"):
        return ParquetFile(path, label)
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return arrow.of_file(path, label)
    delimiter = _delimiter(path, text)
    if delimiter is not None:
        return CsvFile(path, label, delimiter, compression)
    if text.startswith(b"["):
        return JsonArray(path, compression, label)
    whole = whole_object(path, compression, where) if text.startswith(b"{") else None
    return JsonLines(path, compression, label) if whole is None else _stream(io.BytesIO(whole).read, where)


def _delimiter(path: Path, text: bytes) -> str | None:
    """Say what separates the cells, if the file is a table of text: by its ending, or by its first line."""
    suffix = _suffix(path)
    if suffix == ".tsv":
        return "\t"
    header = text.partition(b"\n")[0]
    if suffix == ".csv":
        return "\t" if b"\t" in header and b"," not in header else ","
    if text.startswith((b"{", b"[")):
        return None
    for delimiter in (b",", b"\t"):
        cells = {cell.strip().strip(b'"') for cell in header.split(delimiter)}
        if len(cells) > 1 and cells & _HEADINGS:
            return delimiter.decode()
    return None


_HEADINGS: Final = frozenset(
    {b"messages", b"prompt", b"completion", b"instruction", b"conversations", b"chosen"}
)


def _head(path: Path) -> tuple[bytes, Compression | None]:
    with open_bytes(path) as file:
        magic = file.read(4)
    compression: Compression | None = None
    if magic.startswith(b"\x1f\x8b"):
        compression = "gzip"
    elif magic == b"\x28\xb5\x2f\xfd":
        compression = "zstd"
    with open_bytes(path, compression) as file:
        head = file.read(1 << 16)
        while head.isspace() and (more := file.read(1 << 16)):
            head = more
    return head, compression


def _without_bom(path: Path, compression: Compression | None, where: str) -> Piece:
    """The engine takes no byte order mark: read a copy without it, under the file's own name and lines."""
    with open_bytes(path, compression) as file:
        file.read(len(BOM))
        return _stream(file.read, where)


def _once(path: Path) -> Piece:
    with opened(path) as file:
        return _stream(file.read, str(path))


def _stream(read: Callable[[int], bytes], where: str) -> Piece:
    return piece_of(copied(read, where), label=where)


def _stdin() -> IO[bytes]:
    if sys.stdin is None:  # a process may be started with it closed
        raise InputError("is closed: there is nothing to audit", where="standard input", help="name a file")
    return sys.stdin.buffer
