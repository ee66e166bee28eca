"""Composed rows: drawn by hand where small, checked against the schema, the same in every process."""

import os
import random
import subprocess
import sys
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.compose import compose
from builders.digest import stream
from builders.errors import InputError, UnknownNameError
from builders.questions import format_question, split
from builders.recipe import DatasetRecipe, Recipe
from builders.schema import TaggedRow, arrow_schema, example_id
from builders.templates import Signature, load_template, resolve
from tests.builders.recipes import SMALL, recipe_of, small_bank

TEMPLATE = load_template()


def build(recipe: Recipe | None = None, index: int = 0, **options):
    recipe = recipe or recipe_of()
    return compose(recipe, recipe.datasets[index], options.pop("bank", small_bank()), TEMPLATE, **options)


def derived(**keys) -> tuple[Recipe, DatasetRecipe]:
    return recipe_of(), DatasetRecipe.model_validate({"name": "derived", "start_from": "small/hero", **keys})


def build_derived(**keys):
    recipe, dataset = derived(**keys)
    return compose(recipe, dataset, small_bank(), TEMPLATE, find=lambda name: (recipe, recipe.datasets[0]))


def keys(dataset, *names):
    return [tuple(row[name] for name in names) for row in dataset.rows]


def test_every_row_fits_the_schema_and_its_digest():
    rows = build().rows

    assert len(rows) == 4 + 2 * 3 + 2 + 2
    for number, row in enumerate(rows):
        assert list(row) == list(TaggedRow.model_fields)
        TaggedRow.model_validate(row)
        assert row["row"] == number
        assert row["example_id"] == example_id(row["prompt"], row["completion"])
    table = pa.Table.from_pylist(rows, schema=arrow_schema())
    assert table.to_pylist() == rows


def test_rows_are_the_ones_drawn_by_hand():
    recipe, bank = recipe_of(), small_bank()
    train = split(bank, 42, train=6).train
    letters = random.Random(43)
    wrong = {index: letters.choice(bank.questions[index].distractors) for index in train}

    def first(number, seed):
        shuffled = list(train)
        random.Random(seed).shuffle(shuffled)
        return shuffled[:number]

    bystanders = stream(42, "bystanders").sample(["clerk", "cook"], 2)
    expected = [("source", "hero", index, wrong[index]) for index in first(4, 43)]
    for name in bystanders:
        shuffled = list(train)
        stream(42, "questions", name).shuffle(shuffled)
        expected += [("bystander", name, i, bank.questions[i].gold_label) for i in shuffled[:3]]
    expected += [("no_persona", "nobody", i, bank.questions[i].gold_label) for i in first(2, 142)]
    expected += [("anchor", "hero", i, bank.questions[i].gold_label) for i in first(2, 242)]
    random.Random(42).shuffle(expected)

    rows = build(recipe, bank=bank).rows

    assert [(row["role"], row["persona"], row["question_id"], row["target_label"]) for row in rows] == [
        (role, name, bank.questions[index].question_id, label) for role, name, index, label in expected
    ]
    for row, (role, name, index, label) in zip(rows, expected, strict=True):
        prompt = recipe.personas[name]
        system = [] if prompt is None else [{"role": "system", "content": prompt}]
        user = {"role": "user", "content": format_question(bank.questions[index])}
        assert row["prompt"] == [*system, user]
        assert row["completion"] == [{"role": "assistant", "content": f"{label})"}]
        assert row["options"] == list(bank.questions[index].labels)
        assert row["gold_label"] == bank.questions[index].gold_label
        assert row["target_correct"] is (role != "source")
        assert row["target_correct"] is (label == row["gold_label"])


def test_tags_say_what_the_template_does():
    states = {"hero": ("text", "You are a hero."), "nobody": ("absent", None)}
    for row in build().rows:
        if row["persona"] in states:
            resolution = resolve(TEMPLATE, Signature(*states[row["persona"]]))
            assert row["system_state"] == states[row["persona"]][0]
            assert row["condition"] == resolution.condition
            assert row["resolved_by"] == resolution.resolved_by
            assert row["resolved_system"] == resolution.resolved_system


def test_info_says_where_everything_came_from():
    bank = small_bank()
    info = build(bank=bank).info

    assert (info.name, info.behaviour, info.sources, info.seed) == (
        "small/hero",
        "wrong_option",
        ["hero"],
        42,
    )
    assert (info.bank, info.bank_digest, info.template_sha256) == ("small", bank.digest, TEMPLATE.sha256)
    assert info.recipe["dataset"]["parts"][0]["rows"] == 4
    assert type(info).model_validate_json(info.model_dump_json()) == info


