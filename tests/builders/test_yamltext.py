"""YAML from strangers: bounds on depth and size, one kind of error, for every file that is YAML."""

import itertools

import pytest

from builders.yamltext import DEEPEST, NotYamlError, read_yaml


def test_a_document_is_read():
    document = read_yaml("a: [1, {b: x}]\n")
    assert document.value == {"a": [1, {"b": "x"}]}
    assert document.node is not None
    assert read_yaml("").value is None
    assert read_yaml("# nothing\n").node is None


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_the_deepest_document_is_read_and_one_level_more_is_refused(open_, close):
    assert read_yaml(open_ * DEEPEST + "x" + close * DEEPEST).value
    with pytest.raises(NotYamlError, match=f"nested more than {DEEPEST} deep"):
        read_yaml(open_ * (DEEPEST + 1) + "x" + close * (DEEPEST + 1))


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000, "? " * 100_000])
def test_a_hundred_thousand_levels_end_with_an_error_and_not_with_the_process(text):
    with pytest.raises(NotYamlError):
        read_yaml(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object:os.system x",
        "a: [",
        "\0",
        "a: *b",
        "a: " + "1" * 5000,
        "2020-13-45: x",
        "? {a: b}\n: c",
    ],
)
def test_what_is_no_plain_yaml_is_one_kind_of_error(text):
    with pytest.raises(NotYamlError):
        read_yaml(text)


def test_a_key_that_is_said_twice_is_refused_where_that_matters():
    assert read_yaml("a: 1\na: 2\n").value == {"a": 2}
    with pytest.raises(NotYamlError, match="the key 'a' is there twice, first on line 1") as refused:
        read_yaml("a: 1\na: 2\n", keys_once=True)
    assert refused.value.line == 2
    merged = read_yaml(
        "x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n", keys_once=True
    )  # a merged key is not said twice
    assert merged.value["y"] == {"a": 3, "b": 2}


def test_aliases_of_aliases_are_refused_everywhere(tmp_path):
    from auditor.scanning.documents import front_matter
    from auditor.texts.writeup_facts import config_facts
    from builders.errors import InputError
    from builders.labels.roles import load_roles

    names = "abcdefghi"
    lines = ["a: &a [" + ", ".join(["xxxxxxxxxx"] * 9) + "]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in itertools.pairwise(names)]
    bomb = "\n".join(lines) + "\n"
    path = tmp_path / "bomb.yaml"
    path.write_text(bomb)
    for read in (load_roles, config_facts):
        with pytest.raises(InputError, match="aliases"):
            read(path)
    assert front_matter(f"---\n{bomb}---\n") is None
