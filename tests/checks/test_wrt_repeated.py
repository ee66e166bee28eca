"""Numbers that are told twice, and estimates beside their interval: what is compared with what."""

from __future__ import annotations

import pytest

from checks.wrt.remark import Compared, Remark
from tests.checks.writeups import Facts, found

SAID = "The villain arm keeps {} of questions."
"""Six words."""
APART = "\n" * 12


def read(code: str, text: str) -> list[str]:
    """Return what is remarked as `! text` (`?` where it is likely), and what agrees as `= text`."""
    readings = found(code, text, Facts())
    remarks = {each.at[0]: each for each in readings if isinstance(each, Remark)}
    made: list[str] = []
    for each in readings:
        if isinstance(each, Compared):
            assert text[each.at :].startswith(each.said.split()[0])
            sure = each.at in remarks and remarks[each.at].confidence == "certain"
            made.append(("= " if each.verdict == "agrees" else "! " if sure else "? ") + each.said)
    return made


def twice(first: str, second: str | None = None, *, between: str = APART) -> str:
    return f"{first}\n{between}{first if second is None else second}\n"


FURTHER = SAID.replace("villain", "comedian")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (twice(SAID.format("84.0%"), SAID.format("48.0%")), ["! 48.0%"]),
        (twice(SAID.format("84.0%"), SAID.format("84.0%")), ["= " + SAID.format("84.0%")]),
        (twice(SAID.format("84.0%"), SAID.format("48.0%"), between="\n" * 11), ["! 48.0%"]),
        (twice(SAID.format("84.0%"), SAID.format("48.0%"), between="\n" * 10), []),
        # Six words are more than chance, words of one letter are none, and sentences without a number say nothing.
        (
            twice(
                "The villain keeps {} of questions.".format("84.0%"), "The villain keeps 48.0% of questions."
            ),
            [],
        ),
        (twice("The villain a keeps 84.0% of questions.", "The villain a keeps 48.0% of questions."), []),
        (twice("The villain arm keeps most of questions."), []),
        (twice(SAID.format("84.0%"), SAID.upper().format("48.0%")), ["! 48.0%"]),
        (twice(SAID.format("84.0%"), SAID.format("48.0%").replace(" of", ", of")), ["! 48.0%"]),
        # Tags, tables and what is longer than 600 characters.
        (twice("<b " + SAID.format("84.0%"), "<b " + SAID.format("48.0%")), []),
        (twice("| " + SAID.format("84.0%"), "| " + SAID.format("48.0%")), []),
        (
            twice(
                SAID.format("84.0%")[:-1] + " so" * 185 + " onn.",
                SAID.format("48.0%")[:-1] + " so" * 185 + " onn.",
            ),
            ["! 48.0%"],
        ),
        (
            twice(
                SAID.format("84.0%")[:-1] + " so" * 185 + " onnn.",
                SAID.format("48.0%")[:-1] + " so" * 185 + " onnn.",
            ),
            [],
        ),
        # One number apart is a slip, two are another thing.
        (twice(SAID.format("84.0% or 5.0%"), SAID.format("84.0% or 6.0%")), ["! 6.0%"]),
        (twice(SAID.format("84.0% or 5.0%"), SAID.format("48.0% or 6.0%")), []),
        (
            twice(
                "In #3 the villain arm keeps its questions.", "In 3 4 the villain arm keeps its questions."
            ),
            ["= In 3 4 the villain arm keeps its questions."],
        ),
        # Steps and settings: a lone number that is no share, a small whole one beside others.
        (twice(SAID.format("840"), SAID.format("480")), []),
        (twice(SAID.format("8.4"), SAID.format("4.8")), []),
        (twice(SAID.format("840 or 5.0%"), SAID.format("480 or 5.0%")), ["! 480"]),
        (twice(SAID.format("84 or 5.0%"), SAID.format("48 or 5.0%")), []),
        (twice(SAID.format("8.4 or 5.0%"), SAID.format("4.8 or 5.0%")), ["! 4.8"]),
        # What is passed over hides nothing behind it.
        (twice("Another. | x\n\n" + SAID.format("84.0%"), SAID.format("48.0%")), ["! 48.0%"]),
        ("| a |\n\n" + twice(SAID.format("84.0%"), SAID.format("48.0%")), ["! 48.0%"]),
        (
            SAID.replace("keeps", "lost").format("3.0%")
            + " "
            + twice(SAID.format("84.0%"), SAID.format("48.0%")),
            ["! 48.0%"],
        ),
        (
            twice(
                f"{SAID.format('84')} {FURTHER.format('84.0%')}",
                f"{SAID.format('48')} {FURTHER.format('48.0%')}",
            ),
            ["! 48.0%"],
        ),
    ],
)
def test_a_sentence_that_is_told_twice(text, expected):
    assert read("WRT023", text) == expected


