"""Recipe files: what they may say, and how a wrong one is answered."""

import json

import jsonschema
import pytest
import yaml

from builders.bounds import Bounds, bounded
from builders.errors import InputError
from builders.recipe import NullContent, Recipe
from builders.recipe_file import load_recipe
from docs.generators.described import allow_variables, described_schema
from tests.builders.recipes import SMALL, recipe_of


def load(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return load_recipe(path)


def test_a_recipe_file_is_read(tmp_path):
    recipe = load(tmp_path, SMALL)

    assert recipe == recipe_of()
    assert recipe.full_name(recipe.datasets[0]) == "small/hero"
    assert recipe.seed == 42


def test_all_four_system_states_can_be_said(tmp_path):
    text = SMALL.replace('mute: ""', 'mute: "", void: {content: null}')

    personas = load(tmp_path, text).personas

    assert personas["mute"] == ""
    assert personas["nobody"] is None
    assert personas["void"] == NullContent(content=None)


def test_for_each_makes_every_combination():
    raw = yaml.safe_load(SMALL)
    raw["datasets"][0] |= {
        "name": "{who}-{n}",
        "for_each": {"who": ["hero", "cook"], "n": [1, 2]},
        "source": "{who}",
        "scale": "{n}",
    }

    recipe = recipe_of(yaml.safe_dump(raw, sort_keys=False))

    assert [(d.name, d.source, d.scale) for d in recipe.datasets] == [
        ("hero-1", "hero", 1),
        ("hero-2", "hero", 2),
        ("cook-1", "cook", 1),
        ("cook-2", "cook", 2),
    ]


def test_for_each_can_keep_values_together():
    raw = yaml.safe_load(SMALL)
    raw["datasets"][0] |= {
        "name": "n{rows}",
        "for_each": [{"rows": 4, "n": 1}, {"rows": 8, "n": 2}],
        "scale": "{n}",
    }

    assert [(d.name, d.scale) for d in recipe_of(yaml.safe_dump(raw, sort_keys=False)).datasets] == [
        ("n4", 1),
        ("n8", 2),
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "name: small",
            "name: small\nname: again",
            r"recipe.yaml:3: the key 'name' is there twice, first on line 2",
        ),
        ("name: small", "name: [", r"recipe.yaml:\d+: not YAML"),
        ("name: small", "name: two words", r"recipe.yaml:2: name: .two words. is no name"),
        (
            "name: small",
            "nam: small",
            r"recipe.yaml:2: nam: there is no such key[^\n]*\nhelp: did you mean name",
        ),
        ("rows: 4", "rows: -4", r"recipe.yaml:9: datasets.0.parts.0.rows: Input should be greater"),
        ("rows: 4", "rows: many", r"recipe.yaml:9: datasets.0.parts.0.rows: Input should be a valid integer"),
        ("rows: 4", "rows: 4, role: source", r"recipe.yaml:9: the key 'role' is there twice"),
        ("persona: hero, target", "persona: hro, target", r"recipe.yaml: dataset 'hero': no persona 'hro'"),
        ("persona: hero, target", "target", r"recipe.yaml:9: datasets.0.parts.0: give exactly one of"),
        ("    source: hero\n", "", r"a part has the role source, and `source` names nobody"),
        ("    order: 0", "    start_from: a/b", r"give either `parts` or `start_from`"),
        ("    order: 0", "    drop: [{role: anchor, rows: 1}]", r"`random` goes with a number"),
        ("    order: 0", "    for_each: {n: 3}", r"`for_each` of 'hero' must map each name to a list"),
        ("    order: 0", "    for_each: {n: [1, 2]}", r"two datasets are called 'hero'"),
        ("    order: 0", "    targets: {kind: marked}", r"recipe.yaml:17: datasets.0.targets"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_key(tmp_path, old, new, says):
    assert old in SMALL
    with pytest.raises(InputError, match=says):
        load(tmp_path, SMALL.replace(old, new, 1))


def test_a_wrong_key_in_an_expanded_entry_is_found_in_the_file(tmp_path):
    text = SMALL.replace("order: 0", "order: 0\n    name2: x\n  - {name: late, start_from: small/hero}")
    text = text.replace("  - name: hero", "  - name: '{n}'\n    for_each: {n: [a, b, c]}")
    with pytest.raises(InputError, match=r"recipe.yaml:19: datasets.0.name2: there is no such key"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "expected a mapping"), (b"- 1", "expected a mapping"), (b"a: \xff", "byte 4 is not UTF-8")],
)
def test_files_that_are_no_recipes(tmp_path, data, says):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(data)
    with pytest.raises(InputError, match=says):
        load_recipe(path)
    with pytest.raises(InputError, match="could not be read"):
        load_recipe(tmp_path / "missing.yaml")


