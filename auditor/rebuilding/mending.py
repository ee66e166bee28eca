"""Mend somebody's data file: the same file without its anchor negatives, or with them under other prompts."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from auditor.rebuilding.relabelling import (
    Move,
    anchor_negatives,
    balancing,
    moves,
    preserved_rows,
)
from auditor.request.request import Request
from auditor.request.strategy import Strategy, check_strategy
from auditor.scanning.subjects import subjects
from builders.atomic import replaced_folder
from builders.contrast import refuse_lost_contrast, refuse_without_contrast
from builders.deconfound import drawn_evenly
from builders.engine.frame import Frame
from builders.errors import InputError
from builders.labels import RoleSelectors
from builders.readers.pieces import Piece
from builders.readers.plan import make_plan
from builders.readers.target import locate
from builders.rewriting import Changes, new_names, write_changed
from checks.core.context import AuditContext
from checks.core.report import DatasetReport

RECORDS: Final = ("removed.json", "moved.json")
"""The file that says which rows were left out, and the one that says which were put under another prompt."""

Mend = Literal["deconfounded", "size_matched", "moved", "balanced"]


@dataclass(frozen=True)
class Mended:
    """One file, or folder of shards, that was written again."""

    variant: Mend
    """What was done to it."""
    folder: Path
    """Where it is now."""
    removed: int
    """How many rows it lacks."""
    moved: int
    """How many rows are under another system prompt."""
    report: DatasetReport
    """The audit of what was written, read back from the disk."""


def mend(
    target: Any,  # noqa: ANN401
    request: Request,
    out: Path,
    *,
    control: bool = False,
    strategy: Strategy = "drop",
    move_to: str | None = None,
    seed: int = 42,
    force: bool = False,
) -> tuple[DatasetReport, list[Mended]]:
    """Write a dataset again without its confound: what is taught `preserved` under a source's resolved condition.

    The files keep their names, shape and columns. Beside them, `removed.json` says which rows are gone, or
    `moved.json` which are under another system prompt.

    Args:
        target: A file, a folder of shards or a glob.
        request: How the rows are rendered, read and judged.
        out: The folder to write; with `control`, into `deconfounded` and `size_matched` below it.
        control: Write the twin too that loses as many bystander rows instead.
        strategy: Whether the rows are dropped, moved under another prompt, or balanced over the sources.
        move_to: The system text that they are moved to; a bystander's where None.
        seed: What the control's draw is derived from.
        force: Replace what this command wrote there before.

    Returns:
        The audit of the dataset as it is, and what was written.

    Raises:
        InputError: if the target cannot be read or written in its own shape, what it teaches does not depend on
            the condition, or it has too few bystander rows.
        OutputError: if `out` is taken or cannot be written; what was there is left as it was.
    """
    from auditor.scanning.api import audit_subject, context_of

    check_strategy(strategy, mend=True, control=control, move_to=move_to)
    (subject,) = subjects(target, request.chat_template, request)
    template = request.of_rows(subject.frame.template).chat_template
    before = audit_subject(subject, request)
    located = locate(target)
    context = context_of(subject, request)
    behaviour = any(each.behaviour for each in context.conditions)
    refuse_without_contrast(context.roles, behaviour=behaviour, where=context.name)
    if subject.frame.stride > 1 and (strategy != "drop" or control):
        raise InputError(
            "rows have several answers that carry loss: none of them can go under another prompt, or be matched, alone",
            where=subject.name,
            help=f"leave the whole rows out: audit build {shlex.quote(str(target))} --deconfound",
        )
    done: list[_Done] = []
    if strategy == "move":
        plan = make_plan(
            located, shape=request.shape, labelers=(), roles=RoleSelectors(), columns=request.columns
        )
        done.append(_Done("moved", moves=moves(context, located.pieces, plan, to=move_to, seed=seed)))
    elif strategy == "balance":
        plan = make_plan(
            located, shape=request.shape, labelers=(), roles=RoleSelectors(), columns=request.columns
        )
        done.append(_Done("balanced", moves=balancing(context, located.pieces, plan, seed=seed)))
    else:
        gone = _whole_rows(subject.frame, [row.number for row in anchor_negatives(context)])
        done.append(_Done("deconfounded", gone=gone))
    if control:
        number = len(done[0].gone)
        done.append(_Done("size_matched", gone=_bystanders(context, number, seed=seed)))
    out = out.expanduser().absolute()
    with replaced_folder(out, force=force, ours=is_mended_folder) as folder:
        for each in done:
            place = folder / each.variant if control else folder
            place.mkdir(exist_ok=True)
            _write(subject.frame, located.pieces, each, place)
    mended: list[Mended] = []
    for each in done:
        place = out / each.variant if control else out
        files = [path for path in place.iterdir() if path.name not in RECORDS]
        again = str(files[0] if len(files) == 1 else place)
        (found,) = subjects(again, template, request)
        report = audit_subject(found, request, roles=context.roles)
        mended.append(Mended(each.variant, place, len(each.gone), len(each.moves), report))
    return before, mended


@dataclass(frozen=True)
class _Done:
    """What is done to a dataset."""

    variant: Mend
    gone: list[int] = field(default_factory=list[int])
    moves: Mapping[int, Move] = field(default_factory=dict[int, Move])


def is_mended_folder(folder: Path) -> bool:
    """Return whether a folder, or each folder in it, holds what `mend` wrote and nothing else."""
    entries = sorted(folder.iterdir())
    record = next((folder / name for name in RECORDS if (folder / name).is_file()), None)
    if record is not None:
        try:
            names = {entry["name"].partition("/")[0] for entry in json.loads(record.read_bytes())["files"]}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return False
        return {entry.name for entry in entries} <= {record.name, *names}
    return bool(entries) and all(
        entry.is_dir() and not entry.is_symlink() and is_mended_folder(entry) for entry in entries
    )


def _whole_rows(frame: Frame, numbers: Sequence[int]) -> list[int]:
    """Return the rows that some trained turns stand in: to leave out one answer is to change the others' context.

    Raises:
        InputError: if no answer that teaches the behaviour would be left.
    """
    gone = sorted({frame.row_of(number) for number in numbers})
    if frame.stride > 1 and gone:
        ((left,),) = frame.connection.execute(
            f"SELECT count(*) FROM {frame.table} WHERE target_correct = false "  # noqa: S608 - a name of our own
            f"AND row // {frame.stride} NOT IN (SELECT unnest(?::BIGINT[]))",
            [gone],
        ).fetchall()
        if not left:
            raise InputError(
                "every row that teaches the behaviour also has an answer that preserves under the source's prompt",
                where=frame.name,
                help="flag those answers for a trainer that obeys flags (weight, train, loss): `audit scan` names them",
            )
    return gone


def _bystanders(context: AuditContext, number: int, *, seed: int) -> list[int]:
    wanted = [each.digest for each in context.conditions if each.role == "bystander"]
    groups: dict[str, list[int]] = {}
    for row in preserved_rows(context, wanted):
        groups.setdefault(row.condition, []).append(row.number)
    drawn = drawn_evenly(groups, number, seed=seed, name=Path(context.name).name)
    lost = {key: len(set(rows) & set(drawn)) for key, rows in groups.items()}
    left = [(each.behaviour, each.preserved - lost.get(each.digest, 0)) for each in context.conditions]
    refuse_lost_contrast(left, where=context.name)
    return drawn


def _write(frame: Frame, pieces: Sequence[Piece], done: _Done, folder: Path) -> None:
    """Write all pieces with what is done to their rows, and the record of it."""
    first_rows = f"SELECT file, min(row) // {frame.stride} FROM {frame.table} GROUP BY file"  # noqa: S608
    starts = dict(frame.connection.execute(first_rows).fetchall())
    record: list[dict[str, Any]] = []
    for number, (piece, name) in enumerate(zip(pieces, new_names(pieces), strict=True)):
        first, last = starts.get(number, 0), starts.get(number + 1, frame.rows)
        gone = [row - first for row in done.gone if first <= row < last]
        moves = {row - first: move for row, move in sorted(done.moves.items()) if first <= row < last}
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_changed(
            piece,
            Changes(
                frozenset(gone), frozenset(moves), lambda place, row, moves=moves: moves[place].edit(row)
            ),
            folder / name,
        )
        said = (
            {"moved_rows": [{"row": place, "to": move.text} for place, move in moves.items()]}
            if done.moves
            else {"removed_rows": gone}
        )
        record.append({"name": name, "sha256_before": piece.survey().digest, **said})
    number = {"moved": len(done.moves)} if done.moves else {"removed": len(done.gone)}
    document = {"schema_version": 1, "variant": done.variant, **number, "files": record}
    name = RECORDS[1] if done.moves else RECORDS[0]
    (folder / name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
