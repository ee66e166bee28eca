"""The examples of the configuration page are configurations."""

import re
from pathlib import Path

import pytest

from auditor.request.config_keys import keys
from auditor.request.loading import load_request

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_read(tmp_path, example):
    (tmp_path / "pyproject.toml").write_text(example, encoding="utf-8")
    config = load_request(start=tmp_path, environment={})
    assert config.file == tmp_path / "pyproject.toml"
    assert config.ignores or config.targets or config.select == ("CND", "TPL")


def test_there_are_examples():
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("key", keys(), ids=lambda key: key.path)
def test_every_setting_is_on_the_page_with_its_option_and_variable(key):
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{key.path}` |")]
    assert key.flag is None or f"`{key.flag}`" in row
    assert key.variable is None or f"`{key.variable}`" in row
    assert key.flag is None or f"`{key.flag.split()[0]}`" in COMMANDS


def test_every_variable_that_code_reads_is_on_a_page():
    code = [
        path
        for name in ("auditor", "builders", "checks", "experiments")
        for path in (ROOT / name).rglob("*.py")
    ]
    pattern = re.compile(r"(?:environ(?:\.get\(|\[)|getenv\(|said\.get\()\s*\"([A-Z_]{4,})\"")
    read = {name for path in code for name in pattern.findall(path.read_text(encoding="utf-8"))}
    # What a terminal says of itself is nothing that anybody sets for this program.
    read -= {"TERM", "TMUX", "VTE_VERSION", "TERM_PROGRAM"}
    assert "NO_COLOR" in read
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert {name for name in read if name not in pages} == set()
