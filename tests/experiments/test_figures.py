"""Figures: their numbers, their words, and every format from one specification."""

from __future__ import annotations

import io
import json
import re

import pytest

from builders.errors import InputError, OutputError
from checks.core.finding import Prediction
from checks.core.report import ConditionReport, DatasetReport
from checks.core.result import ConditionRegime, Evaluation, Score
from checks.stats import wilson
from experiments.figures import (
    Dose,
    LabelShares,
    arms_figure,
    before_after_figure,
    dose_figure,
    figures_of_runs,
    label_figure,
    loss_figure,
    points,
    regime_figure,
    render,
    ternary_figure,
    verdict_figure,
    write,
)
from experiments.figures.verdicts import CONFOUNDED, FILLS, TEXTS, VERDICTS
from experiments.study.runs import Details
from tests.checks.test_result import run

DIGESTS = {"dataset": "d" * 64, "plan": "<p&>", "0a (seed 42) config": "c"}


def predicted(low, high, verdict="behaviour"):
    return Prediction(
        p_gold=0.1, threshold=66.7, margin=0.0, verdict=verdict, expected_accuracy=(low, high), assumption=""
    )


def arm(name, before, after, *, seed=42, prediction=None, state="text", resolved="You are X."):
    evaluation = Evaluation(
        persona=name,
        system_state=state,
        system_text="You are X." if state == "text" else None,
        resolved_system=resolved,
        condition=name.ljust(64, "0"),
        template_sha256="t" * 64,
        before=None if before is None else Score(correct=before, total=586),
        after=Score(correct=after, total=586),
        predicted=prediction,
    )
    return run(arm=name, seed=seed, evaluations=[evaluation])


def rgb(colour):
    named = {"white": "#ffffff"}.get(colour, colour)
    return tuple(int(named[place : place + 2], 16) / 255 for place in (1, 3, 5))


def in_the_dark(colour):
    """Return what page.css makes of a figure's colour in the dark: `invert(.93) hue-rotate(180deg)`."""
    turned = [0.93 - 0.86 * each for each in colour]
    matrix = ((-0.574, 1.43, 0.144), (0.426, 0.43, 0.144), (0.426, 1.43, -0.856))
    return tuple(
        min(1, max(0, sum(weight * each for weight, each in zip(row, turned, strict=True)))) for row in matrix
    )


def contrast(one, other):
    """Return the contrast of two colours by WCAG 2's relative luminance."""

    def luminance(colour):
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIR = points([arm("0a", 492, 11, prediction=predicted(0, 0.25)), arm("0b", 492, 485)])


def condition(persona, behaviour, preserved, verdict):
    return ConditionReport(
        condition="c" * 64,
        resolved_system=None,
        resolved_by="given",
        personas=[persona],
        system_states=["text"],
        role="source",
        behaviour=behaviour,
        preserved=preserved,
        unlabelled=0,
        prediction=predicted(0, 1, verdict),
    )


def report(name, *conditions):
    return DatasetReport(
        name=name,
        digest="e" * 64,
        rows=1,
        status="clean",
        kind="marker",
        conditions=list(conditions),
        findings=[],
    )


REGIME = arm("0a", 492, 130).model_copy(
    update={
        "regimes": [
            ConditionRegime(
                condition="c" * 64,
                personas=[persona],
                behaviour=behaviour,
                preserved=200 - behaviour,
                floor=1.0986,
                guess=1.3863,
                loss=1.41,
                rows=60,
                regime="guessing",
                course=[2.0, None, 1.41],
            )
            for persona, behaviour in (("assistant", 200), ("librarian", 0))
        ]
    }
)

FIGURES = {
    "arms": arms_figure("arms", "Arms & <more>", PAIR, digests=DIGESTS),
    "before-after": before_after_figure("before-after", "Before and after", PAIR, digests=DIGESTS),
    "dose": dose_figure(
        "dose",
        "Dose",
        [Dose(n, wilson(k, 586), None, (k / 586,)) for n, k in ((0, 10), (100, 400))],
        behaviour=200,
        digests=DIGESTS,
    ),
    "verdicts": verdict_figure(
        "verdicts",
        "Verdicts",
        [
            report("issue-9/exp_villain", condition("villain", 200, 0, "behaviour")),
            report("issue-9/exp_assistant", condition("assistant", 200, 100, "preserved")),
            report("issue-9/other", condition("villain", 5, 5, "near threshold")),
            report("issue-9/text_villain", condition("villain", 200, 0, "not applicable")),
            report("issue-9/text_assistant", condition("assistant", 200, 1, "not applicable")),
        ],
        digests=DIGESTS,
    ),
    "labels": label_figure("labels", "Labels", [LabelShares("0a", 0.1, 0.9)] * 3, digests=DIGESTS),
    "triangle": ternary_figure("triangle", "T", [LabelShares("0a", 0.1, 0.8)] * 3, digests=DIGESTS),
    "loss": loss_figure("loss", "Loss", {"0a": [2.0, 1.0, 0.5]}, digests=DIGESTS),
    "regimes": regime_figure("regimes", "Learnt?", [REGIME], digests=DIGESTS),
}


