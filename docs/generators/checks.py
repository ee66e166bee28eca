"""Check pages: a check's module docstring is its page; the registry adds the facts above it."""

from __future__ import annotations

from pathlib import Path

from auditor.commands import COMMANDS
from checks.core.registry import Check, all_checks

FAMILIES = {
    "CND": "What a condition is taught",
    "TGT": "What the targets give away",
    "SPL": "What training and evaluation share",
    "ARM": "Whether two arms differ by what they claim",
    "TPL": "What the chat template does",
    "PRV": "Whether the data is what its papers say",
    "RES": "Whether a result can be read at all",
    "SRC": "Scripts, by syntax tree",
    "WRT": "Write-ups",
}
"""First three letters of a code -> title; a check of another family is an error here, not an orphan."""

SCOPES = {
    "dataset": "one dataset",
    "arms": "sibling arms",
    "split": "training data beside evaluation data",
    "results": "results",
    "script": "scripts and notebooks",
    "writeup": "write-ups",
}
"""A check's scope -> what it looks at, in words."""


def pages(root: Path) -> dict[Path, str]:
    """Return one page per check and the index of all."""
    folder = root / "docs" / "checks"
    checks = all_checks()
    return {
        folder / "index.md": _index(checks),
        **{folder / f"{check.name}.md": _page(root, check) for check in checks},
    }


def _page(root: Path, check: Check) -> str:
    source = check.function.__module__.replace(".", "/") + ".py"
    if not (root / source).is_file():
        raise FileNotFoundError(f"{check.code} says it stands in {source}")
    lead, _, rest = check.documentation.strip().partition("\n")
    return (
        f"<!-- Generated from {source}: edit that file, then `make docs-update`. -->\n\n"
        f"# {check.name} ({check.code})\n\n"
        f"{lead}\n\n"
        "| severity | looks at | since |\n|---|---|---|\n"
        f"| {check.severity} | {SCOPES.get(check.scope, check.scope)} | {check.since} |\n\n"
        f"{_by_command(check)}\n\n"
        f"{rest.strip()}\n"
    )


def _by_command(check: Check) -> str:
    leave_out = f"Leave it out with `--ignore {check.name}` or `--ignore {check.code}`"
    return (
        f"{leave_out}; `audit rule {check.code}` prints this page." if "rule" in COMMANDS else f"{leave_out}."
    )


def _index(checks: tuple[Check, ...]) -> str:
    lines = [
        "<!-- Generated from the checks: edit those, then `make docs-update`. -->",
        "",
        "# Checks",
        "",
        "Names are the interface, and say the problem; codes group them. Severity is about consequence: with an",
        "`error` the comparison cannot be read as claimed, with a `warning` it may not be, and a `note` is worth",
        "knowing.",
    ]
    for family in sorted({check.code[:3] for check in checks}, key=list(FAMILIES).index):
        lines += [
            "",
            f"## {family}: {FAMILIES[family]}",
            "",
            "| code | name | severity | finds |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {check.code} | [{check.name}]({check.name}.md) | {check.severity} | {check.summary} |"
            for check in checks
            if check.code.startswith(family)
        ]
    return "\n".join(lines) + "\n"
