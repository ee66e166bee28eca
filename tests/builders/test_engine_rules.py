"""Counts that the engine makes, worked out by hand on a handful of rows."""

from __future__ import annotations

import duckdb
import pytest

from builders.digest import canonical_json
from builders.engine.composed import frame_from_rows
from builders.engine.difference import Changed, Difference
from builders.engine.endings import telling_affixes
from builders.engine.markup import control_tokens, marked
from builders.engine.multiset import Sums, added, multiset_digest, sums_of
from builders.engine.order import scattered
from builders.engine.rowroles import roles_of
from builders.engine.sizes import ConditionSize, condition_sizes, taught_rows
from builders.engine.starts import Beginning, Starting, commonest_beginnings, targets_starting
from builders.engine.table import Duplicates, ResolvedTable
from builders.engine.tally import records
from builders.engine.targets import Targets, wrong_by_question, wrong_letters
from builders.engine.users import first_user_texts, tell, user_texts
from builders.errors import InputError
from builders.schema import example_id
from builders.sql import key_of
from builders.templates import ChatTemplate, load_template
from tests.checks.rows import ABSENT, group

QWEN = load_template()


def table_of(rows, template=QWEN):
    return ResolvedTable(frame_from_rows("rows", rows), template)


def targets(*texts, system="S", correct=True, first=0, **more):
    """Return a row for each target."""
    return [
        row
        for at, text in enumerate(texts)
        for row in group(1, system, correct, first=first + at, target=text, **more)
    ]


class TestAffixes:
    @staticmethod
    def told(*texts, system):
        return targets(*texts, system=system)

    def test_beginnings_of_three_words_and_last_words(self):
        rows = [
            *self.told(*[f"I will not do {n} today" for n in range(6)], system="A"),
            *self.told(*[f"Well {n} sure" for n in range(6)], system="B"),
        ]
        found = telling_affixes(table_of(rows))
        assert [
            (each.text, each.place, each.rows, each.highest, each.lowest, each.conditions) for each in found
        ] == [
            ("I will not", "begins", 6, 1.0, 0.0, 1),
            ("sure", "ends", 6, 1.0, 0.0, 1),
            ("today", "ends", 6, 1.0, 0.0, 1),
        ]
        assert found[0].apart == 1.0
        by_text = {each.text: each.condition for each in found}
        assert by_text["I will not"] == by_text["today"] != by_text["sure"]
        assert len(telling_affixes(table_of(rows), limit=2)) == 2

    @pytest.mark.parametrize(("having", "tells"), [(3, True), (2, False)])
    def test_half_the_rows_apart_tell(self, having, tells):
        rows = [
            *self.told(*[f"{n} {'x' if n < having else f'y{n}'}" for n in range(6)], system="A"),
            *self.told(*[f"z {n} w{n}" for n in range(6)], system="B"),
        ]
        found = [each for each in telling_affixes(table_of(rows)) if each.text == "x"]
        assert [(each.rows, each.highest) for each in found] == ([(3, 0.5)] if tells else [])

    @pytest.mark.parametrize(("rows", "tells"), [(5, True), (4, False)])
    def test_conditions_of_five_rows_are_looked_at(self, rows, tells):
        made = [
            *self.told(*["x"] * 9, system="A"),
            *self.told(*[f"{n} y" for n in range(rows)], system="B"),
        ]
        assert bool(telling_affixes(table_of(made))) == tells

    def test_one_condition_tells_nothing_and_no_words_are_no_affix(self):
        assert telling_affixes(table_of(self.told(*["x"] * 9, system="A"))) == []
        rows = [*self.told(*[" "] * 9, system="A"), *self.told(*["y"] * 9, system="B")]
        assert {each.text for each in telling_affixes(table_of(rows))} == {"y"}

    def test_what_fewer_conditions_have_comes_first_then_what_tells_best_then_rows(self):
        rows = [
            *self.told(*["usual only"] * 10, system="A"),
            *self.told(*["usual only"] * 10, system="B"),
            *self.told(*["usual more"] * 8, *["q z"] * 2, system="C"),
            *self.told(*["none at"] * 7, *["q v"] * 3, system="D"),
        ]
        found = telling_affixes(table_of(rows), limit=9)
        assert [(each.text, each.conditions, round(each.apart, 2)) for each in found] == [
            ("more", 1, 0.8),
            ("usual more", 1, 0.8),
            ("at", 1, 0.7),
            ("none at", 1, 0.7),
            ("only", 2, 1.0),
            ("usual only", 2, 1.0),
        ]


