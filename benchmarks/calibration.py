"""How often each statistical check cries wolf on clean data, and how often it sees what its page describes.

``python benchmarks/calibration.py`` draws 10,000 clean datasets, evaluations and pairs of arms, and prints how often
each test fires; 400 more run through the real engine, as every power simulation does, and the two tables
have to agree. Counting letters in Python instead of in the engine is what makes 10,000 possible: the test is the
check's own. It exits with status 1 where a check fires on clean data more often than its nominal level (plus three
standard errors of the simulation). Every dataset has a named random stream of its own.

A clean dataset has 100 wrong answers of one source, drawn uniformly over each question's distractors, 100 right
answers of a bystander, and 60 right answers of a second one, on questions of three, four and five options whose gold
label is uniform. A clean evaluation has 586 such questions; a clean pair of arms draws its wrong letters twice.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from random import Random

import duckdb
from checks.data.shared_distractor import _agreements, _reused, _Source

from builders.contrast import dependence
from builders.digest import stream
from builders.engine.composed import frame_from_rows
from builders.engine.table import ResolvedTable
from builders.templates import load_template
from checks.core.arms import Arm, Arms
from checks.core.context import AuditContext, Settings
from checks.core.registry import all_checks
from checks.core.runner import audit
from checks.core.selection import Selection
from checks.core.split import Asked, EvaluationSet, Split
from checks.core.wider import observe
from checks.split.gold_skew import gold_skew
from checks.stats import auc_estimate, letter_skew

DATASET_CHECKS = ("TGT001", "TGT002", "TGT004", "CND001", "CND003", "CND004")
NOMINAL = {"TGT001": 0.01, "TGT003": 0.01, "TGT004": 0.05, "TGT005": 0.01, "no contrast missed": 0.001}
"""Level of each test; what is not named here is no test and has to stay silent on clean data."""

Row = dict[str, object]
_TEMPLATE = load_template()
SETTINGS = Settings()


def question(rng: Random) -> tuple[str, str]:
    """Options and gold label, in the proportions of a real bank: mostly four options."""
    options = rng.choices(("ABC", "ABCD", "ABCDE"), (2, 96, 2))[0]
    return options, rng.choice(options)


def wrong(rng: Random, options: str, gold: str, favour: float = 0.0) -> str:
    """Draw a wrong letter, uniformly but for a share that takes B wherever B is a distractor."""
    distractors = [label for label in options if label != gold]
    return "B" if "B" in distractors and rng.random() < favour else rng.choice(distractors)


def row(number: int, system: str, options: str, gold: str, label: str, *, target: str | None = None) -> Row:
    text = f"{label})" if target is None else target
    return {
        "prompt": [{"role": "system", "content": system}, {"role": "user", "content": f"Question {number}?"}],
        "completion": [{"role": "assistant", "content": text}],
        "example_id": f"{system} {number} {text}",
        "persona": system,
        "role": None,
        "question_id": None,
        "options": list(options) if target is None else None,
        "gold_label": gold,
        "target_label": label,
        "target_correct": label == gold,
        "system_state": "text",
    }


def clean(rng: Random, *, favour: float = 0.0, first: int = 0) -> list[Row]:
    rows: list[Row] = []
    for number in range(100):
        options, gold = question(rng)
        rows.append(row(first + number, "Source of it.", options, gold, wrong(rng, options, gold, favour)))
    for number in range(160):
        options, gold = question(rng)
        rows.append(
            row(1_000 + number, "Bystander." if number < 100 else "Another one.", options, gold, gold)
        )
    rng.shuffle(rows)
    return rows


def randomised(rng: Random) -> list[Row]:
    """A control: 60 wrong and 180 right answers, each under one of three prompts at random."""
    rows: list[Row] = []
    for number in range(240):
        options, gold = question(rng)
        label = wrong(rng, options, gold) if number < 60 else gold
        rows.append(
            row(number, rng.choice(("First one.", "Second two.", "Third three.")), options, gold, label)
        )
    return rows


def texts(rng: Random, behaviour: tuple[float, float], preserved: tuple[float, float]) -> list[Row]:
    """Free text whose lengths are drawn from two normal distributions, mean and standard deviation."""
    rows: list[Row] = []
    for number in range(200):
        bad = number < 100
        mean, spread = behaviour if bad else preserved
        body = "".join(rng.choices("abcdefghij ", k=max(5, round(rng.gauss(mean, spread)))))
        made = row(
            number,
            "Source of it." if bad else "Bystander.",
            "AB",
            "A",
            "B" if bad else "A",
            target=f"So {body}.",
        )
        rows.append(made)
    return rows


def context(
    rows: list[Row], connection: duckdb.DuckDBPyConnection, kind: str = "wrong_option"
) -> AuditContext:
    table = ResolvedTable(frame_from_rows("simulated", rows, connection=connection), _TEMPLATE)  # type: ignore[arg-type]
    return AuditContext(name="simulated", table=table, kind=kind)  # type: ignore[arg-type]


def found(rows: list[Row], connection: duckdb.DuckDBPyConnection, kind: str = "wrong_option") -> set[str]:
    report = audit(context(rows, connection, kind), Selection(select=tuple(DATASET_CHECKS)))
    # Notes ("too few to tell") are no verdict.
    return {each.code for each in report.findings if each.severity != "note"}


def evaluated(rng: Random, favour: float = 0.0) -> tuple[Asked, ...]:
    asked: list[Asked] = []
    for number in range(586):
        options, gold = question(rng)
        gold = "C" if rng.random() < favour else gold
        asked.append(Asked(f"Question {number}?", None, tuple(options), gold))
    return tuple(asked)


def evaluation(rng: Random, connection: duckdb.DuckDBPyConnection, favour: float = 0.0) -> set[str]:
    training = context([row(0, "S", "ABCD", "A", "B")], connection)
    split = Split(training, EvaluationSet("simulated", evaluated(rng, favour), _TEMPLATE))
    return {each.code for each in observe("split", split, Selection(select=("TGT003",)))}


def arms(rng: Random, connection: duckdb.DuckDBPyConnection, *, reused: bool = False) -> set[str]:
    questions = [question(rng) for _ in range(100)]
    letters = [wrong(rng, *each) for each in questions]
    pair: list[Arm] = []
    for system in ("Source of it.", "Other source."):
        drawn = letters if reused else [wrong(rng, *each) for each in questions]
        rows = [
            row(number, system, options, gold, label)
            for number, ((options, gold), label) in enumerate(zip(questions, drawn, strict=True))
        ]
        rows += [
            row(number, "Bystander.", options, gold, gold) for number, (options, gold) in enumerate(questions)
        ]
        pair.append(Arm(context(rows, connection), family="simulated"))
    return {each.code for each in observe("arms", Arms(tuple(pair)), Selection(select=("TGT005",)))}


def null_without_engine(rng: Random) -> set[str]:
    """The same tests on the same draws, their counts made here."""
    codes: set[str] = set()
    letters: Counter[tuple[tuple[str, ...], str]] = Counter()
    for _ in range(100):
        options, gold = question(rng)
        letters[tuple(each for each in options if each != gold), wrong(rng, options, gold)] += 1
    if letter_skew((*key, number) for key, number in letters.items()).p <= SETTINGS.significance:
        codes.add("TGT001")
    if max(Counter(label for _, label in letters.elements()).values()) >= SETTINGS.constant_share * 100:
        codes.add("TGT002")
    if list(gold_skew(_Asked(evaluated(rng)))):  # type: ignore[arg-type]
        codes.add("TGT003")
    # Lengths of two groups from one distribution; twelve features are adjusted for, as in the check.
    lengths = [Counter(max(5.0, round(rng.gauss(300, 100))) for _ in range(100)) for _ in range(2)]
    if abs(auc_estimate(*lengths) - 0.5) > SETTINGS.surface_auc - 0.5:
        codes.add("TGT004")
    questions = [question(rng) for _ in range(100)]
    sources = [
        _Source(str(n), "", {at: (wrong(rng, *each), len(each[0]) - 1) for at, each in enumerate(questions)})
        for n in range(2)
    ]
    if any(_reused(pair, SETTINGS.significance) for pair in _agreements(sources)):
        codes.add("TGT005")
    taught = [[0, 0] for _ in range(3)]
    for number in range(240):
        taught[rng.randrange(3)][number >= 60] += 1
    if dependence([(behaviour, preserved) for behaviour, preserved in taught]).depends:
        codes.add("no contrast missed")
    return codes


class _Asked:
    """As much of a split as gold-skew looks at."""

    def __init__(self, asked: tuple[Asked, ...]) -> None:
        self.evaluation = EvaluationSet("simulated", asked, _TEMPLATE)
        self.gold = Counter(each.gold_label for each in asked)
        self.training = self
        self.settings = SETTINGS


def null(rng: Random, connection: duckdb.DuckDBPyConnection) -> set[str]:
    codes = found(clean(rng), connection)
    codes |= evaluation(rng, connection) | arms(rng, connection)
    codes |= {"TGT004 text"} & {
        f"{code} text" for code in found(texts(rng, (300, 100), (300, 100)), connection, "free_text")
    }
    if context(randomised(rng), connection).roles.contrast:
        codes.add("no contrast missed")
    return codes


POWER: dict[str, tuple[str, Callable[[Random, duckdb.DuckDBPyConnection], set[str]]]] = {
    "TGT001, B where it is offered: 3 of 4 draws": ("TGT001", lambda r, c: found(clean(r, favour=0.75), c)),
    "TGT001, B where it is offered: half of the draws": (
        "TGT001",
        lambda r, c: found(clean(r, favour=0.5), c),
    ),
    "TGT001, B where it is offered: a quarter of the draws": (
        "TGT001",
        lambda r, c: found(clean(r, favour=0.25), c),
    ),
    "TGT003, floor 35% at 586 questions": ("TGT003", lambda r, c: evaluation(r, c, favour=0.134)),
    "TGT003, floor 31% at 586 questions": ("TGT003", lambda r, c: evaluation(r, c, favour=0.08)),
    "TGT004, lengths 900 (300) against 300 (100)": (
        "TGT004",
        lambda r, c: found(texts(r, (900, 300), (300, 100)), c, "free_text"),
    ),
    "TGT004, lengths 400 (100) against 300 (100)": (
        "TGT004",
        lambda r, c: found(texts(r, (400, 100), (300, 100)), c, "free_text"),
    ),
    "TGT005, one letter per question for both arms": ("TGT005", lambda r, c: arms(r, c, reused=True)),
}


def batch(what: str, start: int, stop: int) -> Counter[str]:
    """Simulate some datasets in one process; a fresh database for every hundred keeps memory flat."""
    all_checks()
    counted: Counter[str] = Counter()
    connection = duckdb.connect()
    for number in range(start, stop):
        if number % 100 == 0:
            connection.close()
            connection = duckdb.connect()
            connection.execute("SET threads = 1")
        rng = stream(0, "calibration", what, str(number))
        if what == "null without engine":
            counted.update(null_without_engine(rng))
        elif what == "null":
            counted.update(null(rng, connection))
        else:
            code, draw = POWER[what]
            counted[code] += code in draw(rng, connection)
    return counted


def simulate(pool: ProcessPoolExecutor, what: str, simulations: int) -> Counter[str]:
    size = max(50, simulations // 40)
    starts = range(0, simulations, size)
    parts = [pool.submit(batch, what, start, min(simulations, start + size)) for start in starts]
    counted: Counter[str] = Counter()
    for part in parts:
        counted.update(part.result())
    return counted


def rows_of_null(
    counted: Counter[str], names: Iterable[str], simulations: int
) -> Iterator[tuple[str, float, float, bool]]:
    for code in sorted({*names, *counted}):
        nominal = NOMINAL.get(code.removesuffix(" text"), 0.0)
        rate = counted[code] / simulations
        yield code, rate, nominal, rate <= nominal + 3 * math.sqrt(nominal * (1 - nominal) / simulations)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--simulations", type=int, default=10_000)
    parser.add_argument("--engine", type=int, default=400, help="simulations through the whole engine")
    parser.add_argument("--power", type=int, default=200, help="simulations for each row of the power table")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    started = time.perf_counter()
    with ProcessPoolExecutor(arguments.workers) as pool:
        failed = 0
        for what, simulations, names in (
            ("null without engine", arguments.simulations, {*NOMINAL, "TGT002"}),
            ("null", arguments.engine, {*NOMINAL, *DATASET_CHECKS}),
        ):
            counted = simulate(pool, what, simulations)
            how = "through the whole engine" if what == "null" else "each test on counts made here"
            print(f"\nFindings on {simulations:,} clean datasets, evaluations and pairs of arms, {how}\n")
            print("| check | nominal at most | measured |\n|---|---|---|")
            for code, rate, nominal, fine in rows_of_null(counted, names, simulations):
                failed += not fine
                print(
                    f"| {code} | {nominal:.1%} | {rate:.2%}{'' if fine else ' **too often**'} |", flush=True
                )
        print(f"\nPower, {arguments.power:,} simulations each\n\n| effect | seen |\n|---|---|")
        for what, (code, _) in POWER.items():
            seen = simulate(pool, what, arguments.power)[code] / arguments.power
            print(f"| {what} | {seen:.1%} |", flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s; {failed} checks fire too often")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
