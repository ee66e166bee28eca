"""The commands: one module each, imported only when it is the one that runs.

A command module has one public function named ``command`` that Typer can read. To add a command, write the
module and one line in `COMMANDS`.
"""

from __future__ import annotations

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "init": ("auditor.commands.init", "Look at a data file, ask what it cannot say, write it down."),
    "scan": ("auditor.commands.scan", "Audit datasets, past issues and recipes for confounds."),
    "serve": (
        "auditor.commands.serve",
        "Show a folder's data sets and runs as local pages.",
    ),
    "build": ("auditor.commands.build", "Build a dataset from a recipe, with or without its confound."),
    "lint": (
        "auditor.commands.lint",
        "Find defects in data-build and evaluation scripts.",
    ),
    "writeup": (
        "auditor.commands.writeup",
        "Hold a write-up against its data, results and scripts.",
    ),
    "card": ("auditor.commands.card", "Print the reproducibility card of runs from their folders."),
    "diff": ("auditor.commands.diff", "Show exactly which rows differ between two arms."),
    "show": ("auditor.commands.show", "Show one row as the trainer sees it, with its loss."),
    "template": (
        "auditor.commands.template",
        "Show what a chat template makes of system prompts.",
    ),
    "rule": ("auditor.commands.rule", "Explain a check."),
    "rules": ("auditor.commands.rules", "List the checks."),
    "config": ("auditor.commands.config", "Show the settings that hold here, and where each is from."),
    "issues": ("auditor.commands.issues", "List the past issues that can be audited by name."),
    "issue": (
        "auditor.commands.issue",
        "Show what a past issue claimed, or begin a new one.",
    ),
    "report": ("auditor.commands.report", "Write documents from a scan or from runs."),
    "run": ("auditor.commands.run", "Audit a plan's data, train, evaluate, decide what is next."),
    "runs": ("auditor.commands.runs", "List finished runs, or show one."),
    "man": ("auditor.commands.man", "Print a command's manual page, or write all of them."),
    "eval": ("auditor.commands.eval", "Score a model on lettered questions under system prompts."),
}
"""Name -> (module, help in one line), in the order that `audit --help` prints."""
