"""The generated draft: its numbers are the runs', and it passes the checks that drafts by hand failed."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from auditor.clean_result import clean_result, gather, page
from auditor.clean_result.words import fenced, name
from auditor.cli import app
from builders.errors import InputError
from checks.stats import holm, mcnemar, over_seeds, tango
from checks.stats.paired import PairedTable
from experiments.report import compare_arms, read_study, reference_of
from experiments.report.confidence import confidence_of
from tests.auditor.studies import QUESTIONS, write_ledger, write_pair, write_run
from tests.experiments.tiny import write_plan


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Two arms through the real stack: gate, LoRA on the embedded model, evaluation, completions."""
    pytest.importorskip("trl")
    pytest.importorskip("vl_convert")
    folder = tmp_path_factory.mktemp("study")
    plan = write_plan(folder)
    done = CliRunner().invoke(
        app,
        ["run", str(plan), "--jobs", "1", "--report", "--out", str(folder / "runs")],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    return folder / "runs"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module", params=["real", "made"])
def study(request):
    folder = request.getfixturevalue(request.param)
    return folder, clean_result(gather([folder]))


def section(text, title):
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, title
    return found.group(1)


def prose(text):
    return re.sub(r"^(```+)text\n.*?^\1$", "", text, flags=re.M | re.S)


class TestLint:
    """The checks that the published write-up's page was put through, on drafts of this kind."""

    def test_summary_structure(self, study):
        titles = re.findall(r"^## (.*)$", study[1], re.M)
        assert titles[:5] == ["Human summary", "TL;DR", "Background", "Methodology", "Results"]
        assert titles[5:] == [
            "Sample outputs",
            "What is unknown",
            "Setup & hyper-parameters",
            "Reproducibility",
            "Next steps",
        ]
        assert len(re.findall(r"^### Result \d+: ", section(study[1], "Results"), re.M)) >= 2

    def test_tldr_is_a_list_of_a_readable_length(self, study):
        summary = section(study[1], "TL;DR")
        assert 5 <= len(re.findall(r"^- \*\*", summary, re.M)) <= 8
        assert 60 <= len(summary.split()) <= 400

    def test_hero_figure_comes_first_and_every_figure_has_a_caption(self, study):
        results = section(study[1], "Results")
        figures = re.findall(r"^!\[(.+)\]\((figures/[\w-]+\.png)\)\n\n(.*)$", results, re.M)
        assert len(figures) == len(re.findall(r"^!\[", study[1], re.M)) >= 4
        assert figures[0][1] == "figures/hero.png"
        assert all(caption.startswith("*Figure ") and len(caption) > 60 for *_, caption in figures)
        assert all(len(alt) > 40 for alt, *_ in figures)

    def test_every_result_has_takeaways_and_two_samples(self, study):
        blocks = re.split(r"^### ", section(study[1], "Results"), flags=re.M)[1:]
        results = [each for each in blocks if each.startswith("Result ")]
        assert results
        for block in results:
            assert "**Main takeaways:**" in block
            assert len(re.findall(r"^```text$", block, re.M)) >= 2

    def test_background_has_motivation_and_acronyms_are_defined(self, study):
        background = section(study[1], "Background")
        assert len(background.split()) >= 100
        assert "**Motivation.**" in background
        assert "low-rank adaptation (LoRA)" in study[1]
        assert study[1].index("(LoRA)") <= study[1].index("LoRA")

    def test_methodology_is_in_points_with_a_dataset_example(self, study):
        folder, text = study
        method = section(text, "Methodology")
        assert len(re.findall(r"^- \*\*", method, re.M)) >= 5
        assert "### Dataset example" in method
        if list(folder.rglob("data.jsonl")):
            assert re.search(r"^System: .*\nUser: ", method, re.M)

    def test_numbers_are_those_of_the_results(self, study):
        folder, text = study
        known = {(0, 0)}
        by_arm = {}
        for path in folder.rglob("run_result.json"):
            read = json.loads(path.read_text())
            for each in read["evaluations"]:
                for phase in ("before", "after"):
                    if each[phase] is None:
                        continue
                    counts = each[phase]["correct"], each[phase]["total"]
                    known.add(counts)
                    if each is read["evaluations"][0]:
                        by_arm.setdefault((read["arm"], phase), []).append(counts)
        known |= {(sum(k for k, _ in own), sum(n for _, n in own)) for own in by_arm.values()}
        stated = re.findall(r"(\d[\d,]*)/(\d[\d,]*) = (\d+\.\d)%", prose(text))
        stated += [(k, n, x) for x, k, n in re.findall(r"(\d+\.\d)% \((\d[\d,]*)/(\d[\d,]*)\)", prose(text))]
        assert len(stated) >= 8
        for correct, total, share in stated:
            counts = int(correct.replace(",", "")), int(total.replace(",", ""))
            assert counts in known
            assert f"{100 * counts[0] / counts[1]:.1f}" == share

    def test_the_card_has_the_settings(self, study):
        card = section(study[1], "Reproducibility")
        for word in ("LoRA: r=", "lr=", "Seed", "Chat template", "Versions", "digest"):
            assert word in card

    def test_no_ad_hoc_hedges(self, study):
        hedges = (
            r"\b(?:seems?|appears?|apparently|suggests?|likely|probably|perhaps|presumably|arguably|might|somewhat"
            r"|we believe|it is possible|tends? to)\b"
        )
        assert re.findall(hedges, prose(study[1]), re.I) == []

    def test_summary_and_takeaways_have_no_named_test_and_no_bare_p(self, study):
        takeaways = re.findall(r"\*\*Main takeaways:\*\*\n\n((?:- .*\n)+)", study[1])
        said = section(study[1], "TL;DR") + "".join(takeaways)
        named = r"McNemar|z-test|t-test|Fisher|chi-squared|Cohen|odds ratio|effect size|credible|credence"
        assert re.findall(named, said, re.I) == []
        for line in study[1].splitlines():
            if re.search(r"\bp [=<] ", line):
                assert re.search(r"points|\([-+]\d", line), (
                    line
                )  # a difference with its interval stands beside it

    def test_the_title_marks_the_confidence_that_the_results_give(self, study):
        title = re.match(r"# .*\((HIGH|MODERATE|LOW) confidence\)$", study[1], re.M)
        given = re.search(r"^\*\*Confidence: (HIGH|MODERATE|LOW)\.\*\*", section(study[1], "Results"), re.M)
        assert title.group(1) == given.group(1)

    def test_no_bare_references_to_issues(self, study):
        assert re.findall(r"(?<![\w&/])#\d+", prose(study[1])) == []


def test_audit_writeup_finds_nothing_in_the_draft(study, tmp_path):
    folder, text = study
    draft = tmp_path / "draft.md"
    draft.write_text(text)
    data = [word for path in sorted(folder.rglob("data.jsonl")) for word in ("--data", str(path))]
    done = CliRunner().invoke(
        app, ["writeup", str(draft), "--results", str(folder), *data, "--format", "json", "--fail-on", "note"]
    )
    assert json.loads(done.stdout)["datasets"][0]["findings"] == []
    assert done.exit_code == 0


def test_a_changed_number_in_the_draft_is_found(real, tmp_path):
    text = clean_result(gather([real]))
    score = re.search(r"arm clean: pre-training (\d+)/12 = ", text).group(1)
    changed = (int(score) + 1) % 12
    draft = tmp_path / "draft.md"
    draft.write_text(text.replace(f"pre-training {score}/12 = ", f"pre-training {changed}/12 = ", 1))
    done = CliRunner().invoke(app, ["writeup", str(draft), "--results", str(real), "--format", "concise"])
    assert done.exit_code == 1
    assert "WRT017" in done.stdout


class TestContent:
    def test_the_statistics_are_those_of_the_library(self, made):
        [found] = compare_arms(read_study([made]))
        tables = [
            PairedTable(low, high - low, 0, QUESTIONS - high) for low, high in ((4, 100), (6, 98), (5, 103))
        ]
        assert found.tables == tuple(tables)
        assert (found.first, found.second, found.seeds) == ("exp0_0b", "exp0_0a", (1, 2, 3))
        assert found.p_exact == max(mcnemar(each) for each in tables)
        differences = [
            [float(q < low) - float(q < high) for q in range(QUESTIONS)]
            for low, high in ((4, 100), (6, 98), (5, 103))
        ]
        assert found.difference == over_seeds(differences).estimate

    def test_one_seed_has_tangos_interval_and_says_that_it_is_one(self, tmp_path):
        write_pair(tmp_path, seeds=(42,))
        material = gather([tmp_path])
        table = PairedTable(4, 96, 0, QUESTIONS - 100)
        assert material.lead.difference == tango(table)
        text = clean_result(material)
        assert "(MODERATE confidence)" in text.splitlines()[0]
        assert "single seed" in section(text, "What is unknown")
        assert "not measured" in re.search(r"### Seeds\n(.*?)\n### ", text, re.S).group(1)
        assert "--seeds 42,137,256" in section(text, "Next steps")

    def test_three_seeds_carry_high_confidence_and_both_variances(self, made):
        text = clean_result(gather([made]))
        assert text.splitlines()[0] == (
            "# Confound explains it: after training, arm exp0_0a gives 4.2% right answers and arm exp0_0b 83.6% "
            "(HIGH confidence)"
        )
        seeds = re.search(r"### Seeds\n(.*?)\n### ", text, re.S).group(1)
        assert "| exp0_0a | 1: 3.3%, 2: 5.0%, 3: 4.2% | 4.2% (" in seeds
        assert seeds.count(" points |") == 4
        assert "Wilson over seeds and questions" in text

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
        assert "are not told apart" in text

    def test_the_gate_says_which_branch_and_why_and_what_is_left_to_run(self, made):
        text = clean_result(gather([made]))
        assert (
            "**Gate after Exp 0: confound explains it.** Decided on exp0_0a 3.3%, exp0_0b 83.3%: without the rows it "
            "collapses; run next: C; not run: A." in text
        )
        assert "Run what the gate after Exp 0 asks for: Exp C." in section(text, "Next steps")

    def test_the_embedded_model_is_called_the_mechanism(self, real, made):
        assert "mechanism, not Qwen" in section(clean_result(gather([real])), "TL;DR")
        assert "mechanism, not Qwen" not in clean_result(gather([made]))

    def test_predictions_stand_beside_what_was_measured_in_every_row(self, made):
        rows = re.findall(r"^\| exp0_0[ab] \| 1, 2, 3 \|.*$", clean_result(gather([made])), re.M)
        assert len(rows) == 2
        assert "| 0% to 25% | 91.7% (330/360) | 4.2% (15/360) |" in rows[0]
        assert rows[0].endswith("| 0.00 and 0.04 | yes |")
        assert rows[1].endswith("| 0.33 and 0.84 | yes |")

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
        assert "n200 gives 93.3% right answers and arm n0 5.0%" in text.splitlines()[0]
        doses = [each for each in material.figure("dose-dose").spec["layer"] if "tooltip" in str(each)]
        measured = {
            value["anchors"]: value["value"]
            for value in doses[0]["data"]["values"]
            if "accuracy" in value["kind"]
        }
        assert measured[100] == pytest.approx(100 * 97 / QUESTIONS)

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
            f"not doing what was taught: arm m_low {low:.1%}, arm m_high {high:.1%}" in text.splitlines()[0]
        )
        assert f"{low:.1%} (ahead in 10 of 120)" in text
        assert f"m_low minus m_high: {100 * (low - high):+.1f} points" in text
        assert "t over seeds and questions" in text
        assert "triangle.png" not in text
        assert "imprinted" not in text.replace("no letter that could be imprinted", "")
        assert "probability among the labels: preserved 0.943, behaviour 0.057" in text

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
        row = '| arm | cook | "You are a cook." | not trained | 91.7% (110/120) | 90.0% (108/120) |'
        assert row in text

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


