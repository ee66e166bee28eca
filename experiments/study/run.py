"""Run a plan: audit its arms, train those that pass, evaluate them, and let the outcome decide what runs next."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from builders.errors import InputError
from builders.yamltext import NotYamlError, read_yaml
from checks.core.selection import Selection
from experiments.study.climb import climbs, follow_ups, ladder_lines, may_follow, references
from experiments.study.plan import Plan, PlannedArm, load_plan, plan_folder
from experiments.study.prepare import Job, prepare
from experiments.study.study import Decision, Finished, Stop, decide, record, run_tasks
from experiments.study.table import outcome, planned
from experiments.study.task import Event, Task
from experiments.training.estimate import estimate
from experiments.training.models import ModelSource, find_model, model_digest, need

Showing = Callable[[int], AbstractContextManager[tuple[Callable[[Event], None], Callable[[str], None]]]]
"""Given how many runs there are, a context with what takes their events and what takes a message."""


@dataclass(frozen=True)
class Ran:
    """What a plan's runs came to; `str()` of it is what a terminal shows."""

    folders: tuple[Path, ...]
    """The folder of each run, in the order of the runs."""
    text: str
    """What was measured and decided; without any run, what would be."""

    def __str__(self) -> str:
        """Return what `audit run` prints."""
        return self.text


@contextmanager
def quietly(runs: int) -> Generator[tuple[Callable[[Event], None], Callable[[str], None]]]:
    """Show nothing of some runs."""
    del runs
    yield lambda _: None, lambda _: None


def run(
    plan: str = "issue-100",
    *,
    exp: Sequence[str] = (),
    arms: Sequence[str] = (),
    model: str | None = None,
    seeds: Sequence[int] = (),
    questions: str | None = None,
    settings: Sequence[str] = (),
    out: str | Path = "runs",
    jobs: int = 0,
    dry_run: bool = False,
    resume: bool = False,
    ray: str | None = None,
    emit: Literal["slurm"] | None = None,
    selection: Selection | None = None,
    showing: Showing = quietly,
) -> Ran:
    """Audit a plan's arms, train those that pass, evaluate them and let the outcome decide what runs next.

    Args:
        plan: A plan's name or file.
        exp: Experiments to run, or `all`; where empty, the gates decide.
        arms: Only these arms.
        model: The model instead of the plan's.
        seeds: Seeds instead of the plan's.
        questions: Question bank instead of the plan's.
        settings: ``training.epochs=1``: settings over all others.
        out: Folder of the runs.
        jobs: Runs side by side; 0 for one a CPU core, or one where there is a GPU.
        dry_run: Audit, say what would run, and train nothing.
        resume: Go on with interrupted runs from their last checkpoint.
        ray: Address of a Ray cluster to run on; None for this machine alone.
        emit: Write a script that runs them elsewhere, instead of running them.
        selection: The checks, severities and thresholds that the gate goes by; all with their own where None.
        showing: Shows the runs' progress.

    Raises:
        GateError: if an arm may not train.
        AuditError: if something could not be run.
    """
    said, out = load_plan(plan), Path(out)
    source = find_model(model or said.model)
    chosen = _named(arms)
    numbers = list(seeds) or said.seeds
    overrides = _settings(settings)
    base = plan_folder(plan)

    def prepared(part: list[PlannedArm], own: Sequence[int] = ()) -> list[Job]:
        draws = (own or numbers) if said.draws == "each seed" else [None]
        return [
            job
            for draw in draws[: 1 if dry_run else None]
            for job in prepare(
                said,
                part,
                source,
                questions=questions,
                overrides=overrides,
                base=base,
                draw=draw,
                selection=selection,
            )
        ]

    def audited(part: list[PlannedArm]) -> list[Job]:
        # What may follow is audited before anything trains, too, so that no ladder ends at a closed gate.
        later = [] if chosen else references(said, part)
        names = {arm.name for arm in later}
        return [job for job in prepared([*part, *later]) if job.arm not in names]

    def tasks(jobs: list[Job], own: Sequence[int] = ()) -> list[Task]:
        return _tasks(jobs, own or numbers, source, out, resume=resume)

    first = audited(said.chosen(_asked(said, exp, chosen), chosen))
    if dry_run:
        lines = [planned(first, source, numbers)]
        if not chosen:
            sure = [job.arm for job in first]
            lines += may_follow(said, said.chosen(_named(exp)), numbers, sure=sure)
        return Ran((), "\n".join(lines))

    over = _over(questions, settings)
    if emit is not None:
        return _emitted(tasks(first), out.absolute(), plan, over=over, model=model, exp=exp)
    # Before the first run too, so that a study that is interrupted can be read.
    record(out, said, [], target=plan, options=over)
    found, decisions = _run(said, tasks(first), jobs=jobs, ray=ray, showing=showing)
    follow = [] if chosen else _following(said, exp, decisions)
    if follow:
        later, further = _run(said, tasks(audited(said.chosen(follow))), jobs=jobs, ray=ray, showing=showing)
        found, decisions = [*found, *later], [*decisions, *further]
    ladders = climbs(said, found, numbers, follow=not chosen)
    if after := follow_ups(said, ladders):
        record(out, said, decisions, ladders=ladders, target=plan, options=over)
        wanted = [task for arm, own in after for task in tasks(prepared([arm], own), own)]
        found += _run(said, wanted, jobs=jobs, ray=ray, showing=showing)[0]
    record(out, said, decisions, ladders=ladders, target=plan, options=over)
    lines = ladder_lines(ladders, [result for _, _, result in found])
    text = outcome(found, decisions, lines, organism=source.profile == "organism")
    return Ran(tuple(folder for _, folder, _ in found), f"{text}\nruns: {out}")


