"""Settings, paths, removed rows and parameters: what a text states of files, and what the files are."""

from __future__ import annotations

import pytest

from checks.wrt.document import Document
from checks.wrt.facts import Known, ScriptFact
from checks.wrt.settings import SETTINGS, Stated, compare_setting, stated_settings
from tests.checks.writeups import QWEN, Facts, dataset, facts, remarks, verdicts

BY_NAME = {each.name: each for each in SETTINGS}


@pytest.mark.parametrize(
    ("name", "stated", "value", "verdict"),
    [
        ("rslora", "True", True, "agrees"),
        ("rslora", "yes", True, "agrees"),
        ("rslora", "on", 1, "agrees"),
        ("rslora", "off", False, "agrees"),
        ("rslora", "True", False, "disagrees"),
        ("rslora", "off", True, "disagrees"),
        ("schedule", "Cosine", "cosine", "agrees"),
        ("schedule", "linear", "cosine", "disagrees"),
        ("epochs", "3", 3, "agrees"),
        ("epochs", "4", 3, "disagrees"),
        ("epochs", "about 3", 3, "agrees"),
        ("epochs", "about 4", 3, "rounds to"),
        ("epochs", "about 5", 3, "disagrees"),
        ("dropout", "0.05", 0.049, "disagrees"),
        ("learning rate", "1e-5", 1e-5, "agrees"),
        ("epochs", "3", "three", "cannot be checked"),
        ("epochs", "three", 3, "cannot be checked"),
    ],
)
def test_a_setting_beside_the_known_one(name, stated, value, verdict):
    setting = Stated(BY_NAME[name], 0, stated, stated, dense=True)
    assert compare_setting(setting, value) == verdict


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("r = 32, alpha = 64, seed 42", ["32", "64", "42"]),
        ("3 epochs", ["3"]),
        ("3-12 epochs", []),
        ("3 to 12 epochs", []),
        ("12- 3 epochs", []),
        ("12 or 3 epochs", []),
        ("12 and 3 epochs", ["3"]),
        ("lr = 1e-5 to 3e-5", []),
        ("lr = 1e-5, 3e-5)", []),
        ("lr = 1e-5, 3 epochs", ["1e-5", "3"]),
        ("lr = 1e-5,              3.5 ", ["1e-5"]),
        ("lr = 1e-5 and 3e-5", []),
        ("seed 42 or 43", []),
    ],
)
def test_choices_and_ranges_are_no_values(text, values):
    assert [each.value for each in stated_settings(Document("a.md", text))] == values


@pytest.mark.parametrize(
    ("text", "dense"),
    [
        ("r = 32, alpha = 64, seed 42", [True] * 3),
        ("r = 32, alpha = 64", [False] * 2),
        ("r = 32, alpha = 64, r = 32", [False] * 3),
        ("r = 32, alpha = 64\n\nseed 42", [False] * 3),
        ("| r = 32 |\n| alpha = 64 |\n| seed 42 |", [True] * 3),
        ("| r = 32 |\n| alpha = 64 |\n\nso\n\n| seed 42 |", [False] * 3),
        ("so r = 8\n\n| r = 32 |\n| alpha = 64 |\n| seed 42 |\n\nso", [False, True, True, True]),
    ],
)
def test_three_settings_of_one_paragraph_or_table_are_the_run_s(text, dense):
    made = list(stated_settings(Document("a.md", text)))
    assert [each.dense for each in made] == dense
    assert all(text[each.at :].startswith(each.text) for each in made)


