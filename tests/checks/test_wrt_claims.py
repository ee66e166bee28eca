"""What single sentences claim: where each claim is found, what excuses it, and that one hides no other."""

from __future__ import annotations

import pytest

from checks.wrt.remark import Remark
from tests.checks.writeups import (
    Facts,
    ScriptFact,
    Unrepeatable,
    dataset,
    facts,
    found,
    percent,
    remarks,
    verdicts,
)


def places(code, text, known=None):
    """Return the word that stands at each place of each remark."""
    return [[text[at:].split(maxsplit=1)[0] for at in each.at] for each in remarks(code, text, known)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("![](a.png)\n\nSome text.", 1),
        ("![](a.png)", 1),
        ("![](a.png)\n\nFigure 1.", 0),
        ("![](a.png)\n\nSome text.\n\nFigure 1.", 1),
        ("Figure 1.\n\n![](a.png)", 1),
        ("![12 letters..](a.png)", 0),
        ("![11 letters.](a.png)", 1),
        ("![  11 letters.  ](a.png)", 1),
        ('![](a.png "Title")', 0),
        ('<img alt="12 letters..">', 0),
        ('<img alt="11 letters.">', 1),
        ("<figure><figcaption>So</figcaption>", 0),
        ("<svg>" + " " * 3991 + "<title>So", 0),
        ("<svg>" + " " * 3996 + "<title>So", 1),
        ("![](a.png) and ![](b.png)", 2),
        ("<img> and <img>", 2),
    ],
)
def test_figures(text, count):
    assert len(remarks("WRT002", "Words.\n\n" + text)) == count


def test_a_figure_is_named_where_it_stands():
    assert places("WRT002", "Words.\n\nSee ![](a.png) and\n\n<img>") == [["![](a.png)"], ["<img>"]]


SEED = "Single seed.\n\n"


@pytest.mark.parametrize(
    ("shares", "severity", "points"),
    [
        ("300/500 = 60%, 200/500 = 40%", "note", "20.0"),
        ("300/500 = 60%, 201/500 = 40.2%", None, "19.8"),
        ("300/500 = 60%, wrong 5/500 = 1%", None, None),
        ("300/500 = 60%, wrong" + " " * 35 + "5/500 = 1%", None, None),
        ("300/500 = 60%, wrong" + " " * 36 + "5/500 = 1%", "note", "59.0"),
        ("300/500 = 60%, 5/0 = 1%, 600/500 = 9%", None, None),
        ("300/500 = 60%, 500/500 = 100%", "note", "40.0"),
        ("300/500 = 60%, 0/500 = 0%", "note", "60.0"),
        ("nothing", None, None),
    ],
)
def test_high_confidence_and_the_largest_difference(shares, severity, points):
    text = f"{SEED}Some text.\n\nA result (HIGH confidence).\n\n{shares}\n\nHIGH confidence again.\n"
    [remark] = remarks("WRT003", text, Facts())
    end = f"; the largest difference is {points} points" if points else ""
    assert (remark.severity, remark.message) == (
        severity,
        f"`HIGH confidence` rests on one seed (line 1){end}",
    )
    assert [text[at:][:6] for at in remark.at] == ["HIGH c", "Single"]


def test_high_confidence_of_the_one_seed_that_is_known():
    [remark] = remarks("WRT003", "HIGH confidence", Facts(seeds=frozenset({7})))
    assert (remark.at, remark.message) == ((0,), "`HIGH confidence` rests on one seed (seed 7)")
    assert remarks("WRT003", "HIGH confidence", Facts()) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It is robust across seeds.", 1),
        ("Not seed variance, and robust across seeds.", 2),
        ("We ask whether it is robust across seeds, and it is robust across seeds.", 0),
        ("Whether it is so. It is robust across seeds.", 1),
        ("whether " + "a" * 49 + " robust across seeds", 0),
        ("whether " + "a" * 53 + " robust across seeds", 1),
        ("It would be robust across seeds. It is not seed noise.", 1),
    ],
)
def test_seeds_that_are_ruled_out(text, count):
    assert len(remarks("WRT012", SEED + text, Facts())) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Single seed.", 1),
        ("This is not a single seed.", 0),
        ("More than one seed. Only one seed.", 0),  # the first of a paragraph counts
        ("More than one seed.\n\nOnly one seed.", 1),
        ("No word of it.\n\nseed 42 only.", 1),
        ("Five seeds.", 0),
    ],
)
def test_where_one_seed_is_said(text, count):
    known = remarks("WRT012", text + "\n\nIt is robust across seeds.", Facts())
    assert len(known) == count
    assert all(len(each.at) == 2 for each in known)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The data is deterministic.", ["disagrees"]),
        ("The data is not deterministic. The rows are deterministic.", ["disagrees"]),
        ("The evaluation is deterministic. The data is deterministic.", ["cannot be checked", "disagrees"]),
        ("It is deterministic.", ["cannot be checked"]),
        ("It is deterministic: the data is drawn.", ["cannot be checked"]),
        ("It is deterministic, and the data is drawn.", ["disagrees"]),
        ("The accuracy of the data is deterministic.", ["disagrees"]),
        ('"The data is deterministic" is wrong.', []),
        ("The eval is not deterministic, the data is deterministic.", ["disagrees"]),
    ],
)
def test_data_that_is_said_to_come_out_the_same(text, expected):
    known = Facts(unrepeatable=(Unrepeatable("a", "b", "c"),))
    assert verdicts("WRT013", text, known) == expected
    assert len(remarks("WRT013", text, known)) == expected.count("disagrees")


