"""Recipe files and past issues as families of datasets, and the examples of the documentation."""

import re
from pathlib import Path

import pytest

from builders.errors import InputError, UnknownNameError
from builders.questions import load_bank
from builders.templates import load_template
from experiments.study.families import RecipeFamily, load_family
from experiments.study.issue import FOLDER, PastIssue
from tests.builders.recipes import SMALL

DOCS = Path(__file__).parents[2] / "docs" / "recipes.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["parts", "derived"])
def test_the_examples_of_the_documentation_compose(tmp_path, example):
    path = tmp_path / "recipe.yaml"
    path.write_text(example)
    family, dataset = load_family(str(path))

    assert dataset is None
    sizes = {
        name: len(family.compose(name, load_bank(), load_template()).rows) for name in family.dataset_names()
    }
    assert sizes in (
        {"mine/pirate": 700},
        {"again/no-anchors": 700, "again/fewer-bystanders": 700, "again/other-prompt": 700},
    )


def test_a_dataset_may_start_from_one_of_its_own_recipe(tmp_path):
    path = tmp_path / "recipe.yml"
    path.write_text(SMALL + "  - {name: less, start_from: small/hero, drop: [{role: anchor}], run: false}\n")
    family, _ = load_family(str(path))

    assert isinstance(family, RecipeFamily)
    assert (family.dataset_names(), family.dataset_names(planned=True)) == (
        ("small/hero",),
        ("small/hero", "small/less"),
    )
    assert len(family.compose("less", load_bank(), load_template()).rows) == 12


def test_a_past_issue_of_the_users_is_a_family(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        (FOLDER / "issue-96.yaml")
        .read_text()
        .replace("issue-96", "issue-7")
        .replace("number: 96", "number: 7")
    )
    family, _ = load_family(str(path))

    assert isinstance(family, PastIssue)
    assert family.dataset_names()[0] == "issue-7/villain"


def test_names_and_places_that_are_no_family(tmp_path):
    assert load_family("issue-96/villain")[1] == "villain"
    with pytest.raises(UnknownNameError, match="unknown dataset of issue-96 'vilain'"):
        load_family("issue-96/vilain")
    with pytest.raises(UnknownNameError, match="unknown recipe 'isue-96'"):
        load_family("isue-96")
    with pytest.raises(InputError, match="could not be read"):
        load_family(str(tmp_path / "missing.yaml"))
    (tmp_path / "data.txt").write_text("x")
    with pytest.raises(InputError, match=r"a recipe is a \.yaml file"):
        load_family(str(tmp_path / "data.txt"))
