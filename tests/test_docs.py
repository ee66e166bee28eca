"""Documentation as a contract: nothing that a user can type or meet is left unsaid."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import auditor
from auditor.commands import COMMANDS
from checks.core.registry import SECTIONS, all_checks
from docs.generators import commands, transcripts

ROOT = Path(__file__).parents[1]
PROSE = {
    path: path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WALKED = dict(commands.walk())


def test_every_command_in_the_table_exists_and_has_help():
    assert set(COMMANDS) == {name.split()[1] for name in WALKED}
    for name, command in WALKED.items():
        assert (command.help or "").strip(), f"{name} has no docstring"


def test_every_command_has_a_section():
    headings = re.findall(r"^## (audit .+)$", PROSE[ROOT / "docs" / "commands.md"], re.MULTILINE)
    assert headings == list(WALKED)


@pytest.mark.parametrize("name", WALKED)
def test_every_option_is_explained(name):
    section = PROSE[ROOT / "docs" / "commands.md"].split(f"\n## {name}\n")[1].split("\n## ")[0]
    for option in commands.options(WALKED[name]):
        assert option.help, f"{name} {option.opts[0]} has no help"
        for word in option.opts:
            assert f"`{word}`" in section, f"{name} {word} is not in docs/commands.md"


def test_an_option_is_the_variable_that_the_page_says(tmp_path):
    page = PROSE[ROOT / "docs" / "commands.md"]
    assert "| `AUDIT_SCAN_FAIL_ON` |" in page
    assert "| `AUDIT_SCAN_IGNORE` |" in page
    run = [sys.executable, "-m", "auditor", "scan", "issue-96/assistant"]
    for extra, status in (
        ({}, 1),
        ({"AUDIT_SCAN_FAIL_ON": "never"}, 0),
        ({"AUDIT_SCAN_IGNORE": "anchor-negative"}, 0),
    ):
        done = subprocess.run(run, cwd=ROOT, env=os.environ | extra, capture_output=True, check=False)
        assert done.returncode == status, extra


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_shown_in_prose(name):
    by_hand = [text for path, text in PROSE.items() if not text.startswith("<!-- Generated")]
    assert any(re.search(rf"\baudit {name}\b", text) for text in by_hand), f"no page uses 'audit {name}'"


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.code)
def test_every_check_has_a_whole_page(check):
    page = PROSE[ROOT / "docs" / "checks" / f"{check.name}.md"]
    assert page.splitlines()[2] == f"# {check.name} ({check.code})"
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(SECTIONS)
    for section in SECTIONS:
        assert check.section(section), f"{check.code}: '{section}' is empty"
    assert f"[{check.name}]({check.name}.md)" in PROSE[ROOT / "docs" / "checks" / "index.md"]


def test_every_dependency_is_accounted_for():
    project = PYPROJECT["project"]
    extras, build = project["optional-dependencies"], PYPROJECT["dependency-groups"]
    groups = [project["dependencies"], *extras.values(), *build.values()]
    names = {re.match(r"[\w-]+", line)[0] for group in groups for line in group}
    page = PROSE[ROOT / "docs" / "dependencies.md"]
    assert {name for name in names if not re.search(rf"\b{re.escape(name)}\b", page)} == set()
    for extra in project["optional-dependencies"]:
        assert f"`{extra}`" in page


def test_every_make_target_is_listed_by_make_help_and_no_page_names_another():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE))
    described = set(re.findall(r"^([a-z][a-z0-9-]*):.*## ", makefile, re.MULTILINE))
    assert targets - described == set()
    named = {
        word
        for text in PROSE.values()
        for words in re.findall(r"(?:^\$ |`)make ((?:[a-z0-9-]+ ?)+)", text, re.MULTILINE)
        for word in words.split()
    }
    assert named
    assert named - targets == set()


def test_generated_pages_are_fresh():
    # The transcripts have a test of their own (tests/test_readme.py), which says what differs.
    from docs import generate

    generators = [each for each in generate.GENERATORS if each is not transcripts.pages]
    wanted = {path: text for pages in generators for path, text in pages(ROOT).items()}
    assert [path for path, text in wanted.items() if not path.exists() or path.read_text() != text] == []


def test_the_generator_names_a_stale_page_and_fails(tmp_path, monkeypatch, capsys):
    from docs import generate

    (tmp_path / "docs" / "checks").mkdir(parents=True)
    (tmp_path / "docs" / "checks" / "gone.md").touch()
    (tmp_path / "page.md").write_text("old")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "GENERATORS", (lambda root: {root / "page.md": "new"},))

    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 1
    assert capsys.readouterr().out.split() == ["stale:", "page.md", "stale:", "docs/checks/gone.md"]
    assert (tmp_path / "page.md").read_text() == "old"

    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert generate.main() == 0
    assert (tmp_path / "page.md").read_text() == "new"
    assert not (tmp_path / "docs" / "checks" / "gone.md").exists()


def test_nothing_is_fetched_by_the_site():
    """No page, style or script of the built site comes from elsewhere."""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in settings
    assert "extra_css:\n  - site.css\n\n" in settings
    assert not re.search(r"url\(|@import|//", (ROOT / "docs" / "site.css").read_text(encoding="utf-8"))
    assert "extra_javascript" not in settings
    assert "enable_inventory: false" in settings
    assert "inventories" not in settings


def test_every_public_name_of_python_is_in_the_reference():
    page = PROSE[ROOT / "docs" / "python.md"]
    documented = re.findall(r"^::: ([\w.]+)$", page, re.MULTILINE)
    for name in auditor.__all__:
        home = getattr(auditor, name).__module__
        assert {home, f"{home}.{name}"} & set(documented), f"docs/python.md has no {name}"


def test_links_between_the_top_level_pages_lead_somewhere():
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", PROSE[path]):
            assert (ROOT / target).exists(), f"{path.name} links to {target}"
        for target in re.findall(r"^\[\w+\]: (?!https?:)(\S+)$", PROSE[path], re.MULTILINE):
            assert (ROOT / target).exists(), f"{path.name} links to {target}"


def test_the_version_is_said_once():
    from importlib.metadata import version

    done = subprocess.run(
        [sys.executable, "-m", "auditor", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = PYPROJECT["project"]["version"]
    assert done.stdout == f"audit {said}\n"
    assert version("confound-auditor") == said
    assert f"\nversion: {said}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
