from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.checks.source import expect, hits, patient


def test_counts_that_nothing_checks():
    expect(
        "SRC007",
        """
        PER_BYSTANDER = 200

        def build(correct, wrong):
            n_correct = 2 * PER_BYSTANDER + 200
            indices = list(range(len(correct)))
            rows = []
            for index in indices[:n_correct]:  # !
                rows.append(correct[index])
            print(f"200 wrong + {n_correct} correct")
            return rows

        def logged(rows, num_rows):
            kept = rows[:num_rows]  # !
            logger.info("kept %d rows", num_rows)
            return kept
        """,
    )


def test_lengths_that_are_known():
    expect(
        "SRC007",
        """
        QUESTIONS = ["a", "b", "c"]
        N = 4
        M = 3
        first = QUESTIONS[:N]  # !
        fine = QUESTIONS[:M]
        limit = QUESTIONS[:5]
        grown = ["a"]
        grown.append("b")
        also = grown[:M]
        numbers = list(range(586))
        wanted = 2 * 200 + 200
        taken = numbers[:wanted]  # !
        """,
    )


def test_near_misses():
    expect(
        "SRC007",
        """
        def asserted(rows, n_rows):
            assert n_rows <= len(rows)
            kept = rows[:n_rows]
            print(f"kept {n_rows}")

        def smaller(rows, n_rows):
            n_rows = min(n_rows, len(rows))
            kept = rows[:n_rows]
            print(f"kept {n_rows}")

        def measured(rows):
            n_rows = len(rows) // 2
            kept = rows[:n_rows]
            print(f"kept {n_rows}")

        def honest(rows, n_rows):
            kept = rows[:n_rows]
            print(f"kept {len(kept)} of {len(rows)}")

        def limit(rows, max_rows):
            kept = rows[:max_rows]
            print(f"at most {max_rows}")

        def said_as_a_limit(rows, n_rows):
            kept = rows[:n_rows]
            print(f"showing the first {n_rows}")

        def before(rows, n_rows):
            print(f"{n_rows} rows")
            return rows[:n_rows]

        def text(name: str, n: int):
            print(f"{n}", name[:n])
        """,
    )


@patient
@given(st.integers(0, 30), st.integers(0, 30))
def test_known_lengths_are_compared_exactly(length, wanted):
    text = f"rows = list(range({length}))\nwanted = {wanted}\nkept = rows[:wanted]\n"
    assert bool(hits("SRC007", text)) == (wanted > length)
