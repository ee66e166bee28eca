"""What the core of the checks says of a dataset: conditions, evidence, reports and their statuses."""

from __future__ import annotations

import pytest

from builders.engine.frame import RowText
from checks.core.finding import Evidence, Finding
from checks.core.judging import exit_status, failing, ordered, ordered_by_place, status_of, suppress, worst
from checks.core.letters import distractors
from checks.core.report import DatasetReport, Report, ToolInfo
from checks.core.runner import audit, evidence_text, shorten
from checks.core.settings import Settings
from checks.core.taught import Taught
from tests.checks.rows import ABSENT, context, group


def finding(code="DAT001", severity="error", **more):
    return Finding(
        code=code, name="a-name", severity=severity, message=more.pop("message", "m"), evidence=[], **more
    )


class TestOrder:
    def test_the_worst_comes_first_then_code_condition_personas_and_message(self):
        rising = [
            finding("B", "error"),
            finding("A", "warning"),
            finding("B", "warning", condition="a", personas=["y"]),
            finding("B", "warning", condition="a", personas=["z"], message="a"),
            finding("B", "warning", condition="a", personas=["z"], message="b"),
            finding("B", "warning", condition="b", personas=["a"]),
            finding("A", "note"),
        ]
        assert ordered(reversed(rising)) == rising

    def test_in_a_text_the_place_comes_before_the_code(self):
        def at(line, column, code="A", severity="warning"):
            made = finding(code, severity)
            return made.model_copy(
                update={"evidence": [Evidence(path=None, text="", line=line, column=column)]}
            )

        rising = [
            at(9, 9, severity="error"),
            at(None, None),
            at(1, None),
            at(1, 2),
            at(1, 3, "A"),
            at(1, 3, "B"),
            at(2, 1),
        ]
        assert ordered_by_place(reversed(rising)) == rising


def report(*findings, status=None):
    made = status or status_of(findings, complete=True)
    return DatasetReport(
        name="d",
        digest="0" * 64,
        rows=1,
        status=made,
        findings=list(findings),
        conditions=[],
        notes=[],
        kind=None,
    )


def whole(*datasets):
    return Report(
        tool=ToolInfo(name="t", version="0"),
        target="d",
        template=None,
        datasets=list(datasets),
        status=worst(each.status for each in datasets),
    )


class TestStatus:
    @pytest.mark.parametrize(
        ("findings", "complete", "status"),
        [
            ([], True, "clean"),
            ([finding(severity="note")], True, "clean"),
            ([finding(severity="warning")], True, "findings"),
            ([finding(severity="error", suppressed="why")], True, "clean"),
            ([finding(severity="error", suppressed="why"), finding(severity="warning")], True, "findings"),
            ([finding(severity="error")], False, "incomplete"),
        ],
    )
    def test_notes_and_what_is_suppressed_leave_it_clean(self, findings, complete, status):
        assert status_of(findings, complete=complete) == status

    def test_nothing_looked_at_is_incomplete(self):
        assert worst([]) == "incomplete"
        assert worst(["clean", "clean"]) == "clean"
        assert worst(["clean", "findings"]) == "findings"


