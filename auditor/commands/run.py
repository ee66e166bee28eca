"""`audit run`: audit a plan's data, train, evaluate, decide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from experiments.study.execute import Task
    from experiments.study.plan import Arm, Plan
    from experiments.study.prepare import Job
    from experiments.study.study import Decision, Finished
    from experiments.training.models import ModelSource


def command(  # noqa: PLR0917  (Typer reads options off the signature)
    plan: Annotated[str, typer.Argument(help="A plan's name (issue-100) or file.")] = "issue-100",
    exp: Annotated[
        list[str] | None,
        typer.Option(help="Run this experiment of the plan, or all (repeatable); else the gates decide."),
    ] = None,
    arms: Annotated[
        list[str] | None, typer.Option(help="Only these arms, separated by commas (repeatable).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="organism, smollm2, a model's folder, a GGUF file or a hub id.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds, separated by commas, for example 42,137,256.")
    ] = None,
    questions: Annotated[
        str | None, typer.Option(help="Question bank: embedded, arc-challenge or a file.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting over all others, for example training.epochs=1 (repeatable)."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    jobs: Annotated[
        int, typer.Option(min=0, help="Runs side by side; 0: one a CPU core, or one where there is a GPU.")
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Audit, print what would run, and train nothing.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report",
            help="Draft the write-up of these runs when they are done: report.md, report.html and figures/ in --out.",
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with interrupted runs from their last checkpoint.")
    ] = False,
) -> None:
    """Audit a plan's arms, train those that pass, evaluate them and let the outcome decide what runs next.

    Finished runs are reused where everything that their numbers depend on is the same. Ctrl-C once finishes the
    step and saves; twice stops at once.

    Exit status: 0 all runs finished, 2 something could not be run.
    """
    from experiments.study.climb import climbs, follow_ups, ladder_lines, may_follow, references
    from experiments.study.plan import load_plan, plan_folder
    from experiments.study.prepare import prepare
    from experiments.study.study import record
    from experiments.study.table import outcome, planned
    from experiments.training.models import find_model

    said = load_plan(plan)
    source = find_model(model or said.model)
    chosen = [name for each in arms or () for name in each.split(",") if name]
    numbers = _seeds(seeds) or said.seeds
    overrides = _settings(set_ or ())
    base = plan_folder(plan)

    def prepared(part: list[Arm], own: Sequence[int] = ()) -> list[Job]:
        draws = (own or numbers) if said.draws == "each seed" else [None]
        return [
            job
            for draw in draws[: 1 if dry_run else None]
            for job in prepare(
                said, part, source, questions=questions, overrides=overrides, base=base, draw=draw
            )
        ]

    def audited(part: list[Arm]) -> list[Job]:
        # What may follow is audited before anything trains, too, so that no ladder ends at a closed gate.
        later = [] if chosen else references(said, part)
        names = {arm.name for arm in later}
        return [job for job in prepared([*part, *later]) if job.arm not in names]

    def tasks(jobs: list[Job], own: Sequence[int] = ()) -> list[Task]:
        return _tasks(jobs, own or numbers, source, out, resume=resume)

    first = audited(said.chosen(_asked(said, exp, chosen), chosen))
    if dry_run:
        typer.echo(planned(first, source, numbers))
        if not chosen:
            sure = [job.arm for job in first]
            for line in may_follow(said, said.chosen(_named(exp)), numbers, sure=sure):
                typer.echo(line)
        return

    over = _over(questions, set_ or ())
    # Before the first run too, so that a study that is interrupted can be read.
    record(out, said, [], target=plan, options=over)
    found, decisions = _run(said, tasks(first), jobs=jobs)
    follow = [] if chosen else _following(said, exp, decisions)
    if follow:
        later, further = _run(said, tasks(audited(said.chosen(follow))), jobs=jobs)
        found, decisions = [*found, *later], [*decisions, *further]
    ladders = climbs(said, found, numbers, follow=not chosen)
    if after := follow_ups(said, ladders):
        record(out, said, decisions, ladders=ladders, target=plan, options=over)
        wanted = [task for arm, own in after for task in tasks(prepared([arm], own), own)]
        found += _run(said, wanted, jobs=jobs)[0]
    record(out, said, decisions, ladders=ladders, target=plan, options=over)
    lines = ladder_lines(ladders, [result for _, _, result in found])
    typer.echo(outcome(found, decisions, lines, organism=source.profile == "organism"))
    typer.echo(f"runs: {out}")
    if report:
        _report([folder for _, folder, _ in found], out)


def _over(questions: str | None, settings: list[str] | tuple[()]) -> list[str]:
    """Return the options that change what a plan's runs come to, as words of the command line."""
    return [
        *(["--questions", questions] if questions else []),
        *(word for each in settings for word in ("--set", each)),
    ]


