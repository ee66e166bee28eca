"""Datasets that another trainer's own file describes: where their rows stand, and how that trainer reads them.

LLaMA-Factory's `dataset_info.json`, Axolotl's config, and ms-swift's arguments. What such a file says and is not
followed here is named, and the report is incomplete then.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from builders.engine.frame import Unread
from builders.errors import AuditError, InputError, UnknownNameError
from builders.readers.shapes import Shape, in_python
from builders.readers.trainers import axolotl as axolotl_rules
from builders.readers.trainers import axolotl_keys, llamafactory_keys, swift_keys
from builders.readers.trainers import llamafactory as llama_factory_rules
from builders.readers.trainers import swift as swift_rules
from builders.readers.trainers.templates import Asked, named_template
from builders.templates import load_template
from builders.templates.model import ChatTemplate
from builders.views import TrainingView, view_of

_LARGEST: Final = 4_000_000
"""Bytes that a description may have."""


_NO_SYSTEM: Final = (
    "an empty system prompt is as good as none, and the template's default stands there, which is taken from "
    "--template here"
)


@dataclass(frozen=True)
class Described:
    """What a description says of one dataset."""

    targets: tuple[str, ...]
    """Paths, or one ``hf:NAME``."""
    shape: Shape
    """How its rows are read."""
    view: TrainingView
    """Which turns are trained."""
    template: ChatTemplate | None = None
    """What it is rendered with, where the description says so and it is at hand."""
    notes: tuple[str, ...] = ()
    """What is to be announced."""
    unread: tuple[Unread, ...] = ()
    """What it says and is not followed."""


def llama_factory(path: Path, name: str | None) -> Described:
    """Read one entry of a `dataset_info.json`.

    Raises:
        InputError: if the file is none, or the entry cannot be followed.
        UnknownNameError: if there is no such entry.
    """
    entries = _json(path)
    if name is None and len(entries) == 1:
        name = next(iter(entries))
    if name is None:
        raise InputError(
            f"describes the datasets {', '.join(map(str, entries))}",
            where=str(path),
            help=f"name one: {path}#{next(iter(entries), 'NAME')}",
        )
    if name not in entries:
        raise UnknownNameError("dataset", name, entries, where=str(path))
    where = f"{path}#{name}"
    entry = entries[name]
    if not isinstance(entry, Mapping):
        raise InputError("is no object", where=where)
    layout = llama_factory_rules.layout(entry, where=where)
    preference = layout.ranking or layout.columns["kto_tag"] is not None
    shape = in_python(
        f"LLaMA-Factory {layout.formatting}",
        layout.turns,
        reads=layout.columns_read(),
        preference=preference,
        tools=layout.columns["tools"],
    )
    return Described(
        (_llama_factory_place(entry, path, where),),
        shape,
        _view("llamafactory", preference=preference),
        notes=(f"read as llamafactory {llamafactory_keys.VERSION} reads it: {_NO_SYSTEM}",),
        unread=layout.unfollowed,
    )


def llama_factory_training(path: Path, number: str | None) -> Described:
    """Read one data set of LLaMA-Factory's own training file, with its template and what carries loss.

    Args:
        path: The YAML file.
        number: Which of its data sets, counted from 0; None where there is only one.

    Raises:
        InputError: if the file is none, or cannot be followed.
        UnknownNameError: if the description has no such data set.
    """
    config = _yaml(path, "training file of LLaMA-Factory")
    named = config.get("dataset") or []
    names = (
        [each.strip() for each in named.split(",")]
        if isinstance(named, str)
        else [str(each) for each in named]
    )
    name = _chosen(names, number, path, "llamafactory")
    stage = config.get("stage", "sft")
    if stage not in ("sft", "dpo", "kto", "rm"):
        raise InputError(f"trains stage: {stage}, which is not followed", where=str(path))
    folder = str(config.get("dataset_dir") or "data")
    place = _beside(folder, (path.parent, Path()))
    if place is None:
        raise InputError(f"its dataset_dir {folder} is not there", where=str(path))
    entry = llama_factory(place / "dataset_info.json", name)
    template, missing = _llama_factorys(config, beside=path.parent)
    settings = {key: True for key in ("train_on_prompt", "mask_history") if config.get(key)}
    return replace(
        entry,
        view=_view("llamafactory", settings, preference=entry.shape.preference),
        template=template,
        unread=(*entry.unread, *llama_factory_rules.training_unfollowed(config), *missing),
    )


def _llama_factorys(
    config: Mapping[str, Any], *, beside: Path
) -> tuple[ChatTemplate | None, tuple[Unread, ...]]:
    """Return the template that is registered under the name, or the model's own where none is named."""
    name = config.get("template")
    if name is None:
        model = config.get("model_name_or_path")
        return named_template(Asked(model=model and str(model)), beside=beside, trainer="llamafactory")
    ours = llama_factory_rules.TEMPLATES.get(str(name))
    if ours is not None:
        found = load_template(ours)
        return replace(found, origin=f"{found.origin}, as LLaMA-Factory's {name}"), ()
    return None, (Unread(f"template: {name}", "it is LLaMA-Factory's own: give the same with --template"),)


