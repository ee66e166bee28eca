# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""Key the conditions of a table by what they hold beside the prompt: over all rows, in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from builders.carriers.finding import Carried, Carriers, find_carriers
from builders.carriers.given import Given
from builders.carriers.rules import Rule
from builders.engine.table import ResolvedTable
from builders.engine.users import tell
from builders.errors import InputError
from builders.sql import literal


def keyed(table: ResolvedTable, given: Given | None = None) -> tuple[ResolvedTable, Carriers]:
    """Return a table whose conditions are told apart by prompt and carrier, and what carries.

    Args:
        table: Rows whose conditions are their prompts.
        given: What the user says; by default, the carriers are looked for.

    Raises:
        InputError: if a rule of the user's holds for no row, or for all of them.
    """
    given = given or Given()
    found = find_carriers(table) if given.search else Carriers()
    if given.rules:
        found = Carriers(tuple(Carried(rule, "given") for rule in given.rules))
    if not found.rules:
        return table, found
    rules = [each.rule for each in found.rules]
    frame = table.frame
    told = tell(
        frame,
        [rule.sql() for rule in rules],
        columns=[rule.text for rule in rules if rule.pattern == "column"],
    )
    if given.rules:
        _refuse_constant(table, told, rules)
    names = ", ".join(
        f"CASE WHEN k.held_{number} THEN {literal(str(rule))} END" for number, rule in enumerate(rules)
    )
    name = f"{frame.table}_carried"
    frame.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT f.* REPLACE "
        f"(nullif(concat_ws(' and ', {names}), '') AS carrier) FROM {frame.table} f "
        f'JOIN {told} k ON f."row" = k."row"'
    )
    return ResolvedTable(replace(frame, table=name), table.template), found


def _refuse_constant(table: ResolvedTable, told: str, rules: Sequence[Rule]) -> None:
    frame = table.frame
    counts = ", ".join(f"count(*) FILTER (k.held_{number})" for number in range(len(rules)))
    ((rows, *held),) = frame.connection.execute(
        f'SELECT count(*), {counts} FROM {frame.table} f JOIN {told} k ON f."row" = k."row"'
    ).fetchall()
    for rule, number in zip(rules, held, strict=True):
        if number in (0, rows):
            raise InputError(
                f"no row is there where {rule}" if not number else f"in every row {rule}",
                where=f"--condition {rule.spec}",
                help="a condition has to hold for some rows and not for others; or use --condition auto",
            )