def _emitted(
    wanted: Sequence[Task], out: Path, plan: str, *, over: list[str], model: str | None, exp: Sequence[str]
) -> Ran:
    """Write a script that runs tasks elsewhere."""
    from experiments.study.slurm import write_array

    named = str(Path(plan).absolute()) if Path(plan).is_file() else plan
    placed = str(Path(model).absolute()) if model and Path(model).exists() else model
    path = write_array(
        out,
        named,
        [(task.job.arm, task.seed) for task in wanted],
        options=[*(["--model", placed] if placed else []), *over],
        deciding=[word for each in exp for word in ("--exp", each)],
        gpu=bool(wanted) and wanted[0].source.profile != "organism",
    )
    return Ran((), f"{len(wanted)} runs: sbatch {path}")


def _over(questions: str | None, settings: Sequence[str]) -> list[str]:
    """Return the options that change what a plan's runs come to, as words of the command line."""
    return [
        *(["--questions", questions] if questions else []),
        *(word for each in settings for word in ("--set", each)),
    ]


def _named(exp: Sequence[str]) -> list[str]:
    return [name for each in exp for name in each.split(",") if name]


def _asked(plan: Plan, exp: Sequence[str], arms: list[str]) -> list[str]:
    """Return the experiments to start with: the first one, where a gate is to say how to go on."""
    named = _named(exp)
    if named and not ("all" in named and plan.gates):
        return named
    return [] if arms or not plan.gates else [plan.experiments[0]]


def _following(plan: Plan, exp: Sequence[str], decisions: list[Decision]) -> list[str]:
    """Return the experiments that come after a gate's: what it says, or with `all` what it does not stop."""
    if not exp:
        return [name for each in decisions for name in each.branch.run]
    if "all" not in exp or not decisions:
        return []
    stopped = {name for each in decisions for name in each.branch.stop}
    return [name for name in plan.experiments if name not in stopped and name != plan.experiments[0]]


def _settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Return ``a.b=value`` pairs as nested settings; values are read as YAML."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise InputError(
                f"'{pair}' is no setting", where="--set", help="for example --set training.epochs=1"
            )
        *parents, last = key.split(".")
        place = found
        for parent in parents:
            place = place.setdefault(parent, {})
        try:
            read = read_yaml(value).value
            place[last] = float(read) if isinstance(read, str) and _is_number(read) else read
        except NotYamlError as error:
            raise InputError(f"'{value}' cannot be read", where=f"--set {key}") from error
    return found


def _is_number(text: str) -> bool:
    """Whether YAML's reader left a number as text: it takes ``1e-3`` for a word."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _tasks(
    audited: list[Job], seeds: Sequence[int], source: ModelSource, out: Path, *, resume: bool
) -> list[Task]:
    weights = model_digest(source)
    return [
        Task(job, seed, source, weights, out.absolute(), resume)
        for job in audited
        for seed in (seeds if job.draw is None else [job.draw])
    ]


def _run(
    plan: Plan, wanted: list[Task], *, jobs: int, ray: str | None, showing: Showing
) -> tuple[list[Finished], list[Decision]]:
    """Run tasks with progress and evaluate the gates that their arms decide."""
    stop = Stop()
    with showing(len(wanted)) as (emit, tell), stop.listening(tell):
        if ray is not None:
            from experiments.study.on_ray import run_on_ray

            found = run_on_ray(wanted, address=ray, jobs=jobs, emit=emit, stop=stop)
        else:
            beside = _fitting(jobs or _workers(), wanted)
            if jobs > beside:
                tell(f"{beside} of {jobs} runs go side by side: the GPU's free memory holds no more")
            found = run_tasks(wanted, jobs=beside, emit=emit, stop=stop)
    decisions: list[Decision] = []
    done = {task.job.arm for task in wanted}
    for gate in plan.gates:
        if {outcome.arm for branch in gate.branches for outcome in branch.when} <= done:
            decision = decide(plan, gate.after, found)
            decisions += [decision] if decision else []
    return found, decisions


def _fitting(jobs: int, wanted: Sequence[Task]) -> int:
    """Return how many runs may go side by side: no more than a GPU's free memory holds, as far as that is known."""
    torch = need("torch")
    if jobs < 2 or not torch.cuda.is_available():
        return jobs
    known = [estimate(task.job, task.source).memory_gb for task in wanted]
    return side_by_side(jobs, [each for each in known if each], torch.cuda.mem_get_info()[0] / 1e9)


def side_by_side(jobs: int, each_gb: Sequence[float], free_gb: float) -> int:
    """Return how many of so many runs fit beside each other, going by the largest; one always may try.

    Args:
        jobs: How many were asked for.
        each_gb: What each run takes, in units of 1e9 bytes; none where nobody knows.
        free_gb: What is free.
    """
    return max(1, min(jobs, int(free_gb / max(each_gb)))) if each_gb else jobs


def _workers() -> int:
    if need("torch").cuda.is_available():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
