"""Families of datasets that can be built: past issues, and recipe files of the user's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from builders.compose import BuiltDataset, compose
from builders.errors import InputError, UnknownNameError
from builders.questions import QuestionBank
from builders.recipe import DatasetRecipe, Recipe
from builders.recipe_file import load_recipe
from builders.templates import ChatTemplate
from experiments.study.issue import find_dataset, issue_names, load_issue, read_issue


class Family(Protocol):
    """Datasets that share a recipe file; a `PastIssue` is one."""

    @property
    def name(self) -> str:
        """The first half of the datasets' names."""
        ...

    def dataset_names(self, *, planned: bool = False) -> tuple[str, ...]:
        """Return the datasets' full names in order; those that were never run only if `planned`."""
        ...

    def find(self, name: str) -> tuple[Recipe, DatasetRecipe]:
        """Return the recipe of a dataset; raises UnknownNameError."""
        ...

    def compose(
        self, name: str, bank: QuestionBank, template: ChatTemplate, *, seed: int | None = None
    ) -> BuiltDataset:
        """Return one of the datasets."""
        ...


@dataclass(frozen=True)
class RecipeFamily:
    """The datasets of one recipe file."""

    recipe: Recipe
    """The file."""

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    def dataset_names(self, *, planned: bool = False) -> tuple[str, ...]:
        """Return the datasets' full names in order; those with ``run: false`` only if `planned`."""
        return tuple(
            self.recipe.full_name(dataset) for dataset in self.recipe.datasets if dataset.run or planned
        )

    def find(self, name: str) -> tuple[Recipe, DatasetRecipe]:
        """Return the recipe of a dataset, by its name with or without the recipe's.

        Raises:
            UnknownNameError: if there is none of that name.
        """
        short = name.removeprefix(f"{self.name}/")
        for dataset in self.recipe.datasets:
            if dataset.name == short:
                return self.recipe, dataset
        raise UnknownNameError(
            f"dataset of {self.name}", short, [dataset.name for dataset in self.recipe.datasets]
        )

    def compose(
        self, name: str, bank: QuestionBank, template: ChatTemplate, *, seed: int | None = None
    ) -> BuiltDataset:
        """Return one of the datasets: see `builders.compose.compose`.

        Raises:
            UnknownNameError: if there is none of that name.
            InputError: if the bank has too few questions.
        """
        recipe, dataset = self.find(name)
        return compose(recipe, dataset, bank, template, seed=seed, find=self._find_anywhere)

    def _find_anywhere(self, name: str) -> tuple[Recipe, DatasetRecipe]:
        return self.find(name) if name.startswith(f"{self.name}/") else find_dataset(name)


def load_family(target: str) -> tuple[Family, str | None]:
    """Return the family that a target names, and the one dataset of it where it names one.

    Args:
        target: ``issue-96``, ``issue-96/villain``, or the path of a recipe or past issue in YAML.

    Raises:
        UnknownNameError: if there is no such past issue or dataset; suggests near names.
        InputError: if a file cannot be read as a recipe.
    """
    path = Path(target)
    if path.suffix in {".yaml", ".yml"}:
        return _family_file(path), None
    name, _, dataset = target.partition("/")
    if name not in issue_names():
        if path.is_file():
            raise InputError("a recipe is a .yaml file", where=target)
        raise UnknownNameError("recipe", target, issue_names())
    issue = load_issue(name)
    if dataset:
        issue.find(dataset)
    return issue, dataset or None


def _family_file(path: Path) -> Family:
    try:
        is_issue = re.search(rb"(?m)^recipes\s*:", path.read_bytes()) is not None
    except OSError as error:
        raise InputError(f"could not be read: {error.strerror}", where=str(path)) from error
    return read_issue(path) if is_issue else RecipeFamily(load_recipe(path))
