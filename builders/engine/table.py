"""A frame read through a chat template: which rows share a condition, and what else is counted per condition.

Distinct system signatures are few and rows are many: each signature is resolved once, in Python, and joined
back. Everything counted here comes out as a small table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from builders.digest import digest
from builders.engine.distinct import FEW_TARGETS, DistinctTarget, distinct_targets, targets_of
from builders.engine.frame import Frame
from builders.engine.holding import Keyed, Query
from builders.engine.tally import Tally, counted, records, tallies_of
from builders.templates import ChatTemplate, Resolution, Signature

if TYPE_CHECKING:
    import narwhals as nw


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
class Conflict:
    """Prompts of one condition, user text included, that are given different targets."""

    condition: str
    """Digest of the condition."""
    prompts: int
    """How many distinct prompts are."""
    rows: int
    """Rows that have them."""
    first_row: int
    """The first of them."""


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


def condition_key(prompt: str, carrier: str | None) -> str:
    """Return the digest of a condition: that of its resolved prompt, told apart by what it holds beside it."""
    return prompt if carrier is None else digest({"prompt": prompt, "carrier": carrier})


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
        return tallies_of(self.frame.engine.stream(self.frame.table, counted))

    @cached_property
    def resolutions(self) -> Mapping[Signature, Resolution]:
        """What the template makes of each system signature that occurs."""
        distinct = dict.fromkeys(tally.signature for tally in self.tallies)
        return self.frame.engine.resolve(self.template, distinct)

    @cached_property
    def by_condition(self) -> Mapping[str, tuple[Tally, ...]]:
        """Each condition's digest and its tallies, in order of first appearance."""
        grouped: dict[str, list[Tally]] = {}
        for tally in self.tallies:
            grouped.setdefault(self.condition_of(tally), []).append(tally)
        return {condition: tuple(tallies) for condition, tallies in grouped.items()}

    def condition_of(self, tally: Tally) -> str:
        """Return the digest of a tally's condition: of its resolved prompt, and of its carrier where it has one."""
        return condition_key(self.resolutions[tally.signature].condition, tally.carrier)

    @property
    def rows(self) -> nw.LazyFrame[Any]:
        """The frame's rows as a lazy Narwhals frame."""
        return self.frame.engine.lazy(self.frame.table)

    @cached_property
    def conditioned(self) -> nw.LazyFrame[Any]:
        """The frame's rows with a column `condition`."""
        return self.frame.engine.lazy(self.conditioned_table)

    def ask(self, question: Query, *given: Hashable) -> list[dict[str, Any]]:
        """Return the answer to a question about the rows with their conditions.

        Args:
            question: See `builders.engine.holding.Engine.answer`.
            given: The same.
        """
        return self.frame.engine.answer(self.conditioned_table, question, *given)

    @cached_property
    def conditioned_table(self) -> str:
        """Name of a table or view of the rows with a column `condition`."""
        found = dict.fromkeys((tally.signature, tally.carrier) for tally in self.tallies)
        return self.frame.engine.with_conditions(
            self.frame.table,
            [
                Keyed(signature, carrier, condition_key(self.resolutions[signature].condition, carrier))
                for signature, carrier in found
            ],
            rows=self.frame.rows,
        )

    @cached_property
    def few_targets(self) -> list[DistinctTarget] | None:
        """All distinct targets per condition, or None where there are too many."""
        found = self.ask(distinct_targets, FEW_TARGETS + 1)
        return None if len(found) > FEW_TARGETS else targets_of(found)

    def contradictions(self) -> list[Contradiction]:
        """Count, per condition, the prompts that are taught both targets, by condition."""
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
                for each in self.ask(_contradictions)
            ),
            key=lambda each: each.condition,
        )

    def conflicts(self) -> list[Conflict]:
        """Count, per condition, the prompts that are given different targets, whatever these teach, by condition."""
        return sorted(
            (
                Conflict(each["condition"], int(each["prompts"]), int(each["rows"]), int(each["first"]))
                for each in self.ask(_conflicts)
            ),
            key=lambda each: each.condition,
        )

    def shared_questions(self, sources: Sequence[str], others: Sequence[str]) -> list[SharedQuestions]:
        """Count each source's distinct prompts and those that other conditions are asked too, by condition.

        Args:
            sources: Digests of the source conditions.
            others: Digests of the conditions to compare them with.
        """
        [found] = self.ask(_shared_questions, tuple(sources), tuple(others))
        return [
            SharedQuestions(source, int(found[f"source_{n}"]), int(found[f"shared_{n}"]), int(found["other"]))
            for n, source in sorted(enumerate(sources), key=lambda each: each[1])
        ]

    def duplicates(self) -> Duplicates:
        """Count the rows that repeat another one, word for word and tag for tag."""
        import narwhals as nw

        keys = ("row_key", "target_correct", "persona", "role")
        counted = (
            self.rows.filter(nw.col("turn") == 0)
            .group_by(*keys)
            .agg(nw.len().alias("copies"), nw.col("row").min().alias("first_row"))
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

        if all(tally.longest <= characters for tally in self.tallies):
            return 0, None
        long = self.rows.filter(nw.col("prompt_length") + nw.col("target_length") > characters)
        found = records(long.select(nw.len().alias("rows"), nw.col("row").min().alias("first_row")))[0]
        return int(found["rows"]), None if found["first_row"] is None else int(found["first_row"])

    def short_targets(self, longest: int = 8) -> dict[str, int]:
        """Return distinct target -> rows, for targets of at most so many characters."""
        import narwhals as nw

        if self.few_targets is not None:
            rows: Counter[str] = Counter()
            for each in self.few_targets:
                if each.length <= longest:
                    rows[each.head] += each.rows
            return rows
        short = self.rows.filter(nw.col("target_length") <= longest)
        counted = records(short.group_by("target_head").agg(nw.len().alias("rows")))
        return {each["target_head"]: int(each["rows"]) for each in counted}


def _contradictions(conditioned: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    behaviour = nw.when(~nw.col("target_correct")).then(nw.col("row"))
    preserved = nw.when(nw.col("target_correct")).then(nw.col("row"))
    labelled = conditioned.filter(~nw.col("target_correct").is_null())
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
    wanted = (
        nw.len().alias("prompts"),
        nw.col("behaviour").sum(),
        nw.col("preserved").sum(),
        nw.col("pairs").sum(),
    )
    earliest = nw.col("first_behaviour").min()
    if (
        conditioned.implementation.is_spark_like()
    ):  # Narwhals has no `first` there, and DuckDB would count twice
        first = counted.select("condition", "first_behaviour", "first_preserved")
        found = counted.group_by("condition").agg(*wanted, earliest)
        return found.join(first, on=["condition", "first_behaviour"], how="inner")
    earliest_preserved = nw.col("first_preserved").first(order_by="first_behaviour")
    return counted.group_by("condition").agg(*wanted, earliest_preserved, earliest)


def _conflicts(conditioned: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    prompts = conditioned.group_by("condition", "user_key").agg(
        nw.col("target_key").n_unique().alias("targets"),
        nw.len().alias("rows"),
        nw.col("row").min().alias("first"),
    )
    return (
        prompts.filter(nw.col("targets") > 1)
        .group_by("condition")
        .agg(nw.len().alias("prompts"), nw.col("rows").sum(), nw.col("first").min())
    )


def _shared_questions(
    conditioned: nw.LazyFrame[Any], sources: tuple[str, ...], others: tuple[str, ...]
) -> nw.LazyFrame[Any]:
    import narwhals as nw

    def asked(conditions: tuple[str, ...]) -> nw.Expr:
        return nw.when(nw.col("condition").is_in(conditions)).then(1).otherwise(0).max()

    own = [f"source_{n}" for n in range(len(sources))]
    prompts = conditioned.group_by("user_key").agg(
        asked(others).alias("other"),
        *(asked((source,)).alias(name) for name, source in zip(own, sources, strict=True)),
    )
    return prompts.select(
        nw.col("other").sum(),
        *(nw.col(name).sum() for name in own),
        *((nw.col(name) * nw.col("other")).sum().alias(f"shared_{n}") for n, name in enumerate(own)),
    )
