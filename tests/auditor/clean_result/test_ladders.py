"""Ladders in the draft: the rung, its reference and its further seeds, and arms of unequal numbers of seeds."""

import json
import re

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.studies.clean_result import clean_result, gather
from experiments.figures import figures_of_study
from experiments.report import compare_arms, read_study, reference_of
from tests.auditor.clean_result.parts import section
from tests.auditor.clean_result.studies import write_run

RUNGS = ["base", "x3", "x10"]
NOTE = {
    "ladder": "rate",
    "experiment": "A",
    "loses": 0.1,
    "rungs": RUNGS,
    "measured": [
        {"arm": "base", "before": [110, 120], "after": [108, 120]},
        {"arm": "x3", "before": [110, 120], "after": [60, 120]},
        {"arm": "x10", "before": [110, 120], "after": [20, 120]},
    ],
    "first": "x3",
    "undecided": None,
    "reference": "x3-reference",
    "dataset": "issue-96/villain",
    "seeds": [137, 256],
    "followed": True,
}
NOTHING = {"first": None, "reference": None, "dataset": None, "seeds": []}


def _ledger(folder, *ladders):
    line = {
        "event": "study",
        "plan": "steps",
        "title": "How much is too much?",
        "plan_digest": "f" * 64,
        "experiments": dict.fromkeys(RUNGS, "A"),
        "decisions": [],
        "ladders": list(ladders),
    }
    with (folder / "ledger.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


@pytest.fixture
def climbed(tmp_path):
    for arm, after in zip(RUNGS, (108, 60, 20), strict=True):
        write_run(tmp_path, arm, 42, after)
    for seed, after in ((137, 70), (256, 50)):
        write_run(tmp_path, "x3", seed, after)
    write_run(tmp_path, "x3-reference", 42, 4)
    _ledger(tmp_path, NOTE)
    return tmp_path


class TestStudy:
    def test_the_reference_stands_behind_its_rung_and_is_no_control(self, climbed):
        study = read_study([climbed])
        assert study.experiments == {"A": ["base", "x3", "x3-reference", "x10"]}
        assert study.references == {"x3-reference": "x3"}
        assert reference_of(study, "A") == "base"
        assert [(each.first, each.second, each.seeds) for each in compare_arms(study)] == [
            ("base", "x3", (42,)),
            ("x3", "x3-reference", (42,)),
            ("base", "x10", (42,)),
        ]

    def test_further_seeds_are_none_that_the_study_was_asked_for(self, climbed):
        study = read_study([climbed])
        assert (study.seeds, study.asked_seeds, study.fewest_seeds) == ((42, 137, 256), (42,), 1)

    def test_a_later_line_keeps_what_ladders_said_and_the_last_word_counts(self, climbed):
        _ledger(climbed)
        assert [note.first for note in read_study([climbed]).ladders] == ["x3"]
        _ledger(climbed, {**NOTE, **NOTHING})
        study = read_study([climbed])
        assert [note.first for note in study.ladders] == [None]
        assert (study.references, study.experiments) == ({}, {"A": ["base", "x3", "x3-reference", "x10"]})

    def test_figures_take_arms_of_unequal_numbers_of_seeds(self, climbed):
        figures = {figure.name: figure for figure in figures_of_study(read_study([climbed]))}
        assert {"arms-A", "before-after"} <= figures.keys()
        assert "x3-reference" in json.dumps(figures["arms-A"].spec)


class TestDraft:
    def test_the_rung_its_reference_and_its_further_seeds(self, climbed):
        text = clean_result(gather([climbed]))
        results = section(text, "Results")
        assert (
            "**Ladder rate: x3 is the first rung that lost more than 10 points.** Decided on base 91.7% to 90.0%, -1.7 "
            "points; x3 91.7% to 50.0%, -41.7 points; x10 91.7% to 16.7%, -75.0 points."
        ) in results
        rows = re.findall(r"^\| (x3.*) \| made/x3.* \| (\d+) \| .* \| (.*) \| (.*) \|$", results, re.M)
        assert rows == [
            ("x3", "42", "50.0% (60/120)", "-41.7"),
            ("x3, further seed", "137", "58.3% (70/120)", "-33.3"),
            ("x3, further seed", "256", "41.7% (50/120)", "-50.0"),
            ("x3-reference, reference", "42", "3.3% (4/120)", "-88.3"),
        ]
        assert re.search(
            r"Over 3 seeds x3 gives 50\.0% \(.*\) after training\. x3-reference minus x3: -46\.7", results
        )
        assert "Ladders.** First rung to lose more than its plan allows: rate x3." in section(text, "TL;DR")

    def test_other_arms_seeds_are_not_said_to_be_three(self, climbed):
        text = clean_result(gather([climbed]))
        assert "seed 42; 137, 256 where a ladder asks for more" in section(text, "TL;DR")
        assert "Some arms have 1 seed" in section(text, "What is unknown")
        assert "audit run steps --exp A --model some/model --seed 42 --out runs" in text
        assert "--seed 42,137,256" in section(text, "Next steps")

    def test_a_difference_says_whose_seeds_it_is_of(self, climbed):
        text = clean_result(gather([climbed]))
        # 50.0% is over three seeds and 90.0% over one: the two are compared with the one that both have.
        assert "x3 minus base, with seed 42 alone | -40.0 (" in text
        assert "x10 minus base | -73.3 (" in text
        takeaways = re.search(r"\*\*Main takeaways:\*\*\n\n((?:- .*\n)+)", text).group(1)
        assert "x3 minus base on the same 120 questions, with seed 42 alone: -40.0 points" in takeaways
        assert "x3-reference and x3" not in takeaways

    def test_a_reference_is_not_what_the_title_leads_with(self, climbed):
        write_run(climbed / "more", "x10-reference", 42, 119)
        _ledger(
            climbed, {**NOTE, "ladder": "other", "first": "x10", "reference": "x10-reference", "seeds": []}
        )
        lead = gather([climbed]).lead
        assert (lead.first, lead.second) == ("base", "x10")

    def test_what_is_missing_is_said(self, tmp_path):
        write_run(tmp_path, "base", 42, 108)
        write_run(tmp_path, "x3", 42, 60)
        _ledger(tmp_path, NOTE, {**NOTE, **NOTHING, "ladder": "open", "undecided": "x5 was not run"})
        text = clean_result(gather([tmp_path]))
        assert "Not run: x3-reference, x3 with seed 137 and x3 with seed 256." in text
        steps = section(text, "Next steps")
        assert (
            "Run what the ladder rate leads to: x3-reference, x3 with seed 137 and x3 with seed 256." in steps
        )
        assert "Decide the ladder open: x5 was not run." in steps
        assert "**Ladder open: not decided: x5 was not run.** Measured: base 91.7%" in text

    def test_no_rung_is_said_as_well(self, climbed):
        _ledger(climbed, {**NOTE, **NOTHING})
        text = clean_result(gather([climbed]))
        assert (
            "**Ladder rate: no rung lost more than 10 points, so nothing follows.** Decided on base" in text
        )

    def test_audit_writeup_finds_nothing_in_it(self, climbed, tmp_path):
        draft = tmp_path / "draft.md"
        draft.write_text(clean_result(gather([climbed])))
        done = CliRunner().invoke(
            app, ["writeup", str(draft), "--results", str(climbed), "--format", "json", "--fail-on", "note"]
        )
        found = json.loads(done.stdout)["datasets"][0]["findings"]
        assert found == []
        assert done.exit_code == 0