def _chosen(names: list[str], number: str | None, path: Path, scheme: str) -> str:
    """Return the one data set of a file that is meant."""
    if not names:
        raise InputError("names no dataset", where=str(path))
    if number is None and len(names) > 1:
        raise InputError(f"has {len(names)} datasets", where=str(path), help=f"name one: {scheme}:{path}#0")
    try:
        return names[int(number or 0)]
    except (ValueError, IndexError) as error:
        raise InputError(f"has no dataset {number}", where=str(path)) from error


def entries_of(data: Path) -> list[str]:
    """Return the entries of LLaMA-Factory's description beside a data file that are about it, as targets."""
    path = data.parent / "dataset_info.json"
    if not path.is_file():
        return []
    try:
        entries = _json(path)
    except InputError:  # a file of that name that nobody asked us to read
        return []
    return [
        f"{path}#{name}"
        for name, entry in entries.items()
        if isinstance(entry, Mapping) and entry.get("file_name") == data.name
    ]


def _llama_factory_place(entry: Mapping[str, Any], path: Path, where: str) -> str:
    if "hf_hub_url" in entry:
        config = f":{entry['subset']}" if entry.get("subset") else ""
        return f"hf:{entry['hf_hub_url']}{config}#{entry.get('split', 'train')}"
    for key in ("ms_hub_url", "om_hub_url", "script_url", "cloud_file_name"):
        if key in entry:
            raise InputError(f"its rows are under {key}, which is not fetched", where=where)
    if isinstance(entry.get("file_name"), str):
        return _as_path(path.parent / entry["file_name"])
    raise InputError("says neither file_name nor hf_hub_url", where=where)


def axolotl(path: Path, number: str | None) -> Described:
    """Read one entry of an Axolotl config's `datasets`.

    Args:
        path: The config.
        number: Which entry, counted from 0; None where there is only one.

    Raises:
        InputError: if the file is none, or the entry cannot be followed.
    """
    config = _yaml(path, "Axolotl config", help="it needs a list `datasets` with a `path` each")
    entries = config.get("datasets")
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise InputError(
            "is no Axolotl config", where=str(path), help="it needs a list `datasets` with a `path` each"
        )
    if number is None and len(entries) != 1:
        raise InputError(f"has {len(entries)} datasets", where=str(path), help=f"name one: axolotl:{path}#0")
    try:
        entry: Mapping[str, Any] = entries[int(number or 0)]
    except (ValueError, IndexError) as error:
        raise InputError(
            f"has no dataset {number}", where=str(path), help=f"0 to {len(entries) - 1}"
        ) from error
    where = f"{path}#{number or 0}"
    layout = axolotl_rules.layout(entry, config, where=where)
    asked = axolotl_rules.template_asked(entry, config)
    template, missing = (
        (layout.style.template, ())
        if layout.style is not None
        else named_template(asked, beside=path.parent, trainer="axolotl")
    )
    settings = {"train_on_inputs": True} if config.get("train_on_inputs") else {}
    return Described(
        _axolotl_places(entry, path),
        in_python(
            f"Axolotl {_kind(entry)}", layout.turns, reads=layout.columns, preference=layout.preference
        ),
        _view("axolotl", settings, preference=layout.preference),
        template,
        (f"read as axolotl {axolotl_keys.VERSION} reads it", *layout.notes),
        (*layout.unfollowed, *missing),
    )


def _kind(entry: Mapping[str, Any]) -> str:
    return (
        "instructions of the config's own" if isinstance(entry.get("type"), Mapping) else str(entry["type"])
    )


