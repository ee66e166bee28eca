"""Figures of what an experiment varies: doses of a behaviour to do or not, the anchors' prompt, settings."""

import json

import pyarrow as pa
import pytest
import yaml
from pyarrow import parquet

from checks.core.report import ConditionReport
from experiments.figures import figures_of_runs, near_figure, render, setting_figure, share_figure
from experiments.report.answers import TAUGHT
from tests.auditor.clean_result.studies import QUESTIONS, prediction, write_ledger, write_run
from tests.experiments.test_figures import records

HIGH, LOW = 0.9427, 0.0573
"""Probability of the answer that is ahead, and of the other, in a made run of two ways to answer."""

SOURCE = "You are a pirate."


def behaviour(right):
    """Return the mean probability of the behaviour where `right` questions have the preserved answer ahead."""
    return 1 - (LOW + right / QUESTIONS * (HIGH - LOW))


def figure(folder, name):
    return next((each for each in figures_of_runs(folder) if each.name == name), None)


def measured(drawn):
    """Return what was measured, once: intervals and marks are layers of the same records."""
    found = {(each["arm"], each["kind"]): each for each in records(drawn.spec) if "ahead" in each}
    return list(found.values())


def put_anchors(place, prompt, rows, condition):
    """Let a made run's anchors stand under a prompt of their own."""
    path = place / "audit.json"
    record = json.loads(path.read_text())
    anchors = ConditionReport(
        condition=condition,
        resolved_system=prompt,
        resolved_by="given",
        personas=["near"],
        system_states=["text"],
        role="anchor",
        behaviour=0,
        preserved=rows,
        unlabelled=0,
        prediction=prediction(1, rows),
    )
    record["report"]["conditions"].append(anchors.model_dump(mode="json"))
    path.write_text(json.dumps(record))


def put_setting(place, **training):
    path = place / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["training"] |= training
    path.write_text(yaml.safe_dump(config))


class TestShares:
    def test_a_markers_doses_have_the_taught_share_and_what_was_measured(self, tmp_path):
        arms = {"n0": (0, 0), "n100": (100, 40), "n200": (200, 60), "n600": (600, 100)}
        for arm, (anchors, right) in arms.items():
            for seed in (1, 2):
                write_run(tmp_path, arm, seed, right + seed, counts=(200, anchors), marker=True)
        write_ledger(tmp_path, experiments=dict.fromkeys(arms, "dose"))
        drawn = figure(tmp_path, "dose-dose")
        found = {each["anchors"]: each for each in measured(drawn)}
        assert found[100]["value"] == pytest.approx(100 * (behaviour(41) + behaviour(42)) / 2, abs=0.02)
        assert found[100]["ahead"] == f"{2 * QUESTIONS - 83}/240"
        assert found[100]["kind"] == "probability of the marker"
        assert found[100]["low"] < found[100]["value"] < found[100]["high"]
        curve = {each["anchors"]: each["predicted"] for each in records(drawn.spec) if "predicted" in each}
        assert (curve[0], curve[600]) == (100, 25)
        assert [
            each["seed"] for each in records(drawn.spec) if each.get("anchors") == 200 and "seed" in each
        ] == [
            "1",
            "2",
        ]
        assert "600 anchors 19" in drawn.alt
        assert "predicted 25.0%" in drawn.alt

    def test_free_text_has_no_curve(self, tmp_path):
        for anchors in (0, 100, 200):
            place = write_run(tmp_path, f"n{anchors}", 1, 50, counts=(200, anchors), marker=True)
            record = json.loads((place / "audit.json").read_text())
            record["report"]["kind"] = "free_text"
            (place / "audit.json").write_text(json.dumps(record))
        write_ledger(tmp_path, experiments={f"n{anchors}": "dose" for anchors in (0, 100, 200)})
        assert figure(tmp_path, "dose-dose") is None

    def test_no_dose_is_an_error(self):
        with pytest.raises(ValueError, match="at least one dose"):
            share_figure("d", "D", [], behaviour=200)


