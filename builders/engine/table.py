# ruff: noqa: S608  (table names are our own; data never becomes SQL text)
"""A frame read through a chat template: which rows share a condition, and what else is counted per condition.

Distinct system signatures are few and rows are many: each signature is resolved once, in Python, and joined
back. Everything counted here comes out as a small table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from builders.engine.frame import Frame
from builders.engine.tally import Tally, records, tallies
from builders.templates import ChatTemplate, Resolution, Signature, resolve

if TYPE_CHECKING:
    import narwhals as nw

_SIGNATURE_TABLE = "audit_signatures"

_KEPT_ROWS = 100_000
"""Up to how many rows the joined table is kept; beyond, memory matters more."""


@dataclass(frozen=True)
class Contradiction:
    """Prompts of one condition, user text included, that are taught both targets."""

    condition: str
    """Digest of the condition."""
    prompts: int
    """How many distinct prompts are taught both."""
    behaviour: int
    """Behaviour rows among them."""
    preserved: int
    """Preserved rows among them."""
    pairs: int
    """Pairs of one behaviour and one preserved row with the same prompt."""
    first_rows: tuple[int, ...]
    """The first prompt's first behaviour row and first preserved row."""


@dataclass(frozen=True)
class Duplicates:
    """Rows that repeat another one."""

    distinct: int
    """Different rows that occur more than once."""
    surplus: int
    """Rows beyond the first of each."""
    most: int
    """Copies of the commonest."""
    first_row: int | None
    """The first row that is repeated; None where none is."""


@dataclass(frozen=True)
class SharedQuestions:
    """How many of a source's questions other conditions are asked too."""

    condition: str
    """Digest of the source condition."""
    questions: int
    """Its distinct prompts, system message aside."""
    shared: int
    """Those among them that the other conditions are asked."""
    others: int
    """Distinct prompts of the other conditions."""


