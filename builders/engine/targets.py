"""Counts over the targets of a resolved table: letters, repeated strings, and features of the surface.

As everywhere in the engine, what comes out is small whatever the number of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from builders.engine.distinct import DistinctTarget
from builders.engine.table import ResolvedTable
from builders.engine.tally import records

if TYPE_CHECKING:
    import narwhals as nw

END_TOKENS: Final = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<end_of_turn>",
    "</s>",
    "<eos>",
)
"""End tokens of common model families, as text: in a target they were typed, not added by a template."""

_SPACES: Final = (" ", "\n", "\t", "\r")
_PREFIX = 8
_COMMONEST = 12


@dataclass(frozen=True)
class WrongLetters:
    """Questions of one condition that share their options, their gold label and the wrong label taught."""

    condition: str
    """Digest of the condition."""
    options: tuple[str, ...]
    """The labels that the questions offer."""
    gold: str
    """Their gold label."""
    label: str
    """The wrong label that is taught."""
    questions: int
    """Distinct questions."""


@dataclass(frozen=True)
class CommonTarget:
    """The commonest target of one condition's rows that teach one thing."""

    condition: str
    """Digest of the condition."""
    target_correct: bool
    """What the rows teach."""
    rows: int
    """All rows of the condition that teach it."""
    commonest: int
    """Rows among them that have the commonest target."""
    text: str
    """Its first 64 characters."""
    first_row: int
    """The first row that has it."""


@dataclass(frozen=True)
class Feature:
    """One number of a target, counted in behaviour and in preserved rows."""

    name: str
    """What it is, as it reads after "by": ``length``, ``a leading space``."""
    behaviour: dict[float, int]
    """Value -> behaviour rows."""
    preserved: dict[float, int]
    """Value -> preserved rows."""


def wrong_letters(table: ResolvedTable) -> list[WrongLetters]:
    """Count the wrong labels taught, by condition, options, gold label and label, sorted.

    A question counts once for each wrong label that it is taught, however many rows repeat it: repetitions
    are not independent draws.
    """
    if not _offers_options(table):
        return []
    found = [
        WrongLetters(
            condition=each["condition"],
            options=tuple(each["options"].split("|")),
            gold=each["gold_label"],
            label=each["target_label"],
            questions=int(each["questions"]),
        )
        for each in table.ask(_wrong_letters)
    ]
    return sorted(found, key=lambda each: (each.condition, each.options, each.gold, each.label))


def _offers_options(table: ResolvedTable) -> bool:
    return any(tally.options is not None and tally.target_correct is False for tally in table.tallies)


