"""Mend somebody's data file: the same file without its anchor negatives, and its size-matched control."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from auditor.subjects import Reading, Subject, subjects
from builders.atomic import replaced_folder
from builders.deconfound import drawn_evenly
from builders.engine.frame import Frame
from builders.engine.table import ResolvedTable
from builders.errors import InputError
from builders.readers.pieces import Piece
from builders.readers.target import locate
from builders.rewriting import new_names, write_without
from builders.templates import ChatTemplate
from checks.context import AuditContext
from checks.report import DatasetReport

RECORD: Final = "removed.json"
"""The file that says which rows were left out."""

Variant = Literal["deconfounded", "size_matched"]


@dataclass(frozen=True)
class Mended:
    """One file, or folder of shards, that was written again."""

    variant: Variant
    """What was done to it."""
    folder: Path
    """Where it is now."""
    removed: int
    """How many rows it lacks."""
    report: DatasetReport
    """The audit of what was written, read back from the disk."""


def mend(
    target: str,
    template: ChatTemplate,
    out: Path,
    *,
    control: bool = False,
    reading: Reading | None = None,
    seed: int = 42,
    force: bool = False,
) -> tuple[DatasetReport, list[Mended]]:
    """Write a dataset again without what is taught `preserved` under a source's resolved condition.

    The files keep their names, shape and columns. Beside them, `removed.json` says which rows are gone.

    Args:
        target: A file, a folder of shards or a glob.
        template: The chat template whose resolution counts.
        out: The folder to write; with `control`, into `deconfounded` and `size_matched` below it.
        control: Write the twin too that loses as many bystander rows instead.
        reading: How the rows are read: labels, roles and shape.
        seed: What the control's draw is derived from.
        force: Replace what this command wrote there before.

    Returns:
        The audit of the dataset as it is, and what was written.

    Raises:
        InputError: if the target cannot be read or written in its own shape, what it teaches does not depend on
            the condition, or it has too few bystander rows.
        OutputError: if `out` is taken or cannot be written; what was there is left as it was.
    """
    from auditor.api import scan_subject

    reading = reading or Reading()
    (subject,) = subjects(target, template, reading)
    before = scan_subject(subject, template)
    removals: list[tuple[Variant, list[int]]] = [("deconfounded", _anchor_negatives(subject, template))]
    if control:
        number = len(removals[0][1])
        removals.append(("size_matched", _bystanders(subject, template, number, seed=seed)))
    pieces = locate(target).pieces
    out = out.expanduser().absolute()
    with replaced_folder(out, force=force, ours=is_mended_folder) as folder:
        for variant, rows in removals:
            place = folder / variant if control else folder
            place.mkdir(exist_ok=True)
            _write(subject.frame, pieces, rows, variant, place)
    mended: list[Mended] = []
    for variant, rows in removals:
        place = out / variant if control else out
        files = [path for path in place.iterdir() if path.name != RECORD]
        again = str(files[0] if len(files) == 1 else place)
        (found,) = subjects(again, template, replace(reading, connection=None))
        mended.append(Mended(variant, place, len(rows), scan_subject(found, template)))
    return before, mended


def is_mended_folder(folder: Path) -> bool:
    """Return whether a folder, or each folder in it, holds what `mend` wrote and nothing else."""
    entries = sorted(folder.iterdir())
    record = folder / RECORD
    if record.is_file():
        try:
            names = {entry["name"].partition("/")[0] for entry in json.loads(record.read_bytes())["files"]}
        except (ValueError, KeyError, TypeError, AttributeError):
            return False
        return {entry.name for entry in entries} <= {RECORD, *names}
    return bool(entries) and all(
        entry.is_dir() and not entry.is_symlink() and is_mended_folder(entry) for entry in entries
    )


def _context(subject: Subject, template: ChatTemplate) -> AuditContext:
    return AuditContext(name=subject.name, table=ResolvedTable(subject.frame, template), kind=subject.kind)


def _anchor_negatives(subject: Subject, template: ChatTemplate) -> list[int]:
    context = _context(subject, template)
    sources = [each.digest for each in context.conditions if each.role == "source"]
    if not sources or not context.roles.contrast:
        raise InputError(
            "what is taught does not depend on the system prompt, so there is no confound to take out"
            if not context.roles.contrast and any(each.behaviour for each in context.conditions)
            else "no condition is known to be a source",
            where=subject.name,
            help="say what is the behaviour with --label, and which system prompt is taught it with --source",
        )
    return sorted(row for row, _ in _preserved(context, sources))


def _bystanders(subject: Subject, template: ChatTemplate, number: int, *, seed: int) -> list[int]:
    context = _context(subject, template)
    wanted = [each.digest for each in context.conditions if each.role == "bystander"]
    groups: dict[str, list[int]] = {}
    for row, condition in sorted(_preserved(context, wanted)):
        groups.setdefault(condition, []).append(row)
    return drawn_evenly(groups, number, seed=seed, name=Path(subject.name).name)


def _preserved(context: AuditContext, conditions: Collection[str]) -> list[tuple[int, str]]:
    """Return number and condition of the rows of some conditions that teach what is to be preserved."""
    import narwhals as nw

    if not conditions:
        return []
    wanted = nw.col("condition").is_in(list(conditions)) & nw.col("target_correct")
    found: Any = context.table.conditioned.filter(wanted).select("row", "condition").collect("pyarrow")
    return list(zip(found["row"].to_list(), found["condition"].to_list(), strict=True))


def _write(frame: Frame, pieces: Sequence[Piece], rows: list[int], variant: Variant, folder: Path) -> None:
    """Write all pieces without these rows, and the record of what is gone."""
    starts = dict(
        frame.connection.execute(f"SELECT file, min(row) FROM {frame.table} GROUP BY file").fetchall()  # noqa: S608
    )
    record: list[dict[str, Any]] = []
    for number, (piece, name) in enumerate(zip(pieces, new_names(pieces), strict=True)):
        first, last = starts.get(number, 0), starts.get(number + 1, frame.rows)
        gone = [row - first for row in rows if first <= row < last]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_without(piece, gone, folder / name)
        record.append({"name": name, "sha256_before": piece.survey().digest, "removed_rows": gone})
    said = {"schema_version": 1, "variant": variant, "removed": len(rows), "files": record}
    (folder / RECORD).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
