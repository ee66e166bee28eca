"""A result whose audit is not that of the rows it was trained on.

## What it finds

Runs without an audit, and runs whose audit looked at other rows than the trainer read: the digest taken when
training began is not the audited one.

## Why it matters

An audit says something about exact rows. A row that was added, dropped or changed afterwards may hold the
confound that the audit did not find.

## Example

A dataset rebuilt after its audit, under the same file name, by a script whose seed differs from run to run.

## What to do

Audit the rows again and train on these: `audit run` does both and refuses to train on anything else.

## Limits

Compares digests of rows' content and order; it cannot tell a harmless change from a harmful one.

## References

`docs/schemas.md`, `run_result.json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.core.registry import Observation, check
from checks.core.result import ResultSet


@check(code="RES005", name="audit-not-bound", severity="error", since="0.1.0")
def audit_not_bound(results: ResultSet) -> Iterator[Observation]:
    """Yield one observation per run that no audit of its own rows stands behind."""
    for run in results.runs:
        if run.audit_digest is None or run.audited_dataset_digest is None:
            why = "has no audit"
        elif run.audited_dataset_digest != run.dataset_digest:
            why = (
                f"was trained on rows with digest {run.dataset_digest[:12]}, and its audit looked at "
                f"{run.audited_dataset_digest[:12]}"
            )
        else:
            continue
        yield Observation(
            message=f"{run.arm} (seed {run.seed}, dataset {run.dataset}) {why}",
            counts={"rows": run.rows},
            help="audit the rows that are trained on: audit run PLAN",
        )
