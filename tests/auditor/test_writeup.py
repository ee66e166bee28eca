"""`audit writeup` as a user runs it: the published page, exit statuses, formats, hostile texts."""

import contextlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.cli import main
from auditor.formats import FORMATS, render
from auditor.texts.writeup import audit_writeup, read_document
from auditor.texts.writeup_facts import config_facts, issue_facts, merged, script_facts
from builders.errors import InputError
from checks.wrt.document import Document
from checks.wrt.facts import Facts
from tests.checks.writeups import facts

SEED = Path(__file__).parents[3] / "shared" / "seed" / "issue-100-write-up.txt"
real_page = pytest.mark.skipif(not SEED.exists(), reason="the published page is not there")
FULL = "Summary\n\nThe design.\n\nResults\n\n492/586 = {}%\n\nReproducibility\n"


@pytest.fixture(scope="module")
def issue():
    return issue_facts("issue-100")


def audit(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main(["writeup", *map(str, arguments)])
    return int(ended.value.code or 0), out.getvalue(), err.getvalue()


@real_page
def test_the_published_page_gives_exactly_this_list(issue):
    report = audit_writeup(read_document(SEED), issue)
    found = {(each.code, tuple(place.line for place in each.evidence)) for each in report.findings()}
    assert found == {
        ("WRT003", (1, 9)),
        ("WRT005", (12,)),
        ("WRT006", (13, 35)),
        ("WRT007", (33,)),
        ("WRT008", (5,)),
        ("WRT009", (5, 28)),
        ("WRT010", (29,)),
        ("WRT011", (29, 39, 4)),
        ("WRT012", (27, 9)),
        ("WRT013", (46,)),
        ("WRT014", (11, 25, 25, 1)),
        ("WRT016", (15, 23)),
        ("WRT017", (3,)),
        ("WRT018", (27,)),
        ("WRT019", (12,)),
        ("WRT026", (4, 12, 37)),
        ("WRT027", (4, 27)),
        ("WRT028", (13, 38)),
        ("WRT029", (22,)),
    }


ENTRY = """
import argparse
from pathlib import Path

RESULTS = Path("eval_results") / "issue_100"

def train(name):
    fit(Settings(hf_upload=True))
    (RESULTS / name / "run_result.json").write_text("{}")

def main():
    commands = argparse.ArgumentParser().add_subparsers()
    commands.add_parser("exp0").add_argument("--gpu")
    train("exp0_deconfounded")
    train(f"expC_{commands}")
"""


@real_page
def test_a_script_of_its_entry_points_form_shows_three_more(issue, tmp_path):
    script = tmp_path / "run_assistant_robustness.py"
    script.write_text(ENTRY)
    report = audit_writeup(read_document(SEED), merged([issue, script_facts([script])]))
    more = {
        (each.code, each.evidence[0].line)
        for each in report.findings()
        if each.code in {"WRT015", "WRT024", "WRT025"}
    }
    assert more == {("WRT015", 61), ("WRT024", 44), ("WRT025", 49)}


@real_page
def test_without_facts_only_the_text_is_held_against_itself():
    report = audit_writeup(read_document(SEED), Facts())
    codes = {each.code for each in report.findings()}
    assert codes == {"WRT003", "WRT005", "WRT010", "WRT011", "WRT012", "WRT014"}


@real_page
def test_the_page_in_the_documentation_lists_the_same(issue):
    page = (Path(__file__).parents[2] / "docs" / "writeup.md").read_text(encoding="utf-8")
    report = audit_writeup(read_document(SEED), issue)
    for finding in report.findings():
        line = finding.evidence[0].line
        assert f"| {finding.code} {finding.name} | {line}" in page
    assert page.count("| WRT") == len(report.findings())


def test_exit_statuses(tmp_path):
    text = tmp_path / "a.md"
    text.write_text(FULL.format("84.0"))
    assert audit(text)[0] == 0
    text.write_text(FULL.format("84.6"))
    status, out, _ = audit(text, "--format", "concise")
    assert status == 1
    assert out.startswith(f"{text}:7:1: error WRT004 ")
    assert audit(text, "--fail-on", "never")[0] == 0
    assert audit(text, "--ignore", "wrong-arithmetic")[0] == 0
    for problem in (tmp_path / "none.md", tmp_path):
        status, _, err = audit(problem)
        assert (status, err.startswith("error: ")) == (2, True)
    text.write_bytes(b"a\n\xff\n")
    status, _, err = audit(text)
    assert (status, f"{text}:2: is not UTF-8" in err) == (2, True)
    text.write_text(" \n")
    assert audit(text)[0] == 2
    text.write_text("x")
    assert audit(text, "--issue", "issue-101")[0] == 2
    assert audit(text, "--select", "SRC")[0] == 2


def test_numbers_are_listed_with_their_verdict(tmp_path):
    text = tmp_path / "a.md"
    text.write_text(FULL.format("84.0"))
    assert "line 7: rounds to: `492/586 = 84.0%`" in audit(text, "--numbers")[1]
    notes = json.loads(audit(text, "--format", "json")[1])["datasets"][0]["notes"]
    said = "1 statement compared: 1 round to it; the text holds 3 numbers, and those in no such statement"
    assert notes == [f"{said} were not looked at"]


def test_configuration_of_any_layout(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("lora: {r: 8, lora_alpha: 16}\ntraining: {learning_rate: 1.0e-4, max_seq_length: 512}\n")
    text = tmp_path / "a.md"
    text.write_text("LoRA r=8, alpha=32, lr=1e-4, max_length=512\n")
    status, out, _ = audit(text, "--config", path, "--select", "WRT006", "--format", "concise")
    assert status == 1
    assert "alpha is given as 32, and the run was made with 16" in out
    path.write_text("- a\n")
    assert audit(text, "--config", path)[0] == 2
    path.write_text("a: {r: 8}\nb: {r: 16}\n")
    with pytest.raises(InputError, match="two values"):
        config_facts(path)


def test_scripts_give_options_and_draws(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        "import argparse, random\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--exp', '-e')\n"
        "def pick(name: str):\n"
        "    return random.Random(hash(name)).random()\n"
    )
    known = script_facts([tmp_path])
    assert known.scripts[0].options == {"--exp"}
    text = tmp_path / "a.md"
    text.write_text("The data is deterministic.\n\n    python run.py --exp 0 --all\n")
    status, out, _ = audit(text, "--scripts", script, "--format", "concise", "--select", "WRT013")
    assert status == 1
    assert "run.py:5" in out
    assert "has no option --all" in audit(text, "--scripts", script, "--format", "concise")[1]
    assert not (tmp_path / "__pycache__").exists()


def test_data_and_results_are_read(tmp_path):
    status, _, err = audit(__file__, "--results", tmp_path)
    assert (status, "run_result.json" in err) == (2, True)
    assert audit(__file__, "--data", tmp_path / "none.jsonl")[0] == 2


def test_built_data_is_held_against_the_text(tmp_path):
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        pytest.raises(SystemExit),
    ):
        main(["build", "issue-96", "--source", "assistant", "--out", str(tmp_path / "data")])
    [folder] = {path.parent for path in (tmp_path / "data").rglob("manifest.json")}
    text = tmp_path / "a.md"
    text.write_text("It has 200 wrong answers per source x 4 sources = 800. N_train = 700.\n")
    status, out, err = audit(text, "--data", folder, "--format", "concise", "--ignore", "WRT001")
    assert (status, err) == (1, "")
    assert "800 rows: 200 wrong and 600 right" in out
    assert "700" not in out.partition("WRT005")[0]  # another arm's, maybe: only one was given
    assert "not checked: `N_train = 700`" in audit(text, "--data", folder, "--verbose")[1]


HOSTILE = "System: \x1b[31m<script>alert(1)</script>\npersona = assistant ::error::x\n[a](javascript:x) 1/2 = 51.0%\n"


def test_what_is_likely_and_what_is_not_checked_is_shown_on_demand(tmp_path):
    text = tmp_path / "a.md"
    text.write_text("It is 2/3 (66%). The model has 2 × (3 + 4) = 15 rows.\n")
    status, out, _ = audit(text, "--format", "full")
    assert status == 0
    assert "1 likely finding (WRT004) not shown" in out
    assert "1 statement could not be checked; --verbose lists it" in out
    assert "not checked: `3 + 4) = 15`: the whole of it could not be read" in audit(text, "--verbose")[1]
    status, out, _ = audit(text, "--pedantic", "--format", "concise")
    assert (status, "WRT004 likely: `2/3 (66%`" in out) == (1, True)


def test_missing_parts_are_a_note_where_no_house_style_is_configured(tmp_path):
    text = tmp_path / "a.md"
    text.write_text("One paragraph.\n")
    assert audit(text)[0] == 0
    (tmp_path / "audit.toml").write_text('[severity]\nmissing-section = "warning"\n')
    assert audit(text, "--settings", tmp_path / "audit.toml")[0] == 1


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_text_is_inert_in_every_format(name):
    report = audit_writeup(Document("a<b>.md", HOSTILE * 3), facts())
    text = render(name, report)
    assert "\x1b" not in text
    if name == "junit":
        assert "<script>" not in text
    assert not any(line.startswith("::error::x") for line in text.splitlines())


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "from ",
                "84%",
                " to ",
                "1.9% ",
                "(",
                ")",
                "12 * 4",
                " = ",
                "z ~ ",
                "p < 1e-9 ",
                "11/586 ",
                "\n",
                "\n\n",
                "| r=",
                "lr=1e-5, ",
                '"',
                "template injects ",
                "when empty ",
                "deterministic data. ",
                "System: ",
                "0/0 ",
                "seed 42 only ",
                "persona = x ",
                "~",
                "25M trainable params ",
                "#96 ",
                "stayed at 84% post-SFT ",
                "e9",
            ]
        ),
        max_size=25,
    )
)
def test_no_text_breaks_it(pieces):
    audit_writeup(Document("a.md", "".join(pieces) or "x"), facts())