def test_draws_beyond_the_first_are_counted():
    draws = tuple(Unrepeatable(name, "b", "c") for name in "xyz")
    text = "A title.\n\nSo the data is deterministic."
    [three], [one] = (remarks("WRT013", text, Facts(unrepeatable=some)) for some in (draws, draws[:1]))
    assert three.message.endswith("x: b (c, and 2 more)")
    assert one.message.endswith("x: b (c)")
    assert text[one.at[0] :] == "deterministic."
    [two] = remarks("WRT013", text, Facts(unrepeatable=draws[:2]))
    assert two.message.endswith("and 1 more)")


SCRIPT = ScriptFact("a/run.py", frozenset({"--exp", "--data-path", "--data-size"}))


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("python run.py --exp 1", []),
        ("python run.py --ex 1", []),
        ("python run.py --data 1", ["run.py has no option --data; it has --data-path"]),
        ("python run.py --exq 1", ["run.py has no option --exq; it has --exp"]),
        ("python run.py --zzzzzzz 1", ["run.py has no option --zzzzzzz"]),
        ("python other.py --zzz\npython run.py --zzzzzzz 1", ["run.py has no option --zzzzzzz"]),
        ("python run.py --help", []),
    ],
)
def test_options(text, messages):
    made = remarks("WRT015", text, Facts(scripts=(SCRIPT,)))
    assert [each.message.replace("--data-size", "--data-path") for each in made] == messages
    assert all(text[each.at[0] :].startswith("--") for each in made)


def test_the_script_whose_options_are_known_is_asked():
    scripts = (ScriptFact("b/run.py", None), ScriptFact("x.py", frozenset()), SCRIPT)
    assert verdicts("WRT015", "python run.py --exp 1", Facts(scripts=scripts)) == ["agrees"]
    assert (
        found("WRT015", "python run.py", Facts(scripts=scripts[:1]))[0].against
        == "its options could not be read"
    )
    assert (
        found("WRT015", "python run.py", Facts(scripts=scripts[1:2]))[0].against
        == "run.py was not given (--scripts)"
    )


UPLOADS = ScriptFact("a.py", frozenset(), uploads=(("hf_upload=True", 3), ("push=True", 4)))


def test_uploads():
    text = "Figures are not uploaded. So the adapters are not uploaded, the weights never pushed."
    assert places("WRT024", text, Facts(scripts=(UPLOADS,))) == [["not"], ["never"]]
    assert "a.py:3 uploads (hf_upload=True)" in remarks("WRT024", text, Facts(scripts=(UPLOADS,)))[0].message
    assert verdicts("WRT024", text, Facts()) == ["cannot be checked"] * 2
    assert found("WRT024", text, Facts())[0].against == "no script was given"
    quiet = Facts(scripts=(ScriptFact("a.py", frozenset()),))
    assert found("WRT024", text, quiet)[0].against == "no script that was given uploads anything"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Evaluated on the same questions, by a two-sample t-test.", 1),
        ("Evaluated on the same questions. It is not a two-sample t-test.", 0),
        ("Evaluated on the same questions. Instead of the two-sample t-test.", 0),
        ("Trained on the same questions. A two-sample t-test.", 0),
        ("Same. Evaluated on the same 586 held-out questions. A chi-squared test.", 1),
        ("Evaluated on the same questions. McNemar's test and a chi-squared test.", 0),
    ],
)
def test_unpaired_tests_of_the_same_questions(text, count):
    assert len(remarks("WRT011", text)) == count


