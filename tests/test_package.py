"""What is installed is whole: the wheel carries every file that the packages read, and needs no checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("auditor", "builders", "checks", "experiments")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_carries_every_file_of_the_packages(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {Path(name).suffix for name in tracked} >= {".py", ".yaml", ".jinja", ".typed", ".txt"}
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert set(tracked) - inside == set()


def test_every_package_says_that_it_is_typed(wheel):
    inside = zipfile.ZipFile(wheel).namelist()
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(inside)


def test_the_wheel_works_away_from_the_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    done = subprocess.run(
        [sys.executable, "-c", "import auditor; print(auditor.__file__); print(auditor.scan('issue-96'))"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    place, _, shown = done.stdout.partition("\n")
    assert Path(place).parent.parent == site
    assert "anchor-negative" in shown


def test_pytest_finds_the_fixture_of_an_installed_wheel(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    (tmp_path / "test_it.py").write_text(
        'def test_it(confounds):\n    confounds("issue-96").report(select=["CND001"])\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "test_it.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_page_points_to_a_place_that_nobody_has_made():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not listed:
        pytest.skip("no checkout")
    name = "/".join(("confound-auditor", "confound-auditor"))
    texts = [
        path
        for path in map(ROOT.joinpath, listed)
        if path.suffix in {".md", ".py", ".toml", ".yml", ".yaml", ".cff"}
    ]
    assert [str(path) for path in texts if name in path.read_text(encoding="utf-8", errors="replace")] == []


def test_an_extra_comes_from_the_checkout_that_runs_or_from_one(monkeypatch, tmp_path):
    from builders import version

    monkeypatch.chdir(ROOT)
    assert version.extra_help("train") == "pip install '.[train]'"
    monkeypatch.chdir(tmp_path)
    assert version.extra_help("train") == f"pip install '{ROOT}[train]'"
    monkeypatch.setattr(version, "__file__", str(tmp_path / "site" / "builders" / "version.py"))
    assert version.extra_help("train") == "pip install '.[train]' in a checkout of confound-auditor"