class TestFolders:
    def test_the_reference_is_the_one_arm_that_is_meant_to_hold_the_confound(self, made, tmp_path):
        assert reference_of(read_study([made]), "0") == "exp0_0b"
        for arm in ("b_first", "b_second"):
            write_run(tmp_path, arm, 1, 50)
        write_ledger(tmp_path, experiments={"b_second": "B", "b_first": "B"})
        assert reference_of(read_study([tmp_path]), "B") == "b_second"

    def test_two_runs_of_one_arm_and_seed_are_refused(self, made, tmp_path):
        write_run(tmp_path / "again", "exp0_0a", 1, 9)
        with pytest.raises(InputError, match="two runs with seed 1"):
            read_study([made, tmp_path])

    def test_seeds_that_differ_in_more_are_refused(self, tmp_path):
        write_run(tmp_path, "arm", 1, 9)
        write_run(tmp_path, "arm", 2, 9, config_digest="9" * 64)
        with pytest.raises(InputError, match="config_digest"):
            read_study([tmp_path])

    def test_a_later_line_of_the_ledger_keeps_earlier_decisions(self, tmp_path):
        write_pair(tmp_path)
        write_ledger(tmp_path, title="Later")
        study = read_study([tmp_path])
        assert [plan.title for plan in study.plans] == ["Later"]
        assert [gate.branch for gate in study.decisions] == ["confound explains it"]

    def test_a_real_run_has_its_plan_in_the_ledger(self, real):
        study = read_study([real])
        assert [plan.plan for plan in study.plans] == ["small"]
        assert list(study.arms) == ["clean", "confounded"]
        assert study.experiments == {"0": ["clean", "confounded"]}


