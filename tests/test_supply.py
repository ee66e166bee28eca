"""What this package stands on: licences, and a workflow and an action that grant little and pin what they run."""

import importlib.util
import re
from email.message import Message
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

HOME = Path(__file__).parents[1]
WORKFLOWS = sorted((HOME / ".github" / "workflows").glob("*.yml"))

_spec = importlib.util.spec_from_file_location("licences", HOME / "requirements" / "licences.py")
assert _spec is not None
assert _spec.loader is not None
licences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(licences)


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "BSD License",
        "Apache Software License",
        "GPL-2.0 OR MIT",
        "GNU Lesser General Public License v3 (LGPLv3)",
        "ISC",
    ],
)
def test_licences_that_this_package_may_stand_on(licence):
    assert licences.verdict(licence) is None


@pytest.mark.parametrize(
    "licence",
    [
        "",
        "GPL-3.0",
        "GNU General Public License v3 (GPLv3)",
        "AGPL-3.0-only",
        "Proprietary",
        "CC-BY-NC-4.0 Non-Commercial",
        "SSPL-1.0",
    ],
)
def test_licences_that_it_may_not(licence):
    assert licences.verdict(licence) is not None


@pytest.mark.parametrize(
    ("name", "refused"),
    [("nvidia-cufft", 0), ("cuda-toolkit", 0), ("nvidiafree", 1), ("not-cuda-toolkit", 1)],
)
def test_what_torch_s_own_wheel_brings_is_known_by_name(monkeypatch, name, refused):
    package = SimpleNamespace(metadata=Message())
    package.metadata["Name"], package.metadata["License"] = name, "Proprietary"
    monkeypatch.setattr(licences, "distributions", lambda: [package])
    assert licences.main() == refused


def test_every_package_here_has_a_licence_that_fits(capsys):
    assert licences.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_what_it_runs_and_grants_what_it_needs(path):
    text = path.read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    granted = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert granted == {"build": {"contents": "read"}, "publish": {"id-token": "write"}}
    assert "secrets." not in text
    assert "http" not in text
    assert "persist-credentials: false" in text


def test_the_action_puts_no_input_into_a_script():
    for step in yaml.safe_load((HOME / "action.yml").read_text())["runs"]["steps"]:
        assert "${{" not in step["run"]


def test_every_pin_has_a_hash():
    for path in (HOME / "requirements").glob("*.txt"):
        if path.name == "torch.txt":  # by version alone: its build differs by machine
            continue
        pins = re.findall(
            r"^[a-z0-9][^\n]*==[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}[^\n]*\n)+)",
            path.read_text(),
            re.MULTILINE,
        )
        assert len(pins) == len(
            re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[.*?\])?==", path.read_text(), re.MULTILINE)
        ), path.name