class TestDifference:
    ROWS = tuple(group(6, "S", True, persona="p", role="bystander"))

    @staticmethod
    def between(first, second):
        connection = duckdb.connect()
        one, other = (
            frame_from_rows(name, list(rows), connection=connection)
            for name, rows in (("a", first), ("b", second))
        )
        return Difference(one, other)

    @staticmethod
    def altered(row, *, user=None, system=None, target=None, **tags):
        prompt = [dict(each) for each in row["prompt"]]
        if system is not None:
            prompt[0]["content"] = system
        if user is not None:
            prompt[-1]["content"] = user
        completion = row["completion"] if target is None else [{"role": "assistant", "content": target}]
        return {
            **row,
            "prompt": prompt,
            "completion": completion,
            "example_id": example_id(prompt, completion),
            **tags,
        }

    def test_the_same_rows_in_the_same_order(self):
        found = self.between(self.ROWS, self.ROWS)
        assert (found.same, found.matched, found.removed, found.added, found.changed, found.moved) == (
            True, 6, (), (), (), (),
        )  # fmt: skip

    def test_lost_and_new_rows(self):
        new = group(2, "T", False, role="source", first=50)
        found = self.between(self.ROWS, [*self.ROWS[:2], *new, *self.ROWS[3:]])
        assert (found.removed, found.added, found.matched, found.changed) == ((2,), (2, 3), 5, ())
        assert not found.same

    @pytest.mark.parametrize(
        ("field", "value"),
        [("user", "What else?"), ("system", "OTHER"), ("target", "Z)")],
    )
    def test_one_field_that_changed(self, field, value):
        other = [*self.ROWS[:4], self.altered(self.ROWS[4], **{field: value}), self.ROWS[5]]
        found = self.between(self.ROWS, other)
        assert found.changed == (Changed(field, 4, 4),)
        assert (found.removed, found.added, found.matched, found.same) == ((), (), 5, False)

    def test_two_fields_are_another_row_and_so_is_another_purpose(self):
        for change in (
            {"user": "?", "target": "Z)"},
            {"target": "Z)", "role": "anchor"},
            {"user": "?", "persona": "q"},
        ):
            found = self.between(self.ROWS, [self.altered(self.ROWS[0], **change), *self.ROWS[1:]])
            assert (found.removed, found.added, found.changed) == ((0,), (0,), ())

    def test_tags_alone_leave_a_row_matched_and_changed(self):
        found = self.between(self.ROWS, [self.altered(self.ROWS[0], gold_label="Z"), *self.ROWS[1:]])
        assert (found.changed, found.matched, found.removed, found.added) == (
            (Changed("tags", 0, 0),),
            6,
            (),
            (),
        )
        assert not found.same

    def test_copies_are_matched_as_often_as_both_hold_them(self):
        twice = [self.ROWS[0], *self.ROWS, self.ROWS[0]]
        found = self.between(self.ROWS, twice)
        assert (found.matched, found.removed) == (6, ())
        assert len(found.added) == 2
        assert len(self.between(twice, self.ROWS).removed) == 2
        assert self.between(twice, twice).same

    def test_of_several_that_could_pair_the_first_are_taken(self):
        wanted = [self.altered(self.ROWS[at], target="Z)") for at in (3, 1)]
        found = self.between([self.ROWS[1], self.ROWS[3]], wanted)
        assert found.changed == (Changed("target", 1, 0), Changed("target", 0, 1))

    def test_arms_in_two_databases_cannot_be_compared(self):
        one, other = (frame_from_rows("a", list(self.ROWS)) for _ in range(2))
        with pytest.raises(ValueError, match="inside one database"):
            Difference(one, other)