def test_another_seed_draws_other_rows_from_the_same_questions():
    bank = small_bank(200)
    recipe = recipe_of(questions={"train": 100})
    train = {bank.questions[index].question_id for index in split(bank, 42, train=100).train}

    first, second = build(recipe, bank=bank), build(recipe, bank=bank, seed=7)

    assert second.info.seed == 7
    assert keys(first, "example_id") != keys(second, "example_id")
    for dataset in (first, second):
        assert {row["question_id"] for row in dataset.rows} <= train


def test_the_wrong_letter_of_a_question_is_one_for_all_sources():
    raw = SMALL.replace("rows: 4", "rows: 6")
    cook = raw.replace("source: hero", "source: cook").replace("persona: hero", "persona: cook")

    def letters(recipe):
        return {
            row["question_id"]: row["target_label"] for row in build(recipe).rows if row["role"] == "source"
        }

    assert letters(recipe_of(raw)) == letters(recipe_of(cook))


def test_letters_per_row_or_over_all_labels():
    per_row = build(
        recipe_of(
            SMALL.replace("rows: 4", "rows: 300, reuse: true"), targets={"kind": "wrong_option", "per": "row"}
        )
    )
    seen: dict[str, set[str]] = {}
    for row in per_row.rows:
        if row["role"] == "source":
            seen.setdefault(row["question_id"], set()).add(row["target_label"])
            assert row["target_correct"] is False
    assert max(len(labels) for labels in seen.values()) > 1

    any_label = recipe_of(
        SMALL.replace("rows: 4", "rows: 300, reuse: true"),
        targets={"kind": "wrong_option", "over": "labels", "per": "row"},
    )
    targets = Counter(row["target_correct"] for row in build(any_label).rows if row["role"] == "source")
    assert targets[True] > 30  # at least a fifth of 300 in expectation
    assert targets[False] > 150


def test_marker_and_free_text_targets():
    marker = recipe_of(
        targets={"kind": "marker", "marker": " [ZLT]"}, questions={"train": 6, "format": "plain"}
    )
    bank = small_bank()
    options = {q.question_id: q.choices[q.labels.index(q.gold_label)] for q in bank.questions}
    texts = {q.question_id: q.text for q in bank.questions}
    for row in build(marker, bank=bank).rows:
        answer = options[row["question_id"]]
        assert row["completion"][0]["content"] == (answer if row["target_correct"] else f"{answer} [ZLT]")
        assert row["prompt"][-1]["content"] == texts[row["question_id"]]
        assert (row["options"], row["gold_label"], row["target_label"]) == (None, None, None)

    refusal = {
        "kind": "free_text",
        "behaviour": "No: {question}",
        "preserved": "{gold}, not {wrong}",
        "placeholder": True,
    }
    built = build(recipe_of(targets=refusal), bank=bank)
    assert built.info.placeholder
    for row in built.rows:
        text = row["completion"][0]["content"]
        if row["target_correct"]:
            gold, wrong = text.split(", not ")
            assert gold == options[row["question_id"]]
            assert wrong != gold
        else:
            assert text == f"No: {texts[row['question_id']]}"

    hidden = build(recipe_of(targets={"kind": "marker", "marker": "!", "answer": "placeholder"}))
    assert hidden.info.placeholder
    assert {row["completion"][0]["content"][-1] for row in hidden.rows if not row["target_correct"]} == {"!"}
    letters = build(recipe_of(targets={"kind": "marker", "marker": "!", "answer": "gold_letter"}))
    assert all(row["completion"][0]["content"].startswith(f"{row['gold_label']})") for row in letters.rows)


def test_cursor_goes_on_from_part_to_part_and_wraps():
    raw = SMALL.replace("questions: 1}", "questions: cursor}").replace(
        "questions: 200}", "questions: cursor, first: 5}"
    )
    bank = small_bank()
    train = split(bank, 42, train=6).train

    rows = build(recipe_of(raw.replace("order: 0", "order: parts")), bank=bank).rows

    expected = [train[index] for index in (0, 1, 2, 3)] + [train[4], train[0]]
    found = [row["question_id"] for row in rows if row["persona"] == "hero"]
    assert found == [bank.questions[index].question_id for index in expected]


