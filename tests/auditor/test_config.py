"""Settings: where they are found, which one wins, and what is refused."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.acceptance.accepted import suppress_ignored
from auditor.cli import main
from auditor.request.config_keys import keys
from auditor.request.loading import find_config, load_request
from auditor.request.request import Ignore
from builders.errors import InputError, UnknownNameError
from checks.core.settings import RANGES, Settings
from tests.auditor.formats.reports import everything

HOME = Path(__file__).parents[2]


def load(tmp_path, text, *, name="audit.toml", environment=None, flags=None):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load_request(start=tmp_path, environment=environment or {}, flags=flags)


def test_defaults_hold_where_nobody_says_otherwise(tmp_path):
    config = load_request(start=tmp_path, environment={})
    assert config.thresholds == Settings()
    assert (config.select, config.ignore, config.fail_on, config.formats) == ((), (), "error", ("full",))
    assert (config.template, config.renderer, config.questions) == (None, "transformers", "embedded")
    assert {setting.origin for setting in config.settings.values()} == {"default"}


def test_every_setting_of_a_file_is_read(tmp_path):
    config = load(
        tmp_path,
        """
        select = ["CND", "default-injected"]
        ignore = ["cnd004", { check = "CND001", target = "train*", reason = "on purpose" }]
        fail-on = "warning"
        format = ["sarif:out.sarif", "full"]
        baseline = "known.json"
        template = "qwen3"
        renderer = "llamafactory"
        questions = "arc-challenge"
        [severity]
        near-anchor = "note"
        [thresholds]
        metric-points = 5
        evidence-rows = 1
        """,
    )
    assert (config.select, config.ignore) == (("CND", "TPL004"), ("CND004",))
    assert [(each.check, each.target, each.reason) for each in config.ignores] == [
        ("CND001", "train*", "on purpose")
    ]
    assert (config.fail_on, config.formats) == ("warning", ("sarif:out.sarif", "full"))
    assert config.baseline == tmp_path / "known.json"
    assert (config.template, config.renderer, config.questions) == ("qwen3", "llamafactory", "arc-challenge")
    assert config.severities == {"CND004": "note"}
    assert config.thresholds == dataclasses.replace(Settings(), metric_points=5.0, evidence_rows=1)
    assert isinstance(config.thresholds.metric_points, float)


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path):
    text = 'fail-on = "note"\n[thresholds]\nmetric-points = 1\n'
    environment = {"AUDIT_FAIL_ON": "warning", "AUDIT_METRIC_POINTS": "2.5", "AUDIT_SELECT": "CND, TPL004"}
    setting = load(
        tmp_path, text, environment=environment, flags={"fail-on": "never", "select": None}
    ).settings
    assert (setting["fail-on"].value, setting["fail-on"].origin) == ("never", "--fail-on")
    assert setting["fail-on"].beaten == (
        ("AUDIT_FAIL_ON", "warning"),
        (f"{tmp_path / 'audit.toml'} fail-on", "note"),
    )
    assert setting["thresholds.metric-points"].value == 2.5
    assert setting["select"].value == ("CND", "TPL004")
    assert load(tmp_path, text).fail_on == "note"


def test_the_nearest_file_is_found_and_a_pyproject_without_the_table_is_passed_by(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.audit]\nfail-on = "note"\n')
    (inner.parent / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_config(inner) == tmp_path / "pyproject.toml"
    assert load_request(start=inner, environment={}).fail_on == "note"
    (tmp_path / "audit.toml").write_text("")
    assert find_config(inner) == tmp_path / "audit.toml"


def test_a_path_in_a_file_is_seen_from_the_file(tmp_path):
    (tmp_path / "chat.jinja").write_text("{{ messages }}")
    assert load(tmp_path, 'template = "chat.jinja"').template == str(tmp_path / "chat.jinja")
    assert load(tmp_path, 'template = "gemma3"').template == "gemma3"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('fail_on = "note"', "unknown setting 'fail_on'\nhelp: did you mean 'fail-on'"),
        (
            "[thresholds]\nmetric-point = 1",
            "unknown threshold 'metric-point'\nhelp: did you mean 'metric-points'",
        ),
        (
            '[[ignore]]\ncheck = "CND001"\nreson = "x"',
            "unknown key of an ignore 'reson'\nhelp: did you mean 'reason'",
        ),
        ('select = ["CND01"]', "unknown check 'CND01'\nhelp: did you mean"),
        ('fail-on = "fatal"', "unknown value 'fatal'"),
        ('[severity]\nCND001 = "fatal"', "unknown severity 'fatal'"),
        ('[severity]\nCND999 = "note"', "unknown check 'CND999'"),
    ],
)
def test_unknown_names_are_errors_with_near_ones(tmp_path, text, says):
    with pytest.raises(UnknownNameError) as raised:
        load(tmp_path, text)
    assert says in str(raised.value)
    assert str(raised.value).startswith(str(tmp_path / "audit.toml"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[ignore]]\ncheck = "CND001"', "an ignore needs a reason"),
        ('[[ignore]]\ncheck = "CND001"\nreason = "  "', "an ignore needs a reason"),
        ('[[ignore]]\nreason = "x"', "an ignore needs a check"),
        ('select = "CND"', "has to be a list"),
        ("select = [1]", "has to be a text"),
        ("fail-on = 1", "has to be a text"),
        ('thresholds = "x"', "has to be a table"),
        ('severity = "x"', "has to be a table"),
        ('[thresholds]\nmetric-points = "ten"', "has to be a number"),
        ("[thresholds]\nmetric-points = true", "has to be a number"),
        ("[thresholds]\nmetric-points = nan", "has to be finite"),
        ("[thresholds]\nnear-similarity = -0.1", "from 0 to 1, not -0.1"),
        ("[thresholds]\nnear-similarity = 1.5", "from 0 to 1, not 1.5"),
        ("[thresholds]\nsurface-auc = 0.4", "from 0.5 to 1"),
        ("[thresholds]\nmax-tokens = 0", "1 or more"),
        ("[thresholds]\nmetric-points = inf", "finite"),
        ("[thresholds]\nevidence-rows = 1.5", "has to be a whole number"),
        ("fail-on = ", "is no TOML"),
    ],
)
def test_values_that_make_no_sense_are_errors(tmp_path, text, says):
    with pytest.raises(InputError, match=says) as raised:
        load(tmp_path, text)
    assert str(raised.value).startswith(str(tmp_path / "audit.toml"))


def test_a_bad_variable_is_an_error_that_names_it(tmp_path):
    with pytest.raises(InputError, match="AUDIT_METRIC_POINTS: has to be a number"):
        load(tmp_path, "", environment={"AUDIT_METRIC_POINTS": "ten"})


def test_a_named_file_has_to_be_there_and_has_to_have_the_table(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_request(file=tmp_path / "no.toml", environment={})
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(InputError, match=r"has no \[tool.audit\]"):
        load_request(file=tmp_path / "pyproject.toml", environment={})


def test_an_ignored_finding_is_suppressed_and_never_dropped(tmp_path):
    text = """
    [[tool.audit.ignore]]
    check = "anchor-negative"
    target = "train*"
    reason = "published so"
    [[tool.audit.ignore]]
    check = "CND001"
    target = "other"
    reason = "matches nothing"
    """
    config = load(tmp_path, text, name="pyproject.toml")
    before = everything()
    after, unused = suppress_ignored(before, config)
    assert [each.target for each in unused] == ["other"]
    assert isinstance(unused[0], Ignore)
    assert unused[0].where.endswith("[tool.audit] ignore 2")
    said = {each.code: each.suppressed for each in after.datasets[0].findings}
    assert said["CND001"] == "published so"
    assert said["SRC999"] is None
    assert said["CND004"] == before.datasets[0].findings[3].suppressed
    assert after.status == "incomplete"


def test_a_dataset_is_clean_once_all_that_counts_is_suppressed(tmp_path):
    report = everything()
    report = report.model_copy(update={"status": "findings", "datasets": [report.datasets[0]]})
    entries = [{"check": "CND001", "reason": "a"}, {"check": "TPL004", "reason": "b"}]
    text = (
        "ignore = [" + ", ".join(f'{{check="{e["check"]}", reason="{e["reason"]}"}}' for e in entries) + "]"
    )
    one = report.datasets[0].model_copy(
        update={"findings": [each for each in report.datasets[0].findings if each.code != "SRC999"]}
    )
    after, _ = suppress_ignored(report.model_copy(update={"datasets": [one]}), load(tmp_path, text))
    assert (after.status, after.datasets[0].status) == ("clean", "clean")
    assert len(after.datasets[0].findings) == 3


def run(*arguments, cwd, **variables):
    environment = {"PYTHONPATH": str(HOME), "PATH": "", **variables}
    return subprocess.run(
        [sys.executable, "-m", "auditor", *arguments],
        cwd=cwd,
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_config_command_explains_each_setting(tmp_path):
    (tmp_path / "audit.toml").write_text(
        'fail-on = "note"\n[[ignore]]\ncheck = "CND001"\nreason = "\\u001b[31mred"\n'
    )
    done = run("config", "--explain", cwd=tmp_path, AUDIT_FAIL_ON="warning")
    assert done.returncode == 0, done.stderr
    for key in keys():
        assert f"\n{key.path} = " in done.stdout
        assert key.help in done.stdout
    assert 'fail-on = "warning"  (AUDIT_FAIL_ON)' in done.stdout
    assert 'beats "note"' in done.stdout
    assert "because \\x1b[31mred" in done.stdout
    plain = run("config", "--fail-on", "never", cwd=tmp_path)
    assert 'fail-on = "never"' in plain.stdout.splitlines()
    refused = run("config", cwd=tmp_path, AUDIT_FAIL_ON="fatal")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: AUDIT_FAIL_ON: unknown value 'fatal'")


def test_a_scan_goes_by_the_configuration(tmp_path):
    def scan(*arguments):
        return run("scan", "issue-96/assistant", "--format", "concise", *arguments, cwd=tmp_path)

    found = scan()
    assert (found.returncode, "CND001" in found.stdout) == (1, True)
    (tmp_path / "audit.toml").write_text(
        'select = ["CND001"]\n[[ignore]]\ncheck = "CND001"\ntarget = "issue-96/*"\nreason = "published"\n'
        '[[ignore]]\ncheck = "CND002"\nreason = "old"\n'
    )
    ignored = scan()
    assert (ignored.returncode, ignored.stdout.count("\n")) == (0, 1)
    assert "(suppressed: published)" in ignored.stdout
    assert ignored.stderr == "warning: audit.toml ignore 2: nothing to ignore: no CND002 in *\n".replace(
        "audit.toml", str(tmp_path / "audit.toml")
    )
    (tmp_path / "audit.toml").write_text('fail-on = "error"\n[severity]\nCND001 = "warning"\n')
    assert scan().returncode == 0
    assert scan("--fail-on", "warning").returncode == 1


def test_thresholds_in_python_have_ranges_too():
    with pytest.raises(InputError, match="near-similarity has to be from 0 to 1, not 2"):
        Settings(near_similarity=2)
    assert set(RANGES) == {field.name for field in dataclasses.fields(Settings)}
    assert Settings(near_similarity=1, surface_auc=0.5).near_similarity == 1


def test_the_evaluation_may_stand_in_the_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "audit.toml").write_text('evaluation = "embedded"\nformat = ["json"]\nfail-on = "never"\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["scan", "issue-96/villain", "--select", "SPL"])
    [dataset] = json.loads(capsys.readouterr().out)["datasets"]
    assert "evaluated on 586 questions of embedded" in dataset["notes"]
    (tmp_path / "audit.toml").write_text('evaluation-template = "qwen2.5"\n')
    with pytest.raises(SystemExit) as ended:
        main(["scan", "issue-96/villain"])
    assert ended.value.code == 2
    assert "--evaluation-template needs the questions" in capsys.readouterr().err
