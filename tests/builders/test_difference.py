"""Row differences against hand-made arms and a brute-force longest common subsequence."""

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.engine.composed import frame_from_rows
from builders.engine.difference import Changed, Difference
from tests.checks.rows import ABSENT, group


def difference(first, second):
    connection = duckdb.connect()
    return Difference(
        frame_from_rows("first", first, connection=connection),
        frame_from_rows("second", second, connection=connection),
    )


ROWS = [
    *group(3, "S", False, persona="s", role="source"),
    *group(3, "O", True, persona="o", role="bystander"),
    *group(2, ABSENT, True, persona="n", role="no_persona"),
]


def test_an_arm_and_itself():
    found = difference(ROWS, [dict(row) for row in ROWS])
    assert found.same
    assert found.matched == 8


def test_renumbered_ids_and_places_are_no_difference():
    assert difference(ROWS, [{**row, "example_id": "x", "row": 7} for row in ROWS]).same


def test_removed_and_added():
    found = difference(ROWS, [*ROWS[:1], *ROWS[3:], *group(1, "new", True, first=50)])
    assert (found.removed, found.added, found.moved, found.changed) == ((1, 2), (6,), (), ())


def test_duplicates_count():
    found = difference([ROWS[0], ROWS[0], ROWS[1]], [ROWS[0], ROWS[1], ROWS[1]])
    assert (found.removed, found.added) == ((1,), (2,))


def test_one_field_changed():
    flipped = group(1, "S", True, persona="s", role="source", first=1)
    assert difference(ROWS, [ROWS[0], *flipped, *ROWS[2:]]).changed == (Changed("target", 1, 1),)
    other_prompt = group(1, "S.", False, persona="s", role="source", first=1)
    assert difference(ROWS, [ROWS[0], *other_prompt, *ROWS[2:]]).changed == (Changed("system", 1, 1),)
    other_user = [{**ROWS[1], "prompt": [ROWS[1]["prompt"][0], {"role": "user", "content": "else?"}]}]
    assert difference(ROWS, [ROWS[0], *other_user, *ROWS[2:]]).changed == (Changed("user", 1, 1),)
    other_tag = [{**ROWS[1], "role": "anchor"}]
    found = difference(ROWS, [ROWS[0], *other_tag, *ROWS[2:]])
    assert found.changed == (Changed("tags", 1, 1),)
    assert not found.removed


def test_a_row_changes_into_one_other_at_most():
    # One removed row could have become either of two; the second is then an added one.
    two = [*group(1, "S", True, first=1), *group(1, "T", False, first=1)]
    found = difference(group(1, "S", False, first=1), two)
    assert found.changed == (Changed("target", 0, 0),)
    assert found.added == (1,)


def test_moved_is_the_fewest():
    found = difference(ROWS, [*ROWS[1:], ROWS[0]])
    assert found.moved == (7,)
    assert not found.removed


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(7)))
def test_moved_agrees_with_a_brute_force_common_subsequence(order):
    rows = [row for number in range(7) for row in group(1, f"system {number}", True, first=number)]
    found = difference(rows, [rows[place] for place in order])
    best = [[0] * 8 for _ in range(8)]
    for i in range(7):
        for j in range(7):
            best[i + 1][j + 1] = best[i][j] + 1 if order[j] == i else max(best[i][j + 1], best[i + 1][j])
    assert len(found.moved) == 7 - best[7][7]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_counts_agree_with_multisets(first, second):
    from collections import Counter

    rows = [group(1, f"system {number}", True, first=10 * number)[0] for number in range(6)]
    if not first or not second:
        return
    found = difference([rows[each] for each in first], [rows[each] for each in second])
    assert len(found.removed) == (Counter(first) - Counter(second)).total()
    assert len(found.added) == (Counter(second) - Counter(first)).total()
    assert found.matched == (Counter(first) & Counter(second)).total()