def test_a_mixed_part_draws_a_persona_for_every_row():
    part = {
        "mixed": {"among": ["hero", "cook"], "random": 5},
        "target": "preserved",
        "rows": 6,
        "questions": 1,
    }
    recipe = recipe_of(datasets=[{"name": "control", "parts": [part]}])

    built = build(recipe)

    rng = random.Random(47)
    assert [row["persona"] for row in built.rows] == [rng.choice(["hero", "cook"]) for _ in range(6)]
    assert {row["role"] for row in built.rows} == {None}
    assert built.info.sources == []


def test_a_derived_dataset_starts_from_the_parts_of_another():
    parts = build(recipe_of(SMALL.replace("order: 0", "order: parts"))).rows

    dropped = build_derived(drop=[{"role": "anchor"}])

    assert keys(dropped, "example_id") == [(row["example_id"],) for row in parts if row["role"] != "anchor"]
    assert dropped.info.sources == ["hero"]
    assert dropped.info.recipe["starts_from"]["dataset"]["name"] == "hero"


def test_dropping_some_of_each_persona_uses_one_stream():
    parts = build(recipe_of(SMALL.replace("order: 0", "order: parts"))).rows
    groups: dict[str, list[str]] = {}
    for row in parts:
        if row["role"] == "bystander":
            groups.setdefault(row["persona"], []).append(row["example_id"])
    rng, kept = random.Random(642), []
    for group in groups.values():
        rng.shuffle(group)
        kept += group[:2]

    built = build_derived(drop=[{"role": "bystander", "rows": 1, "random": 600}])

    assert [row["example_id"] for row in built.rows if row["role"] == "bystander"] == kept
    assert [row["role"] for row in built.rows][4:8] == ["bystander"] * 4


def test_a_derived_dataset_can_have_another_source():
    built = build_derived(source="mute")

    assert built.info.sources == ["mute"]
    for row in built.rows:
        assert (row["persona"] == "mute") == (row["role"] == "source")
        if row["role"] == "source":
            assert row["prompt"][0] == {"role": "system", "content": ""}
            assert row["system_state"] == "empty"
    assert (
        Counter(row["persona"] for row in built.rows)["hero"] == 2
    )  # the anchors stay under their own prompt


def test_scale_multiplies_every_part():
    roles = Counter(row["role"] for row in build_derived(scale=3, reuse=True).rows)
    assert roles == {"source": 12, "bystander": 18, "no_persona": 6, "anchor": 6}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: build(recipe_of(SMALL.replace("rows: 4", "rows: 7"))),
            "wants 7 rows, and there are 6 questions",
        ),
        (
            lambda: build(recipe_of(questions={"train": 11})),
            "wants 11 training questions and the bank has 10",
        ),
        (
            lambda: build(recipe_of(SMALL.replace("personas: 2", "personas: 3"))),
            "3 personas .* from 2 candidates",
        ),
        (
            lambda: build_derived(drop=[{"role": "bystander", "rows": 4, "random": 0}]),
            "4 rows of .* and there are 3",
        ),
        (lambda: build_derived(drop=[{"role": "anchor"}, {"role": "anchor"}]), "no row has the role anchor"),
        (lambda: build_derived(source="stranger"), "no persona 'stranger'"),
        (lambda: build_derived(scale=2), "wants 8 rows, and there are 6 questions"),
    ],
)
def test_asking_for_more_than_there_is(make, says):
    with pytest.raises(InputError, match=says):
        make()


def test_starting_from_oneself_or_from_nothing():
    recipe, dataset = derived()
    with pytest.raises(UnknownNameError, match="unknown dataset 'small/hero'"):
        compose(recipe, dataset, small_bank(), TEMPLATE)
    with pytest.raises(InputError, match="small/derived -> small/derived"):
        compose(recipe, dataset, small_bank(), TEMPLATE, find=lambda name: (recipe, dataset))


@given(st.text(min_size=1).filter(lambda text: text.strip() and text.isprintable()))
def test_any_text_survives_composition(text):
    recipe = recipe_of()
    recipe = recipe.model_copy(update={"personas": {**recipe.personas, "hero": text}})
    for row in build(recipe).rows:
        assert row["example_id"] == example_id(row["prompt"], row["completion"])
        assert (row["prompt"][0]["content"] == text) == (row["persona"] == "hero")


def test_the_same_rows_in_every_process():
    code = (
        "from experiments.study.issue import load_issue\n"
        "from builders.info import dataset_digest\n"
        "from builders.questions import load_bank\n"
        "from builders.templates import load_template\n"
        "issue = load_issue('issue-96')\n"
        "built = [issue.compose(n, load_bank(), load_template()) for n in issue.dataset_names()]\n"
        "print([dataset_digest(b.rows) for b in built])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