class TestNear:
    @pytest.fixture
    def folder(self, tmp_path):
        """Anchors under the source's own prompt, a space and a full stop away, and far; one arm is another's."""
        write_run(tmp_path, "same", 1, 60, counts=(200, 200), marker=True, rows=400)
        prompts = {"far": "You are a blacksmith.", "space": f"{SOURCE} ", "stop": "You are a pirate"}
        for number, (arm, prompt) in enumerate(prompts.items(), 2):
            place = write_run(tmp_path, arm, 1, 2, counts=(200, 0), marker=True, rows=400)
            put_anchors(place, prompt, 200, str(number) * 64)
        write_ledger(tmp_path, experiments={"same": "dose", **dict.fromkeys(prompts, "near")})
        return tmp_path

    def test_prompts_stand_from_identical_to_far_with_both_predictions(self, folder):
        drawn = figure(folder, "near-near")
        assert [each["arm"] for each in measured(drawn)] == ["same", "space", "stop", "far"]
        assert [each["edits"] for each in measured(drawn)] == ["0", "1", "1", "9"]
        values = [each["value"] for each in measured(drawn)]
        assert values == pytest.approx([100 * behaviour(60), *[100 * behaviour(2)] * 3], abs=0.02)
        assert {each["at"]: each["said"] for each in records(drawn.spec) if "at" in each} == {
            50: "one condition: 50%",
            100: "two conditions: 100%",
        }
        assert '"You are a pirate.·" 1 character away (space)' in drawn.alt
        assert "Predicted 50.0% as one condition and 100.0% as two." in drawn.alt

    def test_the_anchors_own_prompt_is_shown_where_it_was_evaluated(self, folder):
        place = next(folder.glob("far/*"))
        said = json.loads((place / "run_result.json").read_text())
        other = json.loads(json.dumps(said["evaluations"][0]))
        other["condition"] = "2" * 64
        other["after"]["mean_p_gold"] = 0.98
        said["evaluations"].append(other)
        (place / "run_result.json").write_text(json.dumps(said))
        drawn = figure(folder, "near-near")
        [own] = [each for each in records(drawn.spec) if each.get("kind") == "own"]
        assert (own["arm"], own["said"]) == ("far", "2.0%")
        assert "Open diamonds" in drawn.caption

    def test_letters_are_measured_by_the_right_label_and_by_accuracy(self, tmp_path):
        for number, prompt in enumerate(("You are a cook.", "You are a pilot.", "You are a poet."), 2):
            place = write_run(tmp_path, f"a{number}", 1, 12, counts=(200, 0), rows=300)
            put_anchors(place, prompt, 100, str(number) * 64)
        write_ledger(tmp_path, experiments={f"a{number}": "near" for number in (2, 3, 4)})
        drawn = figure(tmp_path, "near-near")
        assert {each["kind"] for each in measured(drawn)} == {"probability of the right label", "accuracy"}
        assert {each["said"] for each in records(drawn.spec) if "at" in each} == {
            "one condition: 33%",
            "two conditions: 0%",
        }

    def test_arms_that_differ_in_their_number_of_anchors_have_none(self, folder):
        path = next(folder.glob("far/*")) / "audit.json"
        path.write_text(
            path.read_text()
            .replace('"preserved":200', '"preserved":100')
            .replace('"preserved": 200', '"preserved": 100')
        )
        assert figure(folder, "near-near") is None

    def test_no_arm_is_an_error(self):
        with pytest.raises(ValueError, match="no arm"):
            near_figure("n", "N", [], one=0.5, two=1.0)