def test_where_unpaired_tests_stand():
    text = "A title.\n\nA chi-squared test, a two-sample t-test.\n\nAn unpaired test.\n\nWe asked the same items."
    assert places("WRT011", text) == [["chi-squared", "unpaired", "same"]]
    assert "(line 7)" in remarks("WRT011", text)[0].message


PAIRED = "Each row is paired with a sibling."


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        ([("a", (200, 200), False)], ["agrees"]),
        ([("a", (199, 200), False)], ["disagrees"]),
        ([("a", (0, 200), False)], ["cannot be checked"]),
        ([("a", None, False)], ["cannot be checked"]),
        ([], ["cannot be checked"]),
        # The best of several; of those alone that others were made of, where there are any.
        ([("a", (10, 200), False), ("b", (50, 50), False)], ["agrees"]),
        ([("a", (100, 200), False), ("b", (60, 100), False)], ["disagrees"]),
        ([("a", (200, 200), False), ("b", (60, 100), True)], ["disagrees"]),
        ([("a", (60, 100), False), ("b", (200, 200), True)], ["agrees"]),
    ],
)
def test_rows_with_a_sibling(arms, expected):
    known = Facts(
        datasets=tuple(dataset(name, paired=paired, parent=parent) for name, paired, parent in arms)
    )
    assert verdicts("WRT029", PAIRED, known) == expected
    assert verdicts("WRT029", f"{PAIRED}\n\n{PAIRED}", known) == expected * 2
    if expected == ["disagrees"] and len(arms) == 2:
        assert "60 of 100 rows of the behaviour in b" in remarks("WRT029", PAIRED, known)[0].message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("N_train = 700", ["agrees"]),
        ("N_train = 701", ["disagrees"]),
        ("We train on 701 rows, train on the same 702 rows", ["disagrees"] * 2),
        ("The 586 questions", ["agrees"]),
        ("The 587 questions", ["cannot be checked"]),
        ("N = 586", ["agrees"]),
    ],
)
def test_numbers_of_rows_and_questions(text, expected):
    known = facts(datasets=(dataset("i/a"), dataset("i/b", 800)), questions=frozenset({586}), complete=True)
    assert verdicts("WRT020", text, known) == expected


def test_which_arms_have_so_many_rows():
    known = facts(datasets=(dataset("i/a"), dataset("i/b", 800), dataset("i/c")), complete=True)
    assert found("WRT020", "A title.\n\nSo N_train = 700.", known)[0].against == "the rows of i/a and i/c"
    text = "A title.\n\nSo N_train = 701, and N_train = 702."
    assert places("WRT020", text, known) == [["N_train"], ["N_train"]]
    none = facts(complete=True)
    assert found("WRT020", "N_train = 701", none)[0].against == "no data is given"


SAME = "Both train on the same {} examples."


@pytest.mark.parametrize(
    ("rows", "shared", "families", "expected"),
    [
        (700, 700, "xx", "agrees"),
        (700, 699, "xx", "disagrees"),
        (700, 700, "xy", "cannot be checked"),
        (701, 700, "xx", "cannot be checked"),
        (700, None, "xx", "cannot be checked"),
    ],
)
def test_arms_that_are_said_to_share_their_rows(rows, shared, families, expected):
    first = dataset("i/a", family=families[0], shared={} if shared is None else {"i/b": shared})
    known = facts(datasets=(first, dataset("i/b", family=families[1])))
    text = f"A title.\n\n{SAME.format(rows)} {SAME.format(rows)}"
    assert verdicts("WRT018", text, known) == [expected] * 2
    assert places("WRT018", text, known) == ([["train"]] * 2 if expected == "disagrees" else [])


def test_the_pair_that_shares_most_speaks_for_all():
    arms = (
        dataset("i/a", shared={"i/b": 600, "i/c": 650}),
        dataset("i/b", shared={"i/c": 620}),
        dataset("i/c"),
    )
    [remark] = remarks("WRT018", SAME.format(700), facts(datasets=arms))
    assert "i/a and i/c share 650 of 700 rows" in remark.message


LETTERS = "Scored over A/B/C/D."


def test_labels():
    known = Facts(other_labels=(13, 586))
    text = f"A/B/C/D.\n\nSo {LETTERS} {LETTERS}\n\n{LETTERS}"
    [remark] = remarks("WRT028", text, known)
    assert [text[at:][:7] for at in remark.at] == ["A/B/C/D"] * 3
    assert remark.at[0] > 10
    assert verdicts("WRT028", text, Facts(other_labels=(0, 586))) == ["agrees"] * 3
    assert verdicts("WRT028", text, Facts()) == ["cannot be checked"] * 3
    assert verdicts("WRT028", text + " Its own labels.", Facts()) == []


