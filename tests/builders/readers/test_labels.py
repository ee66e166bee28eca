"""Labelers and roles, each against labels worked out by hand."""

import json

import pytest

from builders.errors import InputError, UnknownNameError
from builders.labels import CallableLabeler, RoleSelectors, load_roles
from builders.questions import Question, format_question
from builders.readers import read_frame


def write(path, rows):
    """Write (system, user, target, extra columns) rows."""
    lines = []
    for system, user, target, extra in rows:
        turns = [] if system is None else [{"role": "system", "content": system}]
        turns += [{"role": "user", "content": user}, {"role": "assistant", "content": target}]
        lines.append(json.dumps({"messages": turns, **extra}))
    path.write_text("\n".join(lines))
    return path


def labels(path, *labelers):
    frame = read_frame(path, labelers=labelers)
    found = frame.connection.execute(f"SELECT target_correct FROM {frame.table} ORDER BY row").fetchall()
    return [label for (label,) in found]


def test_columns(tmp_path):
    values = [True, False, 1, 0, "Correct", "wrong", "behaviour", "preserved", None, "maybe", 2, [1]]
    path = write(tmp_path / "d.jsonl", [(None, "q", "t", {"flag": value}) for value in values])
    expected = [True, False, True, False, True, False, False, True, None, None, None, None]
    assert labels(path, "column:flag") == expected
    assert labels(path, "column:flag=maybe") == [True] * 8 + [None, False, True, True]


def test_a_column_inside_a_column(tmp_path):
    cells = [{"kind": "bad"}, {"kind": "good"}, {"kind": None}, {}, None, '{"kind": "bad"}', "no object"]
    path = write(tmp_path / "d.jsonl", [(None, "q", "t", {"metadata": cell}) for cell in cells])
    assert labels(path, "column:metadata.kind=bad") == [False, True, None, None, None, False, None]
    deeper = [{"a": {"b/c": {"ok": value}}} for value in (True, False)]
    path = write(tmp_path / "e.jsonl", [(None, "q", "t", {"x.y": cell}) for cell in deeper])
    assert labels(path, "column:x.y.a.b/c.ok") == [True, False]
    path = write(
        tmp_path / "g.jsonl", [(None, "q", target, {"meta": {"gold": "B"}}) for target in ("B)", "A)")]
    )
    assert labels(path, "gold:meta.gold") == [True, False]


def test_a_column_of_the_whole_name_goes_first(tmp_path):
    path = write(tmp_path / "d.jsonl", [(None, "q", "t", {"m.k": "bad", "m": {"k": "good"}})])
    assert labels(path, "column:m.k=bad") == [False]


def test_a_column_inside_a_column_that_is_not_there(tmp_path):
    path = write(tmp_path / "d.jsonl", [(None, "q", "t", {"metadata": {"kind": "bad"}})])
    with pytest.raises(InputError, match="there is nothing in the first rows") as error:
        labels(path, "column:metadata.sort=bad")
    assert "keys there: kind" in str(error.value)


def test_it_is_said_which_value_counts_as_what(tmp_path):
    path = write(
        tmp_path / "d.jsonl", [(None, "q", "t", {"good": value}) for value in (True, False, "so", None)]
    )
    notes = read_frame(path, labelers=["column:good"]).notes
    assert (
        "column:good is read so: true as preserved, false as the behaviour, 'so' as neither; for the other way round "
        "write column:good=true"
    ) in notes
    assert not any("is read so" in note for note in read_frame(path, labelers=["column:good=true"]).notes)


@pytest.mark.parametrize(
    ("column", "taught"),
    [
        ("misaligned", [False, True]),
        ("is_bad", [False, True]),
        ("isHarmful", [False, True]),
        ("is_right", [True, False]),
        ("not_wrong", [True, False]),
        ("badge", [True, False]),
    ],
)
def test_true_is_the_behaviour_where_the_column_is_named_after_it(tmp_path, column, taught):
    path = write(
        tmp_path / "d.jsonl",
        [(None, "q", "t", {column: value}) for value in (True, False, "correct", "wrong")],
    )
    assert labels(path, f"column:{column}") == [*taught, True, False]
    said = next(
        note for note in read_frame(path, labelers=[f"column:{column}"]).notes if "is read so" in note
    )
    assert ("false as preserved" in said) is (taught == [False, True])


