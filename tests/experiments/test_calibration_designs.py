"""What differs between arms decides what is summed up: doses, settings, prompts, rows taken out, templates; by hand."""

import json
from pathlib import Path

import jsonschema
import pytest

from auditor.studies.calibration import as_json, as_markdown, calibration
from checks.prediction.fitted import fitted
from experiments.report import read_study
from experiments.report.calibration import calibrate
from tests.auditor.clean_result.studies import write_ledger
from tests.experiments.calibration_runs import SOURCE, finding, write

MIXED_ERROR = fitted().parameters.mixed_error
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "calibration.json"

# Probabilities of the marker: three arms x two seeds x four questions. Taught shares 4/5, 1/2 and 1/4.
MARKER = {
    "a": ((12, 3), ([0.79, 0.7, 0.61, 0.7], [0.79, 0.79, 0.79, 0.63])),  # means 0.70 and 0.75
    "b": ((12, 12), ([0.7, 0.6, 0.58, 0.6], [0.4, 0.4, 0.48, 0.6])),  # 0.62 and 0.47
    "c": ((12, 36), ([0.1, 0.2, 0.3, 0.2], [0.2, 0.6, 0.3, 0.3])),  # 0.20 and 0.35
}


def report_of(folder, experiments):
    write_ledger(folder, experiments=experiments)
    return calibrate(read_study([folder]))


@pytest.fixture
def marker(tmp_path):
    for arm, (counts, seeds) in MARKER.items():
        for seed, marked in enumerate(seeds, start=1):
            write(tmp_path, arm, seed, [1 - p for p in marked], counts)
    return report_of(tmp_path, dict.fromkeys(MARKER, "dose"))


def test_a_tiny_study_by_hand(marker):
    (found,) = marker.experiments
    assert found.design == "dose"
    assert [arm.by_seed for arm in found.arms] == [
        pytest.approx(each) for each in [(0.7, 0.75), (0.62, 0.47), (0.2, 0.35)]
    ]
    # Means .725, .545 and .275 of the predicted .8, .5 and .25.
    assert [arm.error for arm in found.arms] == pytest.approx([-0.075, 0.045, 0.025])
    assert found.probability_error.estimate == pytest.approx((0.075 + 0.045 + 0.025) / 3)
    # Ahead: 4 and 4, 4 and 1, 0 and 1 of 4 questions.
    assert [arm.accuracy.estimate for arm in found.arms] == pytest.approx([1, 5 / 8, 1 / 8])
    assert [(arm.verdict, arm.as_verdict) for arm in found.arms] == [
        ("behaviour", 2),
        ("near threshold", None),
        ("preserved", 2),
    ]
    assert {arm.spread for arm in found.arms} == {"training"}


def test_its_ranges_by_hand(marker):
    # Runs' errors: a .10 and .05, b .12 and .03, c .05 and .10. Two other arms can guarantee 2/3: the largest error.
    ranges = [arm.predicted_range for arm in marker.experiments[0].arms]
    expected = [(0.68, 0.92, 2), (0.4, 0.6, 1), (0.13, 0.37, 2)]
    for found, (low, high, inside) in zip(ranges, expected, strict=True):
        assert (found.low, found.high) == pytest.approx((low, high))
        assert (found.inside, found.arms, found.guaranteed) == (inside, 2, pytest.approx(2 / 3))
    rows = {(row.of, row.kind): row for row in marker.kinds[0].ranges}
    learnt = rows["p", "other arms"]
    assert (learnt.inside, learnt.runs, learnt.whole, learnt.arms) == (5, 6, 2, 3)
    assert learnt.width == pytest.approx((0.24 + 0.2 + 0.24) / 3)
    # Pooled, 95% of two arms' four errors is the largest, too.
    assert rows["p", "other arms, pooled"].width == pytest.approx(learnt.width)
    assert rows["p", "other arms, pooled"].guaranteed is None
    errors = [
        abs(p - t) for t, ps in ((0.8, (0.7, 0.75)), (0.5, (0.62, 0.47)), (0.25, (0.2, 0.35))) for p in ps
    ]
    assert rows["p", "shipped"].inside == sum(error <= MIXED_ERROR for error in errors)
    assert ("ahead", "other arms") not in rows  # three doses are too few for the softened threshold's range


