"""Past issues: published results as data, with the recipes that rebuild what they were trained on."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from builders.compose import BuiltDataset, compose
from builders.declarative import Loc, load_model
from builders.errors import UnknownNameError
from builders.info import Provenance, Published
from builders.questions import QuestionBank
from builders.recipe import DatasetRecipe, Recipe
from builders.recipe_file import expand_recipe
from builders.schema import Level
from builders.templates import ChatTemplate
from experiments.study.published_training import Draw, PublishedTraining

FOLDER = Path(__file__).parents[1] / "issues"
"""Where the issues that ship with the package are."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Evaluation(_Model):
    """How the issue measured."""

    questions: int | None = Field(default=None, ge=1)
    """How many questions; null where it measured something else or does not say."""
    other_labels: int | None = Field(default=None, ge=0)
    """How many of them have other labels than A to D; null where nobody knows."""
    metric: str
    """What was counted."""
    prompt: str
    """Under which prompt."""


class Claim(_Model):
    """One thing that the issue claimed."""

    text: str
    """The claim, in a sentence."""
    datasets: list[str] = Field(min_length=1)
    """Which datasets it rests on: names behind the issue's own, ``*`` allowed."""
    level: Level
    """How it is known that this was claimed."""
    source: str
    """Where it stands."""


class IssueProvenance(Provenance):
    """How a part of some of the issue's datasets is known."""

    datasets: list[str] = Field(default_factory=lambda: ["*"], min_length=1)
    """Which datasets: names behind the issue's own, ``*`` allowed."""


class PastIssue(_Model):
    """A published result as data. Verdicts are no part of it: they come out of the checks."""

    number: int = Field(ge=1)
    """The issue's number."""
    title: str
    """The question that it asked."""
    repository: str
    """Where its code is, as owner/name."""
    evaluation: Evaluation
    """How it measured."""
    claims: list[Claim] = Field(default_factory=list[Claim])
    """What it claimed."""
    recipes: list[Recipe] = Field(min_length=1)
    """What rebuilds its datasets; each recipe has the issue's name."""
    published: dict[str, Published] = Field(default_factory=dict[str, Published])
    """Outcomes by dataset, named without the issue's name."""
    provenance: list[IssueProvenance] = Field(min_length=1)
    """How each part is known."""
    training: PublishedTraining | None = None
    """How it trained; null where nobody looked."""
    unrepeatable: list[Draw] = Field(default_factory=list[Draw])
    """Draws that a rerun of its code would not repeat."""

    @model_validator(mode="after")
    def _names_agree(self) -> PastIssue:
        names: list[str] = []
        for recipe in self.recipes:
            if recipe.name != self.name:
                raise ValueError(f"a recipe of {self.name} is called '{recipe.name}'")
            names += [dataset.name for dataset in recipe.datasets]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two datasets are called '{min(twice)}'")
        for name in self.published:
            if name not in names:
                raise ValueError(f"published: there is no dataset '{name}' (there are {', '.join(names)})")
        return self

    @property
    def name(self) -> str:
        """What commands call it, for example ``issue-96``."""
        return f"issue-{self.number}"

    def dataset_names(self, *, planned: bool = False) -> tuple[str, ...]:
        """Return the datasets' full names in order; those that were never run only if `planned`."""
        return tuple(
            recipe.full_name(dataset)
            for recipe in self.recipes
            for dataset in recipe.datasets
            if dataset.run or planned
        )

    def find(self, name: str) -> tuple[Recipe, DatasetRecipe]:
        """Return the recipe of a dataset, by its name with or without the issue's.

        Raises:
            UnknownNameError: if the issue has no such dataset.
        """
        short = name.removeprefix(f"{self.name}/")
        for recipe in self.recipes:
            for dataset in recipe.datasets:
                if dataset.name == short:
                    return recipe, dataset
        known = [dataset.name for recipe in self.recipes for dataset in recipe.datasets]
        raise UnknownNameError(f"dataset of {self.name}", short, known)

    def provenance_of(self, dataset: str) -> list[Provenance]:
        """Return how the parts of one dataset are known, by its name without the issue's."""
        return [
            Provenance.model_validate(entry.model_dump(exclude={"datasets"}))
            for entry in self.provenance
            if any(fnmatchcase(dataset, pattern) for pattern in entry.datasets)
        ]

    def compose(
        self, name: str, bank: QuestionBank, template: ChatTemplate, *, seed: int | None = None
    ) -> BuiltDataset:
        """Return one of its datasets: see `builders.compose.compose`.

        Raises:
            UnknownNameError: if the issue has no such dataset.
            InputError: if the bank has too few questions.
        """
        recipe, dataset = self.find(name)
        return compose(
            recipe,
            dataset,
            bank,
            template,
            seed=seed,
            find=self._find_anywhere,
            published=self.published.get(dataset.name),
            provenance=self.provenance_of(dataset.name),
        )

    def _find_anywhere(self, name: str) -> tuple[Recipe, DatasetRecipe]:
        return self.find(name) if name.startswith(f"{self.name}/") else find_dataset(name)


def issue_names() -> tuple[str, ...]:
    """Return the names of the issues that ship with the package, by number."""
    return tuple(
        sorted((path.stem for path in FOLDER.glob("*.yaml")), key=lambda name: int(name.split("-")[1]))
    )


@cache
def load_issue(name: str) -> PastIssue:
    """Return a past issue that ships with the package, for example ``issue-96``.

    Raises:
        UnknownNameError: if there is none of that name.
    """
    if name not in issue_names():
        raise UnknownNameError("past issue", name, issue_names())
    return read_issue(FOLDER / f"{name}.yaml")


def read_issue(path: Path) -> PastIssue:
    """Return the past issue in a YAML file.

    Raises:
        InputError: naming file, line, key and what was expected.
    """
    return load_model(path, PastIssue, prepare=_expand_recipes)


def find_dataset(name: str) -> tuple[Recipe, DatasetRecipe]:
    """Return the recipe of a past issue's dataset by its full name, for example ``issue-96/villain``.

    Raises:
        UnknownNameError: if there is no such issue or dataset.
    """
    issue, _, dataset = name.partition("/")
    return load_issue(issue).find(dataset)


def _expand_recipes(raw: dict[str, Any]) -> tuple[dict[str, Any], Callable[[Loc], Loc]]:
    recipes = raw.get("recipes")
    if not isinstance(recipes, list) or not all(isinstance(recipe, dict) for recipe in recipes):
        return raw, tuple  # the model says what is wrong
    expanded = [expand_recipe(recipe) for recipe in recipes]

    def relocate(loc: Loc) -> Loc:
        if len(loc) > 1 and loc[0] == "recipes" and isinstance(loc[1], int):
            return ("recipes", loc[1], *expanded[loc[1]][1](loc[2:]))
        return loc

    return {**raw, "recipes": [recipe for recipe, _ in expanded]}, relocate
