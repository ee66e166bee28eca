"""The draft as a page and as files: inert, self-contained, whole."""

import json
import re

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.studies.clean_result import clean_result, gather, page
from auditor.studies.clean_result.words import fenced, name
from builders.errors import InputError
from tests.auditor.clean_result.parts import prose
from tests.auditor.clean_result.studies import write_ledger, write_run


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
        assert "<script>alert" not in shown
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
    def test_it_asks_nothing_of_the_network_and_runs_our_script_alone(self, html):
        assert html.count("<script") == 1
        assert "unsafe" not in html.partition("<title>")[0]
        assert " style=" not in html
        assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", html)
        assert "default-src 'none'" in html

    def test_every_figure_is_inside_with_its_words(self, html):
        figures = re.findall(
            r'<figure id="([\w-]+)" tabindex="0"><svg[^>]* role="img"[^>]*><title>[^<]+</title><desc>[^<]+',
            html,
        )
        assert figures[0] == "figure-hero"
        assert len(figures) == html.count("<svg ") == len(set(figures)) >= 5

    def test_the_first_figure_and_the_contents_open_the_page(self, html):
        head = html.partition("</h1>")[2].lstrip()
        assert head.startswith('<figure id="figure-hero"')
        assert head.index("<nav") < head.index("<h2")
        targets = re.findall(r'<li><a href="#(section-\d+)">', html)
        assert targets == re.findall(r'<h2 id="(section-\d+)">', html)

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

    def test_numbers_stand_to_the_right_and_cards_are_folded(self, html):
        assert 'class="number">4.2% (15/360)' in html
        assert re.search(r'<td>exp0_0a</td>\s*<td class="number">0% to 25%</td>', html)
        folded = re.search(
            r'<h2 id="section-\d+">Reproducibility</h2>\s*<details><summary>[^<]+</summary>(.*?)</details>',
            html,
            re.S,
        )
        assert "<h3>exp0_0a, seed 1</h3>" in folded.group(1)
        assert "prefers-color-scheme: dark" in html

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
            ["report", str(made), "--format", "clean-result", "--out", str(out)],
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
        arguments = ["report", str(made), "--format", "html", "--out", str(out)]
        assert CliRunner().invoke(app, arguments).exception is not None
        assert out.read_text() == "mine"
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="no run here"):
            CliRunner().invoke(app, ["report", str(tmp_path / "empty")], catch_exceptions=False)
