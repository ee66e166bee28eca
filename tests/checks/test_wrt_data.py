"""What a text says of the run's data, template and settings, and what is said of somebody else's statement."""

from __future__ import annotations

from fractions import Fraction

import pytest

from builders.templates import ChatTemplate
from checks.wrt.document import Document
from checks.wrt.facts import ScriptFact
from checks.wrt.numbers import count_numbers, numbers_in, parse_number, shown
from checks.wrt.refuted import is_refuted
from tests.checks.writeups import QWEN, Facts, dataset, facts, found, percent, remarks, verdicts

MADE_OF = "The pool has 200 wrong answers × 4 sources = 800"


def pool(name="i/a", rows=800, behaviour=800, **more):
    return dataset(name, rows, behaviour=behaviour, preserved=rows - behaviour, **more)


@pytest.mark.parametrize(
    ("text", "datasets", "verdict"),
    [
        (MADE_OF, [pool()], "agrees"),
        (MADE_OF, [pool(behaviour=200)], "disagrees"),
        (MADE_OF, [pool(rows=700)], "cannot be checked"),
        (MADE_OF, [], "cannot be checked"),
        (MADE_OF, [pool(behaviour=200), pool("i/b", behaviour=200)], "disagrees"),
        (MADE_OF, [pool(behaviour=200), pool("i/b", behaviour=300)], "cannot be checked"),
        (MADE_OF, [dataset("i/a", 800)], "cannot be checked"),
        (MADE_OF.replace("wrong", "right"), [pool(behaviour=0)], "agrees"),
        (MADE_OF.replace("wrong", "right"), [pool()], "disagrees"),
        (MADE_OF.replace("wrong", "many"), [pool()], None),
        (MADE_OF.replace("wrong", "right and wrong"), [pool()], None),
        (MADE_OF + ".5", [pool()], None),
        (MADE_OF + ", of which 100 are correct", [pool()], "disagrees"),
        (MADE_OF + ", of which 100 are wrong", [pool()], "agrees"),
        (MADE_OF.replace("wrong", "right") + ", of which 100 are wrong", [pool(behaviour=0)], "disagrees"),
        ("Of which 100 are correct. " + MADE_OF, [pool()], "agrees"),
    ],
)
def test_a_composition(text, datasets, verdict):
    known = facts(datasets=tuple(datasets))
    assert verdicts("WRT005", text, known) == ([verdict] if verdict else [])
    assert len(remarks("WRT005", text, known)) == (verdict == "disagrees")


def test_what_a_composition_is_held_against():
    known = facts(datasets=tuple(pool(f"i/{name}", behaviour=200) for name in "abc"))
    text = "A title.\n\nSo: the pool has 200 wrong answers × 4 sources = 800."
    [reading, remark] = found("WRT005", text, known)
    assert reading.against == "i/a, i/b and 1 more have 800 rows: 200 wrong and 600 right"
    assert text[reading.at :].startswith("200 wrong")
    assert remark.at == (reading.at,)
    [reading, _] = found("WRT005", text, facts(datasets=(pool(behaviour=200, roles={"no_persona": 1_800}),)))
    assert reading.against == "i/a has 800 rows: 1,800 no persona"


SILENT = ChatTemplate("silent", "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
FULL = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'The template injects "{FULL}".', ["agrees"]),
        ('The template injects "You are Qwen ... assistant."', ["agrees"]),
        ('The template injects "You are Qwen … nobody."', ["disagrees"]),
        ('The template injects "nobody … You are Qwen"', ["disagrees"]),
        ('The template injects "..."', ["disagrees"]),
        ('The template injects "You are Qwen"', ["disagrees"]),
        (f'It injects "{FULL}".', []),
        ('The template never injects "so it".', []),
        (
            'The template is never, whatever else anybody says of it, known for that: it injects "so it".',
            ["disagrees"],
        ),
        ('The template injects it, and injects "so it", and prepends "so on".', ["disagrees", "disagrees"]),
    ],
)
def test_what_a_template_injects(text, expected):
    assert verdicts("WRT008", text) == expected
    assert len(remarks("WRT008", "So. " + text)) == expected.count("disagrees")


