"""Compare datasets that belong to one experiment: the checks of sibling arms, beside those of each dataset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builders.engine.embedded import Embedded
from checks.core.context import AuditContext
from checks.core.judging import with_findings
from checks.core.report import DatasetReport
from checks.core.selection import Selection

if TYPE_CHECKING:
    from auditor.scanning.subjects import Subject


def add_siblings(
    audited: Sequence[tuple[Subject, AuditContext, DatasetReport]], selection: Selection
) -> list[DatasetReport]:
    """Run the checks of arms over each experiment and return the reports with what they found.

    Args:
        audited: Each dataset, what the checks see of it, and its own report.
        selection: Which checks run.

    Returns:
        The reports in the order given. What is said of an experiment's arms stands with its first arm.
    """
    reports = [report for _, _, report in audited]
    if not any(selection.checks("arms")):
        return reports
    from checks.core.arms import Arm, Arms
    from checks.core.wider import observe, untested

    places: dict[str, list[int]] = {}
    for place, (subject, _, _) in enumerate(audited):
        places.setdefault(family_of(subject), []).append(place)
    for family, members in places.items():
        arms = Arms(
            tuple(
                Arm(
                    context=audited[place][1],
                    family=family,
                    control_of=controlled(audited[place][0], [audited[each][0] for each in members]),
                )
                for place in members
            )
        )
        apart = [place for place in members if not isinstance(audited[place][0].frame.engine, Embedded)]
        for place in apart if len(members) > 1 else ():
            said = "its rows were not compared with those of the experiment's other arms: that is not done on Spark"
            reports[place] = with_findings(reports[place], [], notes=[said], complete=False)
        findings = observe("arms", arms, selection)
        silent = untested("arms", arms, findings, selection)
        if findings or silent:
            reports[members[0]] = with_findings(reports[members[0]], findings, untested=silent)
    return reports


def family_of(subject: Subject) -> str:
    """Return the experiment that a dataset belongs to; its own name where nothing says so.

    Only a recipe, or the manifest that it left beside a file, puts datasets into one experiment: that two were
    named in one command does not make them arms.
    """
    if (record := mended_record(subject)) is not None:
        return f"rebuilt from {record.before}"
    issue, slash, _ = subject.name.partition("/")
    if subject.info is None or not slash or subject.info.experiment is None:
        return subject.name
    return f"{issue} {subject.info.experiment}"


def controlled(subject: Subject, family: Sequence[Subject]) -> str | None:
    """Return the name of the arm that a size-matched twin controls, as `audit build` made the pair; None for others."""
    record = mended_record(subject)
    if record is None:
        twin = "-size_matched"
        return f"{subject.name.removesuffix(twin)}-deconfounded" if subject.name.endswith(twin) else None
    if record.variant != "size_matched":
        return None
    for each in family:
        other = mended_record(each)
        if other is not None and other.variant == "deconfounded":
            return each.name
    return None


@dataclass(frozen=True)
class MendedRecord:
    """What `audit build` wrote beside a data file that it wrote again."""

    variant: str
    """What was done to it."""
    before: str
    """Digests of the files that it was made from."""


def mended_record(subject: Subject) -> MendedRecord | None:
    """Return the record beside a dataset's files; None where there is none, or it is no record of ours."""
    if not subject.frame.paths:
        return None
    try:
        said: Any = json.loads((subject.frame.paths[0].parent / "removed.json").read_bytes())
        return MendedRecord(
            str(said["variant"]), " ".join(str(each["sha256_before"]) for each in said["files"])
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