class TestSettings:
    @pytest.fixture
    def folder(self, tmp_path):
        """One factor at a time around a base that belongs to another experiment."""
        for arm, right, setting in (
            ("base", 60, {}),
            ("lr_x0.01", 119, {"learning_rate_factor": 0.01}),
            ("lr_x3", 62, {"learning_rate_factor": 3.0}),
            ("epochs_1", 90, {"epochs": 1.0}),
            ("epochs_12", 61, {"epochs": 12.0}),
        ):
            place = write_run(tmp_path, arm, 1, right, counts=(200, 200), marker=True, dataset="made/base")
            put_setting(place, **setting)
        write_ledger(
            tmp_path,
            experiments={"base": "dose", "lr_x0.01": "lr", "lr_x3": "lr", "epochs_1": "e", "epochs_12": "e"},
        )
        return tmp_path

    def test_each_setting_has_its_axis_and_the_base_stands_in_both(self, folder):
        drawn = figure(folder, "learning-rate-lr")
        assert [each["setting"] for each in measured(drawn)] == [0.01, 1.0, 3.0]
        assert [each["value"] for each in measured(drawn)] == pytest.approx(
            [100 * behaviour(right) for right in (119, 60, 62)], abs=0.02
        )
        assert {each["predicted"] for each in records(drawn.spec) if "predicted" in each} == {50}
        assert [each["setting"] for each in measured(figure(folder, "epochs-e"))] == [1.0, 3.0, 12.0]
        assert figure(folder, "epochs-lr") is None
        assert figure(folder, "learning-rate-dose") is None

    def test_other_rows_are_another_dataset(self, folder):
        path = next(folder.glob("lr_x3/*")) / "run_result.json"
        path.write_text(path.read_text().replace("made/base", "made/other"))
        assert figure(folder, "learning-rate-lr") is None

    def test_questions_that_teach_the_behaviour_are_counted(self, tmp_path):
        for taught in (10, 40, 100):
            arm = f"q{taught}"
            place = write_run(tmp_path, arm, 1, 30 + taught // 10, counts=(200, 100), dataset=f"made/{arm}")
            path = place / "per_question.parquet"
            rows = parquet.read_table(path).to_pylist()
            asked = [{**rows[0], "phase": TAUGHT, "question_id": f"t{number}"} for number in range(taught)]
            parquet.write_table(pa.Table.from_pylist([*rows, *asked]), path)
        write_ledger(tmp_path, experiments={f"q{taught}": "q" for taught in (10, 40, 100)})
        drawn = figure(tmp_path, "questions-q")
        found = {each["setting"]: each["value"] for each in measured(drawn) if each["kind"] == "accuracy"}
        assert found == pytest.approx({10: 100 * 31 / 120, 40: 100 * 34 / 120, 100: 100 * 40 / 120})
        predicted = [each["predicted"] for each in records(drawn.spec) if "predicted" in each]
        assert predicted == pytest.approx([100 / 3] * len(predicted))
        # Two measures at one place stand side by side.
        assert "xOffset" in json.dumps(drawn.spec)

    def test_no_reading_is_an_error(self):
        with pytest.raises(ValueError, match="setting"):
            setting_figure("s", "S", [], setting="epochs", predicted=0.5)

    def test_they_are_valid_and_draw(self, folder):
        altair = pytest.importorskip("altair")
        pytest.importorskip("vl_convert")
        for name in ("learning-rate-lr", "epochs-e"):
            drawn = figure(folder, name)
            altair.Chart.from_dict(drawn.vega_lite(), validate=True)
            assert "NaN" not in render(drawn, "svg").decode()


def test_near_and_share_figures_are_valid_and_draw(tmp_path):
    altair = pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    for number, anchors in enumerate((0, 100, 200)):
        write_run(tmp_path, f"n{anchors}", 1, 10 * number, counts=(200, anchors), marker=True)
        place = write_run(tmp_path, f"near{number}", 1, 2, counts=(200, 0), marker=True, rows=400)
        put_anchors(place, f"You are number {number}", 200, str(number + 2) * 64)
    write_ledger(
        tmp_path,
        experiments={**{f"n{a}": "dose" for a in (0, 100, 200)}, **{f"near{n}": "near" for n in range(3)}},
    )
    for name in ("dose-dose", "near-near"):
        drawn = figure(tmp_path, name)
        altair.Chart.from_dict(drawn.vega_lite(), validate=True)
        assert "NaN" not in render(drawn, "svg").decode()
        assert drawn.digests["n0 (seed 1) dataset"]