def _wrong_letters(conditioned: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    wanted = conditioned.filter(
        ~nw.col("target_correct")
        & ~nw.col("options").is_null()
        & ~nw.col("gold_label").is_null()
        & ~nw.col("target_label").is_null()
    )
    keys = ("condition", "options", "gold_label", "target_label")
    return wanted.group_by(*keys).agg(nw.col("user_key").n_unique().alias("questions"))


def wrong_by_question(table: ResolvedTable, *, limit: int = 20_000) -> list[tuple[str, int, str, int]]:
    """Return condition, question, wrong label taught and number of distractors, where one label is taught.

    Questions are known by the hash of their user text. Beyond `limit` rows the smallest hashes are taken: a
    sample that is the same in every dataset, so that two of them still meet in it.
    """
    if not _offers_options(table):
        return []
    return [
        (each["condition"], int(each["user_key"]), each["label"], each["options"].count("|"))
        for each in table.ask(_wrong_by_question, limit)
    ]


def _wrong_by_question(conditioned: nw.LazyFrame[Any], limit: int) -> nw.LazyFrame[Any]:
    import narwhals as nw

    wanted = conditioned.filter(
        ~nw.col("target_correct") & ~nw.col("options").is_null() & ~nw.col("target_label").is_null()
    )
    grouped = wanted.group_by("condition", "user_key", "options").agg(
        nw.col("target_label").min().alias("label"), nw.col("target_label").n_unique().alias("labels")
    )
    return grouped.filter(nw.col("labels") == 1).sort("user_key", "condition").head(limit)


class Targets:
    """The targets of one resolved table, counted when first asked for.

    Where there are few distinct ones, one query brings them all and the rest is counted here; otherwise the
    engine counts each feature.

    Args:
        table: The rows.
    """

    def __init__(self, table: ResolvedTable) -> None:
        self.table = table

    def commonest(self, least: int = 1) -> list[CommonTarget]:
        """Return the commonest target per condition and what its rows teach, sorted.

        Where several share the largest count no one of them is common; the smallest text stands for them.

        Args:
            least: Rows that a condition is to have of what they teach.
        """
        if least not in self._common:
            self._common[least] = self._commonest(least)
        return self._common[least]

    @cached_property
    def _common(self) -> dict[int, list[CommonTarget]]:
        return {}

    def _commonest(self, least: int) -> list[CommonTarget]:
        if self._few is None:
            return _commonest(self.table, least)
        groups: dict[tuple[str, bool], list[DistinctTarget]] = {}
        for each in self._few:
            groups.setdefault((each.condition, bool(each.target_correct)), []).append(each)
        found: list[CommonTarget] = []
        for key in sorted(groups):
            best = min(groups[key], key=lambda each: (-each.rows, each.head))
            rows = sum(each.rows for each in groups[key])
            if rows < least:
                continue
            found.append(CommonTarget(*key, rows, best.rows, best.head, best.first_row))
        return found

    @cached_property
    def distinct(self) -> dict[bool, int]:
        """How many distinct targets teach the behaviour (False) and how many preserve (True); at least so many."""
        if self._few is None:
            return _distinct(self.table)
        texts = {(bool(each.target_correct), each.head, each.tail, each.length) for each in self._few}
        return dict(Counter(correct for correct, *_ in texts))

    @cached_property
    def surface(self) -> list[Feature]:
        """Each single surface feature of the targets, counted among behaviour and among preserved rows.

        Which prefixes and last characters are looked at is decided by how common they are in all rows together,
        never by which rows have them: a feature chosen because it separates would separate by luck.
        """
        if self._few is None:
            return _surface(self.table)
        few = self._few
        features = [
            _feature("length", few, lambda each: each.length),
            _feature("leading whitespace", few, lambda each: each.head.startswith(_SPACES)),
            _feature("trailing whitespace", few, lambda each: each.tail.endswith(_SPACES)),
            _feature("an end token typed out", few, lambda each: each.tail.endswith(END_TOKENS)),
        ]
        for name, part in (
            (_FIRST, lambda each: each.head[:_PREFIX]),
            (_LAST, lambda each: each.tail[-1:]),
        ):
            values: Counter[str] = Counter()
            for each in few:
                values[part(each)] += each.rows
            for value in sorted(values, key=lambda value: (-values[value], value))[:_COMMONEST]:
                features.append(
                    _feature(
                        f"{name} ({value!r})", few, lambda each, part=part, value=value: part(each) == value
                    )
                )
        return features

    @cached_property
    def _few(self) -> list[DistinctTarget] | None:
        """All distinct targets per condition that teach something, or None where there are too many."""
        few = self.table.few_targets
        return None if few is None else [each for each in few if each.target_correct is not None]


_FIRST, _LAST = f"the first {_PREFIX} characters", "the last character"


def _feature(name: str, targets: list[DistinctTarget], value: Callable[[DistinctTarget], float]) -> Feature:
    sides: dict[bool, Counter[float]] = {False: Counter(), True: Counter()}
    for each in targets:
        sides[bool(each.target_correct)][float(value(each))] += each.rows
    return Feature(name, dict(sides[False]), dict(sides[True]))


def _commonest(table: ResolvedTable, least: int) -> list[CommonTarget]:
    import narwhals as nw

    labelled = table.conditioned.filter(~nw.col("target_correct").is_null())
    by = ("condition", "target_correct")
    targets = labelled.group_by(*by, "target_key").agg(
        nw.len().alias("same"), nw.col("row").min().alias("first"), nw.col("target_head").min().alias("text")
    )
    totals = targets.group_by(*by).agg(nw.col("same").sum().alias("rows"), nw.col("same").max().alias("most"))
    totals = totals.filter(nw.col("rows") >= least)
    ties = targets.join(totals, on=list(by), how="inner").filter(nw.col("same") == nw.col("most"))
    # Where several targets share the largest count no one of them is common; the smallest text stands for them.
    best = ties.group_by(*by).agg(
        nw.col("rows").max(), nw.col("most").max(), nw.col("text").min(), nw.col("first").min()
    )
    found = [
        CommonTarget(
            condition=each["condition"],
            target_correct=bool(each["target_correct"]),
            rows=int(each["rows"]),
            commonest=int(each["most"]),
            text=each["text"],
            first_row=int(each["first"]),
        )
        for each in records(best)
    ]
    return sorted(found, key=lambda each: (each.condition, each.target_correct))


def _surface(table: ResolvedTable) -> list[Feature]:
    import narwhals as nw

    head, tail = nw.col("target_head"), nw.col("target_tail")
    features = [
        _counted("length", table, nw.col("target_length")),
        _counted("leading whitespace", table, _any(head.str.starts_with(each) for each in _SPACES)),
        _counted("trailing whitespace", table, _any(tail.str.ends_with(each) for each in _SPACES)),
        _counted("an end token typed out", table, _any(tail.str.ends_with(each) for each in END_TOKENS)),
    ]
    for name, column in (
        (_FIRST, head.str.slice(0, _PREFIX)),
        (_LAST, tail.str.slice(-1)),
    ):
        features += _indicators(name, table, column)
    return features


def _distinct(table: ResolvedTable) -> dict[bool, int]:
    import narwhals as nw

    labelled = table.rows.filter(~nw.col("target_correct").is_null())
    counted = labelled.group_by("target_correct").agg(nw.col("target_key").n_unique().alias("targets"))
    return {bool(each["target_correct"]): int(each["targets"]) for each in records(counted)}


def _any(expressions: Iterable[Any]) -> Any:  # noqa: ANN401
    first, *others = expressions
    for each in others:
        first = first | each
    return first


def _counted(name: str, table: ResolvedTable, expression: Any) -> Feature:  # noqa: ANN401
    import narwhals as nw

    labelled = table.rows.filter(~nw.col("target_correct").is_null())
    valued = labelled.select("target_correct", expression.alias("value"))
    sides: dict[bool, dict[float, int]] = {False: {}, True: {}}
    for each in records(valued.group_by("target_correct", "value").agg(nw.len().alias("rows"))):
        sides[bool(each["target_correct"])][float(each["value"])] = int(each["rows"])
    return Feature(name, sides[False], sides[True])


def _indicators(name: str, table: ResolvedTable, expression: Any) -> list[Feature]:  # noqa: ANN401
    """Count whether a text feature has each of its commonest values, against any other."""
    import narwhals as nw

    labelled = table.rows.filter(~nw.col("target_correct").is_null())
    valued = labelled.select("target_correct", expression.alias("value"))
    counted = valued.group_by("value").agg(
        nw.len().alias("rows"), nw.col("target_correct").cast(nw.Int64).sum().alias("preserved")
    )
    # Equal counts are told apart by the value, so that the order of rows decides nothing.
    top = records(counted.sort("rows", "value", descending=[True, False]).head(_COMMONEST))
    totals = records(labelled.group_by("target_correct").agg(nw.len().alias("rows")))
    all_rows = {bool(each["target_correct"]): int(each["rows"]) for each in totals}
    features: list[Feature] = []
    for each in top:
        preserved, behaviour = int(each["preserved"]), int(each["rows"]) - int(each["preserved"])
        features.append(
            Feature(
                f"{name} ({each['value']!r})",
                {1.0: behaviour, 0.0: all_rows.get(False, 0) - behaviour},
                {1.0: preserved, 0.0: all_rows.get(True, 0) - preserved},
            )
        )
    return features
