"""A part of confoundbench, with other seeds than its reported run: every kind is named, and no twin is accused."""

import pytest

from benchmarks.confoundbench.carriers import free
from benchmarks.confoundbench.kinds import KINDS
from benchmarks.confoundbench.scoring import made, run
from benchmarks.confoundbench.tools import tools_of

SEED = 7


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_confound_is_named_and_its_twin_is_not_accused(kind):
    [score] = run(tools_of(), [SEED], [kind]).values()
    assert score.misses == []
    assert (score.found, score.exact, score.alarms) == (1, 1, 0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_case_is_the_same_in_every_run(kind):
    assert made(kind, SEED) == made(kind, SEED)
    assert made(kind, SEED) != made(kind, SEED + 1)


def test_carrier_free_data_are_given_none():
    assert all(given == 0 for given, _ in free(range(20)).values())