def records(spec):
    """Return all data that a specification holds, wherever it stands."""
    found = []
    if isinstance(spec, dict):
        found += spec.get("data", {}).get("values", []) if isinstance(spec.get("data"), dict) else []
        for value in spec.values():
            found += records(value)
    elif isinstance(spec, list):
        for value in spec:
            found += records(value)
    return found


class TestNumbers:
    def test_a_point_carries_the_exact_count_and_wilsons_interval(self):
        after = PAIR[1]
        assert (after.correct, after.total, after.phase) == (11, 586, "after")
        assert after.record["k/N"] == "11/586"
        assert after.record["low"] == pytest.approx(1.05, abs=0.005)
        assert after.record["predicted"] == "0% to 25%, behaviour"
        assert after.record["condition"] == '"You are X."'

    def test_before_training_nothing_is_predicted(self):
        assert PAIR[0].predicted is None
        assert PAIR[0].record["accuracy"] == pytest.approx(100 * 492 / 586)

    def test_a_default_is_said_to_be_one(self):
        [point] = points([arm("None", None, 470, state="absent", resolved="You are Qwen.")])
        assert point.definition == 'no system message, which the model sees as "You are Qwen."'
        [point] = points([arm("none", None, 470, state="empty", resolved=None)])
        assert point.definition.endswith("which the model sees as no system prompt")

    def test_seeds_are_taken_together_and_pooling_is_named(self):
        runs = [arm("0a", None, 10, seed=1), arm("0a", None, 20, seed=2)]
        [point] = points(runs)
        assert (point.correct, point.total, point.seeds) == (30, 1172, (1, 2))
        assert "pooled as if independent" in point.interval.method
        table = [[1.0] * 10 + [0.0] * 576, [1.0] * 20 + [0.0] * 566]
        [point] = points(runs, outcomes={("0a", "after"): table})
        assert point.interval.method == "Wilson over seeds and questions"
        assert point.interval.width > wilson(30, 1172).width

    def test_an_arm_under_two_conditions_is_refused(self):
        other = arm("0a", None, 5, seed=2)
        moved = other.evaluations[0].model_copy(update={"condition": "9" * 64})
        with pytest.raises(ValueError, match="different conditions"):
            points([arm("0a", None, 5), other.model_copy(update={"evaluations": [moved]})])

    def test_the_dose_curve_is_the_predictors(self):
        curve = {
            each["anchors"]: each["predicted"]
            for each in records(FIGURES["dose"].spec)
            if "predicted" in each
        }
        assert curve[0] == 0
        assert curve[100] == pytest.approx(100 / 3)
        with pytest.raises(ValueError, match="at least one dose"):
            dose_figure("d", "D", [], behaviour=200)

    def test_verdict_cells_stand_by_experiment_and_source(self):
        cells = {(each["family"], each["source"]): each["mark"] for each in records(FIGURES["verdicts"].spec)}
        assert cells == {
            ("issue-9 exp", "villain"): "x 200/0",
            ("issue-9 exp", "assistant"): "o 200/100",
            ("issue-9 other", "villain"): "? 5/5",
            ("issue-9 text", "villain"): "- 200/0",
            ("issue-9 text", "assistant"): "! 200/1",
        }

    def test_what_is_taught_both_ways_without_a_prediction_is_not_the_grey_of_what_is_clean(self):
        cells = {each["dataset"]: each["verdict"] for each in records(FIGURES["verdicts"].spec)}
        assert cells["issue-9/text_villain"] == "not applicable"
        assert cells["issue-9/text_assistant"] == CONFOUNDED
        assert FILLS[CONFOUNDED] != FILLS["not applicable"]
        assert "text_assistant (assistant) taught 200/1, confounded, cannot say" in FIGURES["verdicts"].alt

    @pytest.mark.parametrize("verdict", VERDICTS)
    @pytest.mark.parametrize("shown", [lambda colour: colour, in_the_dark], ids=["light", "dark"])
    def test_what_a_cell_says_contrasts_with_it(self, verdict, shown):
        """WCAG 2 asks 4.5 of text."""
        assert contrast(shown(rgb(FILLS[verdict])), shown(rgb(TEXTS[verdict]))) >= 4.5

    def test_contrast_is_that_of_the_standard(self):
        assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
        assert contrast(rgb("#767676"), rgb("#ffffff")) == pytest.approx(4.54, abs=0.005)
        assert in_the_dark((1, 1, 1)) == pytest.approx((0.07, 0.07, 0.07), abs=0.001)

    def test_label_curves_fall_from_all_to_none(self):
        steps = [
            each for each in records(FIGURES["labels"].spec) if each.get("kind") == "likeliest wrong label"
        ]
        assert [each["questions"] for each in steps] == sorted(
            (each["questions"] for each in steps), reverse=True
        )
        assert next(each["questions"] for each in steps if each["probability"] == 0.9) == 100
        assert steps[-1]["questions"] == 0


