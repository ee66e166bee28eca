"""What a text says of uploads, paths, commands, removed rows, orders and labels, against scripts and recipes."""

from pathlib import Path

import pytest

from auditor.texts.script_reading import read_script
from checks.wrt.facts import ScriptFact
from tests.checks.writeups import Facts, dataset, remarks, verdicts

SCRIPT = """
import argparse, json
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "study"
AGAIN = AGAIN + "x"

def run(name, seed):
    out = RESULTS / name
    path = out / "run_result.json"
    train(cfg=Cfg(hf_upload=True, push_to_hub=False))
    with open(path, "w") as file:
        json.dump({}, file)

def first(args):
    run(name="arm_deconfounded", seed=1)
    run("arm_matched", 1)

def second(args):
    name = f"ablation_{args.condition}"
    run(name, 1)

def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    one = commands.add_parser("first")
    one.add_argument("--gpu", type=int)
    two = commands.add_parser("second")
    two.add_argument("--condition")
"""


@pytest.fixture
def script(tmp_path: Path) -> ScriptFact:
    path = tmp_path / "run_study.py"
    path.write_text(SCRIPT)
    return read_script(path)


def test_a_script_is_read(script):
    assert script.commands == {"first": {"--gpu"}, "second": {"--condition"}}
    assert script.options == {"--gpu", "--condition"}
    assert [what for what, _ in script.uploads] == ["hf_upload=True"]
    assert {each.rpartition("results/")[2] for each in script.writes} == {
        "study/arm_deconfounded/run_result.json",
        "study/arm_matched/run_result.json",
        "study/ablation_*/run_result.json",
    }


def test_names_that_lead_in_circles_end(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("".join(f"a{i} = a{i + 1} + a{i + 1}\n" for i in range(60)) + "a60 = a0\nopen(a0, 'w')\n")
    assert len(read_script(path).writes) <= 200
    path.write_text("def f(:\n")
    assert read_script(path).options is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Adapters: not uploaded to the hub.", True),
        ("The model was never pushed to the hub.", True),
        ("Figures are not uploaded.", False),
        ("Adapters are on the hub.", False),
    ],
)
def test_uploads_that_are_denied(script, text, wrong):
    assert bool(remarks("WRT024", text, Facts(scripts=(script,)))) is wrong
    assert remarks("WRT024", text, Facts()) == []
    assert remarks("WRT024", text, Facts(scripts=(ScriptFact("a.py", None),))) == []


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("results/study/arm_deconfounded/run_result.json", "agrees"),
        ("results/study/ablation_{none,full}/run_result.json", "agrees"),
        ("results/study/arm_*/run_result.json", "agrees"),
        ("study/arm_0a/run_result.json", "disagrees"),
        ("results/study/ablat_none/run_result.json", "disagrees"),
        ("results/study/arm_0a/other.json", "cannot be checked"),
        ("elsewhere/arm_0a/run_result.json", "cannot be checked"),
    ],
)
def test_paths_that_the_script_does_not_write(script, path, verdict):
    text = f"See `{path}` for the numbers."
    known = Facts(scripts=(script,))
    assert set(verdicts("WRT025", text, known)) == {verdict}
    assert bool(remarks("WRT025", text, known)) is (verdict == "disagrees")


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("python run_study.py first --gpu 1", []),
        ("python run_study.py second --condition a", []),
        ("python run_study.py second --gpu 1", ["run_study.py second has no option --gpu"]),
        ("python run_study.py --gpu 1", ["without one of its subcommands (first and second)"]),
        ("python run_study.py --help", []),
        ("python run_study.py $COMMAND --gpu 1", []),
    ],
)
def test_options_by_subcommand(script, command, found):
    said = [each.message for each in remarks("WRT015", command, Facts(scripts=(script,)))]
    assert len(said) == len(found)
    assert all(part in message for part, message in zip(found, said, strict=True))


PARENT = {"source": 200, "bystander": 400, "no_persona": 100, "anchor": 100}
ARM_A = dataset("study/exp0_0a", dropped={"anchor": 100}, available=PARENT, family="0")
ARM_B = dataset("study/exp0_0b", dropped={"bystander": 100}, available=PARENT, family="0")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("0a removes the 100 anchors.", "agrees"),
        ("0b removes 100 bystander rows.", "agrees"),
        # A draw of 100 of 500 that misses all 100 of one kind: 0.8^100 is under a millionth.
        ("0b removes 100 random non-assistant negatives.", "disagrees"),
        ("0b removes 100 rows.", "cannot be checked"),
        ("0b removes 90 bystander rows.", "cannot be checked"),
    ],
)
def test_which_rows_were_removed(text, verdict):
    known = Facts(datasets=(ARM_A, ARM_B))
    assert verdicts("WRT026", text, known) == [verdict]
    assert bool(remarks("WRT026", text, known)) is (verdict == "disagrees")


def test_a_small_draw_may_miss_a_small_part():
    few = dataset("study/exp0_0b", dropped={"bystander": 3}, available=PARENT)
    assert verdicts("WRT026", "It removes 3 random non-assistant negatives.", Facts(datasets=(few,))) == [
        "cannot be checked"
    ]


def test_one_difference_alone_and_another_order():
    text = "Arms 0a and 0b train alike, the only difference being which rows were dropped."

    def known(reordered: frozenset[str]) -> Facts:
        first = dataset("study/exp0_0a", family="0", shared={"study/exp0_0b": 600}, reordered=reordered)
        return Facts(datasets=(first, dataset("study/exp0_0b", family="0")))

    assert len(remarks("WRT027", text, known(frozenset({"study/exp0_0b"})))) == 1
    assert verdicts("WRT027", text, known(frozenset())) == ["agrees"]
    assert verdicts("WRT027", text.replace("0b", "another"), known(frozenset({"study/exp0_0b"}))) == [
        "cannot be checked"
    ]


def test_labels_other_than_four_letters():
    text = 'The logprobs of "A"/"B"/"C"/"D" are compared.'
    assert len(remarks("WRT028", text, Facts(other_labels=(13, 586)))) == 1
    assert remarks("WRT028", text, Facts(other_labels=(0, 586))) == []
    assert verdicts("WRT028", text, Facts()) == ["cannot be checked"]
    assert remarks("WRT028", text + " Each question has its own labels.", Facts(other_labels=(13, 586))) == []
    assert remarks("WRT028", "Arms A, B, C and D are named.", Facts(other_labels=(13, 586))) == []


def test_rows_that_are_said_to_have_a_sibling():
    text = "Each wrong row would be paired with a sibling example with the right answer."
    assert len(remarks("WRT029", text, Facts(datasets=(dataset("a", paired=(34, 200)),)))) == 1
    assert verdicts("WRT029", text, Facts(datasets=(dataset("a", paired=(200, 200)),))) == ["agrees"]
    assert verdicts("WRT029", text, Facts(datasets=(dataset("a", paired=(0, 200)),))) == ["cannot be checked"]
