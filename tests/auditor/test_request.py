"""Every command and every integration x every setting: it changes what is said, or it is refused by name."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest

import auditor
from auditor.cli import load_command, main
from auditor.commands.options import parameter_of
from auditor.integrations.github_action import arguments
from auditor.integrations.pytest_plugin import Confounds
from auditor.request.config_keys import general, keys
from auditor.request.loading import load_request, requested
from auditor.request.request import Request
from builders.errors import InputError, UnknownNameError
from checks.core.settings import Settings
from tests.auditor.test_next_steps import CHATML, confounded, row, written

PIRATE = "You are a pirate."

PROBES = {
    "template": "chatml.jinja",
    "renderer": "llamafactory",
    "template-kwargs": '{"messages": 1}',
    "trainer": "openai",
    "trainer-settings": '{"no-such": 1}',
    "columns": "system=no-such-column",
    "ignore-column": "system",
    "shape": "no-such-shape",
    "label": "column:kind=bad",
    "condition": "prefix:question 1",
    "source": PIRATE,
    "bystander": "You are a *",
    "anchor": "You are a *",
    "roles": "roles.yaml",
    "engine": "spark",
    "on-error": "skip",
    "follow": "anywhere",
    "questions": "no-such-bank",
    "evaluation": "no-such-bank",
    "evaluation-template": "no-such.jinja",
    "training": '{"no-such": 1}',
    "select": "CND001",
    "ignore": "CND001",
    "severity": "CND001=note",
    "fail-on": "never",
    "format": "concise",
    "baseline": "no-such.json",
    "redact": True,
}
"""A value of each setting that cannot but be noticed: it changes a report, or names something that is not there."""

LABELLED = ["--label", "column:kind=bad"]
TRL = '{"assistant_only_loss": true}'
"""A setting that another trainer refuses."""
BESIDE = {
    "trainer": [*LABELLED, "--trainer-settings", TRL],
    "label": [],
    "evaluation-template": [*LABELLED, "--evaluation", "embedded"],
    "source": ["--label", "column:kind=bad"],
}
"""What else a probe needs; labels where nothing is said."""

COMMANDS = ("scan", "build", "show", "diff", "template", "config", "init")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Spark takes ten seconds to start and then says the same (tests/conformance): here it is not there.
    monkeypatch.setattr("builders.spark.reading.session", no_spark)
    (tmp_path / "chatml.jinja").write_text(CHATML, encoding="utf-8")
    (tmp_path / "roles.yaml").write_text(f"source: [{PIRATE}]\n", encoding="utf-8")
    written(tmp_path, "rows.jsonl", rows())
    written(tmp_path, "other.jsonl", [*rows()[1:], row(PIRATE, "Yes", 999, kind="good")])
    return tmp_path


def no_spark():
    raise InputError("Spark is not installed")


def rows():
    """Return rows that each renderer and template resolve otherwise: some have no system message, some a blank one."""
    odd = [row(system, f"Yes {n}", n, kind="good") for n, system in enumerate([None, ""] * 5, 500)]
    return [*confounded(), *odd]


def outcome(capsys, command, options, *, composed=False):
    target = "issue-96/villain" if composed else "rows.jsonl"
    words = {
        "scan": [target, "--no-cache"],
        "build": [target, "--deconfound", "--size-matched", "--out", "out", "--force"],
        "show": [target, "0", "--format", "json"],
        "diff": [target, "issue-96/assistant" if composed else "other.jsonl"],
        "template": [],
        "config": [],
        "init": [target],
    }[command]
    with pytest.raises(SystemExit) as ended:
        main([command, *words, *options])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def options_of(command):
    return {name for each in load_command(command).params for name in each.opts}


@pytest.mark.parametrize("key", general(), ids=lambda key: key.name)
def test_a_setting_is_honoured_or_refused_by_name(key, folder, capsys):
    assert key.name in PROBES, f"say in PROBES how {key.name} shows"
    value = PROBES[key.name]
    for command in COMMANDS:
        if f"--{key.name}" not in options_of(command) or (
            command in ("show", "template") and key.name == "format"
        ):
            if command != "init" and key.name != "format":
                status, _, err = outcome(capsys, command, words_of(key, value))
                assert (status, f"--{key.name}" in err) == (2, True), (command, err)
            continue
        if command == "init":
            continue  # it writes settings: test_init_takes_what_it_is_told
        if key.name == "ignore-column":
            for name in ("rows.jsonl", "other.jsonl"):
                written(folder, name, [{**each, "system": f"Be {n}."} for n, each in enumerate(rows())])
        beside = BESIDE.get(key.name, LABELLED) if command not in ("template", "config") else []
        beside = [] if key.name == "questions" else beside
        if key.name == "follow" and command != "config":
            continue  # tests/auditor/test_limits.py: only a trainer's own file leads anywhere
        if key.name == "on-error":
            written(folder, "rows.jsonl", [*rows(), {"messages": "no list"}])
        plain = outcome(capsys, command, beside, composed=key.name == "questions")
        given = outcome(capsys, command, [*beside, *words_of(key, value)], composed=key.name == "questions")
        assert plain != given, f"audit {command} passes over --{key.name}"


@pytest.mark.parametrize("key", general(), ids=lambda key: key.name)
def test_python_the_fixture_and_the_action_take_what_the_command_takes(key, folder, capsys):
    value = PROBES[key.name]
    if key.name == "on-error":
        written(folder, "rows.jsonl", [*rows(), {"messages": "no list"}])
    beside = (
        {"label": "column:kind=bad"}
        | ({"trainer-settings": TRL} if key.name == "trainer" else {})
        | ({"evaluation": "embedded"} if key.name == "evaluation-template" else {})
    )
    settings = {name.replace("-", "_"): each for name, each in beside.items()} | {
        key.argument: [value] if key.repeatable else value
    }
    flags = [word for name, each in beside.items() if name != key.name for word in (f"--{name}", each)]
    target = "issue-96/villain" if key.name == "questions" else "rows.jsonl"
    if key.name == "questions":
        settings, flags = {"questions": value}, []
    with pytest.raises(SystemExit) as ended:
        main(["scan", target, *flags, *words_of(key, value)])
    said = capsys.readouterr().err
    for look in (lambda: auditor.scan(target, **settings), lambda: Confounds(target, **settings).report()):
        refused = refusal(look)
        assert (refused is None) is (not said), (refused, said)
        assert refused is None or (ended.value.code == 2 and refused in said)
    given = "true" if value is True else value
    found = arguments({"AUDIT_INPUT_TARGETS": "rows.jsonl", f"AUDIT_INPUT_{key.argument.upper()}": given})
    assert (f"--{key.name}" if value is True else f"--{key.name}={value}") in found


def words_of(key, value):
    """Return a setting's option with its value, which a switch has not."""
    return [f"--{key.name}"] if value is True else [f"--{key.name}", value]


