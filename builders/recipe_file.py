"""Recipes as files: reading one, and writing out each `for_each` before the model sees it."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from builders.bounds import bounds, raising
from builders.declarative import Loc, load_model
from builders.names import LONGEST
from builders.recipe import Recipe

_VARIABLE: Final = re.compile(r"\{([a-z_]+)\}")


def load_recipe(path: Path) -> Recipe:
    """Return the recipe in a YAML file.

    Raises:
        InputError: naming file, line, key and what was expected.
    """
    return load_model(path, Recipe, prepare=expand_recipe)


def expand_recipe(raw: dict[str, Any]) -> tuple[dict[str, Any], Callable[[Loc], Loc]]:
    """Return a recipe's plain mapping with one entry of `datasets` for each combination of its `for_each`.

    With it comes the way back from a place in that mapping to the same place in the file.

    Raises:
        ValueError: if a `for_each` is neither a mapping of names to lists nor a list of mappings.
    """
    datasets = raw.get("datasets")
    if not isinstance(datasets, list):
        return raw, tuple  # the model says what is wrong
    numbered: list[tuple[int, Any]] = []
    for number, dataset in enumerate(datasets):
        numbered += [(number, entry) for entry in _expand(dataset, bounds().recipe_datasets - len(numbered))]

    def relocate(loc: Loc) -> Loc:
        if len(loc) > 1 and loc[0] == "datasets" and isinstance(loc[1], int):
            return ("datasets", numbered[loc[1]][0], *loc[2:])
        return loc

    return {**raw, "datasets": [entry for _, entry in numbered]}, relocate


def _expand(dataset: Any, room: int) -> list[Any]:  # noqa: ANN401
    if not isinstance(dataset, dict) or "for_each" not in dataset:
        return [dataset]
    each = dataset["for_each"]
    made = math.prod(map(_choices, each.values())) if isinstance(each, dict) else _choices(each)
    if made > room:
        raise ValueError(
            f"datasets: `for_each` of {ascii(dataset.get('name'))[:LONGEST]} makes {made:,} datasets, and a recipe "
            f"may have {bounds().recipe_datasets:,}; {raising('recipe-datasets')}"
        )
    entry = {key: value for key, value in dataset.items() if key != "for_each"}
    most = bounds().yaml_characters
    if made * len(repr(entry)) > most:
        raise ValueError(
            f"datasets: `for_each` of {ascii(dataset.get('name'))[:LONGEST]} writes its entry out {made:,} times, "
            f"which makes more than {most:,} characters; {raising('yaml-mb')}"
        )
    return [{**_replace(entry, values), "for_each": [values]} for values in _combinations(dataset)]


def _choices(values: Any) -> int:  # noqa: ANN401
    return len(values) if isinstance(values, list) else 1


def _combinations(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    each = dataset["for_each"]
    if isinstance(each, dict) and all(isinstance(values, list) and values for values in each.values()):
        return [dict(zip(each, values, strict=True)) for values in itertools.product(*each.values())]
    if isinstance(each, list) and each and all(isinstance(values, dict) for values in each):
        return each
    raise ValueError(
        f"datasets: `for_each` of '{dataset.get('name')}' must map each name to a list of values, or be a "
        "list of such mappings with one value each"
    )


def _replace(value: Any, values: dict[str, Any]) -> Any:  # noqa: ANN401
    """Put the variables' values into every text; a text that is nothing but a variable becomes its value."""
    if isinstance(value, dict):
        return {key: _replace(entry, values) for key, entry in value.items()}
    if isinstance(value, list):
        return [_replace(entry, values) for entry in value]
    if not isinstance(value, str):
        return value
    whole = _VARIABLE.fullmatch(value)
    if whole and whole[1] in values:
        return values[whole[1]]
    return _VARIABLE.sub(lambda match: str(values.get(match[1], match[0])), value)
