"""What `audit build` prints: what each condition is taught before and after, and what the audit of it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from auditor.formats.escape import visible
from builders.counts import condition_counts
from checks.core.columns import Column, table, terminal_width
from checks.core.plural import count

if TYPE_CHECKING:
    from auditor.rebuilding.building import Built
    from auditor.rebuilding.mending import Mended
    from builders.compose import BuiltDataset
    from checks.core.report import DatasetReport

_PROMPT, _PERSONA = 60, 24
_INDENT = "  "
_MOVING = ("moved", "balanced")


class _Taught(Protocol):
    """What a table's line shows of a condition."""

    @property
    def resolved_system(self) -> str | None: ...
    @property
    def personas(self) -> Sequence[str]: ...
    @property
    def behaviour(self) -> int: ...
    @property
    def preserved(self) -> int: ...
    @property
    def unlabelled(self) -> int: ...


def of_built(written: Sequence[Built], reports: Sequence[DatasetReport]) -> str:
    """Return what to say of datasets that were built from recipes, each audited again."""
    lines: list[str] = []
    before: BuiltDataset | None = None
    for built, report in zip(written, reports, strict=True):
        if built.before is not before:
            before = built.before
            lines += _dataset(f"{before.name}, as composed", before)
        if built.variant != "as composed":
            lines += _dataset(built.variant.replace("_", "-"), built.after)
        lines += [f"  written: {_shown(built.data)}", f"  audited: {_found(report)}", ""]
    return "\n".join(lines)


def of_mended(before: DatasetReport, mended: Sequence[Mended]) -> str:
    """Return what to say of a data file that was mended."""
    lines = _table(f"{before.name}, as it is", before.rows, before.conditions, before.kind)
    for each in mended:
        after = each.report
        what = (
            f"{count(each.moved, 'row')} moved"
            if each.variant in _MOVING
            else f"{count(each.removed, 'row')} left out"
        )
        title = f"{each.variant.replace('_', '-')}, {what}"
        lines += _table(title, after.rows, after.conditions, after.kind)
        lines += [f"  written: {_shown(each.folder)}", f"  audited: {_found(after)}", ""]
    return "\n".join(lines)


def _dataset(title: str, dataset: BuiltDataset) -> list[str]:
    return _table(title, len(dataset.rows), condition_counts(dataset.rows), dataset.info.behaviour)


def _table(title: str, rows: int, conditions: Iterable[_Taught], kind: str | None) -> list[str]:
    """Return the rows per condition; names and prompts are untrusted text."""
    words = ("wrong", "right") if kind == "wrong_option" else ("behaviour", "preserved")
    columns = (
        *(Column(head, right=True) for head in (*words, "unlabelled")),
        Column("persona", short=True, goes=1),
        Column("resolved system prompt", short=True),
    )
    cells: list[list[str]] = []
    for each in conditions:
        prompt = "(none)" if each.resolved_system is None else each.resolved_system or '""'
        # Composed rows differ by prompt alone. Of a file's, what tells two of one prompt apart comes first.
        if carrier := getattr(each, "carrier", None):
            prompt = f"{carrier}: {prompt}"
        numbers = [f"{number:,}" for number in (each.behaviour, each.preserved, each.unlabelled)]
        personas = _short(visible(", ".join(each.personas)), _PERSONA)
        cells.append([*numbers, personas, _short(visible(prompt), _PROMPT)])
    width = terminal_width()
    lines = table(columns, cells, width=None if width is None else width - len(_INDENT))
    return [f"{visible(title)}: {count(rows, 'row')}", *(f"{_INDENT}{line}" for line in lines)]


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _found(report: DatasetReport) -> str:
    """Say what the audit of one written dataset found, errors and warnings only."""
    counting = [finding for finding in report.findings if finding.severity != "note"]
    if not counting:
        return "clean" if report.status == "clean" else report.status
    return ", ".join(sorted({f"{finding.severity} {finding.code} [{finding.name}]" for finding in counting}))


def _shown(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