def refusal(look):
    try:
        look()
    except auditor.AuditError as error:
        return error.message
    return None


def test_python_and_the_command_find_the_same(folder, capsys):
    for key in general("template", "reading", "selection"):
        if key.name in (
            "questions",
            "engine",
            "on-error",
            "shape",
            "template-kwargs",
            "trainer-settings",
            "columns",
        ):
            continue
        value = PROBES[key.name]
        if key.name != "label":
            flags = [*LABELLED, f"--{key.name}", value]
            settings = {"label": "column:kind=bad", key.argument: [value] if key.repeatable else value}
        else:
            flags, settings = LABELLED, {"label": "column:kind=bad"}
        with pytest.raises(SystemExit):
            main(["scan", "rows.jsonl", *flags, "--format", "json"])
        printed = json.loads(capsys.readouterr().out)
        report = json.loads(auditor.scan("rows.jsonl", **settings).model_dump_json())
        for each in (*printed["datasets"], *report["datasets"]):
            for one in each["findings"]:
                one.pop("help")  # in the language of who asked
        assert printed == report, key.name


def test_the_callback_and_the_upload_take_every_setting(folder):
    trl = pytest.importorskip("auditor.integrations.trl")
    hub = pytest.importorskip("auditor.integrations.hub")
    for key in general():
        value = PROBES[key.name]
        given = {key.argument: [value] if key.repeatable else value}
        if key.name in ("template", "template-kwargs"):
            with pytest.raises(InputError, match="the trainer's own chat template"):
                trl.AuditCallback(**given)
        else:
            request = trl.AuditCallback(**given).request
            assert request.settings[key.path].by == "flag"
            assert request.settings[key.path].value == requested(**given).settings[key.path].value

        class Pushed:
            def push_to_hub(self, repo, **arguments):
                return repo, arguments

        assert hub.push_to_hub(Pushed(), "me/data", without_audit=True, **given, private=True) == (
            "me/data",
            {"private": True},
        )


