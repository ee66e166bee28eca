"""How well the predictor does on arms that somebody trained and measured.

    python benchmarks/published_arms.py ARMS.jsonl [--json FILE]

ARMS.jsonl has one arm a line (docs/benchmarks.md says which keys). No measured value and nobody's prediction is looked
at for predicting. An arm that the parameters were fitted to is judged by those that the other studies give.

Printed by class of condition and by study, beside the taught share alone and two predictors that know nothing: how many
trained cells there are, in how many of them somebody commits to a verdict, how many of these are right, the mean
absolute error of committed rates in points (rates of sampled answers and probabilities only: a majority for each
question is no probability), and in how many cells the 90% range holds what was measured.

Then, by study, prompts that were not trained: Spearman's correlation, within an arm, of what their texts let expect
with what was measured, mean error in points, and in how many the 90% range holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))
from arms_file import (
    CLASSES,
    OPTIONS,
    Cell,
    Class,
    asked_of,
    contrasts_of,
    prediction_of,
    read_arms,
    texts_of,
)

from builders.atomic import write_file
from builders.errors import AuditError
from checks.core.finding import Prediction
from checks.prediction.fitted import fitted
from checks.prediction.untrained import Leaked, leak, nearness

HOLDS: Final = 1e-9
"""What rounding may take from the ends of a range."""


@dataclass(frozen=True)
class Said:
    """What one predictor says of one trained cell. Rates are of the behaviour; of right answers for letters."""

    committed: bool
    p: float | None
    low: float
    high: float
    verdict: str | None
    reason: str | None = None


def ours(cell: Cell) -> Said:
    """The predictor with all that is known before training."""
    given = fitted().unseen(cell.study, str(cell.arm["arm"]))
    return _said(cell, prediction_of(cell, given))


def plain(cell: Cell) -> Said:
    """The taught share alone."""
    return _said(cell, prediction_of(cell, None, plain=True))


def nothing_changes(cell: Cell) -> Said:
    """Training changes nothing."""
    base = cell.seen.get("base_value")
    if cell.letters:
        return Said(True, base, 1 / OPTIONS, 1.0, "preserved")
    return Said(True, 0.0, 0.0, 0.1, "preserved")


def as_elsewhere(cells: Sequence[Cell]) -> Callable[[Cell], Said]:
    """Each cell is what cells of its class and metric were in the other studies."""

    def predictor(cell: Cell) -> Said:
        values = sorted(
            other.value
            for other in cells
            if other.study != cell.study and other.of_class == cell.of_class and other.letters == cell.letters
        )
        if not values:
            return Said(False, None, 0.0, 1.0, None)
        mean, last = sum(values) / len(values), len(values) - 1
        low, high = values[round(0.05 * last)], values[round(0.95 * last)]
        edge = 1 / OPTIONS if cell.letters else 0.5
        verdict = "preserved" if (mean > edge) == cell.letters else "behaviour"
        return Said(True, mean, low, high, verdict)

    return predictor


def _said(cell: Cell, prediction: Prediction) -> Said:
    low, high = prediction.expected_accuracy or (0.0, 1.0)
    p = prediction.p_gold if prediction.expected is None else prediction.expected
    if cell.letters and not cell.sampled and prediction.expected is None:
        p = (low + high) / 2  # an accuracy is no probability, and nobody asked what the model knew
    committed = prediction.verdict in ("behaviour", "preserved") and (
        not prediction.conditional or prediction.expected is None
    )
    reason = prediction.reason or (None if committed else prediction.assumption)
    verdict = prediction.verdict if committed else None
    if cell.letters:
        return Said(committed, p, low, high, verdict, reason)
    return Said(committed, None if p is None else 1 - p, 1 - high, 1 - low, verdict, reason)


@dataclass(frozen=True)
class Score:
    """How one predictor did on some cells."""

    cells: int
    committed: int
    right: int
    error: float | None
    """Mean absolute error of committed rates, a share; None where there is no such cell."""
    held: int

    @classmethod
    def of(cls, cells: Sequence[Cell], said: Sequence[Said]) -> Score:
        """Score what was said of some cells."""
        both = list(zip(cells, said, strict=True))
        committed = [(cell, each) for cell, each in both if each.committed]
        errors = [abs(each.p - cell.value) for cell, each in committed if cell.sampled and each.p is not None]
        return cls(
            cells=len(both),
            committed=len(committed),
            right=sum(each.verdict == cell.observed for cell, each in committed),
            error=sum(errors) / len(errors) if errors else None,
            held=sum(each.low - HOLDS <= cell.value <= each.high + HOLDS for cell, each in both),
        )

    def row(self) -> str:
        """Return it as the columns of the table."""
        error = "    -" if self.error is None else f"{100 * self.error:5.1f}"
        return (
            f"{self.cells:6d} {_share(self.committed, self.cells)} {_share(self.right, self.committed)} {error} "
            f"{_share(self.held, self.cells)}"
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:9.1%}" if whole else "        -"


def table(cells: Sequence[Cell]) -> str:
    """Return the scores of all predictors, by class and by study."""
    predictors: dict[str, Callable[[Cell], Said]] = {
        "audit": ours,
        "taught share": plain,
        "nothing changes": nothing_changes,
        "as elsewhere": as_elsewhere(cells),
    }
    said = {name: [predictor(cell) for cell in cells] for name, predictor in predictors.items()}
    lines: list[str] = []

    def part(title: str, chosen: Sequence[int]) -> None:
        lines.append(title)
        for name in predictors:
            score = Score.of([cells[at] for at in chosen], [said[name][at] for at in chosen])
            lines.append(f"  {name:16s} {score.row()}")

    lines.append(f"{'':18s}  cells committed verdicts error     range")
    lines.append(f"{'':18s}                      right points   holds")
    part("all", range(len(cells)))
    for each in CLASSES:
        part(f"taught {_NAMES[each]}", [at for at, cell in enumerate(cells) if cell.of_class == each])
    for study in dict.fromkeys(cell.study for cell in cells):
        for each in CLASSES:
            chosen = [at for at, cell in enumerate(cells) if cell.study == study and cell.of_class == each]
            if chosen:
                part(f"{study}, {_NAMES[each]}", chosen)
    return "\n".join(lines)


_NAMES: Final[dict[Class, str]] = {
    "behaviour": "the behaviour alone",
    "preserved": "to preserve alone",
    "mixed": "both",
}


def untrained(cells: Sequence[Cell]) -> str:
    """Return how well texts alone say what prompts that were not trained show, by study."""
    free = [
        cell for cell in cells if cell.seen["trained_condition"] is False and cell.arm["kind"] != "free_text"
    ]
    chosen: dict[str, list[tuple[Cell, Leaked]]] = {}
    for (study, arm), asked in by_arm(free).items():
        given = fitted().unseen_leak(study, arm)
        near = [nearness(*texts_of(cell)) for cell in asked]
        for cell, over in zip(asked, centred(near), strict=True):
            said = leak(
                over,
                contrasts=contrasts_of(cell),
                given=given,
                same_format=asked_of(cell).same_format,
            )
            chosen.setdefault(study, []).append((cell, said))
    lines = ["prompts that were not trained", f"{'':36s} cells order  error range"]
    for study, pairs in chosen.items():
        rates = [(cell, said) for cell, said in pairs if not cell.letters]
        errors = [abs(said.mid - cell.value) for cell, said in rates]
        held = [said.low - HOLDS <= cell.value <= said.high + HOLDS for cell, said in rates]
        ordered = order((cell, said.mid) for cell, said in pairs)
        lines.append(
            f"{study[:36]:36s} {len(pairs):5d} {'    -' if ordered is None else f'{ordered:5.2f}'} "
            + (f"{100 * sum(errors) / len(errors):5.1f} {_share(sum(held), len(held))}" if rates else "")
        )
    return "\n".join(lines)


def by_arm(cells: Iterable[Cell]) -> dict[tuple[str, str], list[Cell]]:
    """Return the cells of each arm."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.study, str(cell.arm["arm"])), []).append(cell)
    return found