class ResolvedTable:
    """The rows of one dataset with the condition of each.

    Args:
        frame: The rows.
        template: The chat template that they are read through.
    """

    def __init__(self, frame: Frame, template: ChatTemplate) -> None:
        self.frame = frame
        self.template = template

    @cached_property
    def tallies(self) -> list[Tally]:
        """All combinations of system message, tags and target that occur, with their counts."""
        return tallies(self.rows)

    @cached_property
    def resolutions(self) -> Mapping[Signature, Resolution]:
        """What the template makes of each system signature that occurs."""
        distinct = dict.fromkeys(tally.signature for tally in self.tallies)
        return {signature: resolve(self.template, signature) for signature in distinct}

    @property
    def rows(self) -> nw.LazyFrame[Any]:
        """The frame's rows as a lazy Narwhals frame."""
        import narwhals as nw

        return nw.from_native(self.frame.connection.table(self.frame.table))

    @cached_property
    def conditioned(self) -> nw.LazyFrame[Any]:
        """The frame's rows with a column `condition`.

        A view, bound once: every question that is asked of it starts from there.
        """
        import narwhals as nw

        connection = self.frame.connection
        table = f"{_SIGNATURE_TABLE}_{self.frame.table}"
        found = list(self.resolutions.items())
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT unnest($1::VARCHAR[]) AS system_state, "
            "unnest($2::VARCHAR[]) AS system_text, unnest($3::VARCHAR[]) AS tools, "
            "unnest($4::VARCHAR[]) AS condition",
            [
                [signature.state for signature, _ in found],
                [signature.text for signature, _ in found],
                [signature.tools for signature, _ in found],
                [resolution.condition for _, resolution in found],
            ],
        )
        same = " AND ".join(
            f"f.{column} IS NOT DISTINCT FROM s.{column}"
            for column in ("system_state", "system_text", "tools")
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {table}_rows AS "
            f"SELECT f.*, s.condition FROM {self.frame.table} f JOIN {table} s ON {same}"
        )
        return nw.from_native(connection.table(f"{table}_rows"))

    def contradictions(self) -> list[Contradiction]:
        """Count, per condition, the prompts that are taught both targets, by condition."""
        import narwhals as nw

        behaviour = nw.when(~nw.col("target_correct")).then(nw.col("row"))
        preserved = nw.when(nw.col("target_correct")).then(nw.col("row"))
        labelled = self.conditioned.filter(~nw.col("target_correct").is_null())
        prompts = (
            labelled.group_by("condition", "user_key")
            .agg(
                behaviour.count().alias("behaviour"),
                preserved.count().alias("preserved"),
                behaviour.min().alias("first_behaviour"),
                preserved.min().alias("first_preserved"),
            )
            .filter((nw.col("behaviour") > 0) & (nw.col("preserved") > 0))
        )
        counted = prompts.with_columns((nw.col("behaviour") * nw.col("preserved")).alias("pairs"))
        per_condition = counted.group_by("condition").agg(
            nw.len().alias("prompts"),
            nw.col("behaviour").sum(),
            nw.col("preserved").sum(),
            nw.col("pairs").sum(),
            nw.col("first_behaviour").min(),
        )
        first = counted.select("condition", "first_behaviour", "first_preserved")
        found = records(per_condition.join(first, on=["condition", "first_behaviour"], how="inner"))
        return sorted(
            (
                Contradiction(
                    condition=each["condition"],
                    prompts=int(each["prompts"]),
                    behaviour=int(each["behaviour"]),
                    preserved=int(each["preserved"]),
                    pairs=int(each["pairs"]),
                    first_rows=(int(each["first_behaviour"]), int(each["first_preserved"])),
                )
                for each in found
            ),
            key=lambda each: each.condition,
        )

    def shared_questions(self, sources: Sequence[str], others: Sequence[str]) -> list[SharedQuestions]:
        """Count each source's distinct prompts and those that other conditions are asked too, by condition.

        Args:
            sources: Digests of the source conditions.
            others: Digests of the conditions to compare them with.
        """
        import narwhals as nw

        asked = self.conditioned.select("condition", "user_key").unique()
        other = asked.filter(nw.col("condition").is_in(others)).select("user_key").unique()
        total = int(records(other.select(nw.len().alias("total")))[0]["total"])
        own = asked.filter(nw.col("condition").is_in(sources))
        counted = own.group_by("condition").agg(nw.len().alias("questions"))
        shared = (
            own.join(other, on="user_key", how="semi").group_by("condition").agg(nw.len().alias("shared"))
        )
        both = {each["condition"]: int(each["shared"]) for each in records(shared)}
        found = {each["condition"]: int(each["questions"]) for each in records(counted)}
        return [
            SharedQuestions(condition, questions, both.get(condition, 0), total)
            for condition, questions in sorted(found.items())
        ]

    def duplicates(self) -> Duplicates:
        """Count the rows that repeat another one, word for word and tag for tag."""
        import narwhals as nw

        keys = ("row_key", "target_correct", "persona", "role")
        counted = self.rows.group_by(*keys).agg(
            nw.len().alias("copies"), nw.col("row").min().alias("first_row")
        )
        repeated = counted.filter(nw.col("copies") > 1)
        whole = records(
            repeated.select(
                nw.len().alias("distinct"),
                nw.col("copies").sum().alias("rows"),
                nw.col("copies").max().alias("most"),
                nw.col("first_row").min().alias("first_row"),
            )
        )[0]
        if not whole["distinct"]:
            return Duplicates(0, 0, 0, None)
        return Duplicates(
            int(whole["distinct"]),
            int(whole["rows"] - whole["distinct"]),
            int(whole["most"]),
            int(whole["first_row"]),
        )

    def longer_than(self, characters: float) -> tuple[int, int | None]:
        """Return how many rows have more characters than that in prompt and target, and the first of them."""
        import narwhals as nw

        long = self.rows.filter(nw.col("prompt_length") + nw.col("target_length") > characters)
        found = records(long.select(nw.len().alias("rows"), nw.col("row").min().alias("first_row")))[0]
        return int(found["rows"]), None if found["first_row"] is None else int(found["first_row"])

    def short_targets(self, longest: int = 8) -> dict[str, int]:
        """Return distinct target -> rows, for targets of at most so many characters."""
        import narwhals as nw

        short = self.rows.filter(nw.col("target_length") <= longest)
        counted = records(short.group_by("target_head").agg(nw.len().alias("rows")))
        return {each["target_head"]: int(each["rows"]) for each in counted}
