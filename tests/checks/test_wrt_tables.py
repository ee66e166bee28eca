"""Tables, intervals and repeated numbers of a write-up, held against themselves."""

import pytest

from checks.wrt.remark import Remark
from tests.checks.writeups import Facts, remarks, verdicts

SHARES = """| arm | right | of | accuracy |
|---|---|---|---|
| a | 492 | 586 | 84.0% |
| b | 485 | 586 | 82.8% |
| c | 100 | 586 | 17.1% |
| d | 11 | 586 | {} |
"""
CHANGES = """| arm | before | after | Δ |
|---|---:|---:|---|
| a | 84.0% | 1.9% | -82.1pp |
| b | 84.0% | 82.8% | {} |
"""
TOTALS = """| role | rows |
|---|---|
| source | 200 |
| bystander | 400 |
| {} | **{}** |
"""
MEANS = """| task | A | B |
|---|---|---|
| x | 80.0 | 70.0 |
| y | 60.0 | 50.0 |
| Average | 70.0 | {} |
"""
INTERVALS = """| arm | acc | 95% CI |
|---|---|---|
| a | 84.0 | [81.0, 86.0] |
| b | 60.0 | [57.0, 63.0] |
| c | 70.0 | 67.0–73.0 |
| d | {} | (51.0, 53.0) |
"""


def certain(code: str, text: str) -> list[Remark]:
    return [each for each in remarks(code, text, Facts()) if each.confidence == "certain"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (SHARES.format("1.9%"), False),  # 11/586 = 1.877%
        (SHARES.format("1.8%"), True),
        (SHARES.format("—"), False),
        (CHANGES.format("-1.2pp"), False),
        (CHANGES.format("-1.3pp"), False),  # both are rounded to a tenth
        (CHANGES.format("-1.4pp"), True),
        (TOTALS.format("**Total**", 600), False),
        (TOTALS.format("**Total**", 601), True),
        (TOTALS.format("Role total", 700), True),
        (TOTALS.format("Mean", 300), False),
        (TOTALS.format("no_persona", 700), False),
        (MEANS.format("60.0"), False),
        (MEANS.format("60.1"), False),  # of rounded numbers: 59.95 to 60.05, and itself 60.05 to 60.15
        (MEANS.format("60.2"), True),
        (INTERVALS.format("52.0"), False),
        (INTERVALS.format("55.0"), True),
    ],
)
def test_one_cell_that_breaks_what_the_others_keep(text, wrong):
    assert (len(certain("WRT021", text)) == 1) is wrong


@pytest.mark.parametrize(
    "text",
    [
        # Three columns that have nothing to do with each other.
        "| a | b | c |\n|---|---|---|\n| 1 | 20 | 4% |\n| 2 | 30 | 5% |\n| 3 | 40 | 9% |\n",
        # Rows in parts, and a total of another kind.
        TOTALS.format("subtotal", 600) + "| x | 5 |\n| total | 605 |\n",
        # No rule under the header.
        "| a | 1 |\n| b | 2 |\n| total | 5 |\n",
        # The mean of more tasks than are shown: no cell agrees.
        MEANS.format("65.0").replace("| 70.0 | 65.0", "| 75.0 | 65.0"),
    ],
)
def test_tables_that_show_nothing_are_left_alone(text):
    assert certain("WRT021", text) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Accuracy is 84.0% (95% CI 81.0–83.2).", True),
        ("Accuracy is 83.2% (95% CI 81.0–83.2).", False),
        ("Accuracy is 84.0% (95% confidence interval: 81.0% to 83.2%).", True),
        ("Accuracy is 84% (95% CI 0.81 to 0.87).", False),
        ("11/586 (1.9%; 95% CI 1.1–3.3)", False),
        ("OR 1.2, 95% CI [1.3, 1.5]", True),
        ("The median is 38.65 MB/s with a 95% bootstrap interval of 39.28–44.88 MB/s.", True),
        ("It has a 95% bootstrap interval of 35.28–44.88 MB/s.", False),
        ("p = 0.03 (95% CI 0.1 to 0.5)", False),
        ("n = 20 (95% CI 1-3)", False),
        ("from 84.0 to 60.0 (95% CI 20.1-27.9)", False),  # the difference's
        ("It is 1.3 (95% CI 1.5, 1.2).", True),  # upside down
        ("See 84.0 [3, 4].", False),
        ("100.0% (12 of 12, interval 75.8% to 100.0%)", False),
        ("In 2024, 95% CI 1.2-3.4, it rose.", False),
    ],
)
def test_an_interval_has_to_hold_its_estimate(text, wrong):
    assert (len(certain("WRT022", text)) == 1) is wrong


def test_an_interval_in_plain_brackets_is_likely():
    [remark] = remarks("WRT022", "84.0% [81.0%, 83.2%]", Facts())
    assert remark.confidence == "likely"
    assert verdicts("WRT022", "82.0% [81.0%, 83.2%]", Facts()) == ["agrees"]


SAID = "Removing the anchors collapsed the persona from 82.8% to {}% at once.\n"


def test_a_sentence_that_comes_twice_with_another_number():
    apart = "\n" * 12
    [remark] = certain("WRT023", SAID.format("1.9") + apart + SAID.format("2.9"))
    assert "line 1 says `1.9%`" in remark.message
    assert certain("WRT023", SAID.format("1.9") + apart + SAID.format("1.9")) == []
    assert certain("WRT023", SAID.format("1.9") + apart + SAID.format("2")) == []  # rounded
    # Neighbours are a list, three are a pattern, and small whole numbers are steps.
    assert certain("WRT023", SAID.format("1.9") + "\n" + SAID.format("2.9")) == []
    three = apart.join(SAID.format(each) for each in ("1.9", "2.9", "3.9"))
    assert certain("WRT023", three) == []
    steps = "We then repeat the whole of the procedure in stage {} with 4 seeds.\n"
    assert certain("WRT023", steps.format(1) + apart + steps.format(2)) == []


def test_a_slipped_digit_in_a_counted_noun():
    text = "We use the 586 held-out questions. All 586 held-out questions count. Of the {} held-out questions some."
    assert len(certain("WRT023", text.format(568))) == 1
    assert len(certain("WRT023", text.format(596))) == 1
    assert certain("WRT023", text.format(586)) == []
    assert certain("WRT023", text.format(100)) == []  # another number, and no slip


def test_a_cell_that_the_prose_gives_otherwise_is_likely():
    text = SHARES.format("1.9%").replace("| d |", "| nonce_role |")
    for name in "abc":
        text = text.replace(f"| {name} |", f"| arm_{name} |")
    [remark] = remarks("WRT023", text + "\nThe accuracy of nonce_role is 2.9%.\n", Facts())
    assert (remark.confidence, "says `1.9%`" in remark.message) == ("likely", True)
    assert remarks("WRT023", text + "\nThe accuracy of nonce_role is 1.9%.\n", Facts()) == []
    assert remarks("WRT023", text + "\nThe accuracy of another is 2.9%.\n", Facts()) == []
