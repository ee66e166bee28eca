"""Run tools over planted data and twins, and count."""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.confoundbench.kinds import KINDS, Case, Data, Kind, Row
from benchmarks.confoundbench.kinds.core import WRITTEN
from benchmarks.confoundbench.shapes import write
from benchmarks.confoundbench.tools import Files, Said, Tool


@dataclass
class Score:
    """One tool on one kind."""

    cases: int = 0
    found: int = 0
    """Planted data of which every expected finding was reported, by its exact name; ours only."""
    exact: int = 0
    """Those of them of which nothing else was reported that should not be."""
    separated: int = 0
    """Planted data that get a finding which their clean twin does not."""
    alarms: int = 0
    """Twins of which anything was reported that is not right of them."""
    unread: int = 0
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)


def made(kind: Kind, seed: int) -> tuple[Case, str]:
    """Return a case and the shape that it is written in."""
    rng = random.Random(f"{kind.name}/{seed}")
    case = kind.make(rng)
    return case, rng.choice(kind.shapes)


def run(
    tools: Sequence[Tool], seeds: Iterable[int], kinds: Sequence[Kind] = KINDS
) -> dict[tuple[str, str], Score]:
    """Return (tool, kind) -> score."""
    scores = {(tool.name, kind.name): Score() for tool in tools for kind in kinds}
    for kind in kinds:
        for seed in seeds:
            case, shape = made(kind, seed)
            with tempfile.TemporaryDirectory() as folder:
                files = [
                    written(kind, case, data, shape, Path(folder) / name)
                    for name, data in (("planted", case.planted), ("twin", case.twin))
                ]
                for tool in tools:
                    score = scores[tool.name, kind.name]
                    begun = time.perf_counter()
                    planted, twin = (tool.look(each) for each in files)
                    score.seconds += time.perf_counter() - begun
                    _count(score, kind, f"seed {seed}, {shape}, {len(case.planted.rows)} rows", planted, twin)
    return scores


def written(kind: Kind, case: Case, data: Data, shape: str, place: Path) -> Files:
    """Write one data set, with its evaluation, its sibling and its template."""
    place.mkdir()
    name = data.template or case.template
    template = name
    if name in WRITTEN:
        template = str(place / name)
        Path(template).write_text(WRITTEN[name], encoding="utf-8")
    evaluation = None
    if data.evaluation is not None:
        evaluation = place / "evaluation.jsonl"
        evaluation.write_text("".join(json.dumps(each) + "\n" for each in data.evaluation), encoding="utf-8")
    if data.sibling is None:
        path = place / "train.jsonl"
        write(data.rows, shape, path, labelled=kind.labelled)
        return Files(path, evaluation, None, template, case.label)
    arms = [
        _arm(rows, shape, place / variant, variant)
        for variant, rows in (("deconfounded", data.rows), ("size_matched", data.sibling))
    ]
    return Files(arms[0], evaluation, arms[1], template)


def _arm(rows: Sequence[Row], shape: str, place: Path, variant: str) -> Path:
    """Write an arm as `audit build` does, with the record that says what it was made from."""
    place.mkdir()
    path = place / "train.jsonl"
    write(rows, shape, path, labelled=True)
    before = hashlib.sha256(b"the arm before").hexdigest()
    record = {"variant": variant, "files": [{"sha256_before": before}]}
    (place / "removed.json").write_text(json.dumps(record), encoding="utf-8")
    return path


def _count(score: Score, kind: Kind, what: str, planted: Said, twin: Said) -> None:
    score.cases += 1
    if planted.unread is not None or twin.unread is not None:
        score.unread += 1
        score.misses.append(f"{what}: unread ({planted.unread or twin.unread})")
        return
    told = planted.codes | (planted.notes & kind.expected)
    found = kind.expected <= told and (kind.asks is None or kind.asks in planted.question)
    score.found += found
    more = planted.codes - kind.allowed
    score.exact += found and not more
    score.separated += bool(planted.codes - twin.codes)
    alarm = (twin.codes | (twin.notes & kind.expected)) - kind.inherent
    score.alarms += bool(alarm)
    if not found:
        missed = ", ".join(sorted(kind.expected - told)) or f"a question with '{kind.asks}'"
        score.misses.append(f"{what}: without {missed}; said: {_listed(told)}")
    elif more:
        score.misses.append(f"{what}: found, and also {_listed(more)}")
    if alarm:
        score.misses.append(f"{what}: clean twin gets {_listed(alarm)}")


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes)) or "nothing"