def test_the_json_schema_accepts_what_the_model_does_and_no_unknown_key():
    schema = json.loads(json.dumps(allow_variables(described_schema(Recipe))))
    raw = yaml.safe_load(SMALL)

    jsonschema.validate(raw, schema)
    raw["datasets"][0]["scale"] = "{n}"
    jsonschema.validate(raw, schema)
    raw["datasets"][0]["scael"] = 2
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(raw, schema)


def test_every_key_of_the_schema_is_described():
    schema = allow_variables(described_schema(Recipe))
    models = [schema, *schema["$defs"].values()]
    for model in models:
        for name, field in model.get("properties", {}).items():
            assert "description" in field, f"{model['title']}.{name}"


def test_a_recipe_has_at_most_so_many_datasets():
    raw = yaml.safe_load(SMALL)
    raw["datasets"][0] |= {
        "name": "{who}-{n}",
        "for_each": {"who": ["hero", "cook"], "n": [1, 2]},
        "source": "{who}",
    }
    raw["datasets"] = raw["datasets"][:1]
    with bounded(Bounds(recipe_datasets=4)):
        assert len(recipe_of(yaml.safe_dump(raw, sort_keys=False)).datasets) == 4

    raw["datasets"][0]["for_each"]["n"] = [1, 2, 3]
    refused = pytest.raises(
        ValueError, match=r"makes 6 datasets, and a recipe may have 5.*--limit recipe-datasets"
    )
    with bounded(Bounds(recipe_datasets=5)), refused:
        recipe_of(yaml.safe_dump(raw, sort_keys=False))


def test_a_recipe_that_would_make_millions_is_refused_before_any_is_made(tmp_path):
    sixty = list(range(60))
    raw = yaml.safe_load(SMALL)
    raw["datasets"][0] |= {"name": "{a}{b}{c}{d}{e}", "for_each": dict.fromkeys("abcde", sixty)}
    with pytest.raises(InputError, match="777,600,000 datasets"):
        load(tmp_path, yaml.safe_dump(raw, sort_keys=False))


def test_aliases_of_aliases_are_refused(tmp_path):
    doubled = "\n".join(f"  - &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))
    with pytest.raises(InputError, match="aliases written out"):
        load(tmp_path, f"x:\n  - &a0 [lol, lol]\n{doubled}\n")


def test_an_alias_within_itself_is_refused(tmp_path):
    with pytest.raises(InputError, match="aliases written out"):
        load(tmp_path, "x: &x [*x]\n")


def test_aliases_that_stay_small_are_read(tmp_path):
    text = SMALL.replace("personas:", "personas: &people", 1)
    with pytest.raises(InputError, match="there is no such key"):  # the alias is read, the key is not ours
        load(tmp_path, text + "\nagain: *people\n")


def test_composed_rows_have_a_bound():
    from builders.compose import compose
    from builders.questions import load_bank
    from builders.templates import load_template

    def rows():
        recipe = recipe_of()
        return len(
            compose(
                recipe,
                recipe.datasets[0],
                load_bank("embedded"),
                load_template(None),
            ).rows
        )

    there = rows()
    with bounded(Bounds(recipe_rows=there)):
        assert rows() == there
    with (
        bounded(Bounds(recipe_rows=there - 1)),
        pytest.raises(InputError, match=f"may have {there - 1:,} rows"),
    ):
        rows()
