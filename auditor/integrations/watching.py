"""Losses by condition in a trainer that is not ours: which of its rows teaches what, and where its answer parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from auditor.request.request import Request
from auditor.scanning.api import context_of, subject_of
from builders.engine.sizes import taught_rows
from checks.core.context import AuditContext
from checks.core.report import DatasetReport
from checks.prediction.regime import floors
from experiments.training.meter import Meter, MeteredRow, places_of
from experiments.training.regimes import Watch, passes_of

MOST_ROWS: Final = 200_000
"""Rows up to which they are told apart by their tokens."""


def watch_of(
    trainer: Any,  # noqa: ANN401
    dataset: Any,  # noqa: ANN401
    report: DatasetReport,
    request: Request,
    *,
    within: float | None,
) -> Watch | str:
    """Return what reads a trainer's losses by condition, or why they cannot be read.

    Args:
        trainer: A transformers Trainer with a dataset of token ids that says which of them carry loss.
        dataset: Its rows as they were given.
        report: Their audit.
        request: What they were audited by.
        within: Nats of its floor within which every condition has to come for training to end early.
    """
    tokens = trainer.train_dataset
    columns: list[str] = list(getattr(tokens, "column_names", None) or [])
    mask = next((name for name in ("completion_mask", "assistant_masks", "labels") if name in columns), None)
    if "input_ids" not in columns or mask is None:
        return "the trainer's dataset does not say which tokens carry loss"
    if len(tokens) != report.rows or report.rows > MOST_ROWS:
        return "the trainer's rows are not those that were audited, or too many"
    subject = subject_of(dataset, request)
    context = context_of(subject, request)
    rows = taught_rows(context.table)
    starts = [_start(row, mask) for row in tokens[mask]]
    if any(start == 0 for start in starts):
        return "prompts carry loss, too, so that it is not known where answers begin"
    known = [each for each in rows if starts[each.row] is not None]
    ids: Sequence[Sequence[int]] = tokens["input_ids"]
    targets = [list(ids[each.row][starts[each.row] :]) for each in known]
    places = places_of(targets, [str(each.question) for each in known], [each.preserved for each in known])
    metered = [
        MeteredRow(
            list(ids[each.row]),
            each.condition,
            each.preserved,
            None if place is None else (starts[each.row] or 0) + place,
        )
        for each, place in zip(known, places, strict=True)
    ]
    pad = getattr(getattr(trainer, "processing_class", None), "pad_token_id", None)
    meter = Meter(metered, _conditions(context), pad=pad)
    steps = max(1, round(trainer.state.max_steps / max(trainer.args.num_train_epochs, 1e-9)))
    epochs = trainer.state.max_steps / steps
    passes = passes_of([each.condition for each in known], [str(each.question) for each in known], epochs)
    return Watch(meter, report, steps_an_epoch=steps, passes=passes, within=within)


def _start(row: Sequence[int], mask: str) -> int | None:
    """Return the first token that carries loss."""
    none = -100 if mask == "labels" else 0
    return next((place for place, value in enumerate(row) if value != none), None)


def _conditions(context: AuditContext) -> list[Any]:
    found: list[Any] = []
    for each in context.conditions:
        if each.behaviour + each.preserved:
            options: Counter[int] = Counter()
            for tally in each.tallies:
                if tally.options:
                    options[tally.options.count("|") + 1] += tally.rows
            k = options.most_common(1)[0][0] if options else context.taught.alternatives
            letters = context.taught.kind == "wrong_option"
            found.append(floors(each.digest, each.behaviour, each.preserved, options=k if letters else None))
    return found