PIECES = (
    *(
        " ",
        "[",
        "(",
        '"',
        "a ",
        "| ",
        "1,",
        "1/2 ",
        "1 × ",
        "r=1 ",
        "z = 1 ",
        "1/1 vs ",
        "from 1% ",
        "post-x ",
    ),
    *(
        "template injects ",
        "1/2 = 60%.\n",
        "| 1 | 2 |\n",
        "said wrong. ",
        "{a,b}/c.json ",
        "a/",
        "not uploaded ",
    ),
)


@pytest.mark.parametrize("piece", PIECES)
def test_time_follows_the_length_of_a_text(piece):
    import time

    def spent(pieces: int) -> float:
        started = time.process_time()
        audit_writeup(Document("a.md", "a " + piece * pieces), facts())
        return time.process_time() - started

    spent(10)  # imports
    # What is quadratic takes sixteen times as long for four times the text; the rest is for what is constant.
    assert spent(6_000) < 10 * (spent(1_500) + 0.3)


@pytest.mark.parametrize("piece", ["[", '"', "> ", "`"])
def test_a_hundred_thousand_marks_are_read(piece):
    assert (
        audit_writeup(Document("a.md", "a " + piece * 100_000 + " 1/2 = 60%"), Facts()).datasets[0].rows == 1
    )