def _axolotl_places(entry: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    place = str(entry.get("path") or "")
    files = entry.get("data_files")
    listed = [str(file) for file in (files if isinstance(files, list) else [files])] if files else []
    folders = (path.parent, Path(), path.parent / place)
    found = [_beside(file, folders) for file in listed]
    if found and all(each is not None for each in found):
        return tuple(_as_path(each) for each in found if each is not None)
    here = _beside(place, folders[:2]) if place else None
    if here is not None and not listed:
        return (_as_path(here),)
    config = f":{entry['name']}" if entry.get("name") else ""
    revision = f"@{entry['revision']}" if entry.get("revision") else ""
    if listed:
        raise InputError(f"data_files names {listed[0]}, which is not there", where=str(path))
    return (f"hf:{place}{config}{revision}#{entry.get('split') or 'train'}",)


def _as_path(path: Path) -> str:
    """Return a path that no scheme is read off: a file may be called `hf:NAME`, or `-`."""
    text = str(path)
    return text if path.is_absolute() or (text != "-" and ":" not in path.parts[0]) else f"./{text}"


def _beside(name: str, folders: tuple[Path, ...]) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def swift(path: Path, number: str | None, columns: Collection[str] = ()) -> Described:
    """Read ms-swift's arguments, or a data file as ms-swift reads it.

    Args:
        path: A YAML or JSON file of arguments, such as the `args.json` of a run; or the data themselves.
        number: Which of several data sets, counted from 0.
        columns: The columns of the data, once they are known.

    Raises:
        InputError: if the arguments cannot be followed.
    """
    config = _swift_arguments(path)
    targets, sampled = (str(path),), ()
    if config is not None:
        targets, sampled = _swift_places(config, path, number)
    where = str(path)
    layout = swift_rules.layout(columns, config, where=where)
    preference = layout.preference or (config or {}).get("rlhf_type") is not None or "label" in layout.names
    template, missing = (
        named_template(Asked(model=str(config["model"])), beside=path.parent, trainer="ms-swift")
        if config and config.get("model")
        else (None, ())
    )
    return Described(
        targets,
        in_python(f"ms-swift {layout.form}", layout.turns, reads=layout.columns(), preference=preference),
        _view("ms-swift", preference=preference),
        template,
        (f"read as ms-swift {swift_keys.VERSION} reads it: columns {_said(layout.names)}",),
        (*layout.unfollowed, *sampled, *missing),
    )


def _said(names: Mapping[str, str]) -> str:
    return ", ".join(column if name == column else f"{column} as {name}" for name, column in names.items())


def _swift_arguments(path: Path) -> Mapping[str, Any] | None:
    """Return the arguments that a file holds; None where it holds data."""
    if path.suffix in (".yaml", ".yml"):
        return _yaml(path, "file of ms-swift's arguments")
    if path.suffix == ".json" and path.is_file() and path.stat().st_size <= _LARGEST:
        try:
            found = _json(path)
        except InputError:
            return None
        return found if "dataset" in found else None
    return None


def _swift_places(
    config: Mapping[str, Any], path: Path, number: str | None
) -> tuple[tuple[str, ...], tuple[Unread, ...]]:
    named = config.get("dataset") or []
    names = [str(each) for each in (named if isinstance(named, list) else [named])]
    name = _chosen(names, number, path, "swift")
    place, _, count = name.partition("#")
    sampled = (Unread(f"dataset ...#{count}", "it draws so many rows at random"),) if count else ()
    found = _beside(place, (path.parent, Path()))
    if found is not None:
        return (_as_path(found),), sampled
    identity, _, subset = place.removeprefix("HF::").removeprefix("hf::").partition(":")
    return (f"hf:{identity}{f':{subset}' if subset else ''}",), sampled


def _view(trainer: str, settings: Mapping[str, bool] | None = None, *, preference: bool) -> TrainingView:
    """Return a trainer's view; our readers flag what it does not train, by the trainer's own rules."""
    view = replace(view_of(trainer, settings), flags=("train",))
    if preference:
        view = replace(
            view, said=f"{view.said.partition(':')[0]}, a preference loss: the chosen answer is taught"
        )
    return view


def _json(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("is far too long for a description", where=str(path))
        entries: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("is no JSON that can be read", where=str(path)) from error
    if not isinstance(entries, Mapping):
        raise InputError("expected an object that maps names to datasets", where=str(path))
    return entries


def _yaml(path: Path, what: str, help: str | None = None) -> Mapping[str, Any]:  # noqa: A002
    from builders.yamltext import read_yaml

    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("is far too long for a config", where=str(path))
        config: Any = read_yaml(path.read_text(encoding="utf-8")).value
    except AuditError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"is no {what}", where=str(path), help=help) from error
    if not isinstance(config, Mapping):
        raise InputError(f"is no {what}", where=str(path), help=help)
    return config