class TestRoles:
    def test_rows_of_one_prompt_form_a_condition_sources_first(self):
        made = context(
            group(30, "BIG", True, persona="big", role="bystander"),
            group(20, "SOURCE", False, persona="b", role="source"),
            group(5, "SOURCE", True, persona="a", role="source", first=90),
            group(40, "BIGGER", True, persona="bigger", role="bystander"),
            group(3, "SOURCE", None, persona="b", role="source", first=200),
        )
        assert [each.resolved_system for each in made.conditions] == ["SOURCE", "BIGGER", "BIG"]
        first = made.conditions[0]
        assert (first.behaviour, first.preserved, first.unlabelled, first.rows) == (20, 5, 3, 28)
        assert first.personas == ("a", "b")
        assert first.states == ("text",)
        assert made.find(first.digest) is first
        assert made.sources == (first,)
        assert made.rows == 98

    def test_of_equally_large_conditions_the_smaller_digest_is_first(self):
        made = context(*(group(5, each, True) for each in "abcdef"))
        digests = [each.digest for each in made.conditions]
        assert digests == sorted(digests)

    def test_most_rows_decide_what_a_condition_is_called_and_of_equals_the_first(self):
        default = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
        for absent, given, by in ((3, 2, "default"), (2, 3, "given"), (2, 2, "default")):
            [one] = context(group(absent, ABSENT, True), group(given, default, True, first=50)).conditions
            assert one.resolved_by == by
            assert one.signature.state == ("absent" if by == "default" else "text")
            assert one.states == ("absent", "text")
            assert len(one.resolutions) == 2

    def test_the_first_row_of_each_kind_is_evidence_as_many_as_asked_for(self):
        rows = [
            group(2, "S", True, persona="a"),
            group(2, "S", True, persona="b", first=10),
            group(2, "S", False, persona="a", first=20),
            group(2, "S", True, persona="c", first=30),
            group(2, "S", True, persona="d", first=40),
        ]
        made = context(*rows)
        [one] = made.conditions
        assert made.evidence(one.digest, target_correct=True) == (0, 2, 6)
        assert made.evidence(one.digest, target_correct=False) == (4,)
        assert made.evidence(one.digest, target_correct=None) == ()
        two = context(*rows, settings=Settings(evidence_rows=2))
        assert two.evidence(one.digest, target_correct=True) == (0, 2)

    def test_contradictions_need_a_condition_that_is_taught_both(self):
        apart = context(group(5, "A", True), group(5, "B", False))
        assert apart.contradictions == ()
        [both] = context(group(5, "A", True), group(3, "A", False)).contradictions
        assert (both.prompts, both.behaviour, both.preserved, both.pairs, both.first_rows) == (
            3,
            3,
            3,
            3,
            (5, 0),
        )


class TestOptions:
    def test_rows_by_how_many_options_they_offer(self):
        [one] = context(group(5, "A", False, options=3), group(2, "A", True, options=5, first=50)).conditions
        assert dict(one.options) == {3: 5, 5: 2}
        assert one.known.rendered

    def test_targets_that_are_bare_labels_tell_how_many_there_are(self):
        rows = [{**row, "options": None} for row in group(40, "A", False)]
        made = context(rows, kind=None)
        assert made.taught == Taught("wrong_option", 4, "read off the targets")
        assert dict(made.conditions[0].options) == {4: 40}
        assert made.words == ("wrong", "right")


def labelled(*counted):
    """Return rows whose targets are given texts, so many each, without options."""
    rows, first = [], 0
    for text, number in counted:
        rows += [{**row, "options": None} for row in group(number, "A", False, target=text, first=first)]
        first += number
    return rows


class TestTaughtKind:
    @pytest.mark.parametrize(
        ("targets", "alternatives"),
        [
            ([("A", 50), ("B)", 50)], 2),
            ([("A", 50), ("B", 45), ("no label", 5)], 2),
            ([("A", 50), ("B", 44), ("no label", 6)], None),
            ([("A", 100)], None),
            ([("A", 99), ("B", 1)], 2),
            ([("A", 200), ("B", 1)], None),
            ([("a", 50), (" (A)", 30), ("b.", 10), ("10:", 10)], 3),
            ([("J", 50), ("9", 50)], 2),
            ([("K", 50), ("L", 50)], None),
            ([("0", 50), ("11", 50)], None),
        ],
    )
    def test_bare_labels_of_two_kinds_are_answers_to_questions(self, targets, alternatives):
        found = context(labelled(*targets), kind=None).taught
        if alternatives is None:
            assert found == Taught(None, None, "unknown")
        else:
            assert found == Taught("wrong_option", alternatives, "read off the targets")

    def test_what_is_declared_is_believed(self):
        rows = labelled(("A", 50), ("B", 50))
        assert context(rows, kind="marker").taught == Taught("marker", None, "declared")
        assert context(rows, kind="wrong_option").taught == Taught("wrong_option", 2, "read off the targets")
        assert context(labelled(("long", 9)), kind="wrong_option").taught == Taught(
            "wrong_option", None, "declared"
        )
        assert context(group(5, "A", False), kind=None).taught == Taught("wrong_option", None, "declared")
        assert context(group(5, "A", False), kind="free_text").taught == Taught("free_text", None, "declared")


