"""Run tools over planted data and twins, and count."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.confoundbench.cases import KINDS, Case, Kind
from benchmarks.confoundbench.shapes import SHAPES, write
from benchmarks.confoundbench.tools import Said, Tool


@dataclass
class Score:
    """One tool on one kind."""

    cases: int = 0
    named: int = 0
    """Planted data of which the expected finding was reported, by its exact name; ours only."""
    separated: int = 0
    """Planted data that get a finding which their clean twin does not."""
    alarms: int = 0
    """Twins that get the expected finding, or an error."""
    unread: int = 0
    misses: list[str] = field(default_factory=list)


def made(kind: Kind, seed: int) -> tuple[Case, str]:
    """Return a case and the shape that it is written in."""
    rng = random.Random(f"{kind.name}/{seed}")
    case = kind.make(rng)
    return case, rng.choice(SHAPES)


def run(
    tools: Sequence[Tool], python: str, seeds: Iterable[int], kinds: Sequence[Kind] = KINDS
) -> dict[tuple[str, str], Score]:
    """Return (tool, kind) -> score."""
    scores = {(tool.name, kind.name): Score() for tool in tools for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            for seed in seeds:
                case, shape = made(kind, seed)
                place = Path(folder) / f"{kind.name}-{seed}"
                place.mkdir()
                files = _written(case, shape, place)
                for tool in tools:
                    said = [tool.look(python, path, evaluation) for path, evaluation in files]
                    _count(scores[tool.name, kind.name], kind, f"seed {seed}, {shape}", *said)
    return scores


def _written(case: Case, shape: str, place: Path) -> list[tuple[Path, Path | None]]:
    files: list[tuple[Path, Path | None]] = []
    for name, rows, bank in (
        ("planted", case.planted, case.planted_evaluation),
        ("twin", case.twin, case.twin_evaluation),
    ):
        folder = place / name
        folder.mkdir()
        path = folder / "train.jsonl"
        write(rows, shape, path, labelled=case.labelled)
        evaluation = None if bank is None else folder / "evaluation.jsonl"
        if bank is not None and evaluation is not None:
            evaluation.write_text("".join(json.dumps(each) + "\n" for each in bank), encoding="utf-8")
        files.append((path, evaluation))
    return files


def _count(score: Score, kind: Kind, what: str, planted: Said, twin: Said) -> None:
    score.cases += 1
    if planted.unread is not None or twin.unread is not None:
        score.unread += 1
        score.misses.append(f"{what}: unread ({planted.unread or twin.unread})")
        return
    named = bool(kind.expected & planted.codes) and not kind.unwanted & planted.codes
    score.named += named
    score.separated += bool(planted.codes - twin.codes)
    alarm = kind.expected & twin.codes or twin.errors - {"unlabelled-rows"}
    score.alarms += bool(alarm)
    if not named:
        score.misses.append(f"{what}: {', '.join(sorted(planted.codes)) or 'nothing'}")
    if alarm:
        score.misses.append(f"{what}: clean twin gets {', '.join(sorted(alarm))}")