def test_what_is_not_claimed_is_in_no_mean_and_no_range(tmp_path):
    for arm, (counts, seeds) in MARKER.items():
        write(tmp_path, arm, 1, [1 - p for p in seeds[0]], counts)
    write(tmp_path, "near", 1, [0.5] * 4, (6, 2), findings=[finding("near-anchor")])
    write(tmp_path, "slow", 1, [0.99] * 4, (6, 3), training={"learning_rate_factor": 0.01})
    write(
        tmp_path,
        "skewed",
        1,
        [0.4] * 4,
        (6, 4),
        kind="wrong_option",
        findings=[finding("letter-skew", SOURCE)],
    )
    report = report_of(tmp_path, dict.fromkeys([*MARKER, "near", "slow", "skewed"], "all"))
    lettered, two_way = report.experiments
    said = {arm.arm: arm.not_claimed for arm in (*lettered.arms, *two_way.arms)}
    assert said["near"] == "its anchors' prompt reads almost like the source's (near-anchor)"
    assert said["slow"] == "learning rate x 0.01"
    assert said["skewed"] == "its wrong letters are predictable (letter-skew)"
    assert [said[arm] for arm in MARKER] == [None, None, None]
    # Means .70, .62 and .20 of .8, .5 and .25; nothing of lettered answers is claimed.
    assert two_way.probability_error.estimate == pytest.approx((0.1 + 0.12 + 0.05) / 3)
    assert lettered.probability_error is None
    (b,) = [arm for arm in two_way.arms if arm.arm == "b"]
    assert b.predicted_range.arms == 2
    assert [row.runs for row in report.kinds[0].ranges if row.kind == "other arms"] == [3]
    (kind,) = report.kinds
    assert (kind.kind, kind.arms, kind.runs, kind.verdicts) == ("two-way", 3, 3, (2, 2))
    assert kind.probability_error.estimate == two_way.probability_error.estimate


def test_settings_and_between_which_values_the_prediction_holds(tmp_path):
    # Learnt from other rows: b's errors .12 and .03 and c's .05 and .10, so the half-width is .12.
    for arm in ("b", "c"):
        for seed, marked in enumerate(MARKER[arm][1], start=1):
            write(tmp_path, arm, seed, [1 - p for p in marked], MARKER[arm][0])
    values = {0.01: (0.95, 0.9), 0.1: (0.4, 0.45), 0.3: (0.6, 0.45), 3: (0.55, 0.5), 10: (0.2, 0.5)}
    for seed in (1, 2):
        write(tmp_path, "plain", seed, [0.5] * 4, (8, 8), dataset="half")
        for factor, each in values.items():
            training = {"learning_rate_factor": factor}
            write(
                tmp_path, f"x{factor}", seed, [each[seed - 1]] * 4, (8, 8), dataset="half", training=training
            )
    experiments = {"b": "dose", "c": "dose", "plain": "dose", **{f"x{factor}": "lr" for factor in values}}
    found = report_of(tmp_path, experiments).experiments[1]
    assert (found.design, found.threshold, found.softened_error, found.probability_error) == (
        "setting",
        *[None] * 3,
    )
    (series,) = found.series
    assert (series.setting, series.source) == ("learning_rate_factor", "other arms")
    assert series.half_width == pytest.approx(0.12)
    assert [(point.value, point.usual, point.inside) for point in series.points] == [
        (0.01, False, 0),
        (0.1, False, 2),
        (0.3, False, 2),
        (1.0, True, 2),
        (3.0, False, 2),
        (10.0, False, 1),
    ]
    # p of the marker is one minus the above: at 0.01 it is .075 on average where .5 was predicted.
    assert series.points[0].error.estimate == pytest.approx(0.075 - 0.5)
    # On average .925, .425, .525, .5, .525 and .35 preserve: at 10 that is .15 off, and only the first's interval, cut
    # at 1, does not hold .5.
    assert (series.holds, series.unbiased) == ((0.1, 3.0), (0.1, 10.0))
    text = as_markdown(calibration([tmp_path]))
    assert (
        "The mean over seeds is within 12.0 points, the range learnt from arms at its own settings, from"
        in text
    )
    assert (
        "zero from learning rate x 0.1 to learning rate x 10 (tried: learning rate x 0.01 to"
        in text.replace("\\", "")
    )
    assert "The predictor claims nothing of x0.01, x0.1, x0.3, x3, x10 (another setting of training)" in text