def lettered(label, number, *, gold="A", options="ABCD", first=0, system="S"):
    rows = group(number, system, False, first=first)
    return [
        {**row, "options": list(options), "gold_label": gold, "target_label": label, "target_correct": False}
        for row in rows
    ]


class TestLetters:
    def test_the_favoured_letter_is_counted_where_it_is_offered(self):
        rows = [*lettered("B", 60), *lettered("C", 20, first=100), *lettered("A", 40, gold="B", first=200)]
        made = context(rows)
        [taught] = made.letters.values()
        assert taught.gold == {"A": 80, "B": 40}
        # B: 60 of the 80 questions that offer it; C: 20 of 120; A: 40 of 40.
        assert taught.favoured(0.01) == 1.0
        [without] = context([*lettered("B", 60), *lettered("C", 20, first=100)]).letters.values()
        assert without.favoured(0.01) == 0.75
        assert {distractors(each) for each in without.letters} == {("B", "C", "D")}

    def test_letters_at_the_level_itself_are_not_even(self):
        [taught] = context([*lettered("B", 9), *lettered("C", 2, first=100)]).letters.values()
        assert taught.favoured(taught.p) == pytest.approx(9 / 11)
        assert taught.favoured(taught.p * 0.999) is None

    def test_a_label_that_is_not_offered_is_no_draw(self):
        rows = [*lettered("B", 60), *lettered("Z", 40, first=100), *lettered("A", 20, first=200)]
        [taught] = context(rows).letters.values()
        assert taught.favoured(0.01) == 1.0
        assert taught.test.letters[0].letter == "B"

    def test_levels_are_adjusted_for_the_conditions(self):
        one = context(lettered("B", 8))
        two = context(
            lettered("B", 8), [*lettered("C", 2, system="T"), *lettered("B", 2, system="T", first=50)]
        )
        [alone] = one.letters.values()
        first = two.letters[one.conditions[0].digest]
        assert first.p == pytest.approx(2 * alone.p)
        assert alone.best_case == pytest.approx(alone.test.p)


class TestEvidence:
    @pytest.mark.parametrize(
        ("text", "longest", "said"),
        [
            ("abcdefghij", 10, "abcdefghij"),
            ("abcdefghijk", 10, "abc ... jk"),
            ("abcdefghijklmnopqrst", 20, "abcdefghijklmnopqrst"),
            ("abcdefghijklmnopqrstu", 20, "abcdefghij ... qrstu"),
        ],
    )
    def test_a_long_text_is_cut_in_its_middle(self, text, longest, said):
        assert shorten(text, longest) == said

    def test_one_line_says_system_question_and_target(self):
        def line(*messages, target="t"):
            made = [{"role": role, "content": content} for role, content in messages]
            return evidence_text(RowText(None, None, made, target, row=0))

        assert line(("user", "q")) == "no system message | user 'q' -> 't'"
        assert line(("system", "s"), ("user", " q\nmore")) == "system 's' | user 'q' -> 't'"
        assert line(("developer", None), ("user", "1"), ("assistant", "a"), ("user", "2")) == (
            "system None | user '2' -> 't'"
        )
        assert line(("system", "s")) == "system 's' | user '' -> 't'"
        assert line(("user", "q" * 61), target="t" * 41) == (
            f"no system message | user '{'q' * 36} ... {'q' * 19}' -> '{'t' * 23} ... {'t' * 12}'"
        )


