"""Build datasets: from recipes, or a data file again without its confound; `audit build` and `auditor.build`."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.rebuilding import built_text
from auditor.rebuilding.building import build_composed, rescan, stored
from auditor.rebuilding.mending import mend
from auditor.request.request import Request
from auditor.request.strategy import Strategy, check_strategy
from auditor.scanning.api import check_request, python_request
from auditor.scanning.subjects import is_composed
from builders.errors import InputError
from builders.questions import load_bank
from checks.core.report import DatasetReport


@dataclass(frozen=True)
class Written:
    """What was built; `str()` of it is what a terminal shows."""

    folders: tuple[Path, ...]
    """Where each dataset is now: its folder, or its data file."""
    reports: tuple[DatasetReport, ...]
    """The audit of each, read back from the disk, in the same order."""
    text: str
    """What each condition is taught before and after, and what the audits say."""

    def __str__(self) -> str:
        """Return what `audit build` prints."""
        return self.text


def build(
    target: Any = "issue-96",  # noqa: ANN401
    *,
    request: Request | None = None,
    config: Path | None = None,
    arm: Sequence[str] = (),
    deconfound: bool = False,
    strategy: Strategy = "drop",
    move_to: str | None = None,
    size_matched: bool = False,
    seed: int | None = None,
    out: str | Path | None = None,
    force: bool = False,
    parquet: bool = False,
    **settings: object,
) -> Written:
    """Build datasets and audit what was written, as `audit build` does.

    Args:
        target: A past issue, one of its datasets, a recipe file, a dataset folder that was built before, or data.
        request: All settings, instead of those of the configuration, the environment and `settings`.
        config: The configuration file to read instead of the nearest.
        arm: Only datasets of these names.
        deconfound: Take out what is taught `preserved` under a source's resolved condition.
        strategy: How: `drop` those rows, `move` them under another prompt, or `balance` them over the sources.
        move_to: The system text that `move` moves rows to; a bystander's where None.
        size_matched: Deconfound, and write the twin that loses as many bystander rows instead beside it.
        seed: What draws are derived from; the recipe's own where None.
        out: The folder to write; below `data` and named after the target where None.
        force: Replace datasets that are there.
        parquet: Write Parquet instead of JSON lines.
        settings: Settings of how rows are rendered, read and judged, as for `auditor.scan`. For recipes `source`
            names personas whose datasets are built.

    Raises:
        InputError: if it cannot be done with this target.
        OutputError: if `out` is taken or cannot be written; what was there is left as it was.
    """
    request = python_request(request, config, settings)
    with request.within():
        mends = deconfound or size_matched
        check_strategy(strategy, mend=mends, control=size_matched, move_to=move_to)
        composed = is_composed(target) or stored(target)
        sources = request.source if composed else ()
        place = (
            Path(out) if out else _default_folder(target, [*sources, *arm], how=strategy if mends else None)
        )
        asked = request.for_target(target)
        if not composed:
            _refuse_for_data(str(target), mends=mends, arm=arm, parquet=parquet)
            with _as_file(target) as file:
                before, mended = mend(
                    file,
                    asked,
                    place,
                    control=size_matched,
                    strategy=strategy,
                    move_to=move_to,
                    seed=42 if seed is None else seed,
                    force=force,
                )
            return Written(
                tuple(each.folder for each in mended),
                tuple(each.report for each in mended),
                built_text.of_mended(before, mended),
            )
        asked = asked.without_source()
        check_request([target], asked, composed=True)
        written = build_composed(
            target,
            load_bank(asked.questions),
            asked.chat_template,
            place,
            sources=sources,
            arms=arm,
            mend=deconfound,
            control=size_matched,
            strategy=strategy,
            move_to=move_to,
            seed=seed,
            data_format="parquet" if parquet else "jsonl",
            force=force,
        )
        reports = [rescan(each, asked) for each in written]
        return Written(
            tuple(each.data for each in written), tuple(reports), built_text.of_built(written, reports)
        )


@contextmanager
def _as_file(target: Any) -> Generator[str]:  # noqa: ANN401
    """Give the path of a target, for a table in memory that of a Parquet file with its rows."""
    if isinstance(target, (str, Path)):
        yield str(target)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    from builders.readers.arrow import ArrowPiece
    from builders.readers.target import locate

    (piece,) = locate(target).pieces
    if not isinstance(piece, ArrowPiece):
        raise InputError("cannot be written again", where=piece.where, help="build it from a file")
    with tempfile.TemporaryDirectory(prefix="confound-auditor-") as folder:
        file = Path(folder) / "data.parquet"
        pq.write_table(pa.concat_tables(piece.open()), file)
        yield str(file)


def _refuse_for_data(target: str, *, mends: bool, arm: Sequence[str], parquet: bool) -> None:
    """Refuse what says something about recipes alone.

    Raises:
        InputError: if anything does.
    """
    if not mends:
        raise InputError(
            "a data file can only be mended", where=target, help="add --deconfound, or give a recipe"
        )
    if arm:
        raise InputError(
            "names a dataset of a recipe", where=f"--arm {arm[0]}", help="leave it out for a data file"
        )
    if parquet:
        raise InputError(
            "a data file is written again in its own form",
            where="--parquet",
            help="leave it out for a data file",
        )


_NAMES = {"drop": "deconfounded", "move": "moved", "balance": "balanced"}


def _default_folder(target: object, names: Sequence[str], *, how: Strategy | None) -> Path:
    recipe = str(target) if isinstance(target, (str, Path)) else type(target).__name__.lower()
    stem = recipe if "/" in recipe and not Path(recipe).exists() else Path(recipe).name.partition(".")[0]
    parts = [stem, *names, *([_NAMES[how]] if how else [])]
    return Path("data") / "-".join("".join(c if c.isalnum() or c in "._" else "-" for c in p) for p in parts)
