"""`audit runs`: the finished runs of a folder, or one of them in full."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def command(
    folder: Annotated[str, typer.Argument(help="Folder of runs; or the word show, before one run.")] = "runs",
    run: Annotated[Path | None, typer.Argument(help="After show: a run's folder.")] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Say what keeps the results from being read (RES checks); status 1 for errors."
        ),
    ] = False,
    output_format: Annotated[
        Literal["full", "json"], typer.Option("--format", help="full: a table; json: a list of objects.")
    ] = "full",
) -> None:
    """List finished runs, or show one: audit runs [DIR], audit runs show RUN."""
    from auditor.formats.escape import ascii_json, visible
    from builders.errors import InputError
    from checks.core.columns import Column, fitted, table
    from checks.core.finding import Prediction
    from checks.core.result import read_result
    from experiments.study.runs import behaviour_word, list_runs, summarise_run
    from experiments.study.seal import refuse_altered
    from experiments.study.table import details, predicted_words, reasons

    if folder == "show" and run is not None:
        result = read_result(run)
        refuse_altered(run, result)
        summary = summarise_run(run, result)
        typer.echo(
            ascii_json(summary.model_dump(mode="json"), indent=2)
            if output_format == "json"
            else fitted("\n".join(visible(line) for line in details(run, result).splitlines()))
        )
        return
    if folder == "show" or run is not None:
        raise InputError(
            "show is followed by the folder of one run", help="audit runs show runs/ARM/seed-42-..."
        )
    if check:
        _check(Path(folder), output_format)
        return
    found = list_runs(Path(folder))
    if output_format == "json":
        typer.echo(ascii_json([each.model_dump(mode="json") for each in found], indent=2))
        return
    rows: list[list[str]] = []
    predictions: list[tuple[str, Prediction | None]] = []
    for each in found:
        before = f"{each.before['correct']}/{each.before['total']}" if each.before else "-"
        after = f"{each.after['correct']}/{each.after['total']}"
        predicted = Prediction.model_validate(each.predicted) if each.predicted else None
        words = predicted_words(predicted)
        if each.p_behaviour:
            said = ", ".join(
                f"{when} {share:.3f}" for when, share in each.p_behaviour.items() if share is not None
            )
            words = f"p({behaviour_word(each.behaviour)}): {said}"
        else:
            predictions.append((visible(each.arm), predicted))
        rows.append([visible(each.arm), str(each.seed), before, after, words, visible(each.path)])
    columns = [
        Column("arm", short=True),
        *(Column(head, right=True) for head in ("seed", "before", "after")),
        Column("predicted", goes=2),
        Column("folder", goes=1),
    ]
    for line in table(columns, rows):
        typer.echo(line)
    for line in reasons(predictions):
        typer.echo(fitted(line))


def _check(folder: Path, output_format: str) -> None:
    from auditor.formats import parse_destinations, write
    from auditor.scanning.results import check_results
    from checks.core.judging import exit_status
    from checks.core.result import ResultSet
    from experiments.study.seal import read_sealed

    runs = read_sealed(folder)
    results = ResultSet(runs=[run for run, _ in runs], altered=[names for _, names in runs])
    report = check_results(results, target=str(folder))
    write(report, parse_destinations([output_format]))
    raise typer.Exit(exit_status(report, "error"))