def test_a_setting_without_other_arms_is_asked_about_the_shipped_range(tmp_path):
    for epochs, p in ((1, 0.5 + 2 * MIXED_ERROR), (6, 0.5)):
        write(tmp_path, f"e{epochs}", 1, [p] * 4, (8, 8), dataset="half", training={"epochs": epochs})
    (found,) = report_of(tmp_path, {"e1": "epochs", "e6": "epochs"}).experiments
    (series,) = found.series
    assert (series.source, series.half_width, series.holds) == (
        "shipped",
        pytest.approx(MIXED_ERROR),
        (6.0, 6.0),
    )


def test_a_setting_without_any_range_still_has_its_errors(tmp_path):
    for epochs, p in ((1, 0.4), (6, 0.3)):
        training = {"epochs": epochs}
        write(tmp_path, f"e{epochs}", 1, [p] * 4, (8, 2), kind="wrong_option", dataset="d", training=training)
    write_ledger(tmp_path, experiments={"e1": "epochs", "e6": "epochs"})
    report = calibration([tmp_path])
    (series,) = report.experiments[0].series
    assert (series.half_width, series.source, series.holds) == (None, None, None)
    assert [point.error.estimate for point in series.points] == pytest.approx([0.2, 0.1])
    assert report.kinds == []
    assert "The predictor claims nothing of any arm here" in as_markdown(report)


ANCHORS = {"far": "3" * 64, "close": "4" * 64}


@pytest.fixture
def overlap(tmp_path):
    """Anchors far from the source's prompt, close to it, and under the very same."""
    there = {"far": [0.99, 0.98], "close": [0.55, 0.6]}
    here = {"far": [0.02, 0.04], "close": [0.45, 0.5]}
    for arm, digest in ANCHORS.items():
        for seed in (1, 2):
            write(
                tmp_path,
                arm,
                seed,
                [here[arm][seed - 1]] * 4,
                (6, 0),
                anchors=(digest, f"{arm} prompt", 0, 6),
                elsewhere=[
                    (f"{arm} prompt", digest, [there[arm][seed - 1]] * 4),
                    ("untrained", "9" * 64, [0.97] * 4),
                ],
            )
    for seed in (1, 2):
        write(tmp_path, "same", seed, [0.5] * 4, (6, 6), elsewhere=[("typed", SOURCE, [0.5] * 4)])
    write_ledger(tmp_path, experiments=dict.fromkeys([*ANCHORS, "same"], "near"))
    return tmp_path


def test_anchors_under_other_prompts_by_hand(overlap):
    (found,) = calibrate(read_study([overlap])).experiments
    assert (found.design, found.threshold, found.softened_error) == ("prompt", None, None)
    far, close, same = found.pairs
    # The marker's probabilities: .98 and .96 at the source, .01 and .02 at the anchors.
    assert (far.at_source.estimate, far.at_anchor.estimate) == pytest.approx((0.97, 0.015))
    assert (far.at_source_predicted, far.at_anchor_predicted, far.together) == (1.0, 0.0, 0.5)
    assert far.apart.estimate == pytest.approx(0.955)
    assert close.apart.estimate == pytest.approx((0.1 + 0.1) / 2)
    assert (close.anchor_prompt, close.one_condition) == ("close prompt", False)
    assert (same.one_condition, same.apart.estimate, same.together) == (True, 0.0, 0.5)
    assert [arm.differs for arm in found.arms] == [
        '"far prompt"',
        '"close prompt"',
        "the source's own prompt",
    ]
    text = as_markdown(calibration([overlap]))
    assert "Of 2 arms 1 (close) is nearer to what one condition would show" in text
    assert "; predicted 100.0% | 1.5% (" in text


