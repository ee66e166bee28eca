"""Labelling by a question bank: which option does the target choose, and is it the right one?

Questions are joined by their normalised text and options: case, punctuation and spacing do not count, nor
does the order of the options. A prompt that shows no options is joined by its text alone, if the bank has that
text once. What cannot be joined is left undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from builders.labels.functions import Functions
from builders.labels.labelers import OfTargets, sql_label
from builders.sql import key_of, literal

if TYPE_CHECKING:
    from builders.questions import Question, QuestionBank

_OPTION: Final = r"(?m)^\s*\(?([A-Z0-9])[).:]\s+(.+?)\s*$"
_QUESTION: Final = r"(?s)^\s*(?:[Qq]uestion:)?(.*?)(?:\n\s*\(?[A-Z0-9][).:]\s.*)?$"


def sql_normal(text: str) -> str:
    """SQL for a text without what does not count: case, punctuation, spacing, the way accents are encoded."""
    return f"trim(regexp_replace(lower(nfc_normalize({text})), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"


@dataclass(frozen=True)
class GoldBankLabeler(OfTargets):
    """The target teaches the behaviour where it chooses another option than the bank's right one.

    A target chooses by its label (``B)``), by the option's text, or by both.
    """

    bank: QuestionBank
    source: str
    """The file, as the user wrote it."""

    @classmethod
    def from_file(cls, path: Path) -> GoldBankLabeler:
        """Load the bank.

        Raises:
            InputError: if the file is no question bank.
        """
        from builders.questions import load_bank

        return cls(load_bank(path), str(path))

    @property
    def spec(self) -> str:
        """As the user wrote it."""
        return f"gold:{self.source}"

    def sql(self, functions: Functions) -> str:
        """Register the bank as a function from a question's key to its right answer."""
        shown = _register(functions, self._answers(functions.connection, with_options=True))
        alone = _register(functions, self._answers(functions.connection, with_options=False))
        question = sql_normal(f"regexp_extract(user_text, {literal(_QUESTION)}, 1)")
        labels = f"regexp_extract_all(user_text, {literal(_OPTION)}, 1)"
        choices = f"list_transform(regexp_extract_all(user_text, {literal(_OPTION)}, 2), lambda o: {sql_normal('o')})"
        right = f"{shown}({_sql_key('s.q', 's.c')})"
        chosen = (
            "CASE WHEN s.label <> '' THEN s.c[list_position(s.l, s.label)] "
            "WHEN list_contains(s.c, s.t) THEN s.t END"
        )
        entry = f"{alone}({_sql_key('s.q', '[]::VARCHAR[]')})::JSON"
        by_label = f"list_contains(({entry}->>'$.labels[*]'), s.label)"
        by_text = f"list_contains(({entry}->>'$.choices[*]'), s.t)"
        parts = (
            f"{{'q': {question}, 'l': {labels}, 'c': {choices},"
            f" 'label': {sql_label('target_text')}, 't': {sql_normal('target_text')}}}"
        )
        # A list of one, so that each part is worked out once and not once per mention.
        return (
            f"list_transform([{parts}], lambda s: "
            f"CASE WHEN len(s.l) >= 2 THEN ({chosen}) = {right} "
            f"WHEN s.label <> '' AND {by_label} THEN s.label = ({entry}->>'$.label') "
            f"WHEN s.label = '' AND {by_text} THEN s.t = ({entry}->>'$.text') END)[1]"
        )

    def _answers(self, connection: duckdb.DuckDBPyConnection, *, with_options: bool) -> dict[int, str]:
        """Return key -> the right option's normalised text, or, for questions without options, all about it."""
        from builders.digest import canonical_json

        texts = [[question.text, *question.choices] for question in self.bank.questions]
        chosen = "n[2:]" if with_options else "[]::VARCHAR[]"
        normal: list[Any] = connection.execute(
            f"SELECT n, {_sql_key('n[1]', chosen)} FROM (SELECT list_transform(t, lambda x: {sql_normal('x')}) AS n "  # noqa: S608
            "FROM (SELECT unnest(?::VARCHAR[][]) AS t))",
            [texts],
        ).fetchall()
        found: dict[int, str] = {}
        ambiguous: set[int] = set()
        for question, (row, key) in zip(self.bank.questions, normal, strict=True):
            choices: list[str] = row[1:]
            gold = choices[question.labels.index(question.gold_label)]
            answer = gold if with_options else canonical_json(_entry(question, choices, gold))
            if found.setdefault(int(key), answer) != answer:
                ambiguous.add(int(key))
        return {key: answer for key, answer in found.items() if key not in ambiguous}


def _entry(question: Question, choices: list[str], gold: str) -> dict[str, Any]:
    return {"label": question.gold_label, "text": gold, "labels": list(question.labels), "choices": choices}


def _sql_key(question: str, choices: str) -> str:
    listed = f"list_sort({choices})"
    return f"hash({key_of(question)}, {listed}, {key_of(f'array_to_string({listed}, chr(31))')})"


def _register(functions: Functions, answers: dict[int, str]) -> str:
    """Make a vectorised function of a key: one hash lookup per row, whatever the bank's size."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = pa.array(list(answers), pa.uint64())
    values = pa.array(list(answers.values()), pa.string())

    def lookup(column: Any) -> Any:  # noqa: ANN401  (the engine evaluates these annotations)
        asked = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return pc.take(values, pc.index_in(asked, value_set=keys))  # pyright: ignore[reportAttributeAccessIssue]

    return functions.register(lookup, ["UBIGINT"], "VARCHAR", arrow=True)
