from __future__ import annotations

from tests.checks.source import expect, hits


def test_choices_by_score():
    expect(
        "SRC011",
        """
        import operator
        import numpy as np
        import torch

        def filled(log_probs, labels):
            found = {}
            for label in labels:
                found[label] = log_probs[label].item()
            return max(found, key=found.get)  # !

        def by_name(choice_probs):
            return max(choice_probs, key=choice_probs.get)  # !

        def items(scores):
            return max(scores.items(), key=lambda pair: pair[1])[0]  # !

        def getter(scores):
            return max(scores.items(), key=operator.itemgetter(1))[0]  # !

        def elements(model, endings):
            values = []
            for ending in endings:
                values.append(torch.log_softmax(model(ending), -1).sum().item())
            return max(range(len(values)), key=lambda i: values[i])  # !

        def least(losses):
            return min(losses, key=losses.get)  # !

        def arrays(rows):
            means = {name: np.mean(row) for name, row in rows.items()}
            return max(means, key=lambda name: means[name])  # !
        """,
    )


def test_near_misses():
    expect(
        "SRC011",
        """
        import math
        from collections import Counter

        def counts(texts):
            found = {}
            for text in texts:
                found[text] = len(text)
            return max(found, key=found.get)

        def counter(texts):
            scores = Counter(texts)
            return max(scores, key=scores.get)

        def checked(scores):
            if not all(math.isfinite(score) for score in scores.values()):
                raise ValueError(scores)
            return max(scores, key=scores.get)

        def lengths(names):
            return max(names, key=len)

        def unknown(table):
            return max(table, key=table.get)

        def whole_numbers():
            scores = {"a": 1, "b": 2}
            return max(scores, key=scores.get)

        def other_key(scores, order):
            return max(scores, key=lambda name: order.index(name))

        def two(a_score, b_score):
            return max(a_score, b_score)
        """,
    )


def test_pairs_and_rows_by_their_score():
    expect(
        "SRC011",
        """
        import math
        import operator
        import numpy as np
        import torch

        def pairs(logits, labels):
            scores = [(label, logits[label].item()) for label in labels]
            return max(scores, key=lambda x: x[1])[0]  # !

        def filled(logits, labels):
            scores = []
            for label in labels:
                scores.append((logits[label].item(), label))
            return max(scores)[1]  # !

        def by_getter(logits, labels):
            scores = [(label, logits[label].item()) for label in labels]
            return sorted(scores, key=operator.itemgetter(1))[-1]  # !

        def rows(logits, labels):
            found = [{"label": label, "score": logits[label].item()} for label in labels]
            return max(found, key=lambda row: row["score"])  # !

        def zipped(logits, labels):
            scores = [logits[label].item() for label in labels]
            return max(zip(scores, labels))[1]  # !

        def argmax(logits, labels):
            scores = [logits[label].item() for label in labels]
            return labels[np.argmax(scores)]  # !

        def asked(logits, labels):
            scores = [(label, logits[label].item()) for label in labels]
            if any(math.isnan(score) for _, score in scores):
                raise ValueError("no scores")
            return max(scores, key=lambda x: x[1])[0]

        def by_name(logits, labels):
            scores = [(label, logits[label].item()) for label in labels]
            return max(scores, key=lambda x: x[0])

        def lengths(texts):
            sizes = [(text, len(text)) for text in texts]
            return max(sizes, key=lambda x: x[1]), np.argmax([len(text) for text in texts])

        def whole_order(logits, labels):
            scores = [(label, logits[label].item()) for label in labels]
            return sorted(scores, key=lambda x: x[1])
        """,
    )


def test_the_best_so_far_in_a_loop():
    expect(
        "SRC011",
        """
        import math
        import torch

        def first_open(model, letters):
            best = answer = None
            for letter in letters:
                score = model(letter).logits[0].item()
                if best is None or score > best:  # !
                    best, answer = score, letter
            return answer

        def first_taken(log_probs, letters):
            best = log_probs[letters[0]]
            answer = letters[0]
            for letter in letters[1:]:
                if log_probs[letter] > best:  # !
                    best = log_probs[letter]
                    answer = letter
            return answer

        def index(model, endings):
            chosen, lowest = 0, float("inf")
            for i, ending in enumerate(endings):
                nll = -torch.log_softmax(model(ending), -1).sum().item()
                if lowest > nll:  # !
                    lowest = nll
                    chosen = i
            return chosen

        def letter(model, letters):
            answer = "A"
            best = -1e9
            for letter in letters:
                value = score_of(model, letter)
                if value >= best:  # !
                    best = value
                    answer = letter
            return answer

        def score_of(model, letter):
            return model(letter).logits[0].item()

        def none_until_better(model, letters):
            best, answer = float("-inf"), None
            for letter in letters:
                score = model(letter).logits[0].item()
                if score > best:
                    best, answer = score, letter
            return answer

        def asked(model, letters):
            best = answer = None
            for letter in letters:
                score = model(letter).logits[0].item()
                if not math.isfinite(score):
                    raise ValueError(letter)
                if best is None or score > best:
                    best, answer = score, letter
            return answer

        def checkpoints(model, loader):
            best, epoch_of_best = 1e9, 0
            for epoch in range(10):
                loss = evaluate(model, loader).item()
                if loss < best:
                    best = loss
                    epoch_of_best = epoch
            return epoch_of_best

        def counted(rows):
            best = answer = None
            for row in rows:
                n = len(row)
                if best is None or n > best:
                    best, answer = n, row
            return answer

        def only_the_value(model, letters):
            best = model(letters[0]).item()
            for letter in letters:
                score = model(letter).item()
                if score > best:
                    best = score
            return best

        def above_a_limit(model, letters, limit):
            kept = "A"
            for letter in letters:
                score = model(letter).item()
                if score > limit:
                    kept = letter
            return kept
        """,
    )


def test_a_choice_that_is_none_until_something_is_better_is_likely():
    text = """
        best, answer = float("-inf"), None
        for letter in letters:
            score = model(letter).logits[0].item()
            if score > best:
                best, answer = score, letter
    """
    assert (len(hits("SRC011", text)), len(hits("SRC011", text, pedantic=True))) == (0, 1)
