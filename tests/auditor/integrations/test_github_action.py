"""The action: valid, its inputs those of the command line, its script run as a runner would."""

import importlib.resources
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from auditor.cli import load_command
from auditor.integrations.github_action import OWN, PREFIX, arguments
from builders.errors import InputError

HOME = Path(__file__).parents[3]
ACTION = yaml.safe_load((HOME / "action.yml").read_text(encoding="utf-8"))


def schema(name):
    """The schema of GitHub's files from SchemaStore, as `check-jsonschema` ships it."""
    folder = importlib.resources.files("check_jsonschema").joinpath("builtin_schemas/vendor")
    return json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))


def options(command):
    return {
        name.removeprefix("--")
        for each in load_command(command).params
        if each.param_type_name == "option"
        for name in each.opts
        if name.startswith("--") and name != "--help"
    }


def test_the_action_is_valid():
    jsonschema.validate(ACTION, schema("github-actions"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**ACTION, "runs": {"using": "composite"}}, schema("github-actions"))


def test_the_inputs_are_the_options():
    inputs = set(ACTION["inputs"]) - set(OWN)
    assert inputs <= options("scan") | options("lint")
    # What writes for a later run, or only changes how a terminal shows it, has no place in a check.
    shown = {"statistics", "quiet", "color", "exit-zero", "watch", "notes", "verbose", "engine"}
    assert options("scan") - inputs <= {"write-baseline", "matrix", "cache", "no-cache", *shown}


def test_every_input_reaches_the_script_and_none_is_part_of_it():
    install, audit = ACTION["runs"]["steps"]
    for step in (install, audit):
        assert "${{" not in step["run"]
    passed = {
        f"{PREFIX}{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]
    }
    assert audit["env"] == {
        name: value for name, value in passed.items() if not name.endswith(("PYTHON", "EXTRAS"))
    }


def test_inputs_become_arguments():
    found = arguments(
        {
            "AUDIT_INPUT_TARGETS": "a.jsonl\n  b c.jsonl\n\n-x.jsonl\n",
            "AUDIT_INPUT_SOURCE": "You are $(id); 'a\" villain.\nabsent",
            "AUDIT_INPUT_FAIL_ON": "warning",
            "AUDIT_INPUT_FORMAT": "github\nsarif:out.sarif",
            "AUDIT_INPUT_SELECT": "",
            "AUDIT_INPUT_SUMMARY": "true",
            "GITHUB_STEP_SUMMARY": "/tmp/s",
            "PATH": "/bin",
        }
    )
    assert found == [
        "scan",
        "--fail-on=warning",
        "--format=github",
        "--format=sarif:out.sarif",
        "--source=You are $(id); 'a\" villain.",
        "--source=absent",
        "--format=markdown:/tmp/s",
        "--",
        "a.jsonl",
        "b c.jsonl",
        "-x.jsonl",
    ]


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "names nothing"),
        ({"AUDIT_INPUT_TARGETS": "a", "AUDIT_INPUT_COMMAND": "build"}, "cannot run 'build'"),
    ],
)
def test_inputs_that_make_no_sense_are_errors(environment, says):
    with pytest.raises(InputError, match=says):
        arguments(environment)


def run_step(folder, number, **inputs):
    """Run a step's script with bash, its expressions filled in as a runner does."""
    step = ACTION["runs"]["steps"][number]
    values = {name: each.get("default", "") for name, each in ACTION["inputs"].items()} | inputs
    filled = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], text)
        for name, text in step["env"].items()
    }
    runner = {
        "RUNNER_TEMP": str(folder / "temp"),
        "GITHUB_ACTION_PATH": str(HOME),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, **runner, **filled},
        capture_output=True,
        text=True,
        timeout=1100,
        check=False,
    )


@pytest.fixture
def installed(tmp_path):
    """What the first step leaves: a Python that has this checkout."""
    python = tmp_path / "temp" / "audit" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{HOME}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path


def test_the_step_annotates_summarises_and_fails(installed):
    done = run_step(installed, 1, targets="issue-96/assistant", format="github\nsarif:out.sarif")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error title=CND001 anchor-negative::issue-96/assistant: ")
    assert (installed / "summary.md").read_text().startswith("## Audit of issue-96/assistant: findings")
    assert json.loads((installed / "out.sarif").read_text())["version"] == "2.1.0"


def test_the_step_passes_where_nothing_counts_and_ends_with_2_where_it_cannot_look(installed):
    assert run_step(installed, 1, targets="issue-96/assistant", **{"fail-on": "never"}).returncode == 0
    assert run_step(installed, 1, targets="none.jsonl").returncode == 2
    nothing = run_step(installed, 1, targets="")
    assert (nothing.returncode, "names nothing to look at" in nothing.stderr) == (2, True)


def test_the_step_lints(installed):
    (installed / "build.py").write_text('import random\nrandom.seed(hash("name"))\n')
    done = run_step(installed, 1, command="lint", targets="build.py")
    assert done.returncode == 1, done.stderr
    assert "file=build.py,line=2" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_first_step_installs(tmp_path):
    done = run_step(tmp_path, 0, python=sys.executable)
    if "No matching distribution" in done.stderr or "Could not find a version" in done.stderr:
        pytest.skip("no package index to install from")
    assert done.returncode == 0, done.stderr
    assert run_step(tmp_path, 1, targets="issue-96/assistant").returncode == 1
