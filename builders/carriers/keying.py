"""Key the conditions of a table by what they hold beside the prompt: over all rows, in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from builders.carriers.finding import Carried, Carriers, find_carriers
from builders.carriers.given import Given
from builders.carriers.rules import Rule
from builders.engine.table import ResolvedTable
from builders.engine.tally import records
from builders.engine.users import tell
from builders.errors import InputError


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
        _refuse_broken(given.rules)
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
    import narwhals as nw

    names = [nw.when(nw.col(f"held_{n}")).then(nw.lit(str(rule))) for n, rule in enumerate(rules)]
    said = nw.concat_str(*names, separator=" and ", ignore_nulls=True)
    carriers = frame.engine.lazy(told).select("row", carrier=said)
    named = carriers.with_columns(carrier=nw.when(nw.col("carrier") != "").then(nw.col("carrier")))
    rows = table.rows.drop("carrier").join(named, on="row", how="inner")
    name = frame.engine.keep(f"{frame.table}_carried", rows)
    return ResolvedTable(replace(frame, table=name), table.template), found


def _refuse_broken(rules: Sequence[Rule]) -> None:
    import duckdb

    for rule in rules:
        if rule.pattern == "regex":
            try:
                duckdb.execute("SELECT regexp_matches('', ?)", [rule.text]).fetchall()
            except duckdb.Error as error:
                raise InputError(
                    f"not a regular expression: {error}",
                    where=f"--condition {rule.spec}",
                    help="patterns are RE2's, which knows no look-ahead and no back-reference",
                ) from error


def _refuse_constant(table: ResolvedTable, told: str, rules: Sequence[Rule]) -> None:
    import narwhals as nw

    counts = {f"rows_{n}": nw.when(nw.col(f"held_{n}")).then(1).otherwise(0).sum() for n in range(len(rules))}
    joined = table.rows.select("row").join(table.frame.engine.lazy(told), on="row", how="inner")
    [counted] = records(joined.select(nw.len().alias("rows"), **counts))
    rows = int(counted["rows"])
    for rule, number in zip(rules, (int(counted[name]) for name in counts), strict=True):
        if number in (0, rows):
            raise InputError(
                f"no row is there where {rule}" if not number else f"in every row {rule}",
                where=f"--condition {rule.spec}",
                help="a condition has to hold for some rows and not for others; or use --condition auto",
            )
