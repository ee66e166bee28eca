"""`audit run`: audit a plan's data, train, evaluate, decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from auditor.commands.options import takes_request
from auditor.request.request import Request


@takes_request("selection")
def command(
    *,
    request: Request,
    plan: Annotated[
        str | None,
        typer.Argument(
            help="A plan's name (issue-100) or file; without one, what issue-100 would run is printed, and nothing "
            "is trained."
        ),
    ] = None,
    exp: Annotated[
        list[str] | None,
        typer.Option(help="Run this experiment of the plan, or all (repeatable); else the gates decide."),
    ] = None,
    arm: Annotated[
        list[str] | None, typer.Option(help="Only this arm, or several separated by commas (repeatable).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="organism, smollm2, a model's folder, a GGUF file or a hub id.")
    ] = None,
    seed: Annotated[
        list[str] | None,
        typer.Option(help="A seed, or several separated by commas: 42,137,256 (repeatable)."),
    ] = None,
    questions: Annotated[
        str | None, typer.Option(help="Question bank: embedded, arc-challenge or a file.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting over all others, for example training.epochs=1 (repeatable)."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the runs.")] = Path("runs"),
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
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Run on Ray: local starts it here, auto takes the cluster of this machine, else HOST:PORT.",
        ),
    ] = None,
    emit: Annotated[
        Literal["slurm"] | None,
        typer.Option(help="Write a script that runs the plan elsewhere (a SLURM array), and train nothing."),
    ] = None,
) -> None:
    """Audit a plan's arms, train those that pass, evaluate them and let the outcome decide what runs next.

    Finished runs are reused where everything that their numbers depend on is the same. Ctrl-C once finishes the
    step and saves; twice stops at once.

    Exit status: 0 all runs finished, 2 something could not be run, or no plan was named.
    """
    from auditor.studies.run_progress import showing
    from checks.core.columns import fitted
    from experiments.study.run import run

    ran = run(
        plan or "issue-100",
        exp=exp or (),
        arms=arm or (),
        model=model,
        seeds=_seeds(seed),
        questions=questions,
        settings=set_ or (),
        out=out,
        jobs=jobs,
        dry_run=dry_run or plan is None,
        resume=resume,
        ray=ray,
        emit=emit if plan is not None else None,
        selection=request.selection,
        showing=showing,
    )
    typer.echo(fitted(str(ran)))
    if plan is None:
        typer.echo("nothing was run, for no plan was named: audit run issue-100 runs this one", err=True)
        raise typer.Exit(2)
    if report and not dry_run:
        _report(list(ran.folders), out)


def _report(folders: list[Path], out: Path) -> None:
    """Draft the write-up of finished runs, over that of an earlier call."""
    from auditor.studies.clean_result import gather, write_draft, write_page

    material = gather(folders)
    write_draft(material, out / "report.md", force=True)
    write_page(material, out / "report.html", force=True)
    typer.echo(f"report: {out / 'report.md'}, {out / 'report.html'}")


def _seeds(texts: list[str] | None) -> list[int]:
    from builders.errors import InputError

    try:
        return [int(each) for text in texts or () for each in text.split(",") if each.strip()]
    except ValueError as error:
        raise InputError(
            f"'{','.join(texts or ())}' are no seeds", where="--seed", help="for example --seed 42,137,256"
        ) from error
