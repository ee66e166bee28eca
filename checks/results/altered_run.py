"""A run whose files are not those that it wrote.

## What it finds

Runs of which a file was changed, taken away or added after they ended: rows, audit, settings, scores, answers, the
adapter, or the result itself. And runs that recorded no digests, of which nobody can tell.

## Why it matters

A result says something about exact rows and an audit that looked at them. Where one of the files beside it has been
changed, the folder tells a story that no run told, and every figure drawn of it does, too.

## Example

An `audit.json` that was edited until it had no findings, beside scores that were measured on confounded rows.

## What to do

Fetch the folder again from where the run wrote it, or run the arm again: `audit run PLAN`.

## Limits

Digests show that a file is another one, not who changed it: somebody who rewrites result and ledger as well is not
found. Runs of earlier versions recorded none.

## References

`docs/schemas.md`, `run_result.json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.plural import count, listed, verb
from checks.core.registry import Observation, check
from checks.core.result import ResultSet


@check(code="RES008", name="altered-run", severity="error", since="0.1.0")
def altered_run(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per run with altered files, and one for all runs that recorded no digests."""
    for run, names in zip(results.runs, results.altered, strict=False):
        if names:
            yield Observation(
                message=f"{run.arm} (seed {run.seed}): {listed(names)} {verb(len(names), 'is', 'are')} not what the "
                "run wrote",
                counts={"files": len(names)},
                help="fetch the run again, or run the arm again: audit run PLAN",
            )
    unsealed = [run for run, _ in zip(results.runs, results.altered, strict=False) if not run.files]
    if unsealed:
        yield Observation(
            message=f"{count(len(unsealed), 'run')} recorded no digests of {verb(len(unsealed), 'its', 'their')} "
            "files: whether they were changed cannot be told",
            severity="note",
            counts={"runs": len(unsealed)},
        )
