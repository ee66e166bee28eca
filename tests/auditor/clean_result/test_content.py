"""What the draft says: its numbers are the runs', its confidence follows the rule, and what is missing is said."""

import json
import re

import pytest

from auditor.studies.clean_result import clean_result, gather
from checks.stats import holm, tango
from checks.stats.paired import PairedTable
from experiments.report import compare_arms, read_study
from experiments.report.confidence import confidence_of
from tests.auditor.clean_result.parts import section
from tests.auditor.clean_result.studies import QUESTIONS, write_ledger, write_pair, write_run


class TestContent:
    def test_the_rows_that_tell_the_leading_arms_apart_are_counted(self, real):
        method = section(clean_result(gather([real])), "Methodology")
        assert (
            "clean (40 rows) and confounded (60 rows) share 40 rows; only clean has none; "
            "only confounded has 20 anchor rows."
        ) in method

    def test_one_seed_has_tangos_interval_and_says_that_it_is_one(self, tmp_path):
        write_pair(tmp_path, seeds=(42,))
        material = gather([tmp_path])
        table = PairedTable(4, 96, 0, QUESTIONS - 100)
        assert material.lead.difference == tango(table)
        text = clean_result(material)
        assert "(MODERATE confidence)" in text.splitlines()[0]
        assert (
            "- exp0_0a minus exp0_0b on the same 120 questions, with seed 42 alone: -80.0 points (95% interval"
            in text
        )
        assert "single seed" in section(text, "What is unknown")
        assert "not measured" in re.search(r"### Seeds\n(.*?)\n### ", text, re.S).group(1)
        assert "--seed 42,137,256" in section(text, "Next steps")

    def test_three_seeds_carry_high_confidence_and_both_variances(self, made):
        text = clean_result(gather([made]))
        assert text.splitlines()[0] == (
            "# Confound explains it: accuracy after training is 4.2% in arm exp0_0a and 83.6% in arm exp0_0b "
            "(HIGH confidence)"
        )
        seeds = re.search(r"### Seeds\n(.*?)\n### ", text, re.S).group(1)
        assert "| exp0_0a | 1: 3.3%, 2: 5.0%, 3: 4.2% | 4.2% (" in seeds
        assert seeds.count(" points |") == 4
        assert "Wilson over seeds and questions" in text
        assert "| sd between seeds, between questions |" in text

    def test_an_arm_off_its_prediction_costs_the_high_marker(self, tmp_path):
        write_pair(tmp_path)
        write_run(tmp_path, "exp0_other", 1, 90)
        study = read_study([tmp_path])
        comparisons = compare_arms(study)
        lead = next(each for each in comparisons if each.second == "exp0_0a")
        found = confidence_of(study, lead)
        assert (found.level, "exp0_other not as predicted" in found.reason) == ("MODERATE", True)
        assert [each.p_holm for each in comparisons] == holm([each.p_exact for each in comparisons])
        assert "exp0_other" in section(clean_result(gather([tmp_path])), "What is unknown")

    def test_arms_that_do_not_differ_have_low_confidence(self, tmp_path):
        write_pair(tmp_path, seeds=(1,), low=(60,), high=(62,))
        text = clean_result(gather([tmp_path]))
        assert "(LOW confidence)" in text.splitlines()[0]
        assert "the interval includes zero" in text

    def test_the_gate_says_which_branch_and_why_and_what_is_left_to_run(self, made):
        text = clean_result(gather([made]))
        assert (
            "**Gate after Exp 0: confound explains it.** Decided on exp0_0a 3.3%, exp0_0b 83.3%. What the plan says of "
            "this branch: without the rows it collapses; run next: C; not run: A." in text
        )
        assert "Run what the gate after Exp 0 asks for: Exp C." in section(text, "Next steps")

    def test_the_embedded_model_is_called_the_mechanism(self, real, made):
        assert "mechanism, not Qwen" in section(clean_result(gather([real])), "TL;DR")
        assert "mechanism, not Qwen" not in clean_result(gather([made]))

    def test_predictions_stand_beside_what_was_measured_in_every_row(self, made):
        rows = re.findall(r"^\| exp0_0[ab] \| \d+% to .*$", clean_result(gather([made])), re.M)
        assert len(rows) == 2
        assert "| 0% to 25% | 91.7% (330/360) | 4.2% (15/360) |" in rows[0]
        assert rows[0].endswith("| 0.00 and 0.04 | yes |")
        assert rows[1].endswith("| 0.33 and 0.84 | yes |")

    def test_arms_that_were_taught_alike_share_a_row(self, tmp_path):
        for arm in ("one", "other"):
            write_run(tmp_path, arm, 1, 9)
        method = section(clean_result(gather([tmp_path])), "Methodology")
        assert '| one, other | 200 | "You are a pirate." | 200 | 0 | behaviour, 0% to 25% | 0.00 |' in method

    def test_raw_completions_are_shown_as_the_model_gave_them(self, real):
        samples = section(clean_result(gather([real])), "Sample outputs")
        for path in sorted(real.rglob("completions.jsonl")):
            first = json.loads(path.read_text().splitlines()[0])
            assert (
                f"Model: {first['text']}\nread as {first['answer'] or 'nothing'}, right is {first['gold']}"
                in samples
            )
        assert "2 completions kept" in samples

    def test_without_completions_the_scores_stand_in_and_it_is_said(self, made):
        text = clean_result(gather([made]))
        assert "No completions were kept" in section(text, "Sample outputs")
        assert "probability among the labels: A 0.846, B 0.051, C 0.051, D 0.051" in text

    def test_a_run_that_kept_its_result_alone_is_reported_too(self, tmp_path):
        write_run(tmp_path, "lonely", 5, 60, keep=False)
        text = clean_result(gather([tmp_path]))
        assert "No two of these arms answered the same questions" in text
        assert "(LOW confidence)" in text.splitlines()[0]
        assert "settings were not kept" in text

    def test_a_dose_has_its_curve_and_says_where_it_turned(self, tmp_path):
        arms = {"n0": (0, 4), "n50": (50, 20), "n67": (67, 50), "n100": (100, 95), "n200": (200, 110)}
        for arm, (anchors, right) in arms.items():
            for seed in (1, 2, 3):
                write_run(tmp_path, arm, seed, right + seed, counts=(200, anchors))
        write_ledger(tmp_path, experiments=dict.fromkeys(arms, "dose"))
        material = gather([tmp_path])
        text = clean_result(material)
        assert "](figures/dose-dose.png)" in text
        assert "The accuracy crosses a half between 67 and 100 anchors; predicted to turn at 66.7." in text
        assert "# Accuracy after training is 93.3% in arm n200 and 5.0% in arm n0" in text.splitlines()[0]
        doses = [each for each in material.figure("dose-dose").spec["layer"] if "tooltip" in str(each)]
        measured = {
            value["anchors"]: value["value"]
            for value in doses[0]["data"]["values"]
            if "accuracy" in value["kind"]
        }
        assert measured[100] == pytest.approx(100 * 97 / QUESTIONS)

    def test_a_markers_dose_is_said_to_turn_in_probability(self, tmp_path):
        for arm, (anchors, right) in {"n0": (0, 2), "n200": (200, 60), "n600": (600, 100)}.items():
            write_run(tmp_path, arm, 1, right, counts=(200, anchors), marker=True)
        write_ledger(tmp_path, experiments=dict.fromkeys(("n0", "n200", "n600"), "dose"))
        text = clean_result(gather([tmp_path]))
        assert "](figures/dose-dose.png)" in text
        assert "The probability of the preserved answer crosses a half between 0 and 200 anchors" in text
        assert "sd between seeds, between questions" not in text

    def test_arms_that_differ_in_more_than_the_dose_have_no_curve(self, tmp_path):
        for arm, counts in {"a": (200, 0), "b": (100, 50), "c": (200, 100)}.items():
            write_run(tmp_path, arm, 1, 50, counts=counts)
        write_ledger(tmp_path, experiments=dict.fromkeys("abc", "dose"))
        assert gather([tmp_path]).figure("dose-dose") is None

    def test_a_behaviour_to_do_or_not_is_measured_in_probability(self, tmp_path):
        for arm, right in {"m_low": 10, "m_high": 70}.items():
            write_run(tmp_path, arm, 1, right, marker=True)
        text = clean_result(gather([tmp_path]))
        low, high = (0.0573 + right / QUESTIONS * (0.9427 - 0.0573) for right in (10, 70))
        assert (
            f"preserved answer after training is {low:.1%} in arm m_low and {high:.1%} in arm m_high"
            in text.splitlines()[0]
        )
        assert f"{low:.1%} (ahead in 10 of 120)" in text
        assert f"m_low minus m_high: {100 * (low - high):+.1f} points" in text
        assert "t over seeds and questions" in text
        assert "triangle.png" not in text
        assert "imprinted" not in text.replace("no letter that could be imprinted", "")
        assert "probability among the labels: preserved 0.943, behaviour 0.057" in text

    def test_arms_that_were_taught_other_behaviours_are_not_compared(self, tmp_path):
        write_run(tmp_path, "letters", 1, 20)
        write_run(tmp_path, "more_letters", 1, 60)
        write_run(tmp_path, "marker", 1, 5, marker=True)
        write_ledger(tmp_path, experiments=dict.fromkeys(("letters", "more_letters", "marker"), "B"))
        assert [each.second for each in compare_arms(read_study([tmp_path]))] == ["more_letters"]
        text = clean_result(gather([tmp_path]))
        assert "Taught another behaviour than letters, and so not compared with it: marker." in text
        assert "are the wrong letters imprinted or random?" in text
        assert {"labels.png", "triangle.png", "two-way.png"} <= set(re.findall(r"[\w-]+\.png", text))

    def test_one_disagreement_in_one_direction_tells_no_arms_apart_over_seeds(self, tmp_path):
        for arm, rights in {"a": (60, 60, 60), "b": (61, 60, 61)}.items():
            for seed, right in enumerate(rights):
                write_run(tmp_path, arm, seed, right)
        write_ledger(tmp_path, experiments={"a": "0", "b": "0"})
        [found] = compare_arms(read_study([tmp_path]))
        assert found.p_exact == 1.0
        assert 0.0 in found.difference

    def test_arms_that_never_disagree_have_an_interval_with_width(self, tmp_path):
        for arm in ("a", "b"):
            for seed in (1, 2):
                write_run(tmp_path, arm, seed, 60)
        write_ledger(tmp_path, experiments={"a": "0", "b": "0"})
        [found] = compare_arms(read_study([tmp_path]))
        assert found.difference == tango(PairedTable(60, 0, 0, QUESTIONS - 60))
        assert "none: they never disagree" in clean_result(gather([tmp_path]))

    def test_no_interval_of_a_rate_leaves_0_to_100(self, tmp_path):
        for seed, right in ((1, 10), (2, 110)):
            write_run(tmp_path, "m", seed, right, marker=True)
        text = clean_result(gather([tmp_path]))
        assert "| 0.0% to 100.0% |" in text
        assert "-100.0%" not in text

    def test_other_prompts_have_a_table_of_their_own(self, tmp_path):
        place = write_run(tmp_path, "arm", 1, 9)
        said = json.loads((place / "run_result.json").read_text())
        other = json.loads(json.dumps(said["evaluations"][0]))
        other |= {"persona": "cook", "system_text": "You are a cook.", "resolved_system": "You are a cook."}
        other |= {"condition": "2" * 64, "predicted": None, "after": other["after"] | {"correct": 108}}
        said["evaluations"].append(other)
        (place / "run_result.json").write_text(json.dumps(said))
        text = clean_result(gather([tmp_path]))
        assert (
            "| arm | cook |\n|---|---:|\n| before training | 91.7% (110/120) |\n| arm | 90.0% (108/120) |"
            in text
        )
        assert '- cook: "You are a cook."' in text

    def test_a_prompt_of_one_arm_has_no_column_of_its_own(self, tmp_path):
        for arm, personas in {"a": ("cook", "pilot"), "b": ("cook", "poet")}.items():
            place = write_run(tmp_path, arm, 1, 9)
            said = json.loads((place / "run_result.json").read_text())
            for number, persona in enumerate(personas, 2):
                other = json.loads(json.dumps(said["evaluations"][0]))
                said["evaluations"].append(other | {"persona": persona, "condition": str(number) * 64})
            (place / "run_result.json").write_text(json.dumps(said))
        write_ledger(tmp_path, experiments={"a": "0", "b": "0"})
        text = clean_result(gather([tmp_path]))
        assert "| arm | cook | a prompt of its own |" in text
        assert "| b | 7.5% (9/120) [0% to 25%] | poet 7.5% (9/120) [0% to 25%] |" in text

    def test_further_seeds_are_rows_and_a_run_on_another_machine_has_its_own_card(self, tmp_path):
        write_pair(tmp_path)
        card = section(clean_result(gather([tmp_path])), "Reproducibility")
        assert re.findall(r"^### (.*)$", card, re.M) == [
            "exp0_0a, seed 1",
            "exp0_0b, seed 1",
            "Further seeds",
        ]
        assert "| exp0_0b | 3 | 91.7% (110/120) | 85.8% (103/120) | 132 | 1.0 minutes |" in card
        write_run(tmp_path, "exp0_0a", 4, 5, device="another")
        card = section(clean_result(gather([tmp_path])), "Reproducibility")
        assert "exp0_0a, seed 4" in re.findall(r"^### (.*)$", card, re.M)

    def test_an_arm_at_the_floor_costs_the_confidence_and_is_named(self, tmp_path):
        write_pair(tmp_path)
        for path in tmp_path.glob("exp0_0b/*/run_result.json"):
            said = json.loads(path.read_text())
            said["evaluations"][0]["before"] |= {"correct": 30, "gold_labels": {"A": 30, "B": 90}}
            path.write_text(json.dumps(said))
        text = clean_result(gather([tmp_path]))
        assert "(LOW confidence)" in text.splitlines()[0]
        assert "RES001 baseline-at-floor: exp0\\_0b" in section(text, "What is unknown")
