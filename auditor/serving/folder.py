"""What a folder holds that has a page: its data files, data sets and runs, and nothing that lies outside it.

Addresses are looked up among what was found here and are never made into paths, so `..`, in whatever encoding, finds
nothing. Links are not followed: what is reached by one is left out, and counted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from auditor.scanning.documents import CARDS
from builders.errors import InputError
from builders.readers.target import DATA_SUFFIXES, NOT_DATA
from checks.core.result import RESULT_FILE
from experiments.study.runs import LEDGER

Kind = Literal["data", "runs"]
"""Something to audit, or runs to report on."""

MOST: Final = 2_000
"""Data sets and runs that are listed."""

_SAVED: Final = ("state.json", "dataset_dict.json")
_BESIDE: Final = (*CARDS, "manifest.json")

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, size, time of change and number of each file: it differs where any of them was written anew."""


@dataclass(frozen=True)
class Entry:
    """One thing that has a page."""

    kind: Kind
    """What it is."""
    name: str
    """Its path below the folder, with slashes; `.` where the folder itself is a study."""
    path: Path
    """Where it is."""
    stamp: Stamp = field(repr=False)
    """What its page rests on."""


@dataclass
class Contents:
    """What a folder holds."""

    entries: dict[tuple[Kind, str], Entry] = field(default_factory=dict[tuple[Kind, str], Entry])
    """Kind and name -> entry, in the order of names."""
    links: int = 0
    """Links, and what is reached by them, that are left out."""
    more: bool = False
    """Whether there is more than `MOST`."""


def contents(root: Path) -> Contents:
    """Return what a folder holds now.

    Raises:
        InputError: if it is no folder.
    """
    if not root.is_dir():
        raise InputError("is no folder", where=str(root), help="audit serve FOLDER")
    found = Contents()
    entries: list[Entry] = []
    waiting = [root]
    while waiting and len(entries) <= MOST:
        folder = waiting.pop()
        own, below = _of_folder(root, folder, found)
        entries += own
        waiting += reversed(below)
    found.more = len(entries) > MOST
    listed = sorted(entries[:MOST], key=lambda each: (each.kind, each.name))
    found.entries = {(each.kind, each.name): each for each in listed}
    return found


def _of_folder(root: Path, folder: Path, found: Contents) -> tuple[list[Entry], list[Path]]:
    """Return what stands in one folder, and the folders below it that are to be looked at."""
    all_of_it = dict(_listed(folder))
    linked = {name for name, state in all_of_it.items() if stat.S_ISLNK(state.st_mode)}
    files = {name: state for name, state in all_of_it.items() if stat.S_ISREG(state.st_mode)}
    found.links += len(linked)
    name = folder.relative_to(root).as_posix()
    runs = LEDGER in files or RESULT_FILE in files
    if runs or any(each in files for each in _SAVED):
        return list(_whole("runs" if runs else "data", name, folder, found)), []
    papers = tuple(_stamp(each, files[each]) for each in _BESIDE if each in files)
    # What is said of data beside it is read, too, so it may be no link, either.
    data = [each for each in files if _is_data(each)] if not linked & set(_BESIDE) else []
    entries = [
        Entry(
            "data",
            (folder / each).relative_to(root).as_posix(),
            folder / each,
            (_stamp(each, files[each]), *papers),
        )
        for each in data
    ]
    below = [
        folder / each
        for each, state in all_of_it.items()
        if stat.S_ISDIR(state.st_mode) and not each.startswith((".", "__"))
    ]
    return entries, below


def _is_data(name: str) -> bool:
    return name not in NOT_DATA and name.lower().removesuffix(".gz").removesuffix(".zst").endswith(
        DATA_SUFFIXES
    )


def _whole(kind: Kind, name: str, folder: Path, found: Contents) -> Iterator[Entry]:
    """Yield the entry of a folder that is read as a whole, unless something in it is a link."""
    stamps: list[tuple[str, int, int, int]] = []
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        for each, state in _listed(here):
            if stat.S_ISLNK(state.st_mode):
                found.links += here != folder
                return
            if stat.S_ISDIR(state.st_mode):
                waiting.append(here / each)
            elif stat.S_ISREG(state.st_mode):
                stamps.append(_stamp((here / each).relative_to(folder).as_posix(), state))
    yield Entry(kind, name, folder, tuple(sorted(stamps)))


def _listed(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what stands in a folder, of a folder that may not be read nothing, without following a link."""
    try:
        with os.scandir(folder) as each_of:
            names = sorted(each.name for each in each_of)
    except OSError:
        return
    for name in names:
        try:
            yield name, (folder / name).lstat()
        except OSError:  # gone meanwhile
            continue


def _stamp(name: str, state: os.stat_result) -> tuple[str, int, int, int]:
    return name, state.st_size, state.st_mtime_ns, state.st_ino