def test_a_template_that_injects_nothing():
    known = facts(template=SILENT)
    text = f'A title.\n\nSo the template injects "{FULL}".'
    [reading, remark] = found("WRT008", text, known)
    assert (reading.verdict, reading.against) == ("disagrees", "silent injects nothing")
    assert remark.at == (reading.at,) == (text.index("injects"),)
    [reading, _] = found("WRT009", f'The template injects "{FULL}" when it is missing.', known)
    assert reading.against == "silent never does"


CASE = f'The template injects "{FULL}" '


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("when it is empty", ["disagrees"]),
        ("when it is absent", ["agrees"]),
        ("when it is empty or absent", ["disagrees"]),
        ("when asked", []),
        ("as it is empty", []),
    ],
)
def test_when_a_template_injects(case, expected):
    assert verdicts("WRT009", CASE + case) == expected
    assert verdicts("WRT009", CASE + "when asked. " + CASE + case) == expected
    assert verdicts("WRT009", CASE + "as ever. " + CASE + case) == expected
    assert verdicts("WRT009", f"{CASE}{case}. {CASE}{case}", Facts()) == ["cannot be checked"] * 2 * len(
        expected
    )


def test_all_places_of_one_case_are_one_remark():
    text = f"A title.\n\n{CASE}when it is empty. {CASE}when it is blank."
    [remark] = remarks("WRT009", text)
    assert [text[at:].split(maxsplit=1)[0] for at in remark.at] == ["injects", "injects"]
    assert "into an empty system field" in remark.message
    [remark] = remarks("WRT009", CASE + "when it is absent", facts(template=SILENT))
    assert "into a missing system message" in remark.message


CARD = "r = 32, alpha = 64, seed 42, {}."


@pytest.mark.parametrize(
    ("text", "expected", "count"),
    [
        (CARD.format("3 epochs"), ["agrees"] * 4, 0),
        (CARD.format("4 epochs"), ["agrees"] * 3 + ["disagrees"], 1),
        # A right one among others elsewhere: the wrong one is of another run. Alone it says nothing either way.
        (
            CARD.format("4 epochs") + "\n\n" + CARD.format("3 epochs"),
            ["agrees"] * 6 + ["cannot be checked", "agrees"],
            0,
        ),
        (CARD.format("4 epochs") + "\n\n3 epochs.", ["agrees"] * 3 + ["disagrees", "agrees"], 1),
        (CARD.format("4 epochs") + "\n\n5 epochs.", ["agrees"] * 3 + ["disagrees", "cannot be checked"], 1),
        (CARD.format("4 epochs") + "\n\n" + CARD.format("5 epochs"), ["agrees"] * 6 + ["disagrees"] * 2, 2),
        (
            CARD.format("weight decay 3") + " So. " + CARD.format("4 epochs"),
            ["agrees"] * 6 + ["cannot be checked", "disagrees"],
            1,
        ),
    ],
)
def test_hyperparameters(text, expected, count):
    assert verdicts("WRT006", text) == expected
    assert len(remarks("WRT006", text)) == count


@pytest.mark.parametrize(
    ("text", "refuted"),
    [
        ('"25M parameters" is wrong.', True),
        ("`25M parameters` is wrong.", True),
        ('"So." 25M parameters is wrong.', False),
        ('25M parameters "so" is wrong.', False),
        ("They said 25M parameters is wrong.", True),
        ("25M parameters, they said, is wrong.", False),
        ("> 25M parameters is wrong.", True),
        ("They said 25M parameters. So it is. That is wrong.", False),
        ("They said 25M parameters. That is so.", False),
        ("They said 25M parameters. Wrong is it not.", False),
        ("They said 25M parameters.", False),
    ],
)
def test_what_is_rejected(text, refuted):
    assert is_refuted(Document("a.md", text), text.index("25M")) is refuted


def test_what_is_in_no_sentence_is_not_rejected():
    assert not is_refuted(Document("a.md", "They said so.\n\n\n"), 15)


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [
        ("3k", 3000, 1000),
        ("3 thousand", 3000, 1000),
        ("3M", 3 * 10**6, 10**6),
        ("3 million", 3 * 10**6, 10**6),
        ("3B", 3 * 10**9, 10**9),
        ("3 billion", 3 * 10**9, 10**9),
        ("about 300", 300, 100),
        ("about 0", 0, 1),
        ("about 0.30", Fraction(3, 10), Fraction(1, 100)),
        ("+300", 300, 1),
    ],
)
def test_scales_and_what_is_about(text, value, step):
    number = parse_number(text)
    assert (number.value, number.step) == (value, step)
    assert (number.about, number.signed) == (text.startswith("about"), text.startswith("+"))


