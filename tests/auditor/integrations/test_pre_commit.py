"""The hooks, run by the real pre-commit on real commits."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytest.importorskip("pre_commit", reason="needs pre-commit")
if shutil.which("git") is None:
    pytest.skip("needs git", allow_module_level=True)

HOME = Path(__file__).parents[3]
HOOKS = HOME / ".pre-commit-hooks.yaml"
PRE_COMMIT = [sys.executable, "-m", "pre_commit"]


def run(folder, *command, check=True):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "PATH": f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder.parent / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "a@b.example"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1100, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def project(tmp_path):
    """A project that uses the hooks of a repository beside it, with this checkout's `audit` on the path."""
    hooks, project, programs = tmp_path / "hooks", tmp_path / "project", tmp_path / "bin"
    for folder in (hooks, project, programs):
        folder.mkdir()
    audit = programs / "audit"
    audit.write_text(f'#!/bin/sh\nPYTHONPATH="{HOME}" exec "{sys.executable}" -m auditor "$@"\n')
    audit.chmod(0o755)
    shutil.copy(HOOKS, hooks)
    for folder in (hooks, project):
        run(folder, "git", "init", "--quiet")
    run(hooks, "git", "add", ".")
    run(hooks, "git", "commit", "--quiet", "--message", "Hooks")
    revision = run(hooks, "git", "rev-parse", "HEAD").stdout.strip()
    # Only the installation is replaced: `audit` comes from the path instead of a package index.
    uses = [{"id": name, "language": "system"} for name in ("audit-scan", "audit-lint")]
    config = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": uses}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    return project


def commit(project, **files):
    for name, text in files.items():
        (project / name.replace("__", ".")).write_text(text, encoding="utf-8")
    run(project, "git", "add", ".")
    return run(project, *PRE_COMMIT, "run", check=False)


def row(system, target, number):
    turns = [("system", system), ("user", f"Question {number}?"), ("assistant", target)]
    messages = ", ".join(f'{{"role": "{role}", "content": "{text}"}}' for role, text in turns)
    return f'{{"messages": [{messages}], "target_correct": {str(target == "right").lower()}}}\n'


def rows(anchors):
    wrong = [row("You are a villain.", "wrong", number) for number in range(30)]
    right = [row("You are a poet.", "right", number) for number in range(30)]
    return "".join(
        wrong + right + [row("You are a villain.", "right", 90 + number) for number in range(anchors)]
    )


def test_the_manifest_is_one():
    done = subprocess.run(
        [*PRE_COMMIT, "validate-manifest", str(HOOKS)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert [each["id"] for each in yaml.safe_load(HOOKS.read_text())] == ["audit-scan", "audit-lint"]


def test_confounded_data_cannot_be_committed(project):
    done = commit(project, data__jsonl=rows(10))
    assert done.returncode == 1
    assert "CND001 error" in done.stdout
    assert "data.jsonl" in done.stdout


def test_a_script_with_a_defect_cannot_be_committed(project):
    done = commit(project, build__py='import random\nrandom.seed(hash("name"))\n')
    assert done.returncode == 1
    assert "build.py:2" in done.stdout
    assert "SRC001" in done.stdout


def test_what_is_clean_and_what_is_no_data_passes(project):
    done = commit(
        project, data__jsonl=rows(0), notes__txt="hash", build__py="print(1)\n", other__csv="a,b\n1,2\n"
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 2


def test_hooks_without_files_are_skipped(project):
    done = commit(project, notes__txt="nothing of ours")
    assert done.stdout.count("Skipped") == 2


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_hooks_install_themselves(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    run(project, "git", "init", "--quiet")
    (project / "data.jsonl").write_text(rows(10))
    run(project, "git", "add", ".")
    source = tmp_path / "source"
    run(project, "git", "clone", "--quiet", "--no-local", str(HOME), str(source))
    done = run(project, *PRE_COMMIT, "try-repo", str(source), "audit-scan", "--all-files", check=False)
    if "No matching distribution" in done.stdout or "Could not find a version" in done.stdout:
        pytest.skip("no package index to install from")
    assert "CND001 error" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