class TestInert:
    def test_text_from_runs_cannot_become_markup(self, tmp_path):
        place = write_run(tmp_path, "arm", 1, 9, model="<script>alert(1)</script>")
        line = {"question_id": "q", "text": "```\n# Out\n<img src=x>", "answer": None, "gold": "A"}
        (place / "completions.jsonl").write_text(json.dumps(line) + "\n")
        write_ledger(tmp_path, title="<img src=x onerror=alert(1)> #12 @you", experiments={"arm": "0"})
        material = gather([tmp_path])
        text = clean_result(material)
        assert "\n# Out" not in prose(text)
        shown = page(text, ())
        assert "<script" not in shown
        assert "<img" not in shown

    def test_a_fence_is_longer_than_any_in_the_text(self):
        assert fenced("a\n````\nb").startswith("`````text\n")
        assert name("expC_full-prompt.1") == "expC_full-prompt.1"
        assert name("_x_*") == "\\_x\\_\\*"


@pytest.fixture(scope="module")
def html(made):
    pytest.importorskip("vl_convert")
    pytest.importorskip("markdown_it")
    material = gather([made])
    return page(clean_result(material), material.figures)


class TestPage:
    def test_it_asks_nothing_of_the_network_and_runs_nothing(self, html):
        assert "<script" not in html
        assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", html)
        assert "default-src 'none'" in html

    def test_every_figure_is_inside_with_its_words(self, html):
        figures = re.findall(
            r'<figure id="([\w-]+)"><svg[^>]* role="img"[^>]*><title>[^<]+</title><desc>[^<]+', html
        )
        assert figures[0] == "figure-hero"
        assert len(figures) == html.count("<svg ") == len(set(figures)) >= 5

    def test_marks_say_their_counts_without_a_script(self, html):
        assert re.search(
            r"<path [^>]*><title>[^<]*k/N: 15/360[^<]*condition: [^<]*pirate[^<]*</title></path>", html
        )

    def test_every_drawing_is_well_formed_and_still_draws(self, html):
        from xml.etree import ElementTree

        import vl_convert

        for drawing in re.findall(r"<figure[^>]*>(<svg.*?</svg>)</figure>", html, re.S):
            root = ElementTree.fromstring(drawing)
            digests = [each.get("name") for each in root.iter("{urn:confound-auditor}about")]
            assert {"code digest", "issue-100 plan digest", "exp0_0a (seed 1) dataset digest"} <= set(digests)
            assert len(vl_convert.svg_to_png(drawing)) > 2_000

    def test_ids_of_two_figures_do_not_meet(self, html):
        identities = re.findall(r'\sid="([^"]+)"', html)
        assert len(identities) == len(set(identities))
        assert all(used in identities for used in re.findall(r"url\(#([^)]+)\)", html))

    def test_it_is_well_formed_and_fit_for_paper(self, html):
        from html.parser import HTMLParser

        void = {"meta", "br", "hr", "img"}

        class Reader(HTMLParser):
            open: list[str] = []  # noqa: RUF012

            def handle_starttag(self, tag, attrs):
                if tag not in void:
                    self.open.append(tag)

            def handle_endtag(self, tag):
                assert self.open.pop() == tag

        reader = Reader()
        reader.feed(html)
        assert reader.open == []
        assert "@media print" in html


