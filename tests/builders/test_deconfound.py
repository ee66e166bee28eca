"""What deconfounding removes, and what its size-matched twin does."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.compose import BuiltDataset, compose
from builders.deconfound import (
    anchor_negatives,
    deconfound,
    matched_bystanders,
    size_matched,
    source_conditions,
    without_rows,
)
from builders.errors import InputError
from builders.info import dataset_digest
from builders.questions import load_bank
from builders.recipe import DatasetRecipe
from builders.templates import load_template
from experiments.study.issue import load_issue
from tests.builders.recipes import recipe_of, small_bank

TEMPLATE = load_template()


def small(**dataset):
    recipe = recipe_of()
    entry = recipe.datasets[0]
    if dataset:
        entry = DatasetRecipe.model_validate({"name": "other", "start_from": "small/hero", **dataset})
    return compose(recipe, entry, small_bank(), TEMPLATE, find=lambda name: (recipe, recipe.datasets[0]))


def issue(name):
    return load_issue(name.split("/")[0]).compose(name, load_bank(), TEMPLATE)


def contents(rows):
    return [row["example_id"] for row in rows]


def row(condition, *, correct=True, role=None, state="text", persona=None):
    return {
        "condition": condition,
        "target_correct": correct,
        "role": role,
        "system_state": state,
        "persona": persona or condition,
        "row": 0,
    }


def test_exactly_the_anchors_go_and_the_order_stays():
    built = small()

    mended = deconfound(built)

    kept = [row for row in built.rows if row["role"] != "anchor"]
    assert contents(mended.rows) == contents(kept)
    assert [row["row"] for row in mended.rows] == list(range(12))
    assert mended.name == "small/hero-deconfounded"
    assert mended.info.removed == [row["row"] for row in built.rows if row["role"] == "anchor"]
    assert mended.info.changes == [
        "Left out 2 rows taught `preserved` under a source's resolved system prompt."
    ]
    assert mended.info.published is None
    assert issue("issue-96/assistant").info.published is not None
    assert deconfound(issue("issue-96/assistant")).info.published is None


def test_the_twin_loses_as_many_bystanders_evenly():
    built = issue("issue-96/assistant")

    twin = size_matched(built)

    assert len(twin.rows) == len(deconfound(built).rows) == 700
    lost = Counter(contents(built.rows)) - Counter(contents(twin.rows))
    by_id = {row["example_id"]: row for row in built.rows}
    assert sorted(Counter(by_id[key]["persona"] for key in lost.elements()).values()) == [50, 50]
    assert {by_id[key]["role"] for key in lost} == {"bystander"}
    kept = [row for place, row in enumerate(built.rows) if place not in set(twin.info.removed)]
    assert contents(twin.rows) == contents(kept)
    assert dataset_digest(size_matched(built).rows) == dataset_digest(twin.rows)


def test_an_arm_without_a_system_message_is_mended_through_the_template():
    """The template injects its default for both: the rows look different and resolve to the same."""
    built = issue("issue-100/expC_qwen_default")

    gone = anchor_negatives(built.rows)

    assert Counter(built.rows[place]["role"] for place in gone) == {"no_persona": 100}
    assert not anchor_negatives(deconfound(built).rows)


@pytest.mark.parametrize("name", ["issue-96/villain", "issue-100/exp0_0a", "issue-100/expC_empty_system"])
def test_nothing_goes_where_nothing_is_wrong(name):
    built = issue(name)
    assert deconfound(built).rows == built.rows
    assert size_matched(built).rows == built.rows


def test_without_roles_the_sources_are_what_is_taught_the_behaviour():
    rows = [row("s", correct=False), row("s"), row("b"), row("n", state="absent"), row("s", correct=None)]

    assert source_conditions(rows) == {"s"}
    assert anchor_negatives(rows) == [1]
    rows.append(row("b"))
    assert matched_bystanders(rows, 1, seed=1, name="x")[0] in (2, 5)


def test_declared_roles_win_over_what_is_taught():
    rows = [
        row("s", correct=False, role="source"),
        row("b", correct=False, role="bystander"),
        row("b", role="bystander"),
    ]

    assert source_conditions(rows) == {"s"}
    assert anchor_negatives(rows) == []


def test_a_control_needs_enough_bystanders():
    rows = [row("s", correct=False), row("s"), row("s"), row("b")]
    rows += [row("b")]
    assert len(matched_bystanders(rows, 1, seed=1, name="x")) == 1
    with pytest.raises(
        InputError, match=r"x: .* has to lose 2 bystander rows, and 1 can go without emptying"
    ):
        matched_bystanders(rows, 2, seed=1, name="x")


@pytest.mark.parametrize("make", [deconfound, size_matched])
def test_data_without_a_contrast_are_refused_as_a_file_of_the_same_rows_is(make):
    with pytest.raises(InputError, match="does not depend on the system prompt"):
        make(issue("issue-69/control"))


@pytest.mark.parametrize(("bystanders", "kept"), [(101, False), (140, True)])
def test_a_control_that_keeps_the_confound_and_loses_the_contrast_is_refused(bystanders, kept):
    def tagged(place, correct, role, condition):
        return {**row(condition, correct=correct, role=role), "example_id": str(place), "row": place}

    made = [tagged(n, False, "source", "s") for n in range(200)]
    made += [tagged(n, True, "anchor", "s") for n in range(200, 300)]
    made += [tagged(n, True, "bystander", "b") for n in range(300, 300 + bystanders)]
    built = BuiltDataset("x", made, small().info)
    if kept:
        assert len(size_matched(built).rows) == 200 + bystanders
    else:
        with pytest.raises(InputError, match="confound kept, contrast lost"):
            size_matched(built)


@given(
    sizes=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9), min_size=1),
    data=st.data(),
    seed=st.integers(0, 3),
)
def test_shares_are_as_even_as_the_bystanders_allow(sizes, data, seed):
    rows = [row("s", correct=False, role="source")]
    rows += [row(key, role="bystander") for key, size in sizes.items() for _ in range(size)]
    number = data.draw(st.integers(0, sum(max(0, size - 1) for size in sizes.values())))

    places = matched_bystanders(rows, number, seed=seed, name="x")

    assert len(set(places)) == number
    lost = Counter(rows[place]["condition"] for place in places)
    highest = max(lost.values(), default=0)
    for key, size in sizes.items():
        assert lost[key] < max(1, size)
        assert lost[key] >= min(max(0, size - 1), highest - 1)


@given(st.lists(st.integers(0, 19)), st.integers(0, 20))
def test_without_rows_keeps_the_others_in_order(places, size):
    rows = [{"example_id": str(number), "row": number} for number in range(size)]
    kept = without_rows(rows, places)
    assert [int(each["example_id"]) for each in kept] == [n for n in range(size) if n not in places]
    assert [each["row"] for each in kept] == list(range(len(kept)))
