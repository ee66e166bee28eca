"""`audit --help` answers without the libraries that only some commands need."""

import subprocess
import sys
from pathlib import Path

import pytest

from auditor.commands import COMMANDS

HOME = Path(__file__).parents[2]
HEAVY = {
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "great_expectations",
    "pandas",
    "numpy",
    "pyarrow",
    "duckdb",
    "scipy",
    "pyspark",
    "ray",
    "matplotlib",
}

REPORT = (
    "import atexit, sys\n"
    "atexit.register(lambda: print('\\nIMPORTED', *sorted({name.split('.')[0] for name in sys.modules})))\n"
)


def imported(*arguments: str) -> tuple[str, set[str]]:
    """Run `audit` in a process of its own; return what it printed and the top-level names it imported."""
    code = f"{REPORT}import sys\nsys.argv = ['audit', *{list(arguments)!r}]\nfrom auditor.cli import main\nmain()\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, timeout=60, check=True
    )
    printed, _, names = done.stdout.rpartition("\nIMPORTED ")
    return printed, set(names.split())


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments):
    printed, names = imported(*arguments)
    assert printed.strip()
    assert "typer" in names
    assert names & HEAVY == set()


def test_importing_the_public_face_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", f"{REPORT}import auditor"],
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) & (HEAVY | {"typer", "pydantic"}) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_does_is_said_whole_at_80_columns(name):
    assert len(f"  {max(COMMANDS, key=len)}  {COMMANDS[name][1]}") < 78