def _report(folders: list[Path], out: Path) -> None:
    """Draft the write-up of finished runs, over that of an earlier call."""
    from auditor.studies.clean_result import gather, write_draft, write_page

    material = gather(folders)
    write_draft(material, out / "report.md", force=True)
    write_page(material, out / "report.html", force=True)
    typer.echo(f"report: {out / 'report.md'}, {out / 'report.html'}")


def _named(exp: list[str] | None) -> list[str]:
    return [name for each in exp or () for name in each.split(",") if name]


def _asked(plan: Plan, exp: list[str] | None, arms: list[str]) -> list[str]:
    """Return the experiments to start with: the first one, where a gate is to say how to go on."""
    named = _named(exp)
    if named and not ("all" in named and plan.gates):
        return named
    return [] if arms or not plan.gates else [plan.experiments[0]]


def _following(plan: Plan, exp: list[str] | None, decisions: list[Decision]) -> list[str]:
    """Return the experiments that come after a gate's: what it says, or with `all` what it does not stop."""
    if not exp:
        return [name for each in decisions for name in each.branch.run]
    if "all" not in exp or not decisions:
        return []
    stopped = {name for each in decisions for name in each.branch.stop}
    return [name for name in plan.experiments if name not in stopped and name != plan.experiments[0]]


def _seeds(text: str | None) -> list[int]:
    from builders.errors import InputError

    try:
        return [int(each) for each in (text or "").split(",") if each.strip()]
    except ValueError as error:
        raise InputError(
            f"'{text}' are no seeds", where="--seeds", help="for example --seeds 42,137,256"
        ) from error


def _settings(pairs: list[str] | tuple[()]) -> dict[str, Any]:
    """Return ``a.b=value`` pairs as nested settings; values are read as YAML."""
    import yaml

    from builders.errors import InputError

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
            read = yaml.safe_load(value)
            place[last] = float(read) if isinstance(read, str) and _is_number(read) else read
        except yaml.YAMLError as error:
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
    from experiments.study.execute import Task
    from experiments.training.models import model_digest

    weights = model_digest(source)
    return [
        Task(job, seed, source, weights, out.absolute(), resume)
        for job in audited
        for seed in (seeds if job.draw is None else [job.draw])
    ]


def _run(plan: Plan, wanted: list[Task], *, jobs: int) -> tuple[list[Finished], list[Decision]]:
    """Run tasks with progress and evaluate the gates that their arms decide."""
    from auditor.studies.run_progress import showing
    from experiments.study.study import Stop, decide, run_tasks

    stop = Stop()
    with showing(len(wanted)) as (emit, tell), stop.listening(tell):
        found = run_tasks(wanted, jobs=jobs or _workers(), emit=emit, stop=stop)
    decisions: list[Decision] = []
    done = {task.job.arm for task in wanted}
    for gate in plan.gates:
        if {outcome.arm for branch in gate.branches for outcome in branch.when} <= done:
            decision = decide(plan, gate.after, found)
            decisions += [decision] if decision else []
    return found, decisions


def _workers() -> int:
    import os

    from experiments.training.models import need

    if need("torch").cuda.is_available():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