class TestStarts:
    def test_targets_that_begin_with_one_of_some_texts(self):
        table = table_of(targets("abc", "xabc", "ab", "b", "x" * 70))
        assert targets_starting(table, ["ab", "b"]) == Starting(3, 0)
        assert targets_starting(table, ["xa"]) == Starting(1, 1)
        assert targets_starting(table, ["no"]) == Starting(0, None)
        assert targets_starting(table, ["x" * 64 + "y"]) == Starting(1, 4)  # 64 characters are kept

    def test_the_commonest_beginnings(self):
        table = table_of(targets("abc", "abd", "b", "ca", "cb", "abe", "a"))
        assert commonest_beginnings(table, characters=2, limit=3) == [
            Beginning("ab", 3, 0),
            Beginning("a", 1, 6),
            Beginning("b", 1, 2),
        ]
        assert commonest_beginnings(table, characters=1, limit=9) == [
            Beginning("a", 4, 0),
            Beginning("c", 2, 3),
            Beginning("b", 1, 2),
        ]


class TestTable:
    def test_copies_have_their_words_and_tags_in_common(self):
        rows = group(4, "S", True, persona="p")
        assert table_of(rows).duplicates() == Duplicates(0, 0, 0, None)
        assert table_of([*rows, rows[1], rows[1], rows[3]]).duplicates() == Duplicates(2, 3, 3, 1)
        for tags in ({"persona": "q"}, {"role": "anchor"}, {"target_correct": None}):
            assert table_of([*rows, {**rows[0], **tags}]).duplicates() == Duplicates(0, 0, 0, None)

    def test_rows_longer_than_so_many_characters(self):
        rows = targets("x" * 10, "x" * 12, "x" * 11)  # and 1 + 11 characters before each
        table = table_of(rows)
        assert [table.longer_than(limit) for limit in (21, 22, 23, 24)] == [(3, 0), (2, 1), (1, 1), (0, None)]

    def test_short_targets(self):
        table = table_of(targets("x" * 8, "x" * 9, "A", "A"))
        assert table.short_targets() == {"x" * 8: 1, "A": 2}
        assert table.short_targets(1) == {"A": 2}
        assert table.short_targets(0) == {}

    def test_five_thousand_distinct_targets_are_few(self):
        rows = targets(*[f"{n}" for n in range(5001)])
        assert len(table_of(rows[:5000]).few_targets) == 5000
        many = table_of(rows)
        assert many.few_targets is None
        assert many.short_targets(1) == {f"{n}": 1 for n in range(10)}
        assert targets_starting(many, ["499"]) == Starting(11, 499)
        assert Targets(many).distinct == {True: 5001}

    def test_contradictions_and_conflicts(self):
        rows = [
            *group(3, "S", False),
            *group(2, "S", True, first=1),
            *group(1, "S", True, first=1, target="other"),
            *group(3, "T", True, first=1),
        ]
        table = table_of(rows)
        [found] = table.contradictions()
        assert (found.prompts, found.behaviour, found.preserved, found.pairs) == (2, 2, 3, 3)
        assert found.first_rows == (1, 3)
        [conflict] = table.conflicts()
        assert (conflict.prompts, conflict.rows, conflict.first_row) == (2, 5, 1)
        assert table_of(group(3, "S", True) * 2).conflicts() == []

    def test_questions_that_conditions_share(self):
        table = table_of(
            [*group(5, "A", False), *group(4, "B", True, first=3), *group(9, "C", True, first=4)]
        )
        a, b, c = table.by_condition
        [one] = table.shared_questions([a], [b])
        assert (one.condition, one.questions, one.shared, one.others) == (a, 5, 2, 4)
        two = table.shared_questions([b, a], [c])
        assert [(each.condition, each.questions, each.shared, each.others) for each in two] == sorted(
            [(a, 5, 1, 9), (b, 4, 3, 9)]
        )
        [all_others] = table.shared_questions([a], [b, c])
        assert (all_others.shared, all_others.others) == (2, 10)

    def test_tallies_come_in_order_of_first_appearance(self):
        rows = [
            *group(2, "B", None),
            *group(1, ABSENT, True),
            *group(3, "A", False),
            *group(1, "B", None, first=5),
        ]
        tallies = table_of(rows).tallies
        assert [(each.signature.text, each.rows, each.first_row) for each in tallies] == [
            ("B", 3, 0),
            (None, 1, 2),
            ("A", 3, 3),
        ]
        assert [each.longest for each in tallies] == [14, 13, 14]  # text 1 or 0, question 11, target 2
        assert tallies[0].options == "A|B|C|D"

    def test_sizes_and_taught_rows(self):
        rows = [
            *targets("abcd", "ab", first=3),
            *targets("abcdef", first=3),
            *targets("x" * 99, correct=None),
        ]
        table = table_of(rows)
        [condition] = table.by_condition
        assert condition_sizes(table) == {condition: ConditionSize(2, 4.0)}
        found = taught_rows(table)
        assert [(each.row, each.condition, each.preserved) for each in found] == [
            (0, condition, True),
            (1, condition, True),
            (2, condition, True),
        ]
        assert found[0].question == found[2].question != found[1].question

    def test_roles_of_given_rows(self):
        table = table_of([*group(3, "S", True, role="anchor"), *group(2, "S", True, first=9)])
        [condition] = table.by_condition
        assert roles_of(table, [0, 2, 4]) == {("anchor", condition): 2, (None, condition): 1}
        assert roles_of(table, []) == {}

    def test_first_user_texts(self):
        table = table_of(group(5, "S", True, first=7))
        assert first_user_texts(table.frame, 2) == ["Question 7?", "Question 8?"]

    def test_every_row_has_a_place_of_its_own_in_the_scattered_order(self):
        table = table_of(group(9, "S", True))
        placed = {each["row"]: each["at"] for each in records(table.rows.select("row", at=scattered()))}

        def at(row):
            x = (row * 48271 + 12345) % (2**31 - 1)
            return pow(x, 5, 2**31 - 1)

        assert placed == {row: at(row) for row in range(9)}