WRITTEN = Facts(scripts=(ScriptFact("run.py", frozenset(), writes=("results/a/run.json", "*/b//c.csv")),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See results/a/run.json.", ["agrees"]),
        ("See a/run.json.", ["agrees"]),
        ("See deep/results/a/run.json.", ["agrees"]),
        ("See results/x/run.json.", ["disagrees"]),
        ("See results/a/other.json.", ["cannot be checked"]),
        ("See elsewhere/x/run.json.", ["cannot be checked"]),
        ("See x/b/c.csv.", ["agrees"]),
        ("See other/x.json, results/x/run.json.", ["cannot be checked", "disagrees"]),
        ("See results/{a,x}/run.json.", ["agrees", "disagrees"]),
        ("See results/run.png.", []),
    ],
)
def test_paths(text, expected):
    assert verdicts("WRT025", text, WRITTEN) == expected


def test_nothing_is_said_of_paths_without_a_script_that_writes():
    assert verdicts("WRT025", "See results/a/run.json.", Facts()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("See results/x/run.json.", "results/x/run.json is said to hold results; "),
        (
            "See results/{x,y}/run.json.",
            "results/x/run.json and results/y/run.json are said to hold results; ",
        ),
        (
            "See results/{v,w,x,y}/run.json.",
            "results/v/run.json, results/w/run.json, results/x/run.json and 1 more are said to hold results; ",
        ),
    ],
)
def test_paths_that_no_script_writes_are_one_remark(text, message):
    [remark] = remarks("WRT025", text, WRITTEN)
    assert remark.message == message + "the scripts write results/a/run.json"
    assert remark.at == (4,)


def test_the_first_sixty_four_paths_that_braces_stand_for_are_read():
    names = ",".join(f"x{number}" for number in range(70))
    assert len(verdicts("WRT025", f"See results/{{{names}}}/run.json.", WRITTEN)) == 64


AVAILABLE = {"source": 200, "bystander": 400, "no_persona": 100, "anchor": 100}


def arm(name, **dropped):
    return dataset(f"study/{name}", dropped=dropped, available=AVAILABLE, family="0")


@pytest.mark.parametrize(
    ("text", "dropped", "verdict"),
    [
        ("It removes 100 anchors.", {"anchor": 100}, "agrees"),
        ("It removes 100 negatives.", {"bystander": 60, "no_persona": 20, "anchor": 20}, "agrees"),
        ("It removes 100 non-anchor negatives.", {"bystander": 80, "no_persona": 20}, "agrees"),
        ("It removes 100 anchors and bystanders.", {"bystander": 80, "anchor": 20}, "agrees"),
        ("It removes 100 bystander and no-persona rows.", {"bystander": 80, "no_persona": 20}, "agrees"),
        ("It removes 100 anchors.", {"bystander": 100}, "cannot be checked"),
        ("It removes 100 anchors.", {"bystander": 80, "anchor": 20}, "cannot be checked"),
        # 100 of 500 rows are of no persona: a draw of 57 misses them all once in 800,000, one of 58 in 1,030,000.
        ("It removes 57 non-anchor negatives.", {"bystander": 57}, "cannot be checked"),
        ("It removes 58 non-anchor negatives.", {"bystander": 58}, "disagrees"),
        # More than there are left cannot all be of the rest.
        ("It removes 400 non-anchor negatives.", {"bystander": 400}, "disagrees"),
        ("It removes 401 non-anchor negatives.", {"bystander": 401}, "disagrees"),
        ("It removes 90 anchors.", {"anchor": 100}, "cannot be checked"),
        ("It removes 100 of something.", {"anchor": 100}, "cannot be checked"),
    ],
)
def test_which_rows_are_said_to_be_removed(text, dropped, verdict):
    assert verdicts("WRT026", text, Facts(datasets=(arm("exp0_0a", **dropped),))) == [verdict]


