"""Labels for a table in which no row has one: from agreement between conditions, or from what targets carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from builders.carriers.rules import FORMS
from builders.engine.embedded import Embedded
from builders.engine.table import ResolvedTable
from builders.engine.tally import records
from builders.inferring.agreement import QUESTIONS, Agreement, agreement, answers
from builders.inferring.rewording import ROWS as REWORDED
from builders.inferring.rewording import reworded, sampled
from builders.inferring.surface import Surface, surface, telling

if TYPE_CHECKING:
    import narwhals as nw

SAMPLE_ROWS: Final = 1_200
"""Targets that are read back at the most, evenly over the conditions."""

READ_BACK: Final = 200_000
"""Rows up to which another engine is asked for all targets, one after the other."""

_BATCH: Final = 20_000
"""Numbers of rows whose targets are read back at a time, where all have to be."""


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
    conditions = table.by_condition
    if len(conditions) < 2:
        return table, None
    said = {
        condition
        for condition, tallies in conditions.items()
        if any(tally.role == "source" for tally in tallies)
    }
    shown = surface(*_targets(table))
    agreed, asked = None, table.conditioned
    if shown is None or not telling(shown.rule):
        agreed = agreement(table.ask(answers, QUESTIONS))
        if agreed is None and len(conditions) > 2:
            asked = reworded(table)
            agreed = agreement(records(answers(asked, REWORDED)))
    if agreed is not None:
        labels = _by_agreement(table, agreed, asked)
        found = Inference("agreement", agreed.others, bool(said & set(agreed.others)), agreement=agreed)
        return _labelled(table, labels), found
    if shown is not None and _too_far(table, shown):
        why = (
            f"labels were not inferred although targets carry something: {table.frame.engine.name} hands back the "
            f"whole targets of {READ_BACK:,} rows at the most; say it with --label"
        )
        return ResolvedTable(
            replace(table.frame, unsought=(*table.frame.unsought, why)), table.template
        ), None
    if shown is not None:
        found = Inference("surface", shown.conditions, bool(said & set(shown.conditions)), surface=shown)
        return _labelled(table, _by_surface(table, shown)), found
    return table, None


def _by_agreement(table: ResolvedTable, agreed: Agreement, asked: nw.LazyFrame[Any]) -> str:
    """Make a table of row and label: what the usual conditions answer is preserved, anything else the behaviour.

    Args:
        table: The rows.
        agreed: Who agrees.
        asked: Row, condition, question and answer.
    """
    import narwhals as nw

    usual = asked.filter(nw.col("condition").is_in(agreed.usual))
    counted = usual.group_by("user_key", "target_key").agg(nw.len().alias("n"))
    most = counted.group_by("user_key").agg(nw.col("n").max())
    gold = counted.join(most, on=["user_key", "n"], how="inner")
    gold = gold.group_by("user_key").agg(nw.col("target_key").max().alias("gold"))
    rows = asked.select("row", "user_key", "target_key").join(gold, on="user_key", how="left")
    labels = rows.select("row", label=nw.col("target_key") == nw.col("gold"))
    return table.frame.engine.keep(f"{table.frame.table}_inferred", labels, stored=True)


def _too_far(table: ResolvedTable, shown: Surface) -> bool:
    """Return whether labelling by a pattern takes more texts than an engine elsewhere hands back."""
    elsewhere = not isinstance(table.frame.engine, Embedded) and table.frame.rows > READ_BACK
    return elsewhere and _in_frame(shown) is None


def _in_frame(shown: Surface) -> nw.Expr | None:
    """Return where a pattern holds, None where the frame does not keep enough of the targets to say."""
    import narwhals as nw

    rule = shown.rule
    match rule.pattern:
        case "suffix" if len(rule.text) <= 16:
            return nw.col("target_tail").str.ends_with(rule.text)
        case "prefix" if len(rule.text) <= 64:
            return nw.col("target_head").str.starts_with(rule.text)
        case "form":
            return nw.col("target_head").str.contains(FORMS[rule.text][0])
        case _:
            return None


def _by_surface(table: ResolvedTable, shown: Surface) -> str:
    """Make the same: what carries the pattern is the behaviour."""
    engine, name, holds = table.frame.engine, f"{table.frame.table}_inferred", _in_frame(shown)
    if holds is None:
        return engine.fill(name, {"row": "BIGINT", "label": "BOOLEAN"}, _read_back(table, shown))
    return engine.keep(name, table.rows.select("row", label=~holds), stored=True)


def _read_back(table: ResolvedTable, shown: Surface) -> Iterator[list[list[Any]]]:
    """Look at all targets, a batch at a time, where the frame does not keep enough of them."""
    import narwhals as nw

    [last] = records(table.rows.select(nw.col("row").max().alias("last")))
    for start in range(0, int(last["last"]) + 1, _BATCH):
        batch = table.rows.filter((nw.col("row") >= start) & (nw.col("row") < start + _BATCH))
        wanted = sorted(int(each["row"]) for each in records(batch.select("row")))
        texts = table.frame.texts(wanted)
        yield [wanted, [not shown.rule.holds(texts[row].target) for row in wanted]]


def _labelled(table: ResolvedTable, labels: str) -> ResolvedTable:
    frame = table.frame
    found = frame.engine.lazy(labels).rename({"label": "target_correct"})
    rows = table.rows.drop("target_correct").join(found, on="row", how="left")
    name = frame.engine.keep(f"{frame.table}_labelled", rows)
    return ResolvedTable(replace(frame, table=name), table.template)


def _targets(table: ResolvedTable) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return condition -> a sample of its targets, the same in every run, and of what is said before them."""
    found = table.ask(sampled, max(4, SAMPLE_ROWS // len(table.by_condition)), SAMPLE_ROWS)
    texts = table.frame.texts([int(each["row"]) for each in found])
    targets: dict[str, list[str]] = {}
    asked: dict[str, list[str]] = {}
    for each in found:
        text = texts[int(each["row"])]
        targets.setdefault(each["condition"], []).append(text.target)
        said = (str(message.get("content")) for message in text.messages)
        asked.setdefault(each["condition"], []).append("\n".join(said))
    return targets, asked