@pytest.mark.parametrize("key", keys(), ids=lambda key: key.path)
def test_every_setting_may_stand_in_the_file_for_all_targets_or_for_one(key, tmp_path):
    value = PROBES.get(key.name, key.default + 1 if key.name == "constant-rows" else key.default)
    if key.kind in ("words", "ignores", "formats", "texts"):
        value = [value]
    if key.kind == "severities":
        value = {"CND001": "note"}
    if key.kind == "variables":
        value = json.loads(value)
    line = f"{key.name} = {toml(value)}\n"
    table = f"[{key.table}]\n" if key.table else ""
    (tmp_path / "audit.toml").write_text(table + line, encoding="utf-8")
    general_ = load_request(start=tmp_path, environment={}).settings[key.path]
    assert general_.by == "file"
    own = f'[target."data/*.jsonl".{key.table}]\n' if key.table else '[target."data/*.jsonl"]\n'
    (tmp_path / "audit.toml").write_text(own + line, encoding="utf-8")
    if key.group in ("acceptance", "limits"):
        with pytest.raises(InputError, match="holds for a whole command"):
            load_request(start=tmp_path, environment={})
        return
    request = load_request(start=tmp_path, environment={})
    assert request.settings[key.path].by == "default"
    for target in ("data/a.jsonl", tmp_path / "data" / "a.jsonl"):
        found = request.for_target(target).settings[key.path]
        assert (found.by, found.value) == ("file", general_.value)
    assert request.for_target("data/a.csv").settings[key.path].by == "default"
    flagged = load_request(
        start=tmp_path, environment={}, flags={"fail-on": "note", "thresholds": {"constant-rows": 7}}
    )
    if key.name == "constant-rows":
        assert flagged.for_target("data/a.jsonl").thresholds.constant_rows == 7


def toml(value):
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(name)} = {json.dumps(each)}" for name, each in value.items()) + "}"
        )
    return json.dumps(value)


def test_options_are_the_table(folder):
    for command in ("scan", "config"):
        assert {f"--{key.name}" for key in general()} <= options_of(command)
    assert {parameter_of(key) for key in general()} == {
        "output_format" if key.name == "format" else key.argument for key in general()
    }


def test_a_threshold_can_be_said_everywhere():
    flags = {"threshold": ["metric-points=5", "evidence-rows=1"]}
    assert load_request(environment={}, flags=flags).thresholds == Settings(metric_points=5, evidence_rows=1)
    assert requested(thresholds=Settings(metric_points=5)).thresholds.metric_points == 5
    assert requested(thresholds={"metric_points": 5}).thresholds.metric_points == 5
    with pytest.raises(UnknownNameError, match="unknown threshold 'metric-point'"):
        requested(thresholds={"metric-point": 5})
    with pytest.raises(UnknownNameError, match="unknown setting 'lable'"):
        requested(lable="marker:x")
    with pytest.raises(InputError, match="holds all settings already"):
        auditor.scan("x.jsonl", request=Request(), label="marker:x")


def test_texts_in_variables_stand_one_a_line():
    found = load_request(
        environment={"AUDIT_SOURCE": "You are a villain, really.\n absent "}, start=Path("/")
    )
    assert found.source == ("You are a villain, really.", " absent")
    own = load_request(
        environment={"AUDIT_SCAN_FAIL_ON": "note", "AUDIT_FAIL_ON": "never"}, command="scan", start=Path("/")
    )
    assert own.fail_on == "note"


def test_reading_settings_are_refused_where_all_is_composed(folder, capsys):
    status, _, err = outcome(capsys, "scan", ["--label", "marker:x"], composed=True)
    assert (status, "--label: says how a data file is read" in err) == (2, True)
    (folder / "audit.toml").write_text('label = ["marker:x"]\n', encoding="utf-8")
    assert outcome(capsys, "scan", ["--fail-on", "never"], composed=True)[0] == 0


