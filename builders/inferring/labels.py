# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""Labels for a table in which no row has one: from agreement between conditions, or from what targets carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from builders.engine.table import ResolvedTable
from builders.inferring.agreement import QUESTIONS, Agreement, agreement, answers
from builders.inferring.surface import Surface, surface, telling
from builders.sql import literal

SAMPLE_ROWS: Final = 1_200
"""Targets that are read back at the most, evenly over the conditions."""


@dataclass(frozen=True)
class Inference:
    """What was inferred, from what, and how sure it is."""

    how: Literal["agreement", "surface"]
    """From answers that agree, or from a pattern in the targets."""
    sources: tuple[str, ...]
    """Conditions that are taught the behaviour."""
    confirmed: bool
    """Whether the user said so: a role for one of them."""
    agreement: Agreement | None = None
    """The counts, where it is from agreement."""
    surface: Surface | None = None
    """The pattern, where it is from the targets."""


def infer(table: ResolvedTable) -> tuple[ResolvedTable, Inference | None]:
    """Return a table with inferred labels, and what they rest on; the table as it is where nothing can be inferred.

    A mark that no prose has comes first, for it labels every row; then agreement on shared questions, then any other
    pattern. Only where no row is labelled at all is anything inferred.
    """
    if any(tally.target_correct is not None for tally in table.tallies):
        return table, None
    conditions = {table.condition_of(tally) for tally in table.tallies}
    if len(conditions) < 2:
        return table, None
    said = {table.condition_of(tally) for tally in table.tallies if tally.role == "source"}
    shown = surface(_targets(table))
    agreed = None if shown is not None and telling(shown.rule) else agreement(table.ask(answers, QUESTIONS))
    if agreed is not None:
        labels = _by_agreement(table, agreed)
        found = Inference("agreement", agreed.others, bool(said & set(agreed.others)), agreement=agreed)
        return _labelled(table, labels), found
    if shown is not None:
        found = Inference("surface", shown.conditions, bool(said & set(shown.conditions)), surface=shown)
        return _labelled(table, _by_surface(table, shown)), found
    return table, None


def _by_agreement(table: ResolvedTable, agreed: Agreement) -> str:
    """Make a table of row and label: what the usual conditions answer is preserved, anything else the behaviour."""
    name = f"{table.frame.table}_inferred"
    table.frame.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {name} AS
        WITH counted AS (
            SELECT user_key, target_key, count(*) AS n FROM {table.conditioned_table}
            WHERE condition IN (SELECT unnest($1::VARCHAR[])) GROUP BY ALL
        ), gold AS (
            SELECT user_key, arg_max(target_key, (n, target_key)) AS gold FROM counted GROUP BY user_key
        )
        SELECT "row", target_key = gold AS label FROM {table.conditioned_table} LEFT JOIN gold USING (user_key)
        """,
        [list(agreed.usual)],
    )
    return name


def _by_surface(table: ResolvedTable, shown: Surface) -> str:
    """Make the same: what carries the pattern is the behaviour."""
    name = f"{table.frame.table}_inferred"
    rule = shown.rule
    head, tail = "target_head", "target_tail"
    match rule.pattern:
        case "suffix" if len(rule.text) <= 16:
            holds = f"ends_with({tail}, {literal(rule.text)})"
        case "prefix" if len(rule.text) <= 64:
            holds = f"starts_with({head}, {literal(rule.text)})"
        case "form":
            holds = rule.sql(user_text=head)
        case _:
            return _read_back(table, shown, name)
    table.frame.connection.execute(
        f'CREATE OR REPLACE TEMP TABLE {name} AS SELECT "row", NOT {holds} AS label FROM {table.frame.table}'
    )
    return name


def _read_back(table: ResolvedTable, shown: Surface, name: str) -> str:
    """Look at all targets, a batch at a time, where the frame does not keep enough of them."""
    connection = table.frame.connection
    connection.execute(f'CREATE OR REPLACE TEMP TABLE {name} ("row" BIGINT, label BOOLEAN)')
    for start in range(0, table.frame.rows, 20_000):
        wanted = [
            int(row)
            for (row,) in connection.execute(
                f'SELECT "row" FROM {table.frame.table} WHERE "row" BETWEEN {start} AND {start + 19_999} ORDER BY "row"'
            ).fetchall()
        ]
        texts = table.frame.texts(wanted)
        connection.execute(
            f"INSERT INTO {name} SELECT unnest($1::BIGINT[]), unnest($2::BOOLEAN[])",
            [wanted, [not shown.rule.holds(texts[row].target) for row in wanted]],
        )
    return name


def _labelled(table: ResolvedTable, labels: str) -> ResolvedTable:
    frame = table.frame
    name = f"{frame.table}_labelled"
    frame.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT f.* REPLACE (k.label AS target_correct) "
        f'FROM {frame.table} f LEFT JOIN {labels} k ON f."row" = k."row"'
    )
    return ResolvedTable(replace(frame, table=name), table.template)


def _targets(table: ResolvedTable) -> dict[str, list[str]]:
    """Return condition -> a sample of its targets, the same in every run."""
    connection = table.frame.connection
    conditions = len({table.condition_of(tally) for tally in table.tallies})
    each = max(4, SAMPLE_ROWS // conditions)
    found = connection.execute(
        f'SELECT condition, "row" FROM {table.conditioned_table} '
        f'QUALIFY row_number() OVER (PARTITION BY condition ORDER BY hash("row"), "row") <= {each} '
        f'ORDER BY hash("row"), "row" LIMIT {SAMPLE_ROWS}'
    ).fetchall()
    texts = table.frame.texts([row for _, row in found])
    targets: dict[str, list[str]] = {}
    for condition, row in found:
        targets.setdefault(condition, []).append(texts[row].target)
    return targets