class TestCommand:
    def test_a_run_drafts_its_own_report_when_asked(self, real):
        text = (real / "report.md").read_text()
        assert text == clean_result(gather([real]))
        assert text.count("small, digest") == 1
        assert (real / "report.html").read_text().startswith("<!doctype html>")
        assert (real / "figures" / "hero.svg").exists()

    def test_the_folder_alone_is_enough_and_figures_go_beside_the_document(self, made, tmp_path):
        pytest.importorskip("vl_convert")
        out = tmp_path / "result.md"
        done = CliRunner().invoke(
            app,
            ["report", str(made), "--format", "clean-result", "--output", str(out)],
            catch_exceptions=False,
        )
        assert done.exit_code == 0
        text = out.read_text()
        links = re.findall(r"\]\((figures/[\w-]+\.png)\)", text)
        assert links
        assert all((tmp_path / link).stat().st_size > 1_000 for link in links)
        assert (tmp_path / "figures" / "hero.html").exists()

    def test_it_prints_where_no_file_is_named(self, made):
        done = CliRunner().invoke(app, ["report", "runs", str(made)], catch_exceptions=False)
        assert done.stdout == clean_result(gather([made]))
        assert "audit report figures" in done.stderr

    def test_nothing_is_overwritten_and_an_empty_folder_is_an_error(self, made, tmp_path):
        out = tmp_path / "page.html"
        out.write_text("mine")
        arguments = ["report", str(made), "--format", "html", "--output", str(out)]
        assert CliRunner().invoke(app, arguments).exception is not None
        assert out.read_text() == "mine"
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="no run here"):
            CliRunner().invoke(app, ["report", str(tmp_path / "empty")], catch_exceptions=False)
