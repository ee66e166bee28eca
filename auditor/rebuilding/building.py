"""Build datasets: choose them from a family, mend them where asked, write them in one step, look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auditor.request.request import Request
from auditor.request.strategy import Strategy, check_strategy
from builders.atomic import replaced_folder
from builders.compose import BuiltDataset
from builders.dataset import DATA, MANIFEST, is_dataset_folder, read_dataset, write_dataset
from builders.deconfound import deconfound, size_matched
from builders.errors import UnknownNameError
from builders.names import below
from builders.questions import QuestionBank
from builders.relabelled import balanced, moved
from builders.retag import retagged
from builders.templates import ChatTemplate
from checks.core.report import DatasetReport
from experiments.study.families import Family, load_family

Variant = Literal["as composed", "deconfounded", "size_matched", "moved", "balanced"]


@dataclass(frozen=True)
class Built:
    """One dataset that was built, and where it is now."""

    before: BuiltDataset
    """As the recipe composes it."""
    after: BuiltDataset
    """As it was written."""
    variant: Variant
    """What was done to it."""
    data: Path
    """The file with its rows."""


def choose(
    target: str, *, sources: Sequence[str] = (), arms: Sequence[str] = ()
) -> tuple[Family, tuple[str, ...]]:
    """Return a family and the full names of those of its datasets that are asked for, in the family's order.

    Args:
        target: See `experiments.study.families.load_family`.
        sources: Only datasets whose source is one of these personas.
        arms: Only datasets of these names; those that were never run can be named too.

    Raises:
        UnknownNameError: if the family, a source or an arm is not known.
    """
    family, dataset = load_family(target)
    arms = [*arms, *([dataset] if dataset else [])]
    wanted = {family.name + "/" + family.find(arm)[1].name for arm in arms}
    names = [name for name in family.dataset_names(planned=True) if name in wanted]
    if not arms:
        names = list(family.dataset_names())
    if sources:
        of = {name: _source(family, name) for name in names}
        for source in sources:
            if source not in of.values():
                raise UnknownNameError(
                    f"source of {family.name}", source, [each for each in of.values() if each is not None]
                )
        names = [name for name in names if of[name] in sources]
    return family, tuple(names)


def _source(family: Family, name: str) -> str | None:
    """Return a dataset's source, which a derived dataset may have from the one that it starts from."""
    _, dataset = family.find(name)
    if dataset.source is not None or dataset.start_from is None:
        return dataset.source
    start, within = load_family(dataset.start_from) if "/" in dataset.start_from else (family, None)
    return _source(start, within or dataset.start_from)


def stored(target: object) -> bool:
    """Return whether a target is a dataset that `audit build` wrote: its folder or its data file."""
    if not isinstance(target, (str, Path)):
        return False
    path = Path(target)
    return (path.is_dir() and (path / MANIFEST).is_file()) or (
        path.name in DATA.values() and (path.parent / MANIFEST).is_file()
    )


def variants(
    composed: Sequence[BuiltDataset],
    template: ChatTemplate,
    *,
    mend: bool,
    control: bool,
    strategy: Strategy = "drop",
    move_to: str | None = None,
) -> list[tuple[BuiltDataset, Variant, BuiltDataset]]:
    """Return what is written of composed datasets: each as composed, what is done to it, and the outcome.

    Args:
        composed: The datasets as composed.
        template: The template that their tags rest on.
        mend: Whether they are deconfounded.
        control: Whether the size-matched control is written beside each.
        strategy: How they are deconfounded.
        move_to: The system text that `move` moves rows to.

    Raises:
        InputError: if it cannot be done with these datasets.
    """
    if strategy == "balance":
        outcomes = zip(composed, balanced(composed), strict=True)
        return [(before, "balanced", after) for before, after in outcomes]
    made: list[tuple[BuiltDataset, Variant, BuiltDataset]] = []
    for built in composed:
        if strategy == "move":
            made.append((built, "moved", moved(built, template, to=move_to)))
        elif mend or control:
            made.append((built, "deconfounded", deconfound(built)))
        else:
            made.append((built, "as composed", built))
        if control:
            made.append((built, "size_matched", size_matched(built)))
    return made


def build_composed(
    target: str,
    bank: QuestionBank,
    template: ChatTemplate,
    out: Path,
    *,
    sources: Sequence[str] = (),
    arms: Sequence[str] = (),
    mend: bool = False,
    control: bool = False,
    strategy: Strategy = "drop",
    move_to: str | None = None,
    seed: int | None = None,
    data_format: Literal["jsonl", "parquet"] = "jsonl",
    force: bool = False,
) -> list[Built]:
    """Compose datasets and write them below `out`, all in one step.

    One dataset is written into `out` itself, several into folders named after them; a deconfounded dataset and
    its size-matched control are `deconfounded` and `size_matched` below that.

    Args:
        target: See `choose`, as are `sources` and `arms`; or a dataset folder that was built before, or its data
            file.
        bank: The questions.
        template: The chat template whose resolution counts.
        out: The folder.
        sources: See `choose`.
        arms: See `choose`.
        mend: Do something about what is taught `preserved` under a source's resolved condition.
        control: Write the size-matched control too; implies `mend`.
        strategy: What: `drop` it, `move` it under another prompt, or `balance` it over the sources.
        move_to: The system text that `move` moves rows to.
        seed: Replaces the recipe's.
        data_format: How rows are written.
        force: Replace datasets that are there.

    Raises:
        UnknownNameError: see `choose`.
        InputError: if the bank or the dataset is too small for what is asked.
        OutputError: if `out` is taken or cannot be written; what was there is left as it was.
    """
    check_strategy(strategy, mend=mend or control, control=control, move_to=move_to)
    if stored(target):
        composed = [retagged(read_dataset(Path(target)), template)]
    else:
        family, names = choose(target, sources=sources, arms=arms)
        composed = [family.compose(name, bank, template, seed=seed) for name in names]
    made = variants(composed, template, mend=mend, control=control, strategy=strategy, move_to=move_to)
    out = out.expanduser().absolute()
    with replaced_folder(out, force=force, ours=is_dataset_folder) as folder:
        written: list[Built] = []
        for before, variant, after in made:
            names = [before.name.partition("/")[2]] if len(composed) > 1 else []
            names += [variant] if control else []
            place = below(folder, *names)
            place.mkdir(parents=True, exist_ok=True)
            write_dataset(after, place, data_format=data_format)
            written.append(Built(before, after, variant, out.joinpath(*names) / DATA[data_format]))
    return written


def rescan(built: Built, request: Request) -> DatasetReport:
    """Return the audit of what was written, read back from the disk; its rows carry tags, and those hold."""
    from auditor.scanning.api import audited

    return audited([str(built.data)], request.without("reading")).datasets[0]