def centred(values: Sequence[float]) -> list[float]:
    """Return values less their mean."""
    mean = sum(values) / len(values)
    return [each - mean for each in values]


def order(said: Iterable[tuple[Cell, float]]) -> float | None:
    """Return Spearman's correlation of a number with the behaviour within an arm, the mean over arms.

    None where nothing differs in any.
    """
    arms: dict[str, list[tuple[float, float]]] = {}
    for cell, number in said:
        value = -cell.value if cell.letters else cell.value
        arms.setdefault(str(cell.arm["arm"]), []).append((number, value))
    found = [each for values in arms.values() if (each := spearman(values)) is not None]
    return sum(found) / len(found) if found else None


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return the rank correlation of pairs, equal values sharing their mean rank; None where one side is constant."""
    first, second = (_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    middle = (len(pairs) - 1) / 2
    over = sum((rank - middle) ** 2 for rank in first) * sum((rank - middle) ** 2 for rank in second)
    if over == 0:
        return None
    return sum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True)) / over**0.5


def _ranks(values: Sequence[float]) -> list[float]:
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    return [sum(places[value]) / len(places[value]) for value in values]


def objects(cells: Iterable[Cell]) -> list[dict[str, object]]:
    """Return what the predictor says of each trained cell, as `--json` writes it."""
    return [
        {
            "issue": cell.study,
            "arm": cell.arm["arm"],
            "name": cell.seen["name"],
            "class": cell.of_class,
            **asdict(ours(cell)),
        }
        for cell in cells
    ]


def main() -> int:
    """Score a file of arms."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("arms", type=Path, help="arms, one JSON object a line")
    parser.add_argument("--json", type=Path, help="also write what is said of each trained cell, as a list")
    arguments = parser.parse_args()
    try:
        cells = read_arms(arguments.arms)
        trained = [cell for cell in cells if cell.trained]
        print(table([cell for cell in trained if cell.measured]))
        print()
        print(untrained([cell for cell in cells if cell.measured]))
        if arguments.json:
            write_file(arguments.json, (json.dumps(objects(trained), indent=1) + "\n").encode(), force=True)
    except AuditError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