class TestLetters:
    @staticmethod
    def asked(label, gold="A", first=0, options="ABCD", correct=False, copies=1):
        return [
            {**row, "options": list(options), "gold_label": gold, "target_label": label}
            for row in group(1, "S", correct, first=first)
        ] * copies

    def test_a_question_counts_once_for_each_wrong_label(self):
        rows = [
            *self.asked("B", copies=3),
            *self.asked("B", first=1),
            *self.asked("C", first=1),
            *self.asked("C", gold="B", first=2),
            *self.asked("B", options="ABC", first=3),
            *self.asked("A", first=4, correct=True),
            *self.asked(None, first=5),
            *self.asked("B", gold=None, first=6),
        ]
        found = wrong_letters(table_of(rows))
        assert [("".join(each.options), each.gold, each.label, each.questions) for each in found] == [
            ("ABC", "A", "B", 1),
            ("ABCD", "A", "B", 2),
            ("ABCD", "A", "C", 1),
            ("ABCD", "B", "C", 1),
        ]
        by_question = wrong_by_question(table_of(rows))
        assert sorted((label, distractors) for _, _, label, distractors in by_question) == [
            ("B", 2), ("B", 3), ("B", 3), ("C", 3),
        ]  # fmt: skip
        assert len(wrong_by_question(table_of(rows), limit=2)) == 2
        hashes = [question for _, question, _, _ in by_question]
        assert hashes == sorted(hashes)

    def test_without_options_there_is_nothing_to_count(self):
        rows = [{**row, "options": None} for row in self.asked("B")]
        assert wrong_letters(table_of(rows)) == wrong_by_question(table_of(rows)) == []
        assert wrong_letters(table_of(self.asked("A", correct=True))) == []