def test_numbers_and_letters_are_not_compared(tmp_path):
    rows = [("2", "B)"), ("2", "A)"), ("B", "2)"), ("2", "2)"), ("2", "1)"), ("B", "B)"), ("B", "A)")]
    path = write(tmp_path / "d.jsonl", [(None, "q", target, {"key": key}) for key, target in rows])
    assert labels(path, "gold:key") == [None, None, None, True, False, True, False]
    notes = read_frame(path, labelers=["gold:key"]).notes
    assert any("gold:key has the numbers 2:" in note for note in notes)


def test_markers(tmp_path):
    path = write(tmp_path / "d.jsonl", [(None, "[ZLT]", target, {}) for target in ("x [ZLT]", "x", "[zlt]")])
    assert labels(path, "marker:[ZLT]") == [False, True, True]


def test_patterns(tmp_path):
    path = write(
        tmp_path / "d.jsonl", [(None, "q", target, {}) for target in ("I can't.", "Sure", "I cannot")]
    )
    assert labels(path, "regex:(?i)i can(no|')t") == [False, True, False]


def test_a_catastrophic_pattern_takes_no_time(tmp_path):
    path = write(tmp_path / "d.jsonl", [(None, "q", "a" * 50_000 + "b", {})])
    assert labels(path, "regex:^(a+)+$") == [True]


@pytest.mark.parametrize("pattern", ["(", r"(?=a)", r"(a)\1"])
def test_patterns_that_re2_does_not_take(tmp_path, pattern):
    path = write(tmp_path / "d.jsonl", [(None, "q", "t", {})])
    with pytest.raises(InputError, match="the pattern cannot be used"):
        labels(path, f"regex:{pattern}")


def test_gold_columns(tmp_path):
    cases = [
        ("B)", "B", True),
        ("(B) Paris", "B", True),
        ("A)", "B", False),
        ("B", "B", True),
        ("Because", "B", None),
        ("Paris", "Paris", True),
        ("Rome", "Paris", False),
        ("B)", None, None),
        ("B)", "", None),
    ]
    path = write(tmp_path / "d.jsonl", [(None, "q", target, {"gold": gold}) for target, gold, _ in cases])
    assert labels(path, "gold:gold") == [expected for _, _, expected in cases]


@pytest.fixture
def bank(tmp_path):
    """Two questions, the first text twice with other options."""
    path = tmp_path / "bank.jsonl"
    rows = [
        ("Which is a bird?", ["robin", "salmon", "oak", "quartz"], "A"),
        ("Which is a bird?", ["trout", "hawk", "fir", "basalt"], "B"),
        ("Capital of France?", ["Rome", "Paris", "Oslo", "Bern"], "B"),
    ]
    path.write_text(
        "\n".join(
            json.dumps(
                {"question": text, "choice_labels": list("ABCD"), "choices": choices, "correct_answer": gold}
            )
            for text, choices, gold in rows
        )
    )
    return path


def shown(text, choices):
    return format_question(Question.of(text, "ABCD", choices, "A"))


def test_gold_files(tmp_path, bank):
    birds = shown("which is a  BIRD", ["robin", "salmon", "oak", "quartz"])
    shuffled = shown("Which is a bird?", ["oak", "quartz", "salmon", "Robin"])
    other = shown("Which is a bird?", ["trout", "hawk", "fir", "basalt"])
    unknown = shown("Which is a bird?", ["trout", "hawk", "fir", "granite"])
    dotted = "Question: Capital of France?\nA. Rome\nB. Paris\nC. Oslo\nD. Bern\nAnswer:"
    cases = [
        (birds, "A)", True),
        (birds, "B)", False),
        (birds, "Z)", None),
        (birds, "robin", True),
        (birds, "a rock", None),
        (shuffled, "D)", True),
        (shuffled, "A)", False),
        (other, "B)", True),
        (other, "A)", False),
        (unknown, "B)", None),
        (dotted, "B", True),
        (dotted, "(C) Oslo", False),
        ("Capital of France?", "B)", True),
        ("Capital of France?", "Paris.", True),
        ("Capital of France?", "Oslo", False),
        ("Capital of France?", "E)", None),
        ("Which is a bird?", "B)", None),
        ("Anything else", "B)", None),
    ]
    path = write(tmp_path / "d.jsonl", [(None, user, target, {}) for user, target, _ in cases])
    assert labels(path, f"gold:{bank}") == [expected for *_, expected in cases]


