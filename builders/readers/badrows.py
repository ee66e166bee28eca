"""Finding the rows that stop a read, and saying where they stand.

Only a read that failed comes here, so this may go through the file row by row in Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from builders.errors import InputError
from builders.readers.apart import check_turns, variables_of
from builders.readers.pieces import Piece
from builders.readers.problems import SENTENCES, RowProblem
from builders.readers.shapes import Shape, shape_of
from builders.readers.strictjson import parse_row


@dataclass
class BadRows:
    """What was left out."""

    count: int = 0
    """Rows."""
    examples: list[str] = field(default_factory=list[str])
    """The first few, each as one sentence with its place."""

    def add(self, error: InputError) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < 3:
            self.examples.append(f"{error.where}: {error.message}")


def place(piece: Piece, row: int, line: int | None) -> str:
    """Say where a row stands: by its line, or else by its number, counted from 0."""
    return f"{piece.where}:{line}" if line is not None else f"{piece.where}, row {row}"


def bad_rows(piece: Piece, shape: Shape) -> Iterator[tuple[int, InputError]]:
    """Yield the rows of a piece that cannot be read as the shape, with the reason."""
    for row, line, content in piece.walk():
        try:
            record = parse_row(content) if isinstance(content, bytes) else content
            check(record, shape)
        except RowProblem as problem:
            yield row, InputError(problem.message, where=place(piece, row, line), help=problem.help)


def check(record: dict[str, object], shape: Shape) -> None:
    """Hold one parsed row to a shape.

    Raises:
        RowProblem: if it is of another shape, or breaks its own.
    """
    missing = [column for column in shape.required if record.get(column) is None]
    other = shape_of(record)
    if missing and other is not None:
        raise RowProblem(
            f"the row has the shape '{other}' in a file of shape '{shape.name}'",
            help="a file holds rows of one shape; split it by shape, or name the shape with --shape",
        )
    check_turns(shape.parse(record), shape)
    variables_of(record)


def explain(piece: Piece, row: int, shape: Shape, code: int, *, tagged: bool) -> InputError:
    """Make the error for a row that the engine marked."""
    line = piece.lines_of([row]).get(row)
    where = place(piece, row, line)
    message, advice = SENTENCES[code]
    try:
        record = piece.raw([row]).get(row, {})
        check(record, shape)
        if tagged:
            _check_tags(record)
    except RowProblem as problem:
        return InputError(problem.message, where=where, help=problem.help or advice)
    if code == 7:
        message = f"target_correct is {record.get('target_correct')!r}, expected true, false or null"
    return InputError(message, where=where, help=advice)


def _check_tags(record: dict[str, object]) -> None:
    from pydantic import ValidationError

    from builders.schema import TaggedRow

    known = {name: record[name] for name in TaggedRow.model_fields if name in record}
    try:
        row = TaggedRow.model_validate(known, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        field_name = ".".join(str(part) for part in first["loc"])
        raise RowProblem(
            f"field '{field_name}' breaks the schema of tagged rows: {first['msg'][0].lower()}{first['msg'][1:]}, "
            f"found {first['input']!r}"[:400],
            help=SENTENCES[8][1],
        ) from error
    state = _state(record)
    if row.system_state != state:
        raise RowProblem(
            f"field 'system_state' says '{row.system_state}' and the messages say '{state}'",
            help=SENTENCES[8][1],
        )


def _state(record: dict[str, object]) -> str:
    prompt = record.get("prompt")
    first = prompt[0] if isinstance(prompt, list) and prompt else {}
    if first.get("role") not in ("system", "developer"):
        return "absent"
    content = first.get("content")
    return "null" if content is None else "text" if content else "empty"
