"""The reproducibility card: what a reader needs to repeat a run, taken from the run's own folder.

A card that is written by hand drifts from the run; this one is read off `config.yaml`, `run_result.json` and
`details.json`, and `audit writeup` finds nothing to say about it (a test holds it to that).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from builders.declarative import load_model
from builders.errors import InputError
from checks.core.result import Evaluation, Score, read_result
from experiments.study.runs import CONFIG, DETAILS, Details
from experiments.study.seal import refuse_altered
from experiments.training.config import ExperimentConfig

_PLAIN: Final = re.compile(r"[^\w.,:;/@+=~ ()\[\]{}#%&'\"!?$*<>-]")


class CardScore(BaseModel):
    """One condition of the evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    persona: str
    """What the experiment calls it."""
    before: tuple[int, int] | None
    """Right answers and questions before training; None where that was not measured."""
    after: tuple[int, int]
    """The same after training."""


class Card(BaseModel):
    """What one run was made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: str
    """The arm's name in its plan."""
    dataset: str
    """The dataset's name."""
    dataset_digest: str
    """Digest of its rows, 64 hex digits."""
    rows: int = Field(ge=0)
    """Rows trained on."""
    audit_digest: str | None
    """Digest of the audit that let the run start; None where there was none."""
    template_sha256: str
    """Digest of the chat template."""
    model: str
    """What was trained."""
    model_digest: str | None
    """Digest of its weights; None where nobody took it."""
    trainable_parameters: int | None
    """Parameters of the adapter; None where the run did not keep them."""
    config: ExperimentConfig
    """All settings."""
    seed: int
    """The run's seed."""
    steps: int
    """Optimizer steps taken."""
    scores: list[CardScore]
    """What was measured; the first is the arm's own condition."""
    versions: dict[str, str]
    """Package -> version."""
    device: str | None
    """What it ran on."""
    seconds: float | None
    """Wall time in seconds; None where the run did not keep it."""


def read_card(folder: Path) -> Card:
    """Return the card of a run.

    Args:
        folder: The run folder, with `run_result.json` and `config.yaml`.

    Raises:
        InputError: if one of them is missing or is not what it should be.
    """
    result = read_result(folder)
    refuse_altered(folder, result)
    config = load_model(folder / CONFIG, ExperimentConfig)
    details = _details(folder / DETAILS)
    return Card(
        arm=result.arm,
        dataset=result.dataset,
        dataset_digest=result.dataset_digest,
        rows=result.rows,
        audit_digest=result.audit_digest,
        template_sha256=result.template_sha256,
        model=result.model,
        model_digest=result.model_digest,
        trainable_parameters=details.trainable_parameters if details else None,
        config=config,
        seed=result.seed,
        steps=result.steps,
        scores=[_score(each) for each in result.evaluations],
        versions=result.versions,
        device=result.device,
        seconds=sum(details.seconds.values()) if details and details.seconds else None,
    )


def _details(path: Path) -> Details | None:
    if not path.is_file():
        return None
    try:
        return Details.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as details of a run: {type(error).__name__}", where=str(path)
        ) from error


def _score(evaluation: Evaluation) -> CardScore:
    return CardScore(
        persona=evaluation.persona,
        before=_counts(evaluation.before) if evaluation.before is not None else None,
        after=_counts(evaluation.after),
    )


def _counts(score: Score) -> tuple[int, int]:
    return score.correct, score.total


def card_markdown(cards: Sequence[Card]) -> str:
    """Return cards as one section of Markdown; every name in it is made inert."""
    parts = ["## Reproducibility", ""]
    for card in cards:
        parts += [f"### {_inert(card.arm)}, seed {card.seed}", "", "| what | value |", "|---|---|"]
        parts += [f"| {name} | {value} |" for name, value in _lines(card)]
        parts.append("")
    return "\n".join(parts)


def _lines(card: Card) -> Iterator[tuple[str, str]]:
    lora, training = card.config.lora, card.config.training
    targets = lora.targets if isinstance(lora.targets, str) else ",".join(lora.targets)
    count = (
        f"; {card.trainable_parameters:,} trainable parameters"
        if card.trainable_parameters is not None
        else ""
    )
    batch = training.batch_per_device * training.accumulation
    yield "Model", _inert(card.model) + (f", weights {card.model_digest[:16]}" if card.model_digest else "")
    adapter = f"LoRA: r={lora.r}, alpha={lora.alpha}, dropout={_number(lora.dropout)}, rslora={lora.rslora}, "
    yield "Adapter", f"{adapter}targets={_inert(targets)}{count}"
    rate = f"AdamW: lr={_number(training.learning_rate)}, {training.schedule} schedule, "
    rate += f"warmup_ratio={_number(training.warmup)}, {_number(training.epochs)} epochs, "
    yield "Optimizer", f"{rate}weight_decay={_number(training.weight_decay)}; {card.steps:,} steps"
    rows = f"{training.batch_per_device} per device x {training.accumulation} grad_accum"
    yield "Batch", f"effective batch size {batch} ({rows}), max_length={training.max_length}"
    yield "Seed", str(card.seed)
    yield "Training data", f"{_inert(card.dataset)}: {card.rows:,} rows, digest {card.dataset_digest[:16]}"
    yield "Audit", f"digest {card.audit_digest[:16]}" if card.audit_digest else "none"
    yield "Chat template", f"sha256 {card.template_sha256[:16]}"
    for place, score in enumerate(card.scores):
        yield "Result" if place == 0 else "Also measured", _said(card, score, own=place == 0)
    yield (
        "Versions",
        ", ".join(f"{_inert(name)} {_inert(each)}" for name, each in sorted(card.versions.items())),
    )
    took = f", {card.seconds / 60:.1f} minutes" if card.seconds is not None else ""
    yield "Compute", f"{_inert(card.device or 'not recorded')}{took}"


def _number(value: float) -> str:
    """Return a setting in its shortest spelling that reads back as the same number."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _said(card: Card, score: CardScore, *, own: bool) -> str:
    if not own:
        return f"under {_inert(score.persona)}: {_share(score.after)} after training"
    before = (
        f"pre-training {_share(score.before)}" if score.before is not None else "not measured before training"
    )
    return f"arm {_inert(card.arm)}: {before}; post-training {_share(score.after)}"


def _share(counts: tuple[int, int]) -> str:
    correct, total = counts
    return f"{correct}/{total} = {100 * correct / total:.1f}%" if total else "no questions"


def _inert(text: str) -> str:
    """Return a name that can neither end a table's cell nor start markup."""
    plain = _PLAIN.sub("_", text)
    return re.sub(r"([*<>\[\]#!])", r"\\\1", plain)
