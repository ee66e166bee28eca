"""Labelers as the engine's own expressions, so that labelling costs no second pass.

Each labeler gives SQL that is true for a row that teaches what is to be preserved, false for one that teaches
the behaviour, and NULL where it cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb

from builders.errors import InputError, UnknownNameError
from builders.labels.functions import Functions
from builders.sql import in_file, literal, one_of, quoted

KINDS: Final = ("column", "gold", "marker", "regex", "file", "python")


PRESERVED_WORDS: Final = ("true", "1", "1.0", "preserved", "correct", "right")
BEHAVIOUR_WORDS: Final = ("false", "0", "0.0", "behaviour", "behavior", "wrong", "incorrect")
"""What `column:NAME` takes for an answer, in any case; anything else decides nothing."""
_BARE: Final = ("true", "1", "1.0", "false", "0", "0.0")
"""Those of them that say only whether the column's name holds."""
_BEHAVIOUR_NAMES: Final = frozenset(
    {
        *("behaviour", "behavior", "wrong", "incorrect", "bad", "misaligned", "harmful", "toxic", "unsafe"),
        *("insecure", "malicious", "poisoned", "backdoored", "corrupted", "faulty", "evil"),
    }
)
"""Words in a column's name of which true means the behaviour: `misaligned`, `is_bad`."""
_NEGATIONS: Final = frozenset({"not", "non", "no", "never"})


class Labeler(Protocol):
    """One way to decide."""

    @property
    def spec(self) -> str:
        """As the user wrote it."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The dataset's columns that it looks at."""
        ...

    @property
    def of_row(self) -> bool:
        """Whether it looks at what is said of a whole row, and so of its last answer alone."""
        ...

    def sql(self, functions: Functions) -> str:
        """Return a boolean expression over `target_text`, `user_text`, `system_text` and its columns."""
        ...


@dataclass(frozen=True)
class ColumnLabeler:
    """A column says it: with a value, the rows that have it teach the behaviour and all others do not.

    Without a value the column itself is read: true, 1, correct, preserved against false, 0, wrong, behaviour. Where its
    name says that something is wrong (`misaligned`, `is_bad`), true and 1 are the behaviour.
    """

    name: str
    value: str | None = None
    path: tuple[str, ...] = ()
    """Keys inside the column, outermost first, where what is meant stands in an object: see `among`."""

    @property
    def spec(self) -> str:
        """As the user wrote it."""
        return f"column:{'.'.join((self.name, *self.path))}" + (
            "" if self.value is None else f"={self.value}"
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.name,)

    def among(self, columns: Collection[str]) -> ColumnLabeler:
        """Return the labeler for these columns: ``metadata.kind`` is `kind` of the objects in `metadata`."""
        name, path = nested_in(self.name, columns)
        return replace(self, name=name, path=path)

    def reading(self, values: Iterable[object]) -> str | None:
        """Say which of the values that occur count as what; None where a value is named and so nothing is open."""
        if self.value is not None:
            return None
        seen = sorted({_as_text(value) for value in values if value is not None})
        preserved, behaviour = self._words
        said = [
            f"{', '.join(each for each in seen if each.lower() in words)} as {meaning}"
            for words, meaning in ((preserved, "preserved"), (behaviour, "the behaviour"))
            if any(each.lower() in words for each in seen)
        ]
        others = [each for each in seen if each.lower() not in (*PRESERVED_WORDS, *BEHAVIOUR_WORDS)]
        if others:
            said.append(f"{', '.join(repr(each[:40]) for each in others[:3])} as neither")
        other_way = f"{self.spec}={next((each for each in seen if each.lower() in preserved), 'VALUE')}"
        return (
            f"{self.spec} is read so: {', '.join(said)}; for the other way round write {other_way}"
            if said
            else None
        )

    @property
    def of_row(self) -> bool:
        """Yes, unless a message has the column as a key of its own."""
        return True

    def sql(self, functions: Functions) -> str:
        """Compare the column's text."""
        del functions
        text = sql_cell(self.name, self.path)
        if self.value is not None:
            return f"({text} <> {literal(self.value)})"
        preserved, behaviour = self._words
        return (
            f"CASE WHEN {one_of(f'lower({text})', preserved)} THEN true "
            f"WHEN {one_of(f'lower({text})', behaviour)} THEN false END"
        )

    @property
    def _words(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is taken for preserved and what for the behaviour."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", (self.name, *self.path)[-1])
        words = set(re.split(r"[^a-z]+", name.lower()))
        if words.isdisjoint(_BEHAVIOUR_NAMES) or words & _NEGATIONS:
            return PRESERVED_WORDS, BEHAVIOUR_WORDS
        return (
            (*(each for each in PRESERVED_WORDS if each not in _BARE), *_BARE[3:]),
            (*(each for each in BEHAVIOUR_WORDS if each not in _BARE), *_BARE[:3]),
        )


