"""What `action.yml` runs: the action's inputs as arguments of `audit scan` or `audit lint`.

Inputs come as variables, one value a line, and never pass through a shell: a system prompt with a quote in it, or
a branch name that somebody else chose, is an argument like any other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from auditor.cli import main
from builders.errors import InputError

PREFIX: Final = "AUDIT_INPUT_"
"""Before the name of an input in its variable, which is in capitals with underscores."""

OWN: Final = ("command", "targets", "summary", "python", "extras")
"""Inputs that are no options of the command."""

SWITCHES: Final = ("pool", "redact")
"""Inputs that are options without a value: given where the input is `true`."""


def arguments(environment: Mapping[str, str]) -> list[str]:
    """Return the command line that the inputs ask for.

    Args:
        environment: The step's variables: those that begin with `PREFIX`, and the runner's `GITHUB_STEP_SUMMARY`.

    Raises:
        InputError: if there is nothing to look at, or `command` is neither `scan` nor `lint`.
    """
    inputs = {
        name.removeprefix(PREFIX).lower().replace("_", "-"): _lines(value)
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }
    command = "".join(inputs.get("command", [])) or "scan"
    if command not in ("scan", "lint"):
        raise InputError(f"cannot run '{command}'", where="input command", help="write scan or lint")
    targets = inputs.get("targets", [])
    if not targets:
        raise InputError("names nothing to look at", where="input targets", help="write one target a line")
    found = [command]
    for name, values in sorted(inputs.items()):
        if name in SWITCHES:
            found += [f"--{name}"] if values == ["true"] else []
        elif name not in OWN:
            found += [f"--{name}={value}" for value in values]
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary and inputs.get("summary") == ["true"]:
        found.append(f"--format=markdown:{summary}")
    return [*found, "--", *targets]


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]


def run() -> None:
    """Run what the inputs ask for, and exit as `audit` does: 2 where they ask for nothing that can be done."""
    try:
        command = arguments(os.environ)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    main(command)


if __name__ == "__main__":
    run()
