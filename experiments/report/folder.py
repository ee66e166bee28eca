"""A folder of runs as one study: which arms there are, in which order, and what the gates said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builders.errors import InputError
from checks.core.report import ConditionReport
from checks.core.result import RESULT_FILE, RunResult, read_result
from experiments.report.answers import Answer, read_answers
from experiments.report.ladders import LadderNote
from experiments.study.gate import AuditRecord
from experiments.study.runs import AUDIT, DETAILS, Details, read_audit, read_ledger
from experiments.study.seal import refuse_altered

STUDY_EVENT: Final = "study"
"""What the ledger calls the line that `audit run` ends with."""


class GateNote(BaseModel):
    """Which branch a gate took."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    after: str
    """The experiment whose outcome decided."""
    branch: str
    """The branch's name."""
    because: str
    """What it means."""
    accuracy: dict[str, float]
    """Arm -> accuracy after training, between 0 and 1: what it was decided on."""
    run: list[str] = Field(default_factory=list[str])
    """Experiments that it sends on."""
    stop: list[str] = Field(default_factory=list[str])
    """Experiments that it leaves out."""


class PlanNote(BaseModel):
    """The plan that runs were made by, as the ledger keeps it."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    plan: str
    """Its name."""
    target: str | None = None
    """What the user called it: a name or a file; None where that was not kept."""
    options: list[str] = Field(default_factory=list[str])
    """What was said over it, as words of the command line."""
    title: str
    """What it asks."""
    plan_digest: str
    """Digest of the whole plan, 64 hex digits."""
    experiments: dict[str, str]
    """Arm -> experiment, in the plan's order."""
    decisions: list[GateNote] = Field(default_factory=list[GateNote])
    """What its gates said."""
    ladders: list[LadderNote] = Field(default_factory=list[LadderNote])
    """What came of its ladders."""


@dataclass(frozen=True)
class StudyRun:
    """One finished run and what its folder holds."""

    folder: Path
    """The folder."""
    result: RunResult
    """The result."""
    details: Details | None
    """What else the run kept; None where it kept nothing."""
    audit: AuditRecord | None
    """The audit that let it start; None where there is none."""

    @property
    def source(self) -> ConditionReport | None:
        """The condition that was taught the behaviour and evaluated."""
        if self.audit is None:
            return None
        own = self.result.evaluations[0].condition
        return next((each for each in self.audit.report.conditions if each.condition == own), None)

    @property
    def imprint(self) -> Mapping[str, Any] | None:
        """What `experiments.evaluation.imprint` said of its wrong answers; None where it was not asked."""
        return self.details.imprint if self.details is not None else None


