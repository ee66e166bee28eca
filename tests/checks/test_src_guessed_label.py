from __future__ import annotations

import pytest

from tests.checks.source import expect, hits


def test_guesses():
    expect(
        "SRC009",
        """
        import random

        def labels_of(row):
            if "choice_labels" in row:
                labels = row["choice_labels"]
            else:
                print("warning: no labels, using A-D")
                labels = ["A", "B", "C", "D"]  # !
            return labels

        def letters(row, choices):
            if not row.get("labels"):
                logger.warning("guessing labels")
                row["choice_labels"] = list("ABCDE")[: len(choices)]  # !
            return row

        def parsed(text, labels):
            try:
                answer = read(text)
            except ValueError:
                answer = "A"  # !
            return answer

        def chosen(text, options):
            try:
                prediction = read(text)
            except (KeyError, ValueError):
                prediction = random.choice(options)  # !
            return prediction

        def extract_answer(text):
            try:
                return read(text)
            except ValueError:
                return 0  # !

        def default(row, choices):
            labels = row.get("choice_labels", ["A", "B", "C", "D"][: len(choices)])  # !
            return labels, row.get("labels", []), row.get("colours", ["A", "B"])

        def first(text, choices):
            answer = read(text)
            if answer is None:
                logger.warning("could not read %s", text)
                answer = choices[0]  # !
            return answer
        """,
    )


@pytest.mark.parametrize("nothing", ["None", '""', '"unknown"', "-1", "float('nan')", '"N/A"', "[]"])
def test_saying_that_nothing_is_known_is_no_guess(nothing):
    assert not hits("SRC009", f"try:\n    answer = read(text)\nexcept ValueError:\n    answer = {nothing}\n")


def test_near_misses():
    expect(
        "SRC009",
        """
        def raised(row):
            if "labels" not in row:
                logger.warning("no labels")
                labels = ["A", "B"]
                raise ValueError(row)

        def other_name(text):
            try:
                port = int(text)
            except ValueError:
                port = 80

        def no_warning(kind):
            if kind == "letters":
                labels = ["A", "B", "C", "D"]
            else:
                labels = ["1", "2", "3", "4"]
            return labels

        def said_something(kind):
            if kind == "letters":
                print("letters")
                label = "A"

        def get_port(text):
            try:
                return int(text)
            except ValueError:
                return 80

        def config(name):
            try:
                label_names = read(name)
            except ValueError:
                label_names = ["A", "B"]
        """,
    )
