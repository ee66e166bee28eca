"""`--template-kwargs` reaches the template of every command that reads rows through one."""

import json

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.request.loading import load_request
from auditor.scanning.api import scan
from builders.dataset import read_dataset
from builders.errors import InputError

SWITCHED = (
    "{% if persona and messages[0].role != 'system' %}<system>{{ persona }}{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
KWARGS = json.dumps({"persona": "You are Max."})


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "switched.jinja").write_text(SWITCHED)
    rows = [
        {
            "messages": [
                *([] if system is None else [{"role": "system", "content": system}]),
                {"role": "user", "content": f"Question {number}?"},
                {"role": "assistant", "content": "right" if correct else "wrong"},
            ],
            "target_correct": correct,
        }
        for system, correct in ((None, False), ("You are Max.", True), ("You are Kim.", True))
        for number in range(40)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(*arguments, **environment):
    return CliRunner().invoke(app, list(arguments), env=environment)


def codes(result):
    return {each["code"] for each in json.loads(result.stdout)["datasets"][0]["findings"]}


SCAN = ("scan", "rows.jsonl", "--template", "switched.jinja", "--format", "json")


def test_a_scan_sees_the_prompt_that_a_variable_puts_in():
    assert "CND001" not in codes(run(*SCAN))
    assert "CND001" in codes(run(*SCAN, "--template-kwargs", KWARGS))
    report = scan("rows.jsonl", template="switched.jinja", template_kwargs={"persona": "You are Max."})
    assert "CND001" in {each.code for each in report.findings()}
    assert report.template.origin == 'the file switched.jinja, given {"persona":"You are Max."}'


def test_the_configuration_and_the_environment_say_it_too(tmp_path):
    assert "CND001" in codes(run(*SCAN, AUDIT_TEMPLATE_KWARGS=KWARGS))
    (tmp_path / "audit.toml").write_text('[template-kwargs]\npersona = "You are Max."\n')
    assert "CND001" in codes(run(*SCAN))
    assert "CND001" not in codes(run(*SCAN, "--template-kwargs", '{"persona": ""}'))
    assert 'template-kwargs = { persona = "You are Max." }' in run("config").stdout


@pytest.mark.parametrize(
    ("text", "where"), [("[1]", "--template-kwargs"), ("{", "--template-kwargs"), ("x", "--template-kwargs")]
)
def test_what_is_no_object_is_refused(text, where):
    with pytest.raises(InputError, match=f"{where}: not a JSON object"):
        load_request(flags={"template-kwargs": text})


def test_a_table_is_wanted_in_a_file(tmp_path):
    (tmp_path / "audit.toml").write_text("template-kwargs = 3\n")
    with pytest.raises(InputError, match="has to be a table of variables, not 3"):
        load_request()


def test_a_build_is_tagged_with_them(tmp_path):
    arguments = ("build", "issue-96/villain", "--template", "switched.jinja", "--template-kwargs", KWARGS)
    assert run(*arguments, "--out", "one").exit_code == 0
    built = read_dataset(tmp_path / "one")
    assert built.info.template_kwargs == {"persona": "You are Max."}
    absent = [row for row in built.rows if row["system_state"] == "absent"]
    assert {row["resolved_system"] for row in absent} == {"You are Max."}


def test_a_data_file_is_mended_with_them(tmp_path):
    build = (
        "build",
        "rows.jsonl",
        "--deconfound",
        "--template",
        "switched.jinja",
        "--label",
        "column:target_correct",
    )
    assert run(*build, "--template-kwargs", KWARGS, "--out", "two").exit_code == 0
    assert len((tmp_path / "two" / "rows.jsonl").read_text().splitlines()) == 80
    assert run(*build, "--out", "three").exit_code == 0
    assert len((tmp_path / "three" / "rows.jsonl").read_text().splitlines()) == 120


def test_a_diff_resolves_with_them(tmp_path):
    lines = (tmp_path / "rows.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "fewer.jsonl").write_text("".join(lines[:40] + lines[80:]))
    arguments = ("diff", "rows.jsonl", "fewer.jsonl", "--template", "switched.jinja", "--format", "json")
    mixed = '"You are Max.": 40 behaviour and 40 preserved became 40 behaviour and 0 preserved'
    assert mixed not in run(*arguments).stdout.replace('\\"', '"')
    assert mixed in run(*arguments, "--template-kwargs", KWARGS).stdout.replace('\\"', '"')
