"""The requirement files: exact, hashed, free of hosts, in agreement with each other and with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
FILES = sorted(
    each
    for each in (ROOT / "requirements").glob("*.txt")
    if each.name != "supply.txt"  # its tools have an environment of their own
)
UNHASHED = {"torch"}  # docs/dependencies.md says why


def blocks(path: Path) -> dict[str, list[tuple[Requirement, int]]]:
    """Return name -> its pins, each with its number of hashes; a name has one pin per marker."""
    found: dict[str, list[tuple[Requirement, int]]] = {}
    text = re.sub(r"^ *#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in filter(str.strip, text.replace("\\\n", " ").splitlines()):
        requirement = Requirement(re.sub(r"\s+--hash=\S+", "", line))
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line)
        found.setdefault(requirement.name, []).append((requirement, len(hashes)))
    return found


def wanted(extra: str) -> list[Requirement]:
    """Return what an extra, or the core, asks for by itself."""
    lines = EXTRAS[extra] if extra != "core" else PROJECT["project"]["dependencies"]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_requirement_is_exact_and_hashed(path):
    for name, pins in blocks(path).items():
        for requirement, hashes in pins:
            assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{name} is not exact"
            assert bool(hashes) != (name in UNHASHED), f"{name} has {hashes} hashes"


@pytest.mark.parametrize(
    "path", [*FILES, ROOT / "pyproject.toml", ROOT / "Makefile"], ids=lambda path: path.name
)
def test_no_file_says_where_packages_come_from(path):
    text = path.read_text(encoding="utf-8")
    text = text.replace("UV_FIND_LINKS", "").replace(
        "PIP_FIND_LINKS", ""
    )  # the user's own settings, passed on
    assert not re.search(r"--(extra-)?index|--find-links|FIND_LINKS|://(?!github\.com/)", text)


@pytest.mark.parametrize(
    "extra", ["core", *(name for name in EXTRAS if (ROOT / f"requirements/{name}.txt").exists())]
)
def test_pins_lie_within_the_ranges_of_pyproject(extra):
    pinned = blocks(ROOT / "requirements" / f"{extra}.txt") | blocks(ROOT / "requirements" / "torch.txt")
    for requirement in wanted(extra):
        assert requirement.name in pinned, f"{requirement.name} is missing: make lock"
        for pin, _ in pinned[requirement.name]:
            (only,) = pin.specifier
            assert requirement.specifier.contains(only.version), f"{pin} is not {requirement}"


def test_the_files_agree():
    versions: dict[str, set[str]] = {}
    for path in FILES:
        for name, pins in blocks(path).items():
            pinned = " ".join(sorted(str(requirement) for requirement, _ in pins))
            versions.setdefault(name, set()).add(pinned)
    # A marker can be wider in one file than in another, so compare versions and not markers.
    assert {
        name: found
        for name, found in versions.items()
        if len({frozenset(re.findall(r"==([\w.+]+)", each)) for each in found}) > 1
    } == {}


def test_the_light_core_holds_nothing_heavy():
    heavy = {
        "torch",
        "transformers",
        "trl",
        "peft",
        "datasets",
        "great-expectations",
        "pyspark",
        "ray",
        "matplotlib",
    }
    assert set(blocks(ROOT / "requirements" / "core.txt")) & heavy == set()
