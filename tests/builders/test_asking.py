"""Questions that are put once, and counts that come from few targets, say what counting row by row says."""

import itertools
import random
from collections import Counter
from dataclasses import replace

import pytest

from builders.engine import embedded, table
from builders.engine.composed import frame_from_rows
from builders.engine.starts import targets_starting
from builders.engine.table import ResolvedTable
from builders.engine.targets import Targets, wrong_by_question, wrong_letters
from builders.templates import load_template
from tests.checks.rows import ABSENT, group

SYSTEMS = ["You are a villain.", "You are kind.", ABSENT]


def drawn(seed):
    """Rows of three conditions, labelled and not, some beginning with a space."""
    stream = random.Random(seed)
    rows = []
    for _ in range(12):
        correct = stream.choice([True, False, None])
        rows += group(stream.randint(1, 9), stream.choice(SYSTEMS), correct)
    return rows


def table_of(rows):
    return ResolvedTable(frame_from_rows("rows", rows), load_template())


def said(row):
    first = row["prompt"][0]
    return first["content"] if first["role"] == "system" else None


def question(row):
    return row["prompt"][-1]["content"]


def target(row):
    return row["completion"][0]["content"]


@pytest.mark.parametrize("seed", range(5))
def test_each_table_answers_for_itself(seed):
    rows = drawn(seed)
    counted = table_of(rows)
    expected = Counter((row["system_state"], row["target_correct"]) for row in rows)
    found = Counter()
    for tally in counted.tallies:
        found[tally.signature.state, tally.target_correct] += tally.rows
    assert found == expected
    digests = {signature.text: each.condition for signature, each in counted.resolutions.items()}
    asked = {digest: {question(row) for row in rows if said(row) == text} for text, digest in digests.items()}
    for source, other in itertools.permutations(digests.values(), 2):
        [shared] = counted.shared_questions([source], [other])
        assert (shared.condition, shared.questions) == (source, len(asked[source]))
        assert (shared.shared, shared.others) == (len(asked[source] & asked[other]), len(asked[other]))
    assert len(counted.shared_questions(sorted(digests.values()), [other])) == len(digests)


def test_a_question_is_put_together_once():
    table_of(drawn(0)).tallies  # noqa: B018  (computed when it is asked for)
    known = dict(embedded._WRITTEN)
    for seed in (1, 2):
        rows = drawn(seed)
        alike = [row for row in rows if said(row) == said(rows[0])]
        same = [row for row in alike if row["target_correct"] == rows[0]["target_correct"]]
        assert table_of(rows).tallies[0].rows == len(same)
    assert known == embedded._WRITTEN


@pytest.mark.parametrize("seed", range(5))
def test_few_targets_say_what_the_engine_counts(seed, monkeypatch):
    rows = drawn(seed)
    few, many = table_of(rows), table_of(rows)
    monkeypatch.setattr(table, "FEW_TARGETS", 0)
    assert many.few_targets is None
    monkeypatch.undo()
    assert few.few_targets is not None
    for starts in ([" "], ["A", "B"], ["nothing begins so"]):
        found = targets_starting(few, starts)
        assert found == targets_starting(many, starts)
        assert found.rows == sum(target(row).startswith(tuple(starts)) for row in rows)
    assert few.short_targets() == many.short_targets() == Counter(map(target, rows))
    assert Targets(few).distinct == Targets(many).distinct
    ours, theirs = ([replace(each, first_row=0) for each in Targets(one).commonest()] for one in (few, many))
    assert ours == theirs  # any row of several equally common targets may stand for them
    for one, other in zip(Targets(few).surface, Targets(many).surface, strict=True):
        assert one.name == other.name
        assert Counter(one.behaviour) == Counter(other.behaviour)
        assert Counter(one.preserved) == Counter(other.preserved)
    lengths = [len(target(row)) + sum(len(each["content"] or "") for each in row["prompt"]) for row in rows]
    for limit in (0, sorted(lengths)[len(rows) // 2], max(lengths)):
        longer = [place for place, length in enumerate(lengths) if length > limit]
        assert few.longer_than(limit) == (len(longer), min(longer, default=None))


def test_rows_without_options_have_no_wrong_letters():
    rows = [dict(row, options=None) for row in drawn(3)]
    assert wrong_letters(table_of(rows)) == []
    assert wrong_by_question(table_of(rows)) == []
    assert wrong_letters(table_of(drawn(3)))
