"""Dataset folders: `data.jsonl` (or Parquet), `manifest.json` and `README.md`, written and read back.

A folder is a function of its dataset: no time, no path, no user name is in it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builders.card import dataset_card
from builders.compose import BuiltDataset
from builders.counts import ConditionCounts, condition_counts
from builders.errors import InputError
from builders.info import DatasetInfo, dataset_digest
from builders.names import Name
from builders.schema import TaggedRow, arrow_schema
from builders.version import DISTRIBUTION, tool_version

MANIFEST: Final = "manifest.json"
CARD: Final = "README.md"
DATA: Final[dict[str, str]] = {"jsonl": "data.jsonl", "parquet": "data.parquet"}
"""Format -> name of the data file."""


class DataFile(BaseModel):
    """One file of rows."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Name
    """Its name in the folder."""
    sha256: str
    """Digest of its bytes, 64 hex digits."""
    bytes: int
    """Its size."""


class Manifest(BaseModel):
    """What `manifest.json` says."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_version: Literal[1] = 1
    """Version of this file's layout."""
    versions: dict[str, str]
    """What wrote the folder: this package, and pyarrow where the rows are Parquet."""
    digest: str
    """Digest of the rows' content and order: see `builders.info.dataset_digest`."""
    rows: int
    """How many rows there are."""
    file: DataFile
    """The data file."""
    conditions: list[ConditionCounts] = Field(default_factory=list[ConditionCounts])
    """What each resolved condition is taught."""
    info: DatasetInfo
    """How the dataset was made."""


def write_dataset(
    built: BuiltDataset, folder: Path, *, data_format: Literal["jsonl", "parquet"] = "jsonl"
) -> Manifest:
    """Write a dataset into an existing folder and return its manifest.

    The caller makes the folder atomic, because it may hold several datasets: `builders.atomic.replaced_folder`.

    Raises:
        OSError: if something cannot be written.
    """
    data = jsonl_bytes(built.rows) if data_format == "jsonl" else _parquet_bytes(built.rows)
    name = DATA[data_format]
    manifest = Manifest(
        versions=_versions(data_format),
        digest=dataset_digest(built.rows),
        rows=len(built.rows),
        file=DataFile(name=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)),
        conditions=condition_counts(built.rows),
        info=built.info,
    )
    (folder / name).write_bytes(data)
    (folder / MANIFEST).write_bytes((manifest.model_dump_json(indent=1) + "\n").encode())
    (folder / CARD).write_bytes(dataset_card(built, manifest.digest, manifest.conditions, name).encode())
    return manifest


def jsonl_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as UTF-8 JSON lines, keys in the rows' own order."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def is_dataset_folder(folder: Path) -> bool:
    """Return whether a folder, or each folder in it, holds what `write_dataset` wrote and nothing else."""
    names = {entry.name for entry in folder.iterdir()}
    if MANIFEST in names:
        return names <= {MANIFEST, CARD, *DATA.values()}
    entries = list(folder.iterdir())
    return bool(entries) and all(
        entry.is_dir() and not entry.is_symlink() and is_dataset_folder(entry) for entry in entries
    )


def read_manifest(path: Path) -> Manifest:
    """Return a manifest file.

    Raises:
        InputError: if it cannot be read or is no manifest; names the key.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"could not be read: {error.strerror}", where=str(path)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{key}: {first['msg']}" if key else first["msg"],
            where=str(path),
            help="build the dataset again, or remove the manifest to audit the rows alone",
        ) from error


def read_dataset(path: Path) -> BuiltDataset:
    """Return a dataset that `write_dataset` wrote.

    Args:
        path: Its folder or its data file.

    Raises:
        InputError: if there is no manifest, a row breaks the schema (file, line, field and what was expected are
            named), or the rows are not those that the manifest was written for.
    """
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        raise InputError("there is no such folder", where=str(folder))
    manifest = read_manifest(folder / MANIFEST)
    data = folder / manifest.file.name if path.is_dir() else path
    rows = _read_parquet(data) if data.suffix == ".parquet" else read_rows(data)
    if dataset_digest(rows) != manifest.digest:
        raise InputError(
            "the rows are not those that the manifest beside them was written for",
            where=str(data),
            help="build the dataset again with `audit build`",
        )
    return BuiltDataset(manifest.info.name, rows, manifest.info)


def _versions(data_format: str) -> dict[str, str]:
    from importlib.metadata import version

    versions = {DISTRIBUTION: tool_version()}
    return versions | ({"pyarrow": version("pyarrow")} if data_format == "parquet" else {})


def _parquet_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=arrow_schema()), buffer)
    return buffer.getvalue()


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the tagged rows of a JSON lines file.

    Raises:
        InputError: if it cannot be read or a row breaks the schema: file, line, field and what was expected.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"could not be read: {error.strerror}", where=str(path)) from error
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(TaggedRow.model_validate_json(line).model_dump())
        except ValidationError as error:
            raise _bad_row(error, f"{path}:{number}") from error
    return rows


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"could not be read as Parquet: {error}", where=str(path)) from error
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(found):
        try:
            rows.append(TaggedRow.model_validate(row).model_dump())
        except ValidationError as error:
            raise _bad_row(error, f"{path}[{number}]") from error
    return rows


def _bad_row(error: ValidationError, where: str) -> InputError:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return InputError(f"{field}: {first['msg']}" if field else first["msg"], where=where)
