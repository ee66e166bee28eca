"""`audit lint` and `audit writeup` x every setting: each is honoured, from wherever it is said, or refused by name."""

from __future__ import annotations

import json
import re

import pytest

from auditor.cli import main
from auditor.request.config_keys import general
from tests.auditor.test_request import PROBES, options_of, words_of

SCRIPT = "import random\n\n\ndef pick(source: str):\n    return random.Random(hash(source)).random()\n"
WRITEUP = "# Result\n\nAccuracy fell from 84% to 60%, by 30 points, and we are very confident.\n"
COMMANDS = {"lint": ("pick.py", "SRC001"), "writeup": ("result.md", "WRT004")}

KEYS = pytest.mark.parametrize("key", general(), ids=lambda key: key.name)
EACH = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pick.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "result.md").write_text(WRITEUP, encoding="utf-8")
    return tmp_path


def outcome(capsys, command, *options):
    with pytest.raises(SystemExit) as ended:
        main([command, COMMANDS[command][0], *options])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def probe(key, command):
    """Return a value that cannot but be noticed."""
    code = COMMANDS[command][1]
    other = code[:3] + "013"
    own = {"select": other, "ignore": code, "severity": f"{code}=note"}
    return own.get(key.name, PROBES[key.name])


def mine(key, command):
    """Whether it is a setting of the command; the template of a write-up is the one that its text speaks of."""
    return f"--{key.name}" in options_of(command) and (command, key.name) != ("writeup", "template")


@EACH
@KEYS
def test_as_an_option(key, command, folder, capsys):
    words = words_of(key, probe(key, command))
    plain, given = outcome(capsys, command), outcome(capsys, command, *words)
    assert plain[0] == 1
    assert COMMANDS[command][1] in plain[1]
    if mine(key, command):
        assert plain != given, f"audit {command} passes over --{key.name}"
    elif (command, key.name) == ("writeup", "template"):
        assert outcome(capsys, command, "--template", "no-such.jinja")[0] == 2
    else:
        assert given[0] == 2
        assert f"No such option: --{key.name}" in re.sub(r"\s+", " ", given[2])


@EACH
@KEYS
def test_from_the_file_and_from_both_variables_as_by_option(key, command, folder, capsys):
    if not mine(key, command):
        return
    value = probe(key, command)
    by_option = outcome(capsys, command, *words_of(key, value))
    plain = outcome(capsys, command)
    text = "true" if value is True else value
    ways = {}
    if key.variable is not None:
        for name in (key.variable, key.variable.replace("AUDIT_", f"AUDIT_{command.upper()}_", 1)):
            with pytest.MonkeyPatch.context() as patched:
                patched.setenv(name, text)
                ways[name] = outcome(capsys, command)
    told = [value] if key.repeatable else value
    if key.kind == "severities":
        told = dict([value.split("=")])
    written = (
        "{" + ", ".join(f"{name} = {json.dumps(each)}" for name, each in told.items()) + "}"
        if isinstance(told, dict)
        else json.dumps(told)
    )
    (folder / "audit.toml").write_text(f"{key.name} = {written}\n", encoding="utf-8")
    ways["file"] = outcome(capsys, command)
    if key.name == "baseline":  # that of datasets: a lint's own is given to it
        assert ways.pop("file") == plain
        assert ways.pop("AUDIT_BASELINE") == plain
    assert {way: found[:2] for way, found in ways.items()} == dict.fromkeys(ways, by_option[:2])


@EACH
def test_the_default_of_fail_on_is_a_warning(command, folder, capsys):
    code = COMMANDS[command][1]
    assert outcome(capsys, command, "--severity", f"{code}=warning")[0] == 1
    assert outcome(capsys, command, "--severity", f"{code}=note")[0] == 0
    assert outcome(capsys, command, "--severity", f"{code}=warning", "--fail-on", "error")[0] == 0


def test_thresholds_are_those_of_results_and_no_script_has_any(folder, capsys):
    assert outcome(capsys, "writeup", "--threshold", "metric-points=5")[0] == 1
    assert outcome(capsys, "writeup", "--threshold", "no-such=5")[0] == 2
    assert outcome(capsys, "lint", "--threshold", "metric-points=5")[0] == 2


def test_a_configuration_is_named_apart_from_that_of_the_run(folder, capsys):
    for command, option in (("lint", "--config"), ("writeup", "--settings")):
        (folder / "other.toml").write_text(f'ignore = ["{COMMANDS[command][1]}"]\n', encoding="utf-8")
        assert COMMANDS[command][1] not in outcome(capsys, command, option, "other.toml")[1]


@EACH
def test_quiet_says_no_warning(command, folder, capsys):
    family = COMMANDS[command][1][:3]
    (folder / "audit.toml").write_text(
        f'ignore = [{{check = "{family}002", reason = "known"}}]\n', encoding="utf-8"
    )
    assert "nothing to ignore" in outcome(capsys, command)[2] or command == "writeup"
    assert outcome(capsys, command, "--quiet")[2] == ""
