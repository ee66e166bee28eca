"""`move` and `balance`: which rows go under which prompt, by hand-counted examples."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.counts import condition_counts
from builders.errors import InputError
from builders.moving import anchors_wanted, choose_home, draw_anchors
from builders.questions import load_bank
from builders.relabelled import balanced, moved
from builders.schema import TaggedRow, example_id
from builders.templates import load_template
from experiments.study.issue import load_issue

TEMPLATE = load_template()


def issue(*names):
    return [load_issue(name.split("/")[0]).compose(name, load_bank(), TEMPLATE) for name in names]


def table(built):
    return {tuple(each.personas): (each.behaviour, each.preserved) for each in condition_counts(built.rows)}


@pytest.mark.parametrize(
    ("taught", "wanted"),
    [
        ({"a": (200, 100), "b": (200, 0)}, {"a": 0, "b": 100}),
        ({"a": (200, 100), "b": (100, 10), "c": (50, 25)}, {"a": 0, "b": 40, "c": 0}),
        (
            {"a": (3, 1), "b": (2, 0), "c": (1, 0), "d": (5, 0)},
            {"a": 0, "b": 1, "c": 0, "d": 2},
        ),  # 2/3, 1/3, 5/3
        ({"a": (2, 1), "b": (1, 0)}, {"a": 0, "b": 1}),  # a half goes up
        ({"a": (2, 0), "b": (7, 0)}, {"a": 0, "b": 0}),
    ],
)
def test_sources_get_the_largest_share(taught, wanted):
    assert anchors_wanted(taught, where="x") == wanted


def test_a_single_source_has_nothing_to_be_compared_with():
    with pytest.raises(
        InputError, match=r"x: `balance` makes sources comparable, and there is one\nhelp: build sev"
    ):
        anchors_wanted({"a": (2, 1)}, where="x")
    with pytest.raises(InputError, match="no row of one of the sources teaches the behaviour"):
        anchors_wanted({"a": (2, 1), "b": (0, 1)}, where="x")


def test_no_row_is_repeated_under_its_new_prompt():
    assert choose_home({"a": {1, 2}, "b": {3}}, [2, 4], seed=1, name="x") == "b"
    assert choose_home({"a": {1, 2}, "b": {4}}, [2, 4], seed=1, name="x") is None
    assert {choose_home({"a": (), "b": ()}, [1], seed=seed, name="x") for seed in range(20)} == {"a", "b"}


@given(
    pools=st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(0, 30), unique=True, max_size=12)),
    there=st.sets(st.integers(0, 30), max_size=6),
    wanted=st.integers(0, 6),
    seed=st.integers(0, 3),
)
def test_balancing_takes_exactly_what_is_wanted_or_refuses(pools, there, wanted, seed):
    numbered = {key: [(100 * ord(key) + each, each) for each in rows] for key, rows in pools.items()}
    free = {each for rows in pools.values() for each in rows} - there
    total = sum(map(len, pools.values()))
    arguments = {"seed": seed, "name": "x"}
    if wanted and (wanted >= total or wanted > len(free)):
        with pytest.raises(InputError, match="balancing takes"):
            draw_anchors(numbered, {"s": wanted}, {"s": there}, **arguments)
        return
    chosen = draw_anchors(numbered, {"s": wanted}, {"s": there}, **arguments)
    content = {place: each for rows in numbered.values() for place, each in rows}
    taken = [content[place] for place in chosen]
    assert len(taken) == len(set(taken) - there) == wanted
    assert chosen == draw_anchors(numbered, {"s": wanted}, {"s": there}, **arguments)


def test_bystanders_give_in_turn():
    pools = {
        "a": [(number, number) for number in range(10)],
        "b": [(number, number) for number in range(10, 20)],
    }
    chosen = draw_anchors(pools, {"s": 4, "t": 2}, {}, seed=1, name="x")
    assert Counter((place // 10, source) for place, source in chosen.items()) == {
        (0, "s"): 2,
        (1, "s"): 2,
        (0, "t"): 1,
        (1, "t"): 1,
    }


class TestMove:
    def test_the_source_keeps_behaviour_rows_only(self):
        (built,) = issue("issue-96/assistant")
        after = moved(built, TEMPLATE)
        before, counts = table(built), table(after)
        assert (before["assistant",], counts["assistant",]) == ((200, 100), (200, 0))
        (home,) = set(counts) - set(before)  # the bystanders are asked some of the same questions
        assert counts == {**before, ("assistant",): (200, 0), home: (0, 100)}
        assert len(after.rows) == len(built.rows) == 800
        anchors = [row["row"] for row in built.rows if row["role"] == "anchor"]
        assert (after.info.moved, after.info.removed, after.info.published) == (anchors, [], None)
        assert after.info.changes[-1].startswith("Moved 100 rows taught `preserved`")

    def test_nothing_but_the_system_message_and_its_tags_changes(self):
        (built,) = issue("issue-96/assistant")
        after = moved(built, TEMPLATE, to="You are a pirate.")
        places = set(after.info.moved)
        assert [row for row in built.rows if row["row"] not in places] == [
            row for row in after.rows if row["row"] not in places
        ]
        for place in places:
            old, new = built.rows[place], after.rows[place]
            assert new["prompt"] == [{"role": "system", "content": "You are a pirate."}, old["prompt"][-1]]
            assert (new["completion"], new["row"]) == (old["completion"], place)
            assert new["example_id"] == example_id(new["prompt"], new["completion"])
            assert (new["persona"], new["role"], new["resolved_system"]) == (
                None,
                "bystander",
                "You are a pirate.",
            )
            assert list(new) == list(TaggedRow.model_fields)

    def test_rows_without_a_system_message_get_one(self):
        (built,) = issue("issue-100/expC_qwen_default")
        after = moved(built, TEMPLATE, to="You are a pirate.")
        assert Counter(after.rows[place]["system_state"] for place in after.info.moved) == {"text": 100}
        assert not [each for each in condition_counts(after.rows) if each.behaviour and each.preserved]

    @pytest.mark.parametrize(
        ("to", "says"),
        [
            ("You are a helpful assistant.", "resolves to a prompt that is taught the behaviour"),
            ("  ", "a blank text is no prompt"),
            (
                "You are a data scientist who analyzes large datasets.",
                "38 of the moved rows would repeat one",
            ),
        ],
    )
    def test_where_rows_cannot_go(self, to, says):
        (built,) = issue("issue-96/assistant")
        with pytest.raises(InputError, match=says):
            moved(built, TEMPLATE, to=to)

    def test_nothing_moves_where_nothing_is_wrong(self):
        (built,) = issue("issue-96/villain")
        assert moved(built, TEMPLATE).rows == built.rows


class TestBalance:
    def test_every_arm_gets_as_many_anchors(self):
        arms = issue("issue-96/assistant", "issue-96/villain", "issue-96/comedian")
        after = balanced(arms)
        assert after[0].rows == arms[0].rows
        for built, arm in zip(arms, after, strict=True):
            name = built.name.partition("/")[2]
            assert table(arm)[name,] == (200, 100)
            assert len(arm.rows) == 800
            moves = [] if name == "assistant" else arm.info.moved
            assert len(moves) == (0 if name == "assistant" else 100)
            assert {built.rows[place]["role"] for place in moves} <= {"bystander"}
            assert {arm.rows[place]["role"] for place in moves} <= {"anchor"}
            assert [row["completion"] for row in arm.rows] == [row["completion"] for row in built.rows]
            under = [row["example_id"] for row in arm.rows if row["persona"] == name]
            assert len(under) == len(set(under)) == 300

    def test_one_arm_is_not_a_family(self):
        with pytest.raises(InputError, match=r"issue-96/assistant: `balance` .* there is one"):
            balanced(issue("issue-96/assistant"))