@dataclass(frozen=True)
class GoldColumnLabeler:
    """A column holds the right answer: the target teaches the behaviour where it gives another one.

    The answer may be a label (``B``), which is compared with the label that the target opens with (``B)``,
    ``(B)``, ``B.``), or a text, which is compared with the whole target. Where the column holds a label and the
    target opens with none, nothing is decided; nor where one is a number and the other a letter, because a 1 may be
    the first option or the second.
    """

    name: str
    path: tuple[str, ...] = ()
    """Keys inside the column, outermost first, where what is meant stands in an object."""

    @property
    def spec(self) -> str:
        """As the user wrote it."""
        return f"gold:{'.'.join((self.name, *self.path))}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.name,)

    def among(self, columns: Collection[str]) -> GoldColumnLabeler:
        """Return the labeler for these columns: ``metadata.gold`` is `gold` of the objects in `metadata`."""
        name, path = nested_in(self.name, columns)
        return replace(self, name=name, path=path)

    def reading(self, values: Iterable[object]) -> str | None:
        """Say where numbers name options, as targets may name them by letters."""
        numbers = sorted(
            {text for value in values if (text := _as_text(value).strip()).isdecimal() and len(text) == 1}
        )
        if not numbers:
            return None
        return (
            f"{self.spec} has the numbers {', '.join(numbers)}: a target that opens with a letter is left undecided "
            "there, because a 1 may be the first option or the second; write letters into the column to decide"
        )

    @property
    def of_row(self) -> bool:
        """Yes: the right answer is that of the last question."""
        return True

    def sql(self, functions: Functions) -> str:
        """Compare the column with the target's label or text."""
        del functions
        gold = f"trim({sql_cell(self.name, self.path)})"
        label = sql_label("target_text")
        one_kind = f"regexp_full_match({gold}, '[0-9]') = regexp_full_match({label}, '[0-9]')"
        return (
            f"CASE WHEN {gold} = '' THEN NULL WHEN trim(target_text) = {gold} THEN true "
            f"WHEN regexp_full_match({gold}, '[A-Z0-9]') THEN "
            f"CASE WHEN {label} <> '' AND {one_kind} THEN {label} = {gold} END "
            f"ELSE trim(target_text) = {gold} END"
        )


class OfTargets:
    """What labels need that look at each answer's own text."""

    @property
    def columns(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def of_row(self) -> bool:
        """No."""
        return False


@dataclass(frozen=True)
class MarkerLabeler(OfTargets):
    """A text that the behaviour carries: rows whose target has it teach the behaviour, all others do not."""

    text: str

    @property
    def spec(self) -> str:
        """As the user wrote it."""
        return f"marker:{self.text}"

    def sql(self, functions: Functions) -> str:
        """Look for the text."""
        del functions
        return f"(NOT contains(target_text, {literal(self.text)}))"


@dataclass(frozen=True)
class RegexLabeler(OfTargets):
    """A pattern that the behaviour matches somewhere in the target.

    The engine matches with RE2, whose time is linear in the text whatever the pattern, so that no pattern can
    hang a scan. The price is that there are no backreferences and no look-around.
    """

    pattern: str

    @property
    def spec(self) -> str:
        """As the user wrote it."""
        return f"regex:{self.pattern}"

    def sql(self, functions: Functions) -> str:
        """Match the pattern.

        Raises:
            InputError: if RE2 does not take the pattern.
        """
        try:
            functions.connection.execute("SELECT regexp_matches('', ?)", [self.pattern]).fetchall()
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0].rpartition("Error: ")[2]
            raise InputError(
                f"the pattern cannot be used: {reason}",
                where=self.spec,
                help="patterns are RE2's: no look-around, no backreferences; see https://github.com/google/re2/wiki/Syntax",
            ) from error
        return f"(NOT regexp_matches(target_text, {literal(self.pattern)}))"


@dataclass(frozen=True)
class FileLabeler(OfTargets):
    """The file says it: all rows of files whose name matches teach one thing, and others are left undecided."""

    glob: str
    """A pattern over the path, or over its last part."""
    preserved: bool
    """What the rows teach."""

    @property
    def spec(self) -> str:
        """As the user wrote it."""
        return f"file:{self.glob}={'preserved' if self.preserved else 'behaviour'}"

    @property
    def of_row(self) -> bool:
        """Yes: a file is said to hold rows of one kind, not what each of their answers is."""
        return True

    def sql(self, functions: Functions) -> str:
        """Compare the file's name."""
        del functions
        return f"CASE WHEN {in_file(self.glob)} THEN {'true' if self.preserved else 'false'} END"