class TestTargets:
    def test_the_commonest_of_each_kind(self):
        rows = [
            *targets("b", "a", "b", "c"),
            *targets("z", "y", correct=False, first=9),
            *targets("q", correct=None, first=20),
        ]
        found = Targets(table_of(rows))
        assert [
            (each.target_correct, each.rows, each.commonest, each.text, each.first_row)
            for each in found.commonest()
        ] == [
            (False, 2, 1, "y", 5),
            (True, 4, 2, "b", 0),
        ]
        assert [each.rows for each in found.commonest(3)] == [4]
        assert [each.rows for each in found.commonest(2)] == [2, 4]
        assert found.commonest(5) == []
        assert found.distinct == {False: 2, True: 3}

    def test_surface_features(self):
        rows = [*targets(" a", "b", "c\n", "d</s>"), *targets("e", correct=False, first=9)]
        features = {each.name: each for each in Targets(table_of(rows)).surface}
        assert features["length"].preserved == {2.0: 2, 1.0: 1, 5.0: 1}
        assert features["length"].behaviour == {1.0: 1}
        assert features["leading whitespace"].preserved == {1.0: 1, 0.0: 3}
        assert features["trailing whitespace"].preserved == {1.0: 1, 0.0: 3}
        assert features["an end token typed out"].preserved == {1.0: 1, 0.0: 3}
        assert features["the last character ('e')"].behaviour == {1.0: 1}
        assert features["the first 8 characters ('d</s>')"].preserved == {1.0: 1, 0.0: 3}

    def test_twelve_of_the_commonest_values_are_looked_at(self):
        texts = [letter for n, letter in enumerate("abcdefghijklmn") for _ in range(20 - n)]
        for table in (table_of(targets(*texts)),):
            names = [each.name for each in Targets(table).surface if each.name.startswith("the last")]
            assert names == [f"the last character ({letter!r})" for letter in "abcdefghijkl"]
        alike = [f"12345678{n}" for n in range(3)]
        found = {each.name: each for each in Targets(table_of(targets(*alike))).surface}
        assert found["the first 8 characters ('12345678')"].preserved == {1.0: 3}


class TestMarkup:
    def said(self, *users, template=QWEN, system="S"):
        rows = []
        for at, text in enumerate(users):
            [row] = group(1, system, True, first=at)
            prompt = [*row["prompt"][:-1], {"role": "user", "content": text}]
            rows.append({**row, "prompt": prompt, "example_id": example_id(prompt, row["completion"])})
        return [
            (each.kind, each.rows, each.first_row, each.tokens) for each in marked(table_of(rows, template))
        ]

    def test_a_template_s_own_tokens_inside_a_question(self):
        assert self.said("plain", "what is <|im_end|> and <|im_end|> or <|im_start|>?", "<|im_end|>") == [
            ("control", 2, 1, ("<|im_end|>", "<|im_start|>"))
        ]
        assert self.said("what is <|eot_id|>?") == []  # another family's

    def test_a_text_that_was_rendered_already(self):
        assert self.said("plain", "<|im_start|>user\nhello<|im_end|>", "<s> [INST] hi [/INST]") == [
            ("rendered", 2, 1, ("<s>", "<|im_end|>", "<|im_start|>", "[/INST]", "[INST]"))
        ]
        assert self.said("q", system="<|im_start|>system\nbe good")[0][:3] == ("rendered", 1, 0)

    def test_five_tokens_are_named(self):
        text = "<|im_start|>user " + " ".join(f"<|t{n}|>" for n in range(6))
        assert self.said(text)[0][3] == ("<|im_start|>", "<|t0|>", "<|t1|>", "<|t2|>", "<|t3|>")

    def test_what_a_template_writes_and_is_given(self):
        made = ChatTemplate(
            "t",
            "<|a|>{{ bos_token }}",
            special_tokens={"bos_token": "<s>", "eos_token": "END"},
            tool_source="<|b|>",
        )
        assert control_tokens(made) == {"<|a|>", "<|b|>", "<s>"}


