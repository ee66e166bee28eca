"""The examples of `docs/integrations.md`, run in the tools that they are for."""

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.auditor.integrations.test_github_action import ACTION, schema
from tests.auditor.integrations.test_pytest_plugin import run as run_pytest

HOME = Path(__file__).parents[2]
PAGE = (HOME / "docs" / "integrations.md").read_text(encoding="utf-8")


def example(section, language):
    """Return the first block of a section that is in a language."""
    text = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]
    return re.search(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[1]


def test_the_pre_commit_example_names_our_hooks(tmp_path):
    pytest.importorskip("pre_commit", reason="needs pre-commit")
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(example("pre-commit", "yaml"))
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    (repository,) = yaml.safe_load(path.read_text())["repos"]
    hooks = yaml.safe_load((HOME / ".pre-commit-hooks.yaml").read_text())
    assert [each["id"] for each in repository["hooks"]] == [each["id"] for each in hooks]


def test_the_workflow_is_valid_and_gives_the_action_what_it_takes():
    workflow = yaml.safe_load(example("GitHub Actions", "yaml").replace("\non:", '\n"on":'))
    jsonschema.validate(workflow, schema("github-workflows"))
    steps = workflow["jobs"]["audit"]["steps"]
    (ours,) = [each for each in steps if each["uses"].startswith("./")]
    assert set(ours["with"]) <= set(ACTION["inputs"])
    required = {name for name, each in ACTION["inputs"].items() if each.get("required")}
    assert required <= set(ours["with"])


def test_the_gitlab_job_is_valid():
    jsonschema.Draft7Validator(schema("gitlab-ci")).validate(yaml.safe_load(example("GitLab CI", "yaml")))


def test_the_pytest_example_fails_as_it_says(tmp_path):
    done = run_pytest(tmp_path, example("pytest", "python"))
    assert done.returncode == 1
    assert example("pytest", "text") in done.stdout.replace(
        " one resolved prompt;", " one resolved prompt\n;"
    )


@pytest.mark.train
def test_the_trl_example_stops_before_the_first_step(tmp_path, monkeypatch):
    trl = pytest.importorskip("trl", reason="needs the train extra")
    from datasets import Dataset

    from auditor.acceptance.verdict import ConfoundError
    from tests.auditor.integrations import test_trl

    tokenizer = test_trl.make_tokenizer()
    names = {
        "arguments": trl.SFTConfig(output_dir="out", max_steps=1, use_cpu=True, bf16=False, report_to=[]),
        "model": test_trl.model(tokenizer),
        "tokenizer": tokenizer,
        "dataset": Dataset.from_list(test_trl.rows(anchors=4)),
    }
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfoundError, match="CND001"):
        exec(example("TRL", "python"), names)
    assert names["trainer"].state.global_step == 0
    assert (tmp_path / "out" / "audit.json").is_file()


def test_the_great_expectations_example_holds():
    pytest.importorskip("great_expectations", reason="needs the gx extra")
    names = {}
    exec(example("Great Expectations", "python"), names)
    assert len(names["table"]) == sum(len(dataset.conditions) for dataset in names["report"].datasets)


@pytest.mark.train
def test_the_hub_example_writes_a_card_and_refuses_a_confound():
    pytest.importorskip("datasets", reason="needs the train extra")
    from datasets import Dataset

    from auditor.acceptance.verdict import ConfoundError
    from auditor.integrations.hub import audit_in
    from tests.auditor.integrations.test_hub import rows

    names = {"dataset": Dataset.from_list(rows(10))}
    with pytest.raises(ConfoundError, match="CND001"):
        exec(example("datasets and the hub", "python"), names)
    assert audit_in(names["card"])["rows"] == 70


def test_the_notebook_example_is_a_report(capfd):
    code = example("Notebooks", "python").strip().splitlines()
    names = {}
    exec("\n".join(code[:-1]), names)
    report = eval(code[-1], names)
    assert "<table>" in report._repr_html_()
    assert capfd.readouterr().out == ""