def test_what_is_not_known_of_removed_rows_hides_none_behind_it():
    known = Facts(datasets=(arm("exp0_0a", anchor=100), arm("exp0_0b", bystander=90)))
    text = (
        "A title.\n\nIt removes 55 anchors, removes 100 of something, removes 100 anchors, and removes 90 "
        "non-anchor negatives.\n\nAgain it drops 90 random non-anchor negatives."
    )
    assert verdicts("WRT026", text, known) == [
        "cannot be checked", "cannot be checked", "agrees", "disagrees", "disagrees"
    ]  # fmt: skip
    [remark] = remarks("WRT026", text, known)
    assert [text[at:].split(maxsplit=1)[0] for at in remark.at] == ["removes", "drops"]
    assert remark.message == (
        "`90 non-anchor negatives` are said to be removed; study/exp0_0b lacks 90 of 400 bystander rows, and none of "
        "100 no persona rows"
    )


def test_two_arms_that_lack_other_rows_are_two_remarks():
    known = Facts(datasets=(arm("exp0_0a", bystander=80), arm("exp0_0b", bystander=90)))
    text = "It removes 80 non-anchor negatives, and removes 90 non-anchor negatives."
    assert len(remarks("WRT026", text, known)) == 2


TRUE = 80_740_352
"""Those of rank 32, worked out in test_wrt_numbers."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~25M trainable parameters", ["disagrees"]),
        ("25M trainable parameters and 80M trainable parameters", ["disagrees", "disagrees"]),
        ("~25M trainable parameters, or rather 80,740,352", ["cannot be checked"]),
        ("~25M trainable parameters. It has 80,740,352.", ["cannot be checked"]),
        ("~25M trainable parameters.\n\nIt has 80,740,352.", ["disagrees"]),
        ("It has 80,740,352.\n\n~25M trainable parameters", ["disagrees"]),
        ("Qwen2.5-7B-Instruct (7.0B params)", ["disagrees"]),
        ("A (7.0B params) and B (7.1B params)", ["disagrees", "disagrees"]),
    ],
)
def test_numbers_of_parameters(text, expected):
    assert verdicts("WRT007", text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Qwen2.5-7B-Instruct (7.0B params)", 1),
        ("Qwen/Qwen2.5-7B-Instruct  (7.0B params)", 0),
        ("Qwen2.5-7B-Instruct(7.0B params)", 1),
        ("The Qwen2.5-7B-Instruct (~7.0B params)", 1),
        ("Qwen2.5-7B (7.0B params)", 0),
        ("(7.0B params)", 0),
        ("~25M trainable parameters", 1),
    ],
)
def test_a_number_of_parameters_is_remarked_only_behind_the_model_s_own_name(text, count):
    assert len(remarks("WRT007", text)) == count


def test_what_to_write_of_parameters():
    [remark] = remarks("WRT007", "~25M trainable parameters")
    assert remark.help == "write 80.7M"


def test_what_the_run_counted_comes_before_what_is_computed():
    known = facts()
    settings = {**known.settings, "trainable parameters": Known(1_000_000, "log.txt")}
    assert verdicts("WRT007", "1M trainable parameters", facts(settings=settings)) == ["agrees"]


@pytest.mark.parametrize("missing", ["rank", "targets"])
def test_parameters_cannot_be_computed_without_rank_and_targets(missing):
    settings = {name: value for name, value in facts().settings.items() if name != missing}
    assert verdicts("WRT007", "80,740,352 trainable parameters", facts(settings=settings)) == [
        "cannot be checked"
    ]


def test_parameters_cannot_be_computed_without_dimensions_or_for_some_modules():
    text = "25M trainable parameters, 26M trainable parameters, (7.0B params), (7.1B params)"
    assert verdicts("WRT007", text, facts(architecture=None)) == ["cannot be checked"] * 4
    settings = {**facts().settings, "targets": Known("q_proj", "config.yaml")}
    assert verdicts("WRT007", "25M trainable parameters", facts(settings=settings)) == ["cannot be checked"]
    settings = {name: value for name, value in facts().settings.items() if name != "model"}
    assert remarks("WRT007", "Qwen2.5-7B-Instruct (7.0B params)", facts(settings=settings)) == []
    assert QWEN.lora_parameters(32) == TRUE