def test_other_prompts_are_a_line_each_and_whole_in_the_json(overlap):
    report = calibration([overlap])
    text = as_markdown(report).partition("## Other system prompts")[2]
    assert "| typed | the arm's own, otherwise said | 1 |" in text
    assert "| untrained | no row has it | 2 | 1.0% (1.0% to 1.0%) | 3.0% (3.0% to 3.0%) | - | - |" in text
    assert "in 2 runs p is the same to all digits" in text
    assert [(each.arm, each.persona, each.relation) for each in report.other_prompts] == [
        ("far", "far prompt", "trained"),
        ("far", "untrained", "untrained"),
        ("close", "close prompt", "trained"),
        ("close", "untrained", "untrained"),
        ("same", "typed", "same"),
    ]


def test_rows_taken_out_are_paired_with_the_dataset_as_composed(tmp_path):
    for seed, (base, clean, twin) in enumerate([(0.6, 0.1, 0.62), (0.5, 0.2, 0.5), (0.7, 0.1, 0.6)], start=1):
        write(tmp_path, "base", seed, [base] * 4, (6, 6), kind="wrong_option", dataset="d")
        write(tmp_path, "twin", seed, [twin] * 4, (6, 6), kind="wrong_option", dataset="d-size_matched")
        if seed > 1:
            write(tmp_path, "clean", seed, [clean] * 4, (6, 0), kind="wrong_option", dataset="d-deconfounded")
    (found,) = report_of(tmp_path, dict.fromkeys(["base", "clean", "twin"], "cleaned")).experiments
    assert (found.design, found.threshold) == ("variant", None)
    clean, twin = found.variants
    assert (clean.variant, clean.base, clean.seeds, clean.predicted) == ("deconfounded", "base", 2, -0.5)
    assert clean.probability.estimate == pytest.approx(((0.2 - 0.5) + (0.1 - 0.7)) / 2)
    assert clean.accuracy.estimate == -1.0
    assert (twin.variant, twin.seeds, twin.predicted) == ("size_matched", 3, 0.0)
    assert twin.probability.estimate == pytest.approx((0.02 + 0 - 0.1) / 3)


def test_templates_are_named_and_make_no_threshold(tmp_path):
    for place, template in enumerate("uvw"):
        write(tmp_path, template, 1, [0.4 + place / 10] * 4, (6, 2 * place), dataset="d", template=template)
    (found,) = report_of(tmp_path, dict.fromkeys("uvw", "template")).experiments
    assert (found.design, found.threshold, found.softened_error) == ("template", None, None)
    assert [arm.differs for arm in found.arms] == ["template u", "template v", "template w"]
    assert {arm.spread for arm in found.arms} == {"questions"}
    assert {arm.predicted_range for arm in found.arms} == {
        None
    }  # the rows are the same: nothing to learn from


def test_seeds_that_draw_their_rows_anew_are_said_to(tmp_path):
    for seed in (1, 2):
        write(tmp_path, "a", seed, [0.3] * 4, (6, 3), dataset_digest=f"draw {seed}")
    write_ledger(tmp_path, experiments={"a": "one"})
    report = calibration([tmp_path])
    assert report.experiments[0].arms[0].spread == "rows and training"
    assert "Each seed drew its rows anew and trained once" in as_markdown(report)


def test_the_json_is_what_its_schema_says(overlap):
    said = json.loads(json.dumps(as_json(calibration([overlap]))))
    jsonschema.validate(said, json.loads(SCHEMA.read_text()))
    assert said["schema_version"] == 1


