"""The generated draft passes the checks that drafts by hand failed."""

import json
import re

from typer.testing import CliRunner

from auditor.cli import app
from auditor.studies.clean_result import clean_result, gather
from tests.auditor.clean_result.parts import prose, section
from tests.auditor.clean_result.studies import write_pair, write_run


class TestLint:
    """The checks that the published write-up's page was put through, on drafts of this kind."""

    def test_summary_structure(self, study):
        titles = re.findall(r"^## (.*)$", study[1], re.M)
        assert titles[:5] == ["Human summary", "TL;DR", "Background", "Methodology", "Results"]
        assert titles[5:] == [
            "Sample outputs",
            "What is unknown",
            "Next steps",
            "Setup & hyper-parameters",
            "Reproducibility",
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


def test_a_draft_of_one_seed_claims_nothing_that_one_seed_cannot_show(tmp_path):
    write_pair(tmp_path, seeds=(42,))
    for arm in ("expC_a", "expC_b", "expC_c", "expC_d", "expC_e"):
        write_run(tmp_path, arm, 42, 3 if arm < "expC_d" else 4)
    draft = tmp_path / "draft.md"
    draft.write_text(clean_result(gather([tmp_path])))
    done = CliRunner().invoke(
        app, ["writeup", str(draft), "--results", str(tmp_path), "--format", "json", "--fail-on", "note"]
    )
    assert json.loads(done.stdout)["datasets"][0]["findings"] == []


def test_a_changed_number_in_the_draft_is_found(real, tmp_path):
    text = clean_result(gather([real]))
    score = re.search(r"arm clean: pre-training (\d+)/12 = ", text).group(1)
    changed = (int(score) + 1) % 12
    draft = tmp_path / "draft.md"
    draft.write_text(text.replace(f"pre-training {score}/12 = ", f"pre-training {changed}/12 = ", 1))
    done = CliRunner().invoke(app, ["writeup", str(draft), "--results", str(real), "--format", "concise"])
    assert done.exit_code == 1
    assert "WRT017" in done.stdout