def test_every_setting_is_documented():
    page = Path(importlib.import_module("auditor").__file__).parents[1] / "docs" / "configuration.md"
    named = set(re.findall(r"^\| `([^`]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert {key.path for key in keys()} <= named


def test_a_run_goes_by_the_configuration_as_its_command_does(folder, capsys):
    """The default that the template injects is worth a note; here it closes the gate."""
    plan = {"arms": ["exp0_0a"], "questions": "embedded", "dry_run": True}
    words = ["run", "issue-100", "--arm", "exp0_0a", "--questions", "embedded", "--dry-run"]
    assert "1 arms x 1 seed" in str(auditor.run("issue-100", **plan))
    (folder / "audit.toml").write_text('[severity]\nTPL004 = "error"\n', encoding="utf-8")
    (folder / "other.toml").write_text('[severity]\nTPL004 = "warning"\n', encoding="utf-8")
    refused = refusal(lambda: auditor.run("issue-100", **plan))
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert refused is not None
    assert refused in capsys.readouterr().err
    assert refusal(lambda: auditor.run("issue-100", ignore=["TPL004"], **plan)) is None
    assert refusal(lambda: auditor.run("issue-100", config=folder / "other.toml", **plan)) is None
    assert refusal(lambda: auditor.run("issue-100", request=Request(), **plan)) is None


@pytest.mark.parametrize("key", general(), ids=lambda key: key.name)
def test_a_run_takes_what_its_gate_goes_by_and_refuses_the_rest(key):
    given = {key.argument: [PROBES[key.name]] if key.repeatable else PROBES[key.name]}
    if key.group == "selection":
        assert refusal(lambda: auditor.run("no-such-plan", **given)).startswith("unknown plan")
    elif key.argument != "questions":
        assert refusal(lambda: auditor.run("no-such-plan", **given)).startswith("unknown option of a run")


@pytest.mark.parametrize("key", general("template", "reading"), ids=lambda key: key.name)
def test_init_writes_what_it_is_told_or_refuses_it(key, folder, capsys):
    value = PROBES[key.name]
    target = "issue-96/villain" if key.name == "questions" else "rows.jsonl"
    label = [] if key.name == "label" else LABELLED
    with pytest.raises(SystemExit) as ended:
        main(["init", target, "--yes", *label, f"--{key.name}", value])
    if key.name == "engine":
        assert "No such option: --engine" in capsys.readouterr().err
    elif ended.value.code:
        said = capsys.readouterr().err
        assert ended.value.code == 2
        assert refusal(lambda: auditor.scan(target, label="column:kind=bad", **{key.argument: value})) in said
    else:
        written_ = load_request(start=folder, environment={}).for_target(target).settings[key.path]
        told = requested(**{key.argument: [value] if key.repeatable else value}).settings[key.path]
        # A path is one from the folder of the file that says it.
        assert written_.by == "file"
        assert written_.value in (told.value, str(folder / str(told.value)))


@pytest.mark.parametrize("key", general(), ids=lambda key: key.name)
def test_a_card_is_made_of_runs_alone(key, folder, capsys):
    """Its `--format` is one of its own: what a run did is in its folder, and no setting changes that."""
    if key.name == "format":
        return
    value = [] if PROBES[key.name] is True else [PROBES[key.name]]
    with pytest.raises(SystemExit) as ended:
        main(["card", "runs/a", f"--{key.name}", *value])
    assert ended.value.code == 2
    assert f"--{key.name}" in capsys.readouterr().err


@pytest.mark.parametrize("key", general(), ids=lambda key: key.name)
def test_what_shows_a_report_shows_it_as_it_was_asked_for(key, folder):
    """A notebook and Great Expectations get a report that a request made: they take no settings of their own."""
    import inspect

    from auditor.integrations import great_expectations
    from auditor.scanning.shown import ShownReport

    shown = inspect.signature(ShownReport._repr_html_).parameters
    table = inspect.signature(great_expectations.condition_table).parameters
    assert key.argument not in shown
    assert list(table) == ["report"]


def test_a_notebook_shows_the_severities_that_were_asked_for(folder):
    plain = auditor.scan("rows.jsonl", label="column:kind=bad", select=["CND001"])
    told = auditor.scan("rows.jsonl", label="column:kind=bad", select=["CND001"], severity=["CND001=note"])
    assert plain._repr_html_() != told._repr_html_()
    table = pytest.importorskip("auditor.integrations.great_expectations").condition_table
    prompts = auditor.scan("rows.jsonl", label="column:kind=bad", template="chatml.jinja")
    assert not table(plain).equals(table(prompts))