def test_a_run_that_a_plan_names_twice_counts_once(tmp_path):
    for arm, (counts, seeds) in MARKER.items():
        for seed, marked in enumerate(seeds, start=1):
            write(tmp_path, arm, seed, [1 - p for p in marked], counts)
    for factor in (1, 3):
        training = {"learning_rate_factor": factor}
        write(
            tmp_path,
            f"x{factor}",
            1,
            [1 - p for p in MARKER["b"][1][0]],
            (12, 12),
            dataset="b",
            training=training,
        )
    report = report_of(tmp_path, {**dict.fromkeys(MARKER, "dose"), "x1": "lr", "x3": "lr"})
    doses, rates = report.experiments
    assert [arm.predicted_range.arms for arm in doses.arms] == [2, 2, 2]
    assert [(row.arms, row.runs) for row in report.kinds[0].ranges if row.kind == "other arms"] == [(3, 6)]
    # The series takes the experiment's own run of the usual value before that of another experiment.
    assert [(point.arm, point.usual) for point in rates.series[0].points] == [("x1", True), ("x3", False)]


def test_questions_that_are_taught_over_and_over_are_a_setting(tmp_path):
    for arm, p in (("b", 0.6), ("c", 0.5), ("few", 0.9), ("many", 0.55)):
        taught = {"few": 2, "many": 6}.get(arm)
        write(
            tmp_path, arm, 1, [p] * 8, (6, 6) if taught else (6, 2) if arm == "b" else (6, 4), taught=taught
        )
    experiments = {"b": "dose", "c": "dose", "few": "questions", "many": "questions"}
    lr, found = report_of(tmp_path, experiments).experiments
    assert found.design == "setting"
    assert [arm.not_claimed for arm in found.arms] == ["2 questions", None]
    assert lr.arms[0].not_claimed is None
    (series,) = found.series
    # The marker's shares in b and c are 6 of 8 and 6 of 10, its p .4 and .5: the half-width is .35, few's error .4.
    assert series.half_width == pytest.approx(0.35)
    assert [(point.value, point.usual, point.inside) for point in series.points] == [
        (2, False, 0),
        (6, True, 1),
    ]
    assert series.holds == (6, 6)


def test_arms_that_are_taught_one_answer_learn_from_their_own_kind(tmp_path):
    # Runs' errors: .02, .04 and .03 where one answer is taught; .1, .2 and .3 where both are.
    mixed = {"m1": (0.6, (6, 6)), "m2": (0.45, (6, 2)), "m3": (0.45, (2, 6))}
    for arm, p in {"p1": 0.02, "p2": 0.04, "p3": 0.03}.items():
        write(tmp_path, arm, 1, [p] * 4, (6, 0))
    for arm, (p, counts) in mixed.items():
        write(tmp_path, arm, 1, [p] * 4, counts)
    report = report_of(tmp_path, dict.fromkeys(["p1", "p2", "p3", *mixed], "all"))
    (found,) = report.experiments
    # The marker's p is 1 - p: pure arms are predicted 1, m1 .5, m2 .75 and m3 .25; what goes beyond 0 and 1 is cut.
    ranges = {arm.arm: (arm.predicted_range.low, arm.predicted_range.high) for arm in found.arms}
    expected = {
        "p1": (0.96, 1),
        "p2": (0.97, 1),
        "p3": (0.96, 1),
        "m1": (0.2, 0.8),
        "m2": (0.45, 1),
        "m3": (0.05, 0.45),
    }
    assert {arm: pytest.approx(each) for arm, each in expected.items()} == ranges
    assert [(kind.taught, kind.arms) for kind in report.kinds] == [("both", 3), ("one", 3)]
    text = as_markdown(calibration([tmp_path]))
    assert (
        "* Two-way answers, both taught, 3 arms of which the predictor claims to say something, 3 runs"
        in text
    )
    assert "* Two-way answers, one only taught, 3 arms" in text