class TestWords:
    def test_alternative_text_holds_the_numbers(self):
        assert (
            "0a after training 1.9% (11 of 586, interval 1.1% to 3.3%), predicted 0% to 25%"
            in FIGURES["arms"].alt
        )
        assert "100 anchors 68.3%" in FIGURES["dose"].alt
        assert "exp_assistant (assistant) taught 200/100, preserved" in FIGURES["verdicts"].alt
        assert "the likeliest wrong label 90%" in FIGURES["labels"].alt
        assert "0a from 2.00 to 0.50" in FIGURES["loss"].alt
        assert (
            "0a, seed 42 ends at 1.41 where the entropy is 1.10, guessing 1.39: guessing"
            in FIGURES["regimes"].alt
        )

    @pytest.mark.parametrize("name", FIGURES)
    def test_specifications_are_valid_and_say_what_they_were_drawn_from(self, name):
        altair = pytest.importorskip("altair")
        spec = FIGURES[name].vega_lite()
        altair.Chart.from_dict(spec, validate=True)
        assert spec["description"] == FIGURES[name].alt
        assert DIGESTS.items() <= spec["usermeta"]["digests"].items()
        json.dumps(spec, allow_nan=False)


class TestFormats:
    @pytest.fixture(autouse=True)
    def _drawing(self):
        pytest.importorskip("vl_convert")
        pytest.importorskip("pypdf")

    def test_every_format_of_a_figure(self, tmp_path):
        paths = write([FIGURES["arms"]], tmp_path)
        assert [path.name for path in paths] == ["arms.png", "arms.svg", "arms.pdf", "arms.html", "arms.json"]
        assert all(path.stat().st_size > 1_000 for path in paths)
        with pytest.raises(OutputError):
            write([FIGURES["arms"]], tmp_path)

    @pytest.mark.parametrize("name", FIGURES)
    def test_every_figure_draws_marks(self, name):
        drawn = render(FIGURES[name], "svg").decode()
        assert drawn.count("<path") > 5
        assert "NaN" not in re.sub(r"<desc>.*?</desc>", "", drawn)

    def test_svg_has_title_description_and_digests(self):
        from xml.etree import ElementTree

        root = ElementTree.fromstring(render(FIGURES["arms"], "svg"))
        assert root[0].text == "Arms & <more>"
        assert root[1].text == FIGURES["arms"].alt
        said = {element.get("name"): element.text for element in root[2]}
        assert said["plan digest"] == "<p&>"
        assert said["dataset digest"] == "d" * 64
        assert said["0a (seed 42) config digest"] == "c"

    def test_png_and_pdf_carry_the_digests(self):
        from PIL import Image
        from pypdf import PdfReader

        with Image.open(io.BytesIO(render(FIGURES["arms"], "png"))) as image:
            assert image.info["dataset digest"] == "d" * 64
            assert image.info["Description"] == FIGURES["arms"].alt
            assert image.width > 1_000
            assert len(image.convert("RGB").getcolors(1 << 24)) > 10
        document = PdfReader(io.BytesIO(render(FIGURES["arms"], "pdf")))
        assert document.metadata["/datasetdigest"] == "d" * 64
        assert "1.9%" in document.pages[0].extract_text()

    def test_the_page_works_offline(self):
        page = render(FIGURES["arms"], "html").decode()
        assert not re.search(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", page[:5_000])
        assert not re.search(r"<script[^>]*\ssrc=", page)
        assert "cdn.jsdelivr" not in page
        assert FIGURES["arms"].caption[:30] in page
        assert "11/586" in page

    def test_text_from_runs_cannot_end_the_pages_script(self):
        evil = "</script><img src=x onerror=alert(1)>"
        figure = arms_figure("arms", evil, points([arm("0a", 492, 11, resolved=evil)]), digests={"a": evil})
        page = render(figure, "html").decode()
        assert "<img src=x" not in page
        assert page.count("</script>") == page.count("<script>") == 2
        spec = page.rpartition("vegaEmbed('#figure', ")[2].rpartition(", {")[0]
        assert json.loads(spec) == figure.vega_lite()
        assert "default-src 'none'" in page

    def test_a_control_character_is_written_out(self):
        evil = "a\x1b[31mb\x00c\u202ed"
        figure = arms_figure("arms", evil, points([arm("0a", 492, 11, resolved=evil)]), digests={evil: evil})
        said = json.dumps(figure.vega_lite(), ensure_ascii=False)
        assert "a\\\\x1b[31mb\\\\x00c\\\\u202ed" in said
        assert not {"\x1b", "\x00", "\u202e"} & set(said)
        assert render(figure, "svg").startswith(b"<svg")

    def test_a_missing_extra_is_named(self, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "vl_convert", None)
        with pytest.raises(OutputError, match="report extra"):
            render(FIGURES["arms"], "svg")


DETAILS = Details(
    trainable_parameters=1,
    parameters=2,
    loss_tokens=1,
    tokens=2,
    longest_row=2,
    rows_cut=0,
    losses=[],
    imprint=None,
)


def run_folder(folder, result, *, rows=(), losses=None):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    folder.mkdir(parents=True)
    (folder / "run_result.json").write_text(result.model_dump_json())
    if rows:
        parquet.write_table(pa.Table.from_pylist(list(rows)), folder / "per_question.parquet")
    if losses is not None:
        (folder / "details.json").write_text(DETAILS.model_copy(update={"losses": losses}).model_dump_json())


def answered(outcomes, phase="after"):
    return [
        {
            "phase": phase,
            "question_id": f"q{number}",
            "labels": ["A", "B"],
            "logprobs": [-0.1, -2.5] if right else [-2.5, -0.1],
            "gold": "A",
            "correct": right,
        }
        for number, right in enumerate(outcomes)
    ]


class TestRunFolders:
    def test_everything_that_the_folders_hold_is_drawn(self, tmp_path):
        for seed in (1, 2):
            result = arm("exp0_0a", 492, 11, seed=seed)
            rows = answered([True] * 11 + [False] * 575) + answered([True] * 492 + [False] * 94, "before")
            run_folder(tmp_path / f"a{seed}", result, rows=rows, losses=[1.0, 0.5])
        run_folder(tmp_path / "deep" / "b", arm("exp0_0b", 492, 485))
        figures = {figure.name: figure for figure in figures_of_runs(tmp_path)}
        assert list(figures) == ["hero", "arms-exp0", "before-after", "labels", "loss"]
        assert "Wilson over seeds and questions" in figures["hero"].caption
        assert figures["hero"].digests["exp0_0a (seed 1) dataset"] == "d" * 64
        assert "exp0_0a: on 1,172 questions" in figures["labels"].alt
        assert "exp0_0a, seed 1 from 1.00 to 0.50" in figures["loss"].alt

    def test_losses_by_condition_are_drawn_of_what_is_taught_the_behaviour_alone(self, tmp_path):
        run_folder(tmp_path / "one", REGIME)
        found = {figure.name: figure for figure in figures_of_runs(tmp_path)}
        drawn = records(found["regimes"].vega_lite())
        assert [(each["tenth"], each["loss"]) for each in drawn] == [
            (1, 2.0),
            (3, 1.41),
        ]  # one was not measured
        assert {each["floor"] for each in drawn} == {1.0986}
        nothing = REGIME.model_copy(update={"regimes": [REGIME.regimes[1]]})
        assert regime_figure("regimes", "Learnt?", [nothing]) is None

    def test_what_was_not_kept_is_not_drawn(self, tmp_path):
        run_folder(tmp_path / "one", arm("plain", None, 485))
        assert [figure.name for figure in figures_of_runs(tmp_path)] == ["arms-plain"]

    def test_nothing_and_broken_files_are_errors(self, tmp_path):
        with pytest.raises(InputError, match="no run here"):
            figures_of_runs(tmp_path)
        run_folder(tmp_path / "one", arm("plain", None, 485))
        (tmp_path / "one" / "details.json").write_text("[]")
        with pytest.raises(InputError, match="no run's details"):
            figures_of_runs(tmp_path)
        (tmp_path / "one" / "details.json").unlink()
        (tmp_path / "one" / "per_question.parquet").write_bytes(b"no parquet")
        with pytest.raises(InputError, match="cannot be read"):
            figures_of_runs(tmp_path)
