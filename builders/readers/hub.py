"""`datasets`: folders that it saved, objects in Python, and ``hf:NAME[:CONFIG][@REVISION][#SPLIT]``."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from builders.errors import InputError
from builders.readers import arrow
from builders.version import extra_help

if TYPE_CHECKING:
    from builders.readers.pieces import Piece

_PATIENCE: Final = 10.0
"""Seconds for one connection to the hub: more than a slow network needs."""
_SLOW: Final = frozenset(("ReadTimeout", "WriteTimeout", "PoolTimeout", "TooManyRedirects"))
"""What an HTTP library raises where there is a connection."""
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
    refused = None if Path(match["name"]).exists() else _refusal()
    try:
        with _offline() if refused else nullcontext():
            loaded = datasets.load_dataset(
                match["name"], match["config"], revision=match["revision"], split=match["split"]
            )
    except Exception as error:
        if refused is not None:
            raise InputError(
                f"the hub cannot be reached ({refused}), and no copy of this dataset is in its cache",
                where=target,
                help="check the network and HF_ENDPOINT, or download it elsewhere and name the folder or files",
            ) from error
        raise InputError(
            f"cannot be loaded: {str(error).partition(chr(10))[0]}",
            where=target,
            help="check the name, split and network; offline, download it first and name the folder or files",
        ) from error
    return [arrow.of_dataset(_one_split(loaded, target), target)]


def _refusal() -> str | None:
    """Ask the hub for anything, once; return in words why it cannot be reached, or None where it can.

    Its client tries five times, with pauses, before it says so: half a minute in which nothing is shown. Any answer
    counts, and so does a connection on which the answer is slow: what follows is then the client's to do.
    """
    from huggingface_hub import constants  # pyright: ignore[reportMissingImports]
    from huggingface_hub.utils import get_session  # pyright: ignore[reportMissingImports]

    known: Any = constants
    session: Any = get_session()
    if known.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    try:
        session.head(str(known.ENDPOINT), timeout=_PATIENCE)
    except Exception as error:  # the client raises what its HTTP library raises
        name = type(error).__name__
        return None if name in _SLOW else name
    return None


@contextmanager
def _offline() -> Generator[None]:
    """Have the hub's client and `datasets` use their cache alone, as their own environment variable does."""
    from datasets import config
    from huggingface_hub import constants  # pyright: ignore[reportMissingImports]

    switches: tuple[Any, ...] = (constants, config)
    before = [each.HF_HUB_OFFLINE for each in switches]
    for each in switches:
        each.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        for each, value in zip(switches, before, strict=True):
            each.HF_HUB_OFFLINE = value


def _library(where: str) -> Any:  # noqa: ANN401
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            "needs the `datasets` library, which is not installed",
            where=where,
            help=extra_help("train"),
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
        names = [str(each) for each in _saved(splits, "splits")]
        if split is None and len(names) == 1:
            split = names[0]
        if split not in names:
            raise InputError(
                f"holds the splits {', '.join(names)}",
                where=str(folder),
                help=f"name one: {folder}#{names[0]}",
            )
        return saved_folder(_within(folder, str(split)), None)
    state = folder / "state.json"
    if not state.is_file():
        return None
    files = [
        each.get("filename") if isinstance(each, dict) else each for each in _saved(state, "_data_files")
    ]
    return [_within(folder, str(each)) for each in files]


def _saved(file: Path, key: str) -> list[Any]:
    """Return a list that a file of `save_to_disk` holds."""
    try:
        said: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("is no JSON that can be read", where=str(file)) from error
    found = said.get(key, []) if isinstance(said, dict) else None
    if not isinstance(found, list):
        raise InputError(f"has no list {key}", where=str(file), help="save the dataset again")
    return found


def _within(folder: Path, name: str) -> Path:
    """Return a file of a saved folder; its description may come from a stranger."""
    place = folder / name
    if not place.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"names {name!a}, which is outside the folder", where=str(folder))
    return place
