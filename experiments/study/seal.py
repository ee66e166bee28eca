"""What a run's files were when it wrote them: recorded in its result, whose own digest the ledger has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from builders.errors import InputError
from checks.core.result import RESULT_FILE, RunResult, read_result, result_files
from experiments.study.runs import (
    ADAPTER,
    AUDIT,
    COMPLETIONS,
    CONFIG,
    DATA,
    DETAILS,
    KEY,
    PER_QUESTION,
    RunKey,
    note,
    read_ledger,
    write_json,
)

_SEALED = (ADAPTER, AUDIT, COMPLETIONS, CONFIG, DATA, DETAILS, KEY, PER_QUESTION)


def write_result(folder: Path, result: RunResult) -> RunResult:
    """Write a run's result, with the digests of its other files, and return it. A folder that has it has everything.

    Raises:
        OutputError: if it cannot be written.
    """
    sealed = result.model_copy(update={"files": digests(folder)})
    write_json(folder / RESULT_FILE, sealed.model_dump(mode="json"))
    return sealed


def note_result(out: Path, event: str, key: RunKey, folder: Path, **more: str) -> None:
    """Tell the ledger of a run's result, with its digest.

    Raises:
        OutputError: if it cannot be written.
    """
    sealed = digest_of(folder / RESULT_FILE)
    note(
        out, event, arm=key.arm, seed=key.seed, key=key.digest, path=str(folder), result_sha256=sealed, **more
    )


def digests(folder: Path) -> dict[str, str]:
    """Return file -> sha256 (64 hex digits) of everything that a run keeps beside its result, by name."""
    return {file.relative_to(folder).as_posix(): digest_of(file) for file in _files(folder)}


def digest_of(file: Path) -> str:
    """Return the sha256 of a file's bytes, 64 hex digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def altered(folder: Path, result: RunResult) -> list[str]:
    """Return the names of a run's files that are not what the run wrote: changed, gone or added, by name.

    Args:
        folder: The run folder.
        result: Its result. One that records no file has nothing to compare with.

    Returns:
        The names; `RESULT_FILE` is among them where the ledger above the folder has another digest for it.
    """
    there = digests(folder) if result.files else {}
    names = [name for name in sorted({*there, *result.files}) if there.get(name) != result.files.get(name)]
    written = {str(line["result_sha256"]) for line in _finished(folder) if "result_sha256" in line}
    if written and digest_of(folder / RESULT_FILE) not in written:
        names.append(RESULT_FILE)
    return names


def read_sealed(folder: Path) -> list[tuple[RunResult, list[str]]]:
    """Return every run below a folder, in the order of their paths, each with the names of its altered files.

    Raises:
        InputError: if there is none, or one cannot be read.
    """
    found = ((file.parent, read_result(file)) for file in result_files(folder))
    return [(result, altered(where, result)) for where, result in found]


def refuse_altered(folder: Path, result: RunResult) -> None:
    """Raise where a run's files are not what the run wrote.

    Raises:
        InputError: naming the files.
    """
    refuse(altered(folder, result), where=str(folder))


def refuse(names: Sequence[str], *, where: str) -> None:
    """Raise where there are names of altered files.

    Raises:
        InputError: naming the files.
    """
    if names:
        raise InputError(
            f"not what the run wrote: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}",
            where=where,
            help="fetch the run again, or run the arm again: nothing is told of files that were changed",
        )


def _files(folder: Path) -> Iterator[Path]:
    for name in _SEALED:
        path = folder / name
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        elif path.is_file():
            yield path


def _finished(folder: Path) -> Iterator[dict[str, object]]:
    """Yield what the ledger says of finishing the run of this folder's name."""
    for line in read_ledger(folder.parent.parent):
        path = Path(str(line.get("path", "")))
        if line.get("event") in ("finished", "taken over") and path.parts[-2:] == folder.resolve().parts[-2:]:
            yield dict(line)