def test_the_past_issue_says_what_its_code_passes(issue):
    assert issue.settings["max length"].value == 1024
    assert issue.settings["effective batch"].value == 16
    assert issue.dimensions.lora_parameters(issue.settings["rank"].value) == 80_740_352
    pool = next(each for each in issue.datasets if each.name == "issue-96/assistant")
    assert (pool.parent, pool.rows, pool.behaviour, pool.preserved) == (True, 800, 200, 600)
    arm = next(each for each in issue.own if each.name == "issue-100/exp0_0a")
    assert arm.shared["issue-100/exp0_0b"] == 600
    assert issue.template.name == "qwen2.5"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We trained ~25M trainable parameters.", True),
        ('The draft had "~25M trainable parameters". That is wrong: the adapters are larger.', False),
        ("The first draft said ~25M trainable parameters. This was false.", False),
        ("> ~25M trainable parameters.\n\nThat statement is not correct.", False),
        ('It had "~25M trainable parameters", which was simply wrong.', False),
        (
            "The draft said ~25M trainable parameters. That is a lot. The claim of somebody else is wrong.",
            True,
        ),
        ("We have ~25M trainable parameters. It is wrong to use fewer.", True),
        ('We have "~25M trainable parameters is wrong" here.', True),
        ('We have "~25M trainable parameters". Something else was wrong.', True),
    ],
)
def test_a_claim_that_the_text_refutes_is_not_held_against_it(text, found):
    report = audit_writeup(Document("a.md", text), facts())
    assert ("WRT007" in {each.code for each in report.findings()}) is found
    assert any("refuted by the text itself" in note for note in report.datasets[0].notes) is not found