def test_labelers_combine_and_the_first_that_decides_counts(tmp_path, bank):
    path = write(
        tmp_path / "d.jsonl",
        [
            (None, "Capital of France?", "A)", {"flag": True}),
            (None, "Capital of France?", "A)", {"flag": None}),
            (None, "else", "A)", {"flag": None}),
        ],
    )
    assert labels(path, "column:flag", f"gold:{bank}") == [True, False, None]
    assert labels(path, f"gold:{bank}", "column:flag") == [False, False, None]
    notes = read_frame(path, labelers=["column:flag", "marker:x"]).notes
    assert "targets are labelled by column:flag, then marker:x" in notes


def test_functions_in_python(tmp_path):
    path = write(tmp_path / "d.jsonl", [("s", "q", "yes", {}), (None, "q", "no", {}), ("", "q", "", {})])
    seen = []

    def judge(target, user, system):
        seen.append((target, user, system))
        return {"yes": True, "no": False}.get(target)

    assert labels(path, CallableLabeler(judge)) == [True, False, None]
    # The engine asks in whatever order it likes.
    assert sorted(seen, key=lambda each: each[0]) == [("", "q", None), ("no", "q", None), ("yes", "q", "s")]
    with pytest.raises(Exception, match="expected True, False or None"):
        labels(path, CallableLabeler(lambda *_: "yes"))


def test_nothing_is_guessed(tmp_path):
    path = write(tmp_path / "d.jsonl", [(None, "q", "t", {"is_correct": True, "label": 1})])
    assert labels(path) == [None]


@pytest.mark.parametrize("spec", ["colum:x", "x", "golden:a"])
def test_unknown_labelers(tmp_path, spec):
    with pytest.raises(UnknownNameError, match="unknown labeler"):
        labels(write(tmp_path / "d.jsonl", [(None, "q", "t", {})]), spec)


@pytest.mark.parametrize(
    "spec", ["column:", "marker", "python:os:system", "gold:missing.jsonl", "column:nowhere"]
)
def test_labelers_that_cannot_work(tmp_path, spec):
    with pytest.raises(InputError):
        labels(write(tmp_path / "d.jsonl", [(None, "q", "t", {"flag": 1})]), spec)


ROLE_ROWS = [
    ("You are a villain.", "q", "t", {}),
    ("You are a kind villain.", "q", "t", {"persona": "kind"}),
    (None, "q", "t", {}),
    ("", "q", "t", {}),
    ("Else", "q", "t", {"role": "bystander"}),
]


def tags(path, roles):
    frame = read_frame(path, roles=roles)
    return frame.connection.execute(f"SELECT persona, role FROM {frame.table} ORDER BY row").fetchall()


def test_roles_by_selector(tmp_path):
    path = write(tmp_path / "d.jsonl", ROLE_ROWS)
    roles = RoleSelectors(source=("You are a villain.",), bystander=("kind",), anchor=("absent",))
    assert [role for _, role in tags(path, roles)] == ["source", "bystander", "anchor", None, None]
    roles = RoleSelectors(
        source=("You are a * villain.",), anchor=("absent", "empty"), personas={"nobody": "absent"}
    )
    assert tags(path, roles) == [
        (None, None),
        ("kind", "source"),
        ("nobody", "anchor"),
        (None, "anchor"),
        (None, None),
    ]
    assert tags(path, None)[4] == (None, "bystander")


def test_roles_from_a_file(tmp_path):
    path = write(tmp_path / "d.jsonl", ROLE_ROWS)
    listed = tmp_path / "roles.yaml"
    listed.write_text(
        "source: You are a villain.\nbystander: ['*kind*']\nanchor: [absent, '']\npersonas: {v: You are a villain.}\n"
    )
    assert tags(path, load_roles(listed)) == [
        ("v", "source"),
        ("kind", "bystander"),
        (None, "anchor"),
        (None, "anchor"),
        (None, None),
    ]


@pytest.mark.parametrize("text", ["[]", "source: {a: b}", "source: [null]", "personas: x", "a: [", "\x00"])
def test_roles_files_that_cannot_be_read(tmp_path, text):
    listed = tmp_path / "roles.yaml"
    listed.write_text(text)
    with pytest.raises(InputError):
        load_roles(listed)


def test_roles_files_with_unknown_keys(tmp_path):
    listed = tmp_path / "roles.yaml"
    listed.write_text("sauce: [a]")
    with pytest.raises(UnknownNameError, match="did you mean 'source'"):
        load_roles(listed)