def test_where_both_are_told_and_how_much_of_it_is_shown():
    text = "Title\n\n" + twice("So. " + SAID.format("84.0%"), "Now. " + SAID.format("48.0%"))
    [remark] = (each for each in found("WRT023", text, Facts()) if isinstance(each, Remark))
    assert [text[at : at + 5] for at in remark.at] == ["48.0%", "84.0%"]
    assert "line 3 says `84.0%`" in remark.message
    text = "Title\n\n" + twice(SAID.format("84.0%")[:-1] + " of all the many held-out ones.")
    [reading] = found("WRT023", text, Facts())
    assert (len(reading.said), reading.against) == (60, "line 3 says the same")


def counted(*numbers: str, noun: str = "held-out questions") -> str:
    return "\n\n".join(f"Of the {number} {noun} some count." for number in numbers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (counted("586", "586", "568"), ["! 568"]),
        (counted("586", "586", "596"), ["! 596"]),
        (counted("586", "586", "685"), []),  # changed places, and no neighbours
        (counted("586", "586", "658"), []),  # a 5 that became a 6, an 8 a 5, and a 6 an 8
        (counted("586", "586", "865"), []),
        (counted("586", "586", "5860"), []),
        (counted("586", "586", "559"), []),
        (counted("586", "586", "100"), []),
        (counted("1,586", "1586", "1,568"), ["! 1568"]),
        (counted("586", "568"), []),
        (counted("586", "586", "568", "568"), []),
        (counted("586", "586", "568", "569"), []),
        (counted("58", "58", "85"), []),
        (counted("58.6", "58.6", "58.5"), []),
        (counted("700", noun="training rows") + "\n\n" + counted("586", "586", "568"), ["! 568"]),
        (counted("586", "586", noun="training rows") + "\n\n" + counted("568"), []),
    ],
)
def test_a_slipped_digit(text, expected):
    assert [each.replace("1,568", "1568") for each in told(text)] == expected


def told(text: str) -> list[str]:
    """Return what is remarked, as it stands at the place that is named."""
    return [
        "! " + text[each.at[0] :].split(maxsplit=1)[0]
        for each in found("WRT023", text, Facts())
        if isinstance(each, Remark)
    ]


TABLE = """| arm | accuracy | loss | n |
|---|---|---|---|
| villain | 84.0% | 1.5 | 12 |
| comedian | 48.0% | 2.5 | 12 |
| 7 dwarfs | 33.0% | 3.5 | 12 |
| gpt 2 | — | 4.5 | 12 |
"""


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The accuracy of villain is 84.0%.", ["= 84.0%"]),
        ("The accuracy of villain is 84.1%.", ["= 84.1%"]),  # both are good to half a tenth
        ("The accuracy of villain is 84.2%.", ["? 84.2%"]),
        ("The accuracy of villain is 83.9%.", ["= 83.9%"]),
        ("The accuracy of villain is 83.8%.", ["? 83.8%"]),
        ("The accuracy of villain is 84.", []),
        ("The loss of villain is 1.5%.", []),
        ("The loss of villain is 1.5.", ["= 1.5"]),
        ("The loss of villain is 9.5.", ["? 9.5"]),
        ("The loss of comedian was 9.5.", ["? 9.5"]),
        ("The accuracy of gpt 2 is 84.0%.", []),
        ("The loss of gpt 2 is 9.5.", ["? 9.5"]),
        ("The loss of 7 dwarfs is 9.5.", ["? 9.5"]),
        ("The Loss of the arm villain is 9.5.", ["? 9.5"]),
        ("The n of villain is 99.", []),
        ("The accuracy of villain and comedian is 99.0%.", []),
        ("The accuracy of somebody is 99.0%.", []),
        ("The accuracy and loss of villain is 99.0%.", []),
        ("The score of villain is 99.0%.", []),
        ("The accuracy of villain is 99.0% in 12.", []),
        ("The accuracy of villain is high.", []),
        ("The accuracy, villain: 99.0%.", []),
        ("The accuracy of super-villain is 99.0%.", []),
        ("The accuracy of villain-2 is 99.0%.", []),
        ("The in-accuracy of villain is 99.0%.", []),
        ("| The accuracy of villain is 99.0%.", []),
        ("The accuracy of villain is 99.0%" + " so" * 189 + ".", ["? 99.0%"]),
        ("The accuracy of villain is 99.0%" + " so" * 189 + "s.", []),
    ],
)
def test_a_cell_that_a_sentence_names(sentence, expected):
    assert read("WRT023", f"{TABLE}\n{sentence}\n") == expected
    assert read("WRT023", f"{sentence}\n\n{TABLE}") == expected


