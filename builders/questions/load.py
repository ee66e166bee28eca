"""Where a bank comes from: its name, a file in one of two layouts, or the hub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from builders.errors import InputError, UnknownNameError, first_line
from builders.questions.bank import Question, QuestionBank
from builders.questions.embedded import embedded_bank
from builders.version import extra_help

_HUB: Final = ("allenai/ai2_arc", "ARC-Challenge", "test")
_MAX_OPTIONS: Final = 26


def load_bank(source: str | Path = "embedded") -> QuestionBank:
    """Return a question bank.

    Args:
        source: ``embedded``, ``arc-challenge`` (fetched from the Hugging Face hub) or a JSONL file with one
            question a line, either as ``{"question", "choice_labels", "choices", "correct_answer"}`` or as
            the hub has ARC: ``{"question", "choices": {"text", "label"}, "answerKey"}``.

    Raises:
        UnknownNameError: if it is none of these.
        InputError: if the file is empty or a line is not such a question (the message names file, line,
            field and what was expected), or the hub cannot be reached.
    """
    if source == "embedded":
        return embedded_bank()
    if source == "arc-challenge":
        return _from_hub()
    path = Path(source)
    if path.is_dir():
        raise InputError("a question bank is a file, and this is a folder", where=str(path))
    if not path.exists():
        if path.suffix or path.parent != Path():
            raise InputError("there is no such question file", where=str(path), help="check the path")
        raise UnknownNameError("question bank", str(source), ("embedded", "arc-challenge"))
    return read_bank(path)


def read_bank(path: Path) -> QuestionBank:
    """Return the bank of one JSONL file; its name is the file's name, so that it is the same anywhere.

    Raises:
        InputError: see `load_bank`.
    """
    numbered = ((f"{path}:{number}", _parse(f"{path}:{number}", line)) for number, line in _lines(path))
    questions = _checked(numbered)
    if not questions:
        raise InputError("no question in it", where=str(path), help="give a JSONL file, one question a line")
    return QuestionBank(
        name=path.name,
        questions=questions,
        licence="as its file says",
        origin=f"Read from the file {path.name}.",
    )


def _from_hub() -> QuestionBank:
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            "fetching from the hub needs the `datasets` library, which is not installed",
            where="arc-challenge",
            help=f"{extra_help('train')}, or give a question file with --questions FILE",
        ) from error
    name, config, part = _HUB
    try:
        rows: Any = datasets.load_dataset(name, config, split=part)
    except Exception as error:  # the hub's client raises its own, the network's and the file system's errors
        raise InputError(
            f"could not fetch {name} ({config}, {part}) from the hub: {first_line(error)}",
            where="arc-challenge",
            help="check the network, or give the questions as a file with --questions FILE",
        ) from error
    return QuestionBank(
        name="arc-challenge",
        questions=_checked((f"{name}[{index}]", row) for index, row in enumerate(rows)),
        licence="CC BY-SA 4.0",
        origin=f"AI2 ARC, {config}, {part} split, from the hub's {name}.",
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and lines, blank ones left out."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"could not be read: {error.strerror}", where=str(path)) from error
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"byte {error.start + 1} of the line is not UTF-8",
                where=f"{path}:{number}",
                help="save the file as UTF-8",
            ) from error
        if line.strip():
            yield number, line


def _parse(where: str, line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON: {error.msg} at column {error.colno}",
            where=where,
            help="each line is one JSON object",
        ) from error
    except (RecursionError, ValueError) as error:  # nested too deep, or a number with thousands of digits
        raise InputError(f"not readable as JSON: {first_line(error)}", where=where) from error
    if not isinstance(value, dict):
        raise InputError(f"expected a JSON object, found {_kind(value)}", where=where)
    return value


def _checked(rows: Iterator[tuple[str, Mapping[str, Any]]]) -> tuple[Question, ...]:
    """Read the questions and refuse one that is there twice: a split would put it on both sides."""
    seen: dict[str, str] = {}
    questions: list[Question] = []
    for where, row in rows:
        question = _question(where, row)
        if question.question_id in seen:
            raise InputError(
                f"the same question with the same options is at {seen[question.question_id]} already",
                where=where,
                help="keep one of the two: training and evaluation could otherwise share it",
            )
        seen[question.question_id] = where
        questions.append(question)
    return tuple(questions)


def _question(where: str, row: Mapping[str, Any]) -> Question:
    """Return one question of either layout."""
    text = _text(where, "question", row.get("question"))
    options = row.get("choices")
    if isinstance(options, dict):
        label_field, choice_field, gold_field = "choices.label", "choices.text", "answerKey"
        labels, choices = options.get("label"), options.get("text")
    else:
        label_field, choice_field, gold_field = "choice_labels", "choices", "correct_answer"
        labels, choices = row.get("choice_labels"), options
    label_list = _texts(where, label_field, labels)
    choice_list = _texts(where, choice_field, choices)
    if len(label_list) != len(choice_list):
        raise InputError(
            f"{label_field} has {len(label_list)} entries and {choice_field} has {len(choice_list)}",
            where=where,
        )
    if len(set(label_list)) != len(label_list):
        raise InputError(f"{label_field}: a label is there twice in {label_list}", where=where)
    if row.get(gold_field) in (None, ""):
        raise InputError(
            f"{gold_field}: no right answer is given",
            where=where,
            help=f"give one of the labels {', '.join(label_list)}",
        )
    gold = _text(where, gold_field, row[gold_field])
    if gold not in label_list:
        raise InputError(
            f"{gold_field}: expected one of {', '.join(label_list)}, found {gold!r}", where=where
        )
    return Question.of(text, label_list, choice_list, gold)


def _texts(where: str, field: str, value: object) -> list[str]:
    if not isinstance(value, list):
        raise InputError(f"{field}: expected a list of texts, found {_kind(value)}", where=where)
    if not 2 <= len(value) <= _MAX_OPTIONS:
        raise InputError(f"{field}: expected 2 to {_MAX_OPTIONS} options, found {len(value)}", where=where)
    return [_text(where, f"{field}[{index}]", entry) for index, entry in enumerate(value)]


def _text(where: str, field: str, value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"{field}: expected a text, found {_kind(value)}", where=where)
    if not value.strip():
        raise InputError(f"{field}: expected a text, found an empty one", where=where)
    if not value.isprintable() and any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f"{field}: holds half of a surrogate pair, which is no character", where=where)
    return value


def _kind(value: object) -> str:
    """Name a JSON value's type as JSON does."""
    if value is None:
        return "nothing"
    names: dict[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return names.get(type(value), "an object")
