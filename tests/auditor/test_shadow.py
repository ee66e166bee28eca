"""A stranger's folder named like one of our packages is named, in every way that `auditor` can be started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PACKAGES = ("builders", "checks", "experiments")


def run(folder: Path, *arguments: str, code: str = "import auditor\nprint('imported')\n"):
    """Run a script of the stranger's in their own folder, with ours installed."""
    (folder / "script.py").write_text(code)
    return subprocess.run(
        [sys.executable, *(arguments or ("script.py",))],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize("file", ["{}/__init__.py", "{}.py"])
def test_a_strangers_package_or_module_is_named(tmp_path, name, file):
    path = tmp_path / file.format(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("raise SystemExit('the stranger must not be run')\n")

    done = run(tmp_path)

    last = done.stderr.strip().splitlines()
    found = path.parent if path.name == "__init__.py" else path
    assert done.returncode == 1
    assert f"ShadowedPackageError: {found}: '{name}' is not the package of that name" in last[-2]
    assert last[-1].startswith(f"help: rename {found}, or run Python with -P")
    assert last[-1].endswith(str(HOME / name))


def test_it_is_an_import_error_with_the_parts_of_our_errors(tmp_path):
    (tmp_path / "checks.py").touch()
    done = run(
        tmp_path,
        code="try:\n    import auditor\nexcept ImportError as error:\n"
        "    print(error.name, error.path, error.where, bool(error.message), bool(error.help))\n",
    )
    shadow = tmp_path / "checks.py"
    assert done.stdout.split() == ["checks", str(shadow), str(shadow), "True", "True"]


def test_a_package_imported_before_is_found_too(tmp_path):
    other = tmp_path / "elsewhere"
    (other / "experiments").mkdir(parents=True)
    (other / "experiments" / "__init__.py").touch()
    done = run(
        tmp_path,
        code=f"import sys\nsys.path.insert(0, {str(other)!r})\nimport experiments\nsys.path.pop(0)\nimport auditor\n",
    )
    assert f"{other / 'experiments'}: 'experiments' is not the package" in done.stderr
    assert "another one is imported already" in done.stderr


def test_dash_p_mends_it_as_the_help_says(tmp_path):
    (tmp_path / "experiments.py").touch()
    assert run(tmp_path).returncode == 1
    assert run(tmp_path, "-P", "script.py").stdout == "imported\n"


@pytest.mark.parametrize(
    "file", ["experiments/notes.txt", "builders/run.py", "check.py", "my_checks/__init__.py"]
)
def test_folders_that_hide_nothing_are_left_alone(tmp_path, file):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    done = run(tmp_path, code="import auditor, builders.errors, checks, experiments\nprint('imported')\n")
    assert (done.stdout, done.stderr) == ("imported\n", "")


def test_the_command_ends_with_status_2_and_no_traceback(tmp_path):
    (tmp_path / "checks.py").touch()
    done = run(tmp_path, "-m", "auditor", "scan", "issue-96")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {tmp_path / 'checks.py'}: 'checks' is not the package")
    assert "Traceback" not in done.stderr


def test_the_console_script_ends_with_status_2_too(tmp_path):
    (tmp_path / "audit").write_text("import sys\nfrom auditor.cli import main\nsys.exit(main())\n")
    (tmp_path / "builders.py").touch()
    done = run(tmp_path, "audit", "--help")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_looking_imports_none_of_the_packages(tmp_path):
    done = run(
        tmp_path,
        code="import auditor, sys\nprint(sorted({'builders', 'checks', 'experiments'} & set(sys.modules)))\n",
    )
    assert done.stdout == "[]\n"