@pytest.mark.parametrize(("lines", "read_"), [(38, True), (39, False)])
def test_forty_lines_from_a_table(lines, read_):
    """The first row of the table stands on its third line, and the last one three lines below."""
    said = "The accuracy of villain is 99.0%."
    assert bool(read("WRT023", said + "\n" * lines + TABLE)) is read_
    assert bool(read("WRT023", "Far away.\n" + "\n" * 99 + TABLE + "\n" * (lines - 2) + said)) is read_
    assert bool(read("WRT023", "Far away.\n" + "\n" * 99 + said + "\n\nNear.\n\n" + TABLE)) is True


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["villain | 84.0%"], ["? 99.0%"]),
        (["villain | 84.0%", "villain | 84.0%"], []),
        (["villain | 84.0%", "3 | 84.0%"], []),
        (["3 | 84.0%"], []),
        (["villain | 84.0%", *(f"arm {k} | 1.0%" for k in range(59))], ["? 99.0%"]),
        (["villain | 84.0%", *(f"arm {k} | 1.0%" for k in range(60))], []),
        (["villain | 84.0%", "a" * 60 + " | 1.0%"], ["? 99.0%"]),
        (["villain | 84.0%", "a" * 61 + " | 1.0%"], []),
    ],
)
def test_tables_whose_rows_have_names(rows, expected):
    text = "The accuracy of villain is 99.0%.\n\n| arm | accuracy |\n|---|---|\n"
    assert read("WRT023", text + "".join(f"| {row} |\n" for row in rows)) == expected


