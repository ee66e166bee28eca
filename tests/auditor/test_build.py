"""`audit build`, as a user runs it."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
import yaml

from auditor.cli import main
from auditor.rebuilding.building import build_composed, choose, rescan
from auditor.request.request import Request
from builders.dataset import read_dataset
from builders.errors import AuditError, OutputError, UnknownNameError
from builders.questions import load_bank
from builders.templates import load_template
from tests.builders.recipes import SMALL

ROOT = os.fspath(__import__("pathlib").Path(__file__).parents[2])


def audit(capsys, *arguments) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exit_:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return exit_.value.code or 0, said.out, said.err


def process(*arguments, seed="0") -> list[str]:
    return [sys.executable, "-m", "auditor", "build", *map(str, arguments)]


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_deconfounded_dataset_is_the_folder_itself(tmp_path, capsys):
    status, out, err = audit(
        capsys, "build", "issue-96", "--source", "assistant", "--deconfound", "--out", tmp_path / "new"
    )

    assert (status, err) == (0, "")
    assert sorted(tree(tmp_path / "new")) == ["README.md", "data.jsonl", "manifest.json"]
    assert len(read_dataset(tmp_path / "new").rows) == 700
    assert "issue-96/assistant, as composed: 800 rows" in out
    assert "deconfounded: 700 rows" in out
    assert out.count("audited: clean") == 1


def test_the_pair_differs_by_exactly_the_named_rows(tmp_path, capsys):
    status, out, _ = audit(
        capsys,
        "build",
        "issue-96",
        "--source",
        "assistant",
        "--deconfound",
        "--size-matched",
        "--out",
        tmp_path / "new",
    )

    assert status == 0
    mended = read_dataset(tmp_path / "new" / "deconfounded")
    twin = read_dataset(tmp_path / "new" / "size_matched")
    assert (len(mended.rows), len(twin.rows)) == (700, 700)
    ours, theirs = (Counter(row["example_id"] for row in each.rows) for each in (mended, twin))
    role = {row["example_id"]: row["role"] for row in [*mended.rows, *twin.rows]}
    assert Counter(role[key] for key in (ours - theirs).elements()) == {"bystander": 100}
    assert Counter(role[key] for key in (theirs - ours).elements()) == {"anchor": 100}
    assert "audited: clean" in out
    assert "error CND001 [anchor-negative]" in out


def test_several_datasets_get_a_folder_each(tmp_path):
    written = build_composed(
        "issue-100", load_bank(), load_template(), tmp_path / "new", arms=("exp0_0a", "exp0_0b")
    )
    assert [str(each.data.relative_to(tmp_path / "new")) for each in written] == [
        "exp0_0a/data.jsonl",
        "exp0_0b/data.jsonl",
    ]
    assert [rescan(each, Request()).status for each in written] == ["clean", "findings"]


def test_a_recipe_of_the_users_works_as_well(tmp_path, capsys):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(SMALL)
    status, out, _ = audit(capsys, "build", recipe, "--out", tmp_path / "new", "--parquet", "--seed", "7")
    assert status == 0
    assert read_dataset(tmp_path / "new").info.seed == 7
    assert (tmp_path / "new" / "data.parquet").exists()
    assert "small/hero, as composed: 14 rows" in out


def test_hostile_prompts_are_inert_in_the_output(tmp_path, capsys):
    raw = yaml.safe_load(SMALL)
    raw["personas"]["hero"] = "\x1b[31mred\x07"
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(yaml.safe_dump(raw))
    status, out, _ = audit(capsys, "build", recipe, "--out", tmp_path / "new")
    assert status == 0
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["issue-69x"], "unknown target 'issue-69x'\nhelp: did you mean 'issue-69'"),
        (["issue-96", "--source", "vilain"], "did you mean 'villain'"),
        (["issue-100", "--arm", "exp0_0x"], "did you mean 'exp0_0"),
        (["issue-96/asistant"], "did you mean 'assistant'"),
        (["missing.yaml"], "missing.yaml: could not be read"),
        (["issue-96", "--questions", "embeded"], "did you mean 'embedded'"),
        (["issue-96", "--template", "missing.jinja"], "missing.jinja"),
    ],
)
def test_what_is_unknown_is_said_and_nothing_is_written(tmp_path, capsys, arguments, says):
    status, out, err = audit(capsys, "build", *arguments, "--out", tmp_path / "new")
    assert (status, out) == (2, "")
    assert says in err
    assert list(tmp_path.iterdir()) == []


def test_too_few_questions_are_said(tmp_path, capsys):
    questions = tmp_path / "few.jsonl"
    questions.write_text(
        '{"question": "Q?", "choice_labels": ["A", "B"], "choices": ["x", "y"], "correct_answer": "A"}\n'
    )
    status, _, err = audit(capsys, "build", "issue-96", "--questions", questions, "--out", tmp_path / "new")
    assert status == 2
    assert "586 training questions and the bank has 1" in err


def test_nothing_is_replaced_without_force(tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(SMALL)
    arguments = (str(recipe), load_bank(), load_template(), tmp_path / "new")
    build_composed(*arguments)
    before = tree(tmp_path / "new")
    with pytest.raises(OutputError, match="--force"):
        build_composed(*arguments, seed=7)
    assert tree(tmp_path / "new") == before
    build_composed(*arguments, seed=7, force=True)
    assert tree(tmp_path / "new") != before


def test_sources_of_derived_datasets_are_known():
    assert choose("issue-100", sources=["assistant"])[1] == ("issue-100/exp0_0a", "issue-100/exp0_0b")
    assert choose("issue-100/expA_n200")[1] == ("issue-100/expA_n200",)
    with pytest.raises(UnknownNameError, match="unknown source of issue-96 'librarian'"):
        choose("issue-96", sources=["librarian"])


def test_the_same_bytes_under_any_hash_seed(tmp_path):
    arguments = ["issue-96", "--source", "assistant", "--deconfound", "--size-matched"]
    for seed in ("1", "2"):
        subprocess.run(
            process(*arguments, "--out", tmp_path / seed),
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ROOT},
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    assert len(tree(tmp_path / "1")) == 6


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_leaves_the_old_folder_or_the_new_one(tmp_path, kill):
    place = tmp_path / "new"
    environment = {**os.environ, "PYTHONPATH": ROOT}

    def arguments(seed):
        return process("issue-96", "--source", "villain", "--seed", seed, "--out", place, "--force")

    start = time.perf_counter()
    subprocess.run(arguments(1), env=environment, check=True, capture_output=True)
    whole = time.perf_counter() - start
    for share in (0.5, 0.7, 0.9):
        running = subprocess.Popen(
            arguments(2), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(whole * share)
        running.send_signal(kill)
        running.wait()
        found = read_dataset(place)  # checks rows against the manifest
        assert found.info.seed in (1, 2)
        assert len(found.rows) == 800
    subprocess.run(arguments(3), env=environment, check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_an_error_is_of_ours(tmp_path):
    with pytest.raises(AuditError):
        build_composed("nothing", load_bank(), load_template(), tmp_path / "new")
