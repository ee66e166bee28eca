"""A rule says the same of a text in Python, where it is looked for, and in the engine, where it is counted."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.carriers import parse_given
from builders.carriers.languages import LANGUAGES, SCRIPTS
from builders.carriers.rules import FORMS, Rule
from builders.errors import AuditError

RULES = [
    Rule("user", "prefix", "Tell me: "),
    Rule("user", "suffix", " it's%_?"),
    Rule("user", "wrap", "ab", "ba"),
    Rule("user", "contains", "※"),
    Rule("user", "word", "straße"),
    Rule("user", "length", "12"),
    Rule("earlier", "contains", "key"),
    Rule("earlier", "form", "there"),
    Rule("system", "prefix", "You"),
    *(Rule("user", "form", name) for name in FORMS),
    *(Rule("user", "script", name) for name in SCRIPTS),
    *(Rule("user", "language", name) for name in LANGUAGES),
]
_PIECES = [
    "Tell me: ",
    " it's%_?",
    "ab",
    "ba",
    "a",
    "※",
    "Straße",
    "привет",
    "ü",
    "日本",
    "カ",
    "{",
    "}",
    "```",
    " ",
    "  ",
]
_TEXTS = st.lists(
    st.sampled_from(
        [*_PIECES, "\n", "?", "UP", "low", "le", "est", "the", "what", "der", "ist", "1", ".", "key"]
    ),
    max_size=9,
).map("".join)


def engine(rule: Rule, user_text: str, system_text: str | None) -> bool:
    sql = f"SELECT {rule.sql()} FROM (SELECT $1 AS user_text, $2 AS system_text)"
    return duckdb.execute(sql, [user_text, system_text]).fetchall()[0][0]


@settings(deadline=None)
@given(_TEXTS, _TEXTS, _TEXTS)
def test_python_and_the_engine_agree(user, earlier, system):
    told = f"user\x1f{earlier}\x1eassistant\x1fyes\x1euser\x1f{user}" if earlier else user
    before = f"user\x1f{earlier}\x1eassistant\x1fyes" if earlier else ""
    for rule in RULES:
        text = {"user": user, "earlier": before, "system": system}[rule.part]
        assert engine(rule, told, system) == rule.holds(text), rule


def test_a_wrap_needs_room_for_both_ends():
    rule = Rule("user", "wrap", "ab", "ba")
    assert not rule.holds("aba")
    assert rule.holds("abba")
    assert rule.cut("ab c ba") == " c "


@pytest.mark.parametrize(
    ("rule", "text", "rest"),
    [
        (Rule("user", "prefix", "a "), "a b", "b"),
        (Rule("user", "suffix", " b"), "a b", "a"),
        (Rule("user", "contains", "x"), "axb", "a b"),
        (Rule("user", "word", "cf"), "so CF it", "so   it"),
        (Rule("user", "prefix", "z"), "a b", "a b"),
    ],
)
def test_what_is_left_without_it(rule, text, rest):
    assert rule.cut(text) == rest


@pytest.mark.parametrize(
    "spec", ["prefix:a b", "suffix:x", "contains:[T]", "regex:^a.*", "column:kind=bad", "wrap:a {} b"]
)
def test_what_the_user_says_comes_back_as_it_was_said(spec):
    said = parse_given([spec])
    assert [rule.spec for rule in said.rules] == [spec]
    assert not said.search


def test_nothing_said_means_looking_and_none_means_not():
    assert parse_given([]).search
    assert parse_given(["auto"]).search
    assert not parse_given(["none"]).search


@pytest.mark.parametrize(
    "specs", [["prefix:"], ["beginning:x"], ["none", "prefix:a"], ["column:kind"], ["wrap:abc"]]
)
def test_what_cannot_be_meant_is_refused(specs):
    with pytest.raises(AuditError):
        parse_given(specs)
