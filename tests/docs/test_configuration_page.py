"""The examples of the configuration page are configurations."""

import re
from pathlib import Path

import pytest

from auditor.request.loading import load_request

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_read(tmp_path, example):
    (tmp_path / "pyproject.toml").write_text(example, encoding="utf-8")
    config = load_request(start=tmp_path, environment={})
    assert config.file == tmp_path / "pyproject.toml"
    assert config.ignores or config.targets or config.select == ("CND", "TPL")


def test_there_are_examples():
    assert len(EXAMPLES) == 4