@dataclass(frozen=True)
class Study:
    """Runs, grouped by arm and experiment."""

    runs: tuple[StudyRun, ...]
    """Arms in the plan's order (by name where no plan is known), seeds in theirs."""
    plans: tuple[PlanNote, ...]
    """The plans that the ledgers name, oldest first."""

    @cached_property
    def arms(self) -> dict[str, list[StudyRun]]:
        """Arm -> its runs, one a seed."""
        found: dict[str, list[StudyRun]] = {}
        for run in self.runs:
            found.setdefault(run.result.arm, []).append(run)
        return found

    @cached_property
    def experiments(self) -> dict[str, list[str]]:
        """Experiment -> its arms; where no plan says, what stands before an arm's first ``_`` names it."""
        said = {arm: experiment for plan in self.plans for arm, experiment in plan.experiments.items()}
        found: dict[str, list[str]] = {}
        for arm in self.arms:
            found.setdefault(said.get(arm, arm.partition("_")[0]), []).append(arm)
        return found

    @cached_property
    def answers(self) -> list[Answer]:
        """What every question of every run got."""
        return [
            answer
            for run in self.runs
            for answer in read_answers(run.folder, run.result.arm, run.result.seed)
        ]

    @property
    def decisions(self) -> list[GateNote]:
        """What the gates said, one a gate: the last word of each."""
        said = {(plan.plan, gate.after): gate for plan in self.plans for gate in plan.decisions}
        return list(said.values())

    @property
    def ladders(self) -> list[LadderNote]:
        """What came of the ladders, one note a ladder: the last word of each."""
        return [note for plan in self.plans for note in plan.ladders]

    @property
    def references(self) -> dict[str, str]:
        """Reference arm that was run -> the rung of a ladder that it stands beside."""
        return {
            note.reference: note.first
            for note in self.ladders
            if note.first is not None and note.reference in self.arms
        }

    @property
    def asked_seeds(self) -> tuple[int, ...]:
        """The seeds that the study was asked for, sorted: all but those that a ladder gave to single arms."""
        further = {(note.first, seed) for note in self.ladders for seed in note.seeds}
        own = {run.result.seed for run in self.runs if (run.result.arm, run.result.seed) not in further}
        return tuple(sorted(own)) or self.seeds

    @property
    def fewest_seeds(self) -> int:
        """How many seeds the arm with the fewest has."""
        return min(len(runs) for runs in self.arms.values())

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, sorted."""
        return tuple(sorted({run.result.seed for run in self.runs}))

    @property
    def embedded(self) -> bool:
        """Whether any run trained the embedded model."""
        return any(run.result.model == "organism" for run in self.runs)


def read_study(folders: Sequence[Path]) -> Study:
    """Read all finished runs in and below folders as one study.

    Raises:
        InputError: if there is none, a file of one cannot be read, an arm has two runs with one seed, or its seeds
            differ in more than the seed.
    """
    files = [path for folder in folders for path in _results(folder)]
    runs = [_run(path) for path in dict.fromkeys(file.resolve() for file in files)]
    plans = list({note.plan: note for folder in folders for note in _plans(folder)}.values())
    order = {
        arm: place
        for place, arm in enumerate(dict.fromkeys(arm for plan in plans for arm in plan.experiments))
    }
    runs.sort(key=lambda run: (order.get(run.result.arm, len(order)), run.result.arm, run.result.seed))
    _check(runs)
    return Study(tuple(runs), tuple(plans))


def _results(folder: Path) -> list[Path]:
    found = sorted(folder.rglob(RESULT_FILE)) if folder.is_dir() else []
    if not found:
        raise InputError("there is no run here", where=str(folder), help="make some with: audit run PLAN")
    return found


def _run(path: Path) -> StudyRun:
    folder, result = path.parent, read_result(path)
    refuse_altered(folder, result)
    if not result.evaluations:
        raise InputError("the run was not evaluated", where=str(path), help="run the arm again")
    return StudyRun(
        folder,
        result,
        _details(folder / DETAILS),
        read_audit(folder) if (folder / AUDIT).is_file() else None,
    )


def _details(path: Path) -> Details | None:
    if not path.is_file():
        return None
    try:
        return Details.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"is no run's details: {type(error).__name__}", where=str(path), help="run the arm again"
        ) from error


def _plans(folder: Path) -> list[PlanNote]:
    """Return the last note of each plan; a ledger stands in the folder that `audit run` was given, or above."""
    found: dict[str, PlanNote] = {}
    beside: dict[tuple[str, str], list[str]] = {}
    for place in (folder, *folder.resolve().parents[:2]):
        for line in read_ledger(place):
            if line.get("event") != STUDY_EVENT:
                continue
            try:
                note = PlanNote.model_validate(dict(line))
            except ValidationError:
                continue  # a line of another version: the runs themselves are what counts
            earlier = found.pop(note.plan, None)
            kept = {gate.after: gate for gate in (*(earlier.decisions if earlier else ()), *note.decisions)}
            for each in note.ladders:
                if each.first is not None and each.reference is not None:
                    beside.setdefault((note.plan, each.first), []).append(each.reference)
            ladders = {each.ladder: each for each in (*(earlier.ladders if earlier else ()), *note.ladders)}
            found[note.plan] = note.model_copy(
                update={"decisions": list(kept.values()), "ladders": list(ladders.values())}
            )
        if found:
            break
    # A reference arm stands behind its rung; one that an earlier call ran is of the same experiment still.
    return [
        note.model_copy(
            update={
                "experiments": {
                    each: experiment
                    for arm, experiment in note.experiments.items()
                    for each in (arm, *beside.get((note.plan, arm), ()))
                }
            }
        )
        for note in found.values()
    ]


def _check(runs: Sequence[StudyRun]) -> None:
    seen: dict[tuple[str, int], StudyRun] = {}
    first: dict[str, StudyRun] = {}
    for run in runs:
        result = run.result
        twin = seen.setdefault((result.arm, result.seed), run)
        if twin is not run:
            raise InputError(
                f"{result.arm} has two runs with seed {result.seed}, here and in {twin.folder}",
                where=str(run.folder),
                help="name the run folders that belong together, or keep other settings in another --out",
            )
        earlier = first.setdefault(result.arm, run)
        other = earlier.result
        for what in ("dataset_digest", "config_digest", "model", "model_digest", "template_sha256"):
            if what == "dataset_digest" and _drawn_anew(earlier, run):
                continue
            if getattr(other, what) != getattr(result, what):
                raise InputError(
                    f"the runs of {result.arm} differ in more than their seed ({what}), so they are no repetition",
                    where=str(run.folder),
                    help="name the run folders that belong together",
                )
        if other.evaluations[0].condition != result.evaluations[0].condition:
            raise InputError(
                f"the runs of {result.arm} were evaluated under different conditions",
                where=str(run.folder),
                help="name the run folders that belong together",
            )


def _drawn_anew(one: StudyRun, other: StudyRun) -> bool:
    """Whether two runs' rows are two draws of one recipe: as many rows, and as many of them under their own prompt.

    A plan may let each seed draw its rows (`draws`), and then their digests differ.
    """
    if one.source is None or other.source is None or one.result.dataset != other.result.dataset:
        return False
    counts = [
        (run.result.rows, each.condition, each.behaviour + each.preserved)
        for run in (one, other)
        if (each := run.source) is not None
    ]
    return counts[0] == counts[1]
