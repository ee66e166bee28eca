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


def test_coins_that_stand_for_what_could_not_be_read():
    expect(
        "SRC009",
        """
        import random
        import re
        import numpy as np

        def judge(reply):
            try:
                return reply, reply.split("Decision:")[1]
            except Exception as error:
                print("error", error)
                return "", random.choice(["A", "B"])  # !

        def scored(reply, options, gold):
            found = re.search("answer is ([A-J])", reply)
            if not found:
                x = random.randint(0, len(options) - 1)  # !
                return x == gold
            return found[1] == gold

        def predicted(reply, labels):
            matches = re.findall("[A-D]", reply)
            if len(matches) == 1:
                return {"verdict": matches[0]}
            else:
                return {"verdict": np.random.choice(labels)}  # !

        def baseline(model, reply, labels):
            if model is None:
                return random.choice(labels)
            return model(reply)

        def chosen_in_the_open(mode, labels):
            if mode == "random":
                return random.choice(labels)
            return labels[0]

        def waited(reply):
            try:
                return send(reply)
            except OSError:
                time.sleep(random.choice([1, 2, 4]))
                return None

        def another_server(servers):
            try:
                return connect(servers[0])
            except OSError:
                return connect(random.choice(servers))

        def left_out(reply):
            try:
                return reply.split("Decision:")[1]
            except IndexError:
                return None
        """,
    )


def test_guesses_after_a_failed_match_or_count():
    found = expect(
        "SRC009",
        """
        import re

        def counted(reply):
            matches = re.findall("[A-D]", reply)
            if len(matches) != 1:
                answer = "A"  # !
            else:
                answer = matches[0]
            return answer

        def matched(reply):
            match = re.search("[A-D]", reply)
            answer = match.group(0) if match else "C"  # !
            return answer

        def alternative(reply):
            answer = extract_letter(reply) or "A"  # !
            return answer

        def of_the_row(row):
            return row.get("answer", 0), row.get("label", "A")  # !

        def nothing_is_known(row, reply):
            match = re.search("[A-D]", reply)
            answer = match.group(0) if match else None
            return answer, row.get("answer", -1), row.get("answer", ""), row.get("label", "unknown")

        def counts(rows, seen):
            seen["answer"] = seen.get("answer", 0) + 1
            if seen.get("label", 0) > 3:
                return None

        def of_settings(row, settings):
            return settings.get("answers", "ABCD"), row.get("title", "A"), row.get("prompt", 0)
        """,
    )
    assert len(found) == 5
    number = """
    import re
    def f(reply):
        found = re.findall("yes", reply)
        if len(found) == 0:
            label = 0
        return label
    """
    assert not hits("SRC009", number)
    assert [hit.confidence for hit in hits("SRC009", number, pedantic=True)] == ["likely"]


def test_letters_in_tuples_and_after_counts():
    expect(
        "SRC009",
        """
        def judge(reply):
            try:
                return reply.split("Answer:")[1], reply
            except IndexError:
                return "A", reply  # !

        def verdict(reply):
            if reply.count("YES") != 1:
                return "B"  # !
            return "A"

        def told_apart(reply):
            try:
                return reply.split("Answer:")[1], reply
            except IndexError:
                return None, reply

        def grade(passed):
            if passed != 1:
                return "B"
            return "A"
        """,
    )


def test_scores_that_were_not_read():
    expect(
        "SRC009",
        """
        import json
        import re

        def in_a_tuple(text):
            match = re.search(r"Score: (\\d+)", text)
            if match:
                return int(match.group(1)), text
            return 5, text  # !

        def parse_rating(reply):
            found = re.findall(r"\\d+", reply)
            if not found:
                return 3  # !
            return int(found[0])

        def judge(reply):
            try:
                return json.loads(reply)["score"]
            except ValueError:
                return 0.5  # !

        def plain(reply):
            m = re.match(r"Rating: ([0-9.]+)", reply)
            value = float(m.group(1)) if m else 5.0
            score = float(m.group(1)) if m else 5.0  # !
            return value, score

        def handled(reply):
            try:
                quality = int(reply.split(":")[1])
            except (IndexError, ValueError):
                print("could not be read")
                quality = 1  # !
            return quality
        """,
    )


