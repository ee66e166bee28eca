"""Reading a dataset into a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import duckdb

from builders.digest import digest_text
from builders.engine.embedded import Embedded
from builders.engine.frame import Frame
from builders.labels import Labeler, RoleSelectors, parse_labelers
from builders.readers.connection import open_connection
from builders.readers.filling import Filling
from builders.readers.plan import make_plan
from builders.readers.preferences import pair_faults
from builders.readers.progress import Progress
from builders.readers.selected import count_selected, selected, system_texts
from builders.readers.target import locate
from builders.readers.texts import Texts
from builders.views import TrainingView

OnError = Literal["stop", "skip"]


def read_frame(
    target: Any,  # noqa: ANN401
    *,
    name: str | None = None,
    shape: str | None = None,
    labelers: Sequence[str | Labeler] = (),
    roles: RoleSelectors | None = None,
    view: TrainingView | None = None,
    ignored: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    on_error: OnError = "stop",
    connection: duckdb.DuckDBPyConnection | None = None,
    progress: Progress | None = None,
) -> Frame:
    """Read whatever a trainer reads into the canonical frame.

    Args:
        target: A file, a folder or glob of shards, ``hf:NAME[:CONFIG][@REVISION][#SPLIT]``, ``-`` for standard
            input, an entry of a trainer's own file (``dataset_info.json#NAME``, ``axolotl:CONFIG#0``,
            ``swift:ARGUMENTS``), a `datasets.Dataset`, or a pandas, polars or Arrow table.
        name: What reports call the dataset; by default the target as it was given.
        shape: How the conversations are laid out, one of `SHAPES`; found from the content by default.
        labelers: What decides whether a row teaches the behaviour, as ``kind:argument`` or as objects of
            `builders.labels`; the first that can decide counts. By default the `target_correct` column.
        roles: Which system prompts play which role.
        ignored: Columns, and keys of messages, that do not matter although they could.
        columns: What columns are to be read as: a part of `builders.readers.mapped.PARTS` -> a column.
        view: Which turns are trained; by default as the target's own description says, as the rows' own flags are
            read, or as TRL does.
        on_error: ``stop`` raises on the first row that cannot be read; ``skip`` leaves such rows out and counts
            them in `Frame.skipped`.
        connection: The database to put the table into; by default a new one in memory.
        progress: Called with the bytes done and the bytes in all while the target is read.

    Returns:
        The frame. `Frame.notes` says what was decided on the way.

    Raises:
        InputError: if there is nothing to read, or a row cannot be read; it says where and what to do.
        UnknownNameError: if there is no such shape or labeler.
    """
    connection = connection or open_connection()
    located = locate(target)
    plan = make_plan(
        located,
        shape=shape,
        labelers=parse_labelers(labelers),
        roles=roles or RoleSelectors(),
        view=view,
        ignored=ignored,
        columns=columns,
    )
    filling = Filling(connection, plan, located.pieces, skip=on_error == "skip", progress=progress)
    with ThreadPoolExecutor(max_workers=1) as pool:
        surveys = [pool.submit(piece.survey) for piece in located.pieces]
        filling.run()
        digests = [filling.settle(number, survey.result()) for number, survey in enumerate(surveys)]
    filled = filling.finish()
    engine = Embedded(connection)
    counts = count_selected(connection, filling.view, plan.labelers, plan.roles, files=filling.files)
    picked = selected(counts, plan.labelers, plan.roles, texts=lambda: system_texts(engine, filling.view))
    return Frame(
        name=name or located.name,
        engine=engine,
        table=filling.view,
        rows=filled.rows,
        paths=tuple(piece.path for piece in located.pieces if piece.path is not None),
        texts=Texts(
            located.pieces,
            filling.starts,
            plan,
            stride=filling.apart.widest,
            apart=filling.apart.numbers,
        ),
        digest=digests[0] if len(digests) == 1 else digest_text("\n".join(digests)),
        notes=(*picked.vacuous, *located.notes, *plan.notes, *filled.notes, *picked.notes),
        vacuous=picked.vacuous,
        stride=filling.apart.widest,
        turns=None if filling.apart.turns == filling.apart.rows else filling.turns,
        view=plan.view,
        template=plan.template(located),
        preference=plan.shape.preference,
        pairs=(
            pair_faults(located.pieces, filling.starts, stride=filling.apart.widest)
            if plan.shape.name.startswith("preference")
            else None
        ),
        earlier=filling.earlier,
        unread=(*plan.named_unread(located), *filling.unread()),
        skipped=filling.bad.count,
    )