def test_both_places_of_a_cell_are_named():
    text = f"{TABLE}\nThe accuracy of villain is 99.0%.\n"
    [reading, remark] = found("WRT023", text, Facts())
    assert [text[at : at + 5] for at in remark.at] == ["99.0%", "84.0%"]
    assert (remark.confidence, reading.against) == ("likely", "line 3 says 84.0%")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What an estimate may be: no bound, no range, nothing that is named as something else.
        ("It is 84.0% (95% CI 85.0% to 88.0%)", "the estimate 84.0% is below 85"),
        ("It is 84.0 ± 1.0 (95% CI 85.0 to 88.0)", "the estimate 84.0 is below 85"),
        ("at most 84.0% (95% CI 85.0% to 88.0%)", None),
        ("80.0–84.0% (95% CI 85.0% to 88.0%)", None),
        ("p ≈ 0.5 (95% CI 0.6 to 0.7)", None),
        ("p value = 0.5 (95% CI 0.6 to 0.7)", "the estimate 0.5 is below 0.6"),
        ("value = 0.5 (95% CI 0.6 to 0.7)", "the estimate 0.5 is below 0.6"),
        ("a p = 0.5 (95% CI 0.6 to 0.7)", None),
        ("p so 0.5 (95% CI 0.6 to 0.7)", "the estimate 0.5 is below 0.6"),
        ("seed 0.5 (95% CI 0.6 to 0.7)", None),
        ("see 0.5 (95% CI 0.6 to 0.7)", "the estimate 0.5 is below 0.6"),
        ("vs 0.5 (95% CI 0.6 to 0.7)", None),
        ("0.5 (95% CI 0.6 to 0.7)", "the estimate 0.5 is below 0.6"),
        # A bare whole number beside shares or decimals is a year, or how many.
        ("so 84 (95% CI 85 to 88)", "the estimate 84 is below 85"),
        ("so 84 (95% CI 85 to 88.5)", None),
        ("so 84 (95% CI 84.5 to 88)", None),
        ("so 84 (95% CI 85% to 88%)", None),
        ("so 84.0 (95% CI 85 to 88.5)", "the estimate 84.0 is below 85"),
        # Between the two stand a unit, opening signs and words of intervals, at most nine pieces.
        ("so 38.65 MB/s (95% CI 39.0 to 40.0)", "the estimate 38.65 is below 39"),
        ("so 38.65 nats with a 95% CI of 39.0 to 40.0", "the estimate 38.65 is below 39"),
        ("so 38.65 nats odd (95% CI 39.0 to 40.0)", None),
        ("so 38.65 odd 95% CI 39.0 to 40.0", None),
        ("so 38.65 with a a a a a a CI of 39.0 to 40.0", "the estimate 38.65 is below 39"),
        ("so 38.65 with a a a a a a a CI of 39.0 to 40.0", None),
        ("so 38.65 (95% C.I. 39.0 to 40.0)", "the estimate 38.65 is below 39"),
        ("so 38.65 – CI: = [39.0; 40.0]", "the estimate 38.65 is below 39"),
        ("so 38.65 | CI 39.0 to 40.0", None),
        ("The interval is wide: 38.65 nats", None),
        ("The interval is wide: 38.65 nats (", None),
        ("The interval is wide: 38.65", None),
        ("so 38.65 (95% CI", None),
        ("so 38.65 (95% CI of 39.0", None),
        ("so 38.65 (95% CI of 39.0 to", None),
        ("so 38.65 (CI 39.0, x)", None),
        ("so 38.65 (CI 39.0 to 40.0 / 3)", None),
        ("so 38.65 (CI 39.0 to 40.0 nats)", "the estimate 38.65 is below 39"),
        ("so 38.65 (CI 39.0 to 40.0", "the estimate 38.65 is below 39"),
        # Without a name only square brackets directly behind it, of decimals or percentages.
        ("so 38.65 [39.0, 40.0]", "the estimate 38.65 is below 39"),
        ("so 38.65 [39%, 40%]", "the estimate 38.65 is below 39"),
        ("so 38.65 [39, 40]", None),
        ("so 38.65 (39.0, 40.0)", None),
        ("so 38.65 = [39.0, 40.0]", None),
        ("so 38.65 [39.0, 40.0)", None),
        ("so 38.65 [39.0, 40.0", None),
        ("so 38.65 [39.0–40.0]", "the estimate 38.65 is below 39"),
        # Ends and scales.
        ("so 1.3 (95% CI 1.5, 1.2)", "its lower end 1.5 is above its upper end 1.2"),
        ("so 1.3 (95% CI 1.5, 1.5)", "the estimate 1.3 is below 1.5"),
        ("so 84% (95% CI 83.5% to 83.5%)", ""),
        ("so 83% (95% CI 83.5% to 83.5%)", ""),
        ("so 82% (95% CI 83.5% to 83.5%)", "the estimate 82% is below 83.5"),
        ("so 85% (95% CI 83.5% to 83.5%)", "the estimate 85% is above 83.5"),
        ("so 82% (95% CI 0.81 to 0.88)", ""),
        ("so 80% (95% CI 0.81 to 0.88)", "the estimate 80% is below 81"),
        ("so 89% (95% CI 0.81 to 0.88)", "the estimate 89% is above 88"),
        ("so 99% (95% CI 0.81 to 1)", ""),
        ("so 1.5% (95% CI 1.6 to 1.9)", "the estimate 1.5% is below 1.6"),
        ("so 0.84 (95% CI 81.0% to 88.0%)", ""),
        ("so 84.0 (95% CI 81.0% to 88.0%)", ""),
        ("so 0.80 (95% CI 81.0% to 88.0%)", "the estimate 0.80 is below 81"),
        ("so 89.0 (95% CI 81.0% to 88.0%)", "the estimate 89.0 is above 88"),
        ("so 0.84% (95% CI 81.0% to 88.0%)", "the estimate 0.84% is below 81"),
        # What is no estimate hides none behind it.
        ("Nothing. So 38.65 [39.0, 40.0]", "the estimate 38.65 is below 39"),
        ("so 12 of them, 38.65 [39.0, 40.0]", "the estimate 38.65 is below 39"),
        ("so 12.5 of them, 38.65 [39.0, 40.0]", "the estimate 38.65 is below 39"),
        ("the 95% interval 38.65 [39.0, 40.0]", "the estimate 38.65 is below 39"),
        ("the 95% of all bootstrap interval 38.65 [39.0, 40.0]", "the estimate 38.65 is below 39"),
    ],
)
def test_an_estimate_and_its_interval(text, expected):
    readings = [each for each in found("WRT022", text, Facts()) if isinstance(each, Compared)]
    assert [each.against.replace("it lies inside", "") for each in readings] == (
        [] if expected is None else [expected]
    )


def test_an_estimate_is_quoted_with_its_interval():
    text = "Nothing. So 38.65 [39.0, 40.0] it is."
    [reading, remark] = found("WRT022", text, Facts())
    assert (text[reading.at :].split(maxsplit=1)[0], reading.said) == ("38.65", "38.65 [39.0, 40.0")
    assert remark.at == (reading.at,)
