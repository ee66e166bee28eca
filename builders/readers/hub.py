"""`datasets`: folders that it saved, objects in Python, and ``hf:NAME[:CONFIG][@REVISION][#SPLIT]``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from builders.errors import InputError
from builders.readers import arrow

if TYPE_CHECKING:
    from builders.readers.pieces import Piece

_NAME: Final = re.compile(
    r"hf:(?P<name>[^:@#]+)(?::(?P<config>[^@#]+))?(?:@(?P<revision>[^#]+))?(?:#(?P<split>.+))?"
)


def from_hub(target: str) -> list[Piece]:
    """Load a dataset of the hub, or of a local folder, with `datasets`; it stays in files on disk.

    Raises:
        InputError: if `datasets` is not installed, the name is none, or it cannot be fetched.
    """
    match = _NAME.fullmatch(target)
    if match is None:
        raise InputError("is no dataset name", where=target, help="write hf:NAME[:CONFIG][@REVISION][#SPLIT]")
    datasets: Any = _library(target)
    try:
        loaded = datasets.load_dataset(
            match["name"], match["config"], revision=match["revision"], split=match["split"]
        )
    except Exception as error:
        raise InputError(
            f"cannot be loaded: {str(error).partition(chr(10))[0]}",
            where=target,
            help="check the name, split and network; offline, download it first and name the folder or files",
        ) from error
    return [arrow.of_dataset(_one_split(loaded, target), target)]


def _library(where: str) -> Any:  # noqa: ANN401
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            "needs the `datasets` library, which is not installed",
            where=where,
            help="pip install 'confound-auditor[train]'",
        ) from error
    return datasets


def _one_split(loaded: Any, where: str) -> Any:  # noqa: ANN401
    """Return the dataset itself, or the only split of a dictionary of them.

    Raises:
        InputError: if there are several: which one is trained on is not ours to guess.
    """
    if not isinstance(loaded, dict):
        return loaded
    names = list(loaded)
    if len(names) == 1:
        return loaded[names[0]]
    raise InputError(
        f"holds the splits {', '.join(map(str, names))}",
        where=where,
        help=f"name one: {where}#{names[0]}" if where.startswith("hf:") else "pass one of them",
    )


def from_object(target: Any) -> list[Piece] | None:  # noqa: ANN401
    """Take a dataset or table of Python; None if it is neither.

    Raises:
        InputError: if it is a dictionary of several splits.
    """
    if type(target).__module__.partition(".")[0] == "datasets":
        chosen = _one_split(target, type(target).__name__)
        return [arrow.of_dataset(chosen, type(chosen).__name__)]
    piece = arrow.of_frame(target)
    return None if piece is None else [piece]


def saved_folder(folder: Path, split: str | None) -> list[Path] | None:
    """Return the Arrow files of a folder that `save_to_disk` wrote, in order; None if it is no such folder.

    Raises:
        InputError: if it holds several splits and none is named, or not the one named.
    """
    splits = folder / "dataset_dict.json"
    if splits.is_file():
        names: list[str] = json.loads(splits.read_text())["splits"]
        if split is None and len(names) == 1:
            split = names[0]
        if split not in names:
            raise InputError(
                f"holds the splits {', '.join(names)}",
                where=str(folder),
                help=f"name one: {folder}#{names[0]}",
            )
        return saved_folder(folder / str(split), None)
    state = folder / "state.json"
    if not state.is_file():
        return None
    described: dict[str, Any] = json.loads(state.read_text())
    return [folder / each["filename"] for each in described.get("_data_files", [])]