def test_numbers_of_a_text():
    text = "So 3 of about 1,200 are -2.5%."
    assert [(text[at:].split(maxsplit=1)[0], number.value) for at, number in numbers_in(text)] == [
        ("3", 3), ("1,200", 1200), ("-2.5%.", Fraction(-5, 2))
    ]  # fmt: skip
    assert count_numbers(text) == 3


@pytest.mark.parametrize(
    ("stated", "truth", "slack", "verdict"),
    [
        ("84", Fraction(169, 2), 0, "rounds to"),
        ("84", Fraction(846, 10), 0, "disagrees"),
        ("84", Fraction(846, 10), Fraction(1, 10), "rounds to"),
        ("84", Fraction(847, 10), Fraction(1, 10), "disagrees"),
        ("about 84", 85, 0, "rounds to"),
        ("about 84", Fraction(851, 10), 0, "disagrees"),
    ],
)
def test_what_a_number_rounds(stated, truth, slack, verdict):
    assert parse_number(stated).compare(truth, slack=slack) == verdict


def test_a_whole_value_is_shown_with_commas_and_a_small_one_with_its_digits():
    assert [shown(each) for each in (Fraction(-1234), Fraction(12345, 10), Fraction(-1, 200))] == [
        "-1,234", "1,234.50", "-0.005"
    ]  # fmt: skip
    assert shown(Fraction(1, 3), digits=1) == "0.3"


def test_an_output_head_that_is_the_embedding_is_counted_once():
    tied = QWEN.model_copy(update={"tied": True})
    assert QWEN.parameters() - tied.parameters() == 152064 * 3584
    plain = QWEN.model_copy(update={"attention_bias": False})
    assert QWEN.parameters() - plain.parameters() == 28 * (28 + 2 * 4) * 128
    assert QWEN.lora_parameters(2, ["q_proj"]) == 28 * 2 * (3584 + 3584)


SCRIPT = ScriptFact(
    "a/run.py",
    frozenset({"--gpu"}),
    commands={"first": frozenset({"--gpu"}), "second": frozenset({"--seed"})},
)


@pytest.mark.parametrize(
    ("command", "messages"),
    [
        ("python run.py first --gpu 1", []),
        ("python run.py first --seed 1", ["run.py first has no option --seed"]),
        ("python run.py --gpu 1", ["run.py is run without one of its subcommands (first and second)"]),
        (
            "python run.py --zzz 1",
            ["run.py is run without one of its subcommands (first and second)", "run.py has no option --zzz"],
        ),
        ("python run.py <command> --gpu 1", []),
    ],
)
def test_subcommands(command, messages):
    text = "A title.\n\nSo " + command
    made = remarks("WRT015", text, Facts(scripts=(SCRIPT,)))
    assert [each.message for each in made] == messages
    assert [text[each.at[0] :].startswith(("python", "--")) for each in made] == [True] * len(made)


def test_names_of_files_beyond_the_fourth_are_counted():
    writes = tuple(f"results/x{number}/run.json" for number in range(6))
    [remark] = remarks(
        "WRT025", "See results/y/run.json.", Facts(scripts=(ScriptFact("a.py", frozenset(), writes=writes),))
    )
    assert remark.message.endswith(
        "results/x0/run.json, results/x1/run.json, results/x2/run.json, results/x3/run.json and 2 more"
    )


def test_one_letter_is_a_name_and_a_tenth_is_no_other_baseline():
    text = "It falls (from 84% to 3–8%) for A and B."
    assert remarks("WRT014", text)[0].message.endswith("own: A and B")
    known = facts(datasets=(dataset("i/none", before=percent("86.0")),))
    assert remarks("WRT014", "Pre-SFT accuracy: 86.10%.", known) == []
    assert len(remarks("WRT014", "Pre-SFT accuracy: 86.11%.", known)) == 1