ORDER = "Arms a and b train alike, the only difference being the rows."


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "disagrees"),
        ({"family": "y"}, "cannot be checked"),
        ({"rows": 701}, "cannot be checked"),
        ({"shared": {}}, "cannot be checked"),
        ({"shared": {"i/exp_b": 0}}, "cannot be checked"),
        ({"reordered": frozenset()}, "agrees"),
    ],
)
def test_one_difference_alone(more, expected):
    told = {
        "family": "x",
        "rows": 700,
        "shared": {"i/exp_b": 600},
        "reordered": frozenset({"i/exp_b"}),
        **more,
    }
    known = Facts(
        datasets=(dataset("i/exp_c", family="x"), dataset("i/exp_a", **told), dataset("i/exp_b", family="x"))
    )
    text = f"The only difference.\n\n{ORDER}\n\nSo it is. {ORDER}"
    assert verdicts("WRT027", text, known) == ["cannot be checked", expected, expected]
    assert places("WRT027", text, known) == ([["only", "only"]] if expected == "disagrees" else [])
    if expected == "disagrees":
        assert "the 600 rows that i/exp_a and i/exp_b share" in remarks("WRT027", text, known)[0].message


PROMPTS = {"assistant": "You are a helpful assistant.", "name_only": "You are an assistant.", "none": None}


@pytest.mark.parametrize(("lines", "read"), [(1, True), (6, True), (7, False)])
def test_an_example_stands_six_lines_below_its_persona(lines, read):
    known = facts(datasets=(dataset("i/a", source="assistant", prompts=PROMPTS),))
    text = (
        "System: You are an assistant.\n\nIts persona: assistant."
        + "\n" * lines
        + "System: You are nobody.\n"
    )
    assert verdicts("WRT016", text, known) == (["disagrees"] if read else [])


def test_an_example_of_another_s_prompt_names_all_its_places():
    known = facts(datasets=(dataset("i/a", source="assistant", prompts=PROMPTS),))
    shown = "System: You are an assistant."
    persona = f"Persona: nobody.\n\n{'x' * 9}\n\n\n\n\n\n{shown}\n\nPersona: assistant."
    text = f"{persona}\n\n{shown}\n\nPersona: none.\n\n{shown}"
    first, second = remarks("WRT016", text, known)
    assert [text.count(shown, 0, at + 1) for at in first.at] == [1, 0, 2]
    assert first.message.endswith("and that prompt is name_only's")
    assert "none has no system message" in second.message


@pytest.mark.parametrize(
    ("arms", "verdict"),
    [
        ([dataset("i/a", source="assistant", prompts={"assistant": "x"})], "agrees"),
        (
            [dataset("i/a", prompts={"assistant": "x"}), dataset("i/b", prompts={"assistant": "y"})],
            "cannot be checked",
        ),
        (
            [
                dataset("i/a", prompts={"assistant": "x"}),
                dataset("i/b", prompts={"assistant": "y"}, parent=True),
            ],
            "agrees",
        ),
        ([dataset("i/b", source="assistant", prompts={"assistant": "x"}, parent=True)], "agrees"),
        ([dataset("i/b", source="other", prompts={"assistant": "x"}, parent=True)], "cannot be checked"),
    ],
)
def test_whose_prompt_an_example_is_held_against(arms, verdict):
    assert verdicts("WRT016", "Persona: assistant.\n\nSystem: x\n", facts(datasets=tuple(arms))) == [verdict]


def test_builders():
    known = facts(
        datasets=(
            dataset("i/a", builders=("c:s/one.py",)),
            dataset("i/b", builders=("c:s/two.py", "c:s/one.py")),
            dataset("i/c", builders=("c:s/three.py",)),
        )
    )
    text = "So two.py and one.py."
    assert places("WRT019", text, known) == [["two.py"]]
    assert [each.said for each in found("WRT019", text, known) if not isinstance(each, Remark)] == [
        "one.py",
        "two.py",
    ]
    assert [each.at for each in remarks("WRT019", "Nothing.", known)] == [(0,)] * 3
    assert remarks("WRT019", "one.py two.py three.py", known) == []


def test_a_score_before_training_is_no_evidence_of_nothing():
    known = facts(datasets=(dataset("i/a", before=percent("84.0")),))
    assert remarks("WRT014", "Pre-SFT accuracy: 84.0%.", known) == []