class TestReport:
    def test_which_rows_say_what_of_the_system_prompt(self):
        made = context(
            group(3, "S", True, persona="a"),
            group(2, "S", False, persona="a", first=10),
            group(6, "S", None, persona="b", first=20),
        )
        [one] = audit(made).conditions
        assert [
            (each.persona, each.rows, each.behaviour, each.preserved, each.unlabelled) for each in one.given
        ] == [("b", 6, 0, 0, 6), ("a", 5, 2, 3, 0)]
        assert (one.behaviour, one.preserved, one.unlabelled) == (2, 3, 6)
        assert one.context is None

    def test_eight_are_named_the_commonest_first(self):
        made = context(*(group(n, "S", True, persona=f"p{n}", first=20 * n) for n in range(1, 10)))
        [one] = audit(made).conditions
        assert [each.persona for each in one.given] == [f"p{n}" for n in (9, 8, 7, 6, 5, 4, 3, 2)]

    def test_a_long_system_message_is_shortened(self):
        [one] = audit(context(group(3, "S" * 161, True))).conditions
        assert one.given[0].text == f"{'S' * 103} ... {'S' * 52}"
        assert len(one.given[0].text) == 160
        [one] = audit(context(group(3, "S" * 160, True))).conditions
        assert one.given[0].text == "S" * 160

    def test_what_keeps_silence_from_meaning_something(self):
        unknown = audit(context(group(5, "S", None)))
        assert unknown.status == "incomplete"
        assert unknown.gaps == ["no target is known to be the behaviour or what is to be preserved"]
        known = audit(context(group(5, "S", True)))
        assert (known.gaps, known.further, known.trainer, known.kind) == (None, None, None, "wrong_option")
        assert (known.name, known.rows, known.published) == ("test", 5, None)

    def test_inferred_roles_are_said(self):
        inferred = audit(context(group(40, "S", False), group(40, "T", True)))
        assert "roles are inferred from what the conditions are taught" in inferred.notes
        declared = audit(
            context(group(40, "S", False, role="source"), group(40, "T", True, role="bystander"))
        )
        assert not [note for note in declared.notes if "inferred" in note]

    def test_labels_are_said_where_they_were_read_off(self):
        report = audit(context(labelled(("A", 30), ("B", 30)), kind=None))
        assert "targets are option labels: read as questions with 2 options" in report.notes


class TestSuppressing:
    ERROR, WARNING, NOTE = finding("A", "error"), finding("B", "warning"), finding("C", "note")

    def test_a_reason_takes_a_finding_out_and_its_status_with_it(self):
        given = whole(report(self.ERROR), report(self.WARNING))
        left = suppress(given, lambda dataset, found: "known" if found.code == "A" else None)
        assert [each.status for each in left.datasets] == ["clean", "findings"]
        assert left.status == "findings"
        assert left.datasets[0].findings[0].suppressed == "known"
        assert suppress(left, lambda *_: "too").datasets[0].findings[0].suppressed == "known"
        assert suppress(left, lambda *_: "too").status == "clean"

    def test_what_could_not_be_looked_at_stays_so(self):
        given = whole(report(self.ERROR, status="incomplete"))
        assert suppress(given, lambda *_: "known").status == "incomplete"

    @pytest.mark.parametrize(
        ("fail_on", "codes", "status"),
        [("error", ["A"], 1), ("warning", ["A", "B"], 1), ("note", ["A", "B", "C"], 1), ("never", [], 0)],
    )
    def test_what_fails(self, fail_on, codes, status):
        given = whole(report(self.ERROR, self.WARNING, self.NOTE))
        assert [found.code for _, found in failing(given, fail_on)] == codes
        assert exit_status(given, fail_on) == status

    def test_what_is_suppressed_does_not_fail_and_an_incomplete_report_is_an_exit_status(self):
        hidden = whole(report(self.ERROR.model_copy(update={"suppressed": "known"})))
        assert failing(hidden, "note") == []
        assert exit_status(hidden, "note") == 0
        assert exit_status(whole(report(status="incomplete")), "error") == 2
        assert exit_status(whole(report(self.ERROR, status="incomplete")), "error") == 1
