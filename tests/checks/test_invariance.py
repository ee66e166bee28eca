"""Order and irrelevant columns never change what is found."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.rows import ABSENT, findings, group, said

ROWS = [
    *group(40, "SOURCE PROMPT", False, persona="source", role="source"),
    *group(20, "SOURCE PROMPT", True, persona="source", role="anchor", first=30),
    *group(30, "SOURCE PROMPT.", True, persona="near"),
    *group(30, ABSENT, True, persona="none"),
    *group(5, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.", False, persona="none"),
    *group(30, "entirely different", True, persona="near"),
    *group(2, "entirely different", None, persona="near"),
]


def test_the_rows_have_something_to_find():
    assert len({finding.code for finding in findings(ROWS)}) >= 6


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_shuffling_leaves_the_findings_alone(rng: random.Random):
    rows = list(ROWS)
    rng.shuffle(rows)
    assert said(findings(rows)) == said(findings(ROWS))


def test_tags_that_no_check_of_conditions_reads_leave_the_findings_alone():
    changed = [{**row, "question_id": None, "gold_label": None} for row in ROWS]
    assert said(findings(changed, select="CND")) == said(findings(ROWS, select="CND"))