def test_scores_that_say_that_nothing_is_known():
    expect(
        "SRC009",
        """
        import re

        def none(text):
            match = re.search(r"Score: (\\d+)", text)
            if match:
                return int(match.group(1)), text
            return None, text

        def below(text):
            match = re.search(r"Score: (\\d+)", text)
            if match:
                return int(match.group(1))
            return -1

        def not_a_number(text):
            match = re.search(r"Score: (\\d+)", text)
            return int(match.group(1)) if match else float("nan")

        def raised(text):
            match = re.search(r"Score: (\\d+)", text)
            if match:
                return int(match.group(1))
            raise ValueError(text)

        def score_threshold(text):
            match = re.search(r"(\\d+)", text)
            if match:
                return int(match.group(1))
            return 5

        def pages(text):
            match = re.search(r"of (\\d+) pages", text)
            if match:
                return int(match.group(1))
            return 1

        def nothing_is_read(score):
            if score > 3:
                return score
            return 3

        def early(text, known):
            if known:
                return 5
            match = re.search(r"Score: (\\d+)", text)
            return int(match.group(1))
        """,
    )


def test_a_score_of_nought_is_likely():
    text = """
        import re

        def score(text):
            match = re.search("([0-9]+)", text)
            if match:
                return int(match.group(1))
            return 0
    """
    assert (len(hits("SRC009", text)), len(hits("SRC009", text, pedantic=True))) == (0, 1)


def test_what_a_judges_answer_lacks():
    expect(
        "SRC009",
        """
        import json

        def lookup(text):
            data = json.loads(text)
            return {"score": data.get("score", 3), "why": data.get("reason", "")}  # !

        def filled(text):
            result = extract_json(text)
            for key in ("accuracy", "completeness"):
                result.setdefault(key, 50)  # !
            return result

        def verdict(text):
            answer = json.loads(text)
            winner = answer.get("winner", "tie")  # !
            winner = winner.upper().strip()
            if winner not in ("A", "B", "tie"):
                winner = "tie"  # !
            return winner

        def record(text):
            result = extract_json(text)
            if result is None:
                result = {"rating": 5, "reason": ""}  # !
            return result

        def handled(text):
            try:
                return json.loads(text)
            except ValueError:
                return {"score": 0.5}  # !

        def clamped(result):
            for key in ("score", "other_score"):
                try:
                    result[key] = float(result[key])
                except ValueError:
                    result[key] = 50
            return result

        def clamp_scores(result):
            for key in result:
                try:
                    result[key] = float(result[key])
                except ValueError:
                    result[key] = 50
            return result

        def compare(text):
            if text.startswith("A"):
                return "A"
            elif text.startswith("B"):
                return "B"
            else:
                return "A"  # !

        def by_word(reply):
            if "first" in reply:
                return "A"
            if "second" in reply:
                return "B"
            return None

        def falls_through(reply):
            if "first" in reply:
                return "A"
            elif "second" in reply:
                return "B"
            return "B"  # !

        def one_after_another(reply):
            if "first" in reply:
                return "A"
            if "second" in reply:
                return "B"
            return "A"  # !

        def two(reply):
            if "first" in reply:
                return "A"
            return "B"

        def other(reply):
            if "first" in reply:
                return "A"
            elif "second" in reply:
                return "B"
            return "C"
        """,
    )


def test_a_score_that_is_only_converted_is_likely():
    text = """
        def clamp_scores(result):
            for key in result:
                try:
                    result[key] = float(result[key])
                except ValueError:
                    result[key] = 50
            return result
    """
    assert (len(hits("SRC009", text)), len(hits("SRC009", text, pedantic=True))) == (0, 1)


def test_what_says_that_an_answer_lacks_it():
    expect(
        "SRC009",
        """
        import json

        def none(text):
            data = json.loads(text)
            return data.get("score"), data.get("winner", "unknown"), data.get("score", None)

        def nought(text):
            return json.loads(text).get("score", 0)

        def below(text):
            return json.loads(text).get("score", -1)

        def limits(text):
            data = json.loads(text)
            return data.get("score_threshold", 5), data.get("max_score", 10), data.get("score_weight", 0.5)

        def own(rows):
            return rows.get("score", 3)

        def told(text):
            try:
                return json.loads(text)
            except ValueError as error:
                return {"score": 0.5, "error": str(error)}

        def raised(text):
            result = extract_json(text)
            if result is None:
                result = {"score": 5}
                raise ValueError(result)
            return result

        def read(path):
            try:
                return {"score": int(open(path).read())}
            except OSError:
                return {"score": 80}

        def checked(kind):
            if kind not in ("A", "B"):
                kind = "A"
            return kind

        def asked(text):
            verdict = json.loads(text)["verdict"]
            if verdict not in ("A", "B"):
                verdict = None
            return verdict
        """,
    )