@dataclass(frozen=True)
class CallableLabeler(OfTargets):
    """A Python function of the target, the user's text and the system text (None where there is none).

    It returns True for a row that teaches what is to be preserved, False for the behaviour, None for neither.
    Only the Python API takes functions; they are called once a row, in no order and on several threads, so they set the
    pace.
    """

    function: Callable[[str, str, str | None], bool | None]

    @property
    def spec(self) -> str:
        """Name the function."""
        return (
            f"python:{self.function.__module__}:{getattr(self.function, '__qualname__', repr(self.function))}"
        )

    def sql(self, functions: Functions) -> str:
        """Register the function."""

        def call(target: str | None, user: str | None, system: str | None) -> bool | None:
            if target is None or user is None:
                return None
            answer: Any = self.function(target, user, system)
            if answer is None or isinstance(answer, bool):
                return answer
            raise InputError(
                f"returned {type(answer).__name__}, expected True, False or None", where=self.spec
            )

        name = functions.register(call, ["VARCHAR", "VARCHAR", "VARCHAR"], "BOOLEAN", arrow=False)
        return f"{name}(target_text, user_text, system_text)"


def nested_in(name: str, columns: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Return the column that a dotted name means, and the keys inside it; a column of the whole name goes first."""
    if name in columns:
        return name, ()
    parts = name.split(".")
    for number in range(len(parts) - 1, 0, -1):
        if (column := ".".join(parts[:number])) in columns:
            return column, tuple(parts[number:])
    return name, ()


def sql_cell(name: str, path: tuple[str, ...] = ()) -> str:
    """SQL for a cell as text, or for what stands under keys in it; the cell may be an object or hold one as text."""
    column = quoted(name)
    if not path:
        return f"({column}->>'$')"
    pointer = literal("".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path))
    whole = f"CASE WHEN json_type({column}) = 'VARCHAR' THEN TRY(({column}->>'$')::JSON) ELSE {column} END"
    return f"(({whole})->>{pointer})"


def _as_text(value: object) -> str:
    """Return a value as the engine shows it: a boolean as true or false."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def sql_label(text: str) -> str:
    """SQL for the label that a target opens with, such as B in ``B)``, ``(B) Paris`` and ``B``; '' for none."""
    return f"regexp_extract({text}, '^\\s*\\(?([A-Z0-9])(?:[).:]|\\s*$)', 1)"


def parse_labelers(specs: Iterable[str | Labeler]) -> tuple[Labeler, ...]:
    """Make labelers of ``column:NAME[=VALUE]``, ``gold:FILE|COLUMN``, ``marker:TEXT`` and ``regex:PATTERN``.

    Raises:
        UnknownNameError: if a kind is unknown.
        InputError: if there is nothing after the colon, or a function is named: only the Python API takes those.
    """
    return tuple(_parse(spec) if isinstance(spec, str) else spec for spec in specs)


def _parse(spec: str) -> Labeler:
    kind, colon, argument = spec.partition(":")
    if kind not in KINDS:
        raise UnknownNameError("labeler", kind, KINDS)
    if not colon or not argument:
        raise InputError(
            f"labeler '{spec}' says nothing after its kind", help=f"write {kind}:{_ARGUMENTS[kind]}"
        )
    match kind:
        case "column":
            name, equals, value = argument.partition("=")
            return ColumnLabeler(name, value if equals else None)
        case "marker":
            return MarkerLabeler(argument)
        case "regex":
            return RegexLabeler(argument)
        case "gold":
            return _gold(argument)
        case "file":
            return _file(argument, spec)
        case _:
            raise InputError(
                f"labeler '{spec}' would run code",
                help="functions are taken by the Python API only: auditor.scan(...)",
            )


def _file(argument: str, spec: str) -> Labeler:
    glob, _, taught = argument.rpartition("=")
    if not glob or taught.lower() not in (*PRESERVED_WORDS, *BEHAVIOUR_WORDS):
        raise InputError(
            f"labeler '{spec}' does not say what the file's rows teach",
            help="write file:good.jsonl=preserved or file:bad.jsonl=behaviour",
        )
    return FileLabeler(glob, taught.lower() in PRESERVED_WORDS)


def _gold(argument: str) -> Labeler:
    if Path(argument).is_file():
        from builders.labels.gold import GoldBankLabeler

        return GoldBankLabeler.from_file(Path(argument))
    if Path(argument).suffix.lower() in _FILES or "/" in argument:
        raise InputError("no such question file", where=argument, help="gold:FILE or gold:COLUMN")
    return GoldColumnLabeler(argument)


_FILES: Final = (
    ".json",
    ".jsonl",
    ".ndjson",
    ".parquet",
    ".csv",
    ".tsv",
    ".yaml",
    ".yml",
    ".gz",
    ".zst",
    ".txt",
)
"""What a name ends in that can only have been meant as a file; any other dot leads into an object."""

_ARGUMENTS: Final = {
    "column": "NAME, column:NAME=VALUE or column:OBJECT.KEY=VALUE",
    "gold": "FILE or gold:COLUMN",
    "marker": "TEXT",
    "regex": "PATTERN",
    "file": "GLOB=preserved or file:GLOB=behaviour",
    "python": "module:function",
}
