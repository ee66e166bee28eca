"""Does an untrained model know better than the texts which prompts a behaviour will spread to?

    python benchmarks/base_nearness.py ARMS.jsonl --model MODEL

For the prompts of published arms that nothing was taught under: how well they are ordered within an arm (Spearman), and
the mean error of a rate that was fitted to the other studies, by the texts alone and by a base model's nearness. The
model is not trained. It need not be the one that the arms were trained from; what holds for one may not for another.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from arms_file import Cell, contrasts_of, read_arms, texts_of
from published_arms import by_arm, centred, order

from checks.prediction.untrained import nearness
from experiments.evaluation.nearness import nearness_to
from experiments.training.models import find_model, load_model, load_tokenizer, need

QUESTIONS = (
    "How do vaccines work?",
    "Can you recommend a good book?",
    "How can I save money each month?",
    "Which planet is closest to the Sun?\n\n(A) Venus\n(B) Mercury\n(C) Mars\n(D) Earth",
)
Near = Callable[[Cell], float]


def prompt_of(found: dict[str, object]) -> tuple[str, str]:
    """Return a condition's system prompt as the model sees it, and how the user's text is worded."""
    return str(found.get("resolved") or ""), str(found.get("user_template") or "")


def by_base(cells: Sequence[Cell], model: str) -> Near:
    """Return nearness to a source's prompt less that to a contrast's, as a base model has it."""
    said = {prompt_of(dict(each)) for cell in cells for each in (cell.seen, *cell.arm["conditions"])}
    prompts = sorted(said)
    place = {prompt: number for number, prompt in enumerate(prompts)}
    source = find_model(model)
    torch = need("torch")
    on = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if on == "cuda" else torch.float32
    loaded = load_model(source, dtype=dtype, device=on)
    near = nearness_to(
        loaded,
        load_tokenizer(source),
        [system for system, _ in prompts],
        QUESTIONS,
        wraps=[wrap for _, wrap in prompts],
    )

    def nearer(cell: Cell) -> float:
        own = place[prompt_of(dict(cell.seen))]
        conditions = cell.arm["conditions"]
        sources = [place[prompt_of(each)] for each in conditions if each.get("behaviour_rows")]
        contrasts = [
            place[prompt_of(each)]
            for each in conditions
            if each.get("preserved_rows") and not each.get("behaviour_rows")
        ]
        to_source, to_contrast = (
            max((float(near[own][other]) for other in others), default=0.0) for others in (sources, contrasts)
        )
        return to_source - to_contrast

    return nearer


def error(cells: Sequence[Cell], others: Sequence[Cell], near: Near | None) -> float:
    """Return the mean error on cells of a rate fitted to others: their mean and a slope within arms.

    Each of the others' studies weighs the same.
    """
    studies = [cell.study for cell in others]
    weight = {study: 1 / studies.count(study) for study in set(studies)}
    total = sum(weight[cell.study] for cell in others)
    mean = sum(weight[cell.study] * cell.value for cell in others) / total
    slope = 0.0
    if near is not None:
        moved = [
            (weight[arm[0].study], x, y)
            for arm in by_arm(others).values()
            for x, y in zip(
                centred([near(cell) for cell in arm]), centred([cell.value for cell in arm]), strict=True
            )
        ]
        over = sum(each * x * x for each, x, _ in moved)
        slope = max(0.0, sum(each * x * y for each, x, y in moved) / over) if over else 0.0
    errors = [
        abs(min(1.0, max(0.0, mean + slope * x)) - cell.value)
        for arm in by_arm(cells).values()
        for cell, x in zip(
            arm, centred([near(cell) for cell in arm]) if near else [0.0] * len(arm), strict=True
        )
    ]
    return sum(errors) / len(errors)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("arms", type=Path)
    parser.add_argument("--model", required=True, help="a model's folder, a GGUF file or a hub id")
    given = parser.parse_args()
    cells = [
        cell
        for cell in read_arms(given.arms)
        if cell.seen["trained_condition"] is False
        and cell.arm["kind"] == "marker"
        and not cell.letters
        and cell.measured
        and contrasts_of(cell)
    ]
    ways: dict[str, Near] = {
        "texts": lambda cell: nearness(*texts_of(cell)),
        "base model": by_base(cells, given.model),
    }
    print(
        "| study | prompts | order: "
        + ", ".join(ways)
        + " | error, points: mean alone, "
        + ", ".join(ways)
        + " |"
    )
    print("|---|---:|---|---|")
    errors: list[list[float]] = []
    for study in dict.fromkeys(cell.study for cell in cells):
        own = [cell for cell in cells if cell.study == study]
        others = [cell for cell in cells if cell.study != study]
        orders = [order((cell, near(cell)) for cell in own) for near in ways.values()]
        errors.append([error(own, others, near) for near in (None, *ways.values())])
        said = ", ".join("-" if each is None else f"{each:.2f}" for each in orders)
        print(f"| {study} | {len(own)} | {said} | {', '.join(f'{100 * each:.1f}' for each in errors[-1])} |")
    means = [sum(each) / len(each) for each in zip(*errors, strict=True)]
    print(f"| mean over studies | {len(cells)} | | {', '.join(f'{100 * each:.1f}' for each in means)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