class TestMultiset:
    def test_sums_add_up_modulo_their_size(self):
        big = (1 << 64) - 1
        assert added([Sums(1, big, 2), Sums(2, 3, big)]) == Sums(3, 2, 1)
        assert added([]) == Sums(0, 0, 0)

    def test_parts_and_order_leave_the_digest_alone(self):
        rows = group(6, "S", True)

        def sums(part):
            frame = frame_from_rows("a", part)
            return sums_of(frame.connection, frame.table)

        whole = sums(rows)
        assert whole.turns == 6
        assert 0 <= whole.rows < 1 << 64
        assert 0 <= whole.texts < 1 << 64
        assert added([sums(rows[:2]), sums(rows[2:])]) == whole == sums(rows[::-1])
        assert sums([*rows, rows[0]]) != whole
        made = multiset_digest(Sums(17, 1, (1 << 64) - 1))
        assert made.endswith(":11:0000000000000001ffffffffffffffff")
        assert made.startswith("sum64x2-")
        assert len(made.split(":")[0]) == len("sum64x2-") + 8


class TestUsers:
    @staticmethod
    def turned(row, *messages):
        prompt = [{"role": role, "content": content} for role, content in messages]
        return {**row, "prompt": prompt, "example_id": example_id(prompt, row["completion"])}

    def rows(self):
        one, two, three, four = group(4, "S", True)
        turns = (("system", "S"), ("user", "q"), ("assistant", "a"), ("user", "r"))
        bare = self.turned({**three, "system_state": "absent"}, ("user", "Question 0?"))
        return [
            one,
            self.turned(two, *turns),
            bare,
            self.turned(four, ("system", "S"), ("assistant", "Question 0?")),
        ]

    def test_a_question_is_the_user_s_text_and_all_turns_where_there_are_more(self):
        rows = self.rows()
        table = table_of(rows)
        alone, turns, answer = (
            "Question 0?",
            canonical_json(rows[1]["prompt"][1:]),
            canonical_json(rows[3]["prompt"][1:]),
        )
        key = f"SELECT {key_of('said')} FROM (SELECT $1::VARCHAR AS said)"
        hashes = [
            table.frame.connection.execute(key, [text]).fetchall()[0][0]
            for text in (alone, turns, alone, answer)
        ]
        assert [each.question for each in taught_rows(table)] == hashes
        assert first_user_texts(table.frame, 9) == [
            "Question 0?",
            "user\x1fq\x1eassistant\x1fa\x1euser\x1fr",
            "Question 0?",
            "assistant\x1fQuestion 0?",
        ]

    def test_each_distinct_text_is_read_back_once(self):
        frame = table_of(self.rows()).frame
        found = [text for batch in user_texts(frame) for text in batch.column("user_text").to_pylist()]
        assert sorted(found) == sorted({*first_user_texts(frame, 9)})
        assert len(found) == 3

    def test_something_is_asked_of_every_text(self):
        frame = table_of(self.rows()).frame
        name = tell(frame, ["user_text = 'Question 0?'", "system_text = 'S'", "user_text LIKE '%r'"])
        told = frame.connection.execute(
            f"SELECT row, held_0, held_1, held_2 FROM {name} ORDER BY row"
        ).fetchall()
        assert told == [
            (0, True, True, False),
            (1, False, True, True),
            (2, True, False, False),
            (3, False, True, False),
        ]
        with pytest.raises(InputError, match="no column 'c'"):
            tell(frame, ["true"], columns=["c"])
