"""Filling a frame's table from the pieces of a dataset, one statement for each piece."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

import duckdb

from builders.bounds import bounds, raising
from builders.engine.frame import FRAME_COLUMNS, Unread
from builders.errors import AuditError, InputError
from builders.labels.functions import Functions
from builders.readers import canonical
from builders.readers.apart import Apart
from builders.readers.badrows import BadRows, bad_rows, explain
from builders.readers.jsonfiles import SMALL_OBJECT, JsonArray, JsonLines, without_rows
from builders.readers.pieces import Piece, Survey
from builders.readers.plan import ReadingPlan
from builders.readers.problems import LEFT_OUT, NO_CONVERSATION, UNCLEAR_TEXT
from builders.readers.progress import Progress, watched
from builders.readers.shapes import Shape
from builders.readers.tables import CsvFile
from builders.readers.tools import canonicalise_tools
from builders.schema import Role
from builders.sql import one_of

_numbers = itertools.count(1)

PLAIN: Final = {"turn": "0", "context": "NULL"}
"""Columns that are the same in all rows of one question and its answer."""


@dataclass(frozen=True)
class Filled:
    """What reading came to, in numbers."""

    turns: int
    """Trained turns."""
    apart_turns: int
    """Those among them that were taken apart in Python."""
    apart_rows: int
    """The rows that they are of."""
    silent: int
    """Rows whose answers are all flagged."""
    earlier: int
    """Answers that what is said of their row is not said of, because it is not the last."""
    tags: tuple[str, ...]
    """Tag columns that hold something."""
    bad: BadRows
    """What was left out."""

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return self.turns - self.apart_turns + self.apart_rows + self.silent

    @property
    def notes(self) -> list[str]:
        """What is to be announced."""
        notes = [f"tags are read from the columns {', '.join(self.tags)}"] if self.tags else []
        if self.bad.count:
            notes.append(
                f"{self.bad.count} rows could not be read and were left out, for example {self.bad.examples[0]}"
            )
        if self.apart_turns > self.apart_rows:
            rows = f"{self.rows:,} row{'s' if self.rows != 1 else ''}"
            notes.append(f"{self.turns:,} answers carry loss in {rows}: what is counted is answers")
        if self.earlier:
            notes.append(
                f"{self.earlier:,} answers before the last of their row are unlabelled: what is said of a row is said "
                "of its last answer"
            )
        if self.silent:
            notes.append(f"{self.silent:,} rows train nothing: every answer in them is flagged")
        return notes


class Filling:
    """One dataset on its way into the engine.

    Attributes:
        starts: The first row of each piece, and after them the number of rows in all, bad ones included.
        bad: What was left out.
        view: Name of the view that has the frame's columns.
        turns: How many trained turns there are, once it is made.
        apart: The rows that are more than one question and its answer.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        plan: ReadingPlan,
        pieces: Sequence[Piece],
        *,
        skip: bool,
        progress: Progress | None,
    ) -> None:
        self._connection, self._plan, self._pieces = connection, plan, pieces
        self._skip, self._progress = skip, progress
        number = next(_numbers)
        self._table, self.view = f"rows_{number}", f"frame_{number}"
        self.starts = [0]
        self.bad = BadRows()
        self.turns = 0
        self._hurry = True
        self._telling = False
        self._left_out = self._constant()
        self._functions = Functions(connection)
        self._tagging = self._compile()
        self.apart = Apart(
            connection,
            f"turns_{number}",
            self._tagging,
            tuple(dict.fromkeys((*canonical.TAG_COLUMNS, *plan.extra))),
            plan.extra if plan.labelers else ("target_correct",),
        )

    @property
    def files(self) -> list[str]:
        """What the pieces are called, in the order of `file`."""
        return [piece.where for piece in self._pieces]

    def _compile(self) -> canonical.Tagging:
        plan = self._plan
        labels = [
            # What is said of a row is said of its last answer: an earlier one is another answer to another question.
            f"CASE WHEN labelled THEN {sql} END" if labeler.of_row else sql
            for labeler in plan.labelers
            for sql in [labeler.sql(self._functions)]
        ]
        own = f"CASE WHEN labelled THEN {canonical.boolean_of('target_correct')} END"
        target = f"coalesce({', '.join(labels)})" if labels else own
        role = canonical.text_of("role")
        known = f"CASE WHEN {one_of(role, get_args(Role))} THEN {role} END"
        return canonical.Tagging(
            target_correct=target,
            persona=plan.roles.persona_sql(canonical.text_of("persona")),
            role=plan.roles.role_sql("NULL" if plan.roles.given else known),
        )

    def _constant(self) -> frozenset[str]:
        """Return the tags that are NULL in every row unless a row has what no row looked at had."""
        plan = self._plan
        if plan.shape.hurried is None:
            return frozenset()
        said = {"target_correct": True, "role": plan.roles.given, "persona": bool(plan.roles.personas)}
        return frozenset(tag for tag in plan.unseen if not said.get(tag, False))

    def run(self) -> None:
        """Read every piece.

        Raises:
            InputError: for the first row that cannot be read, unless such rows are to be skipped.
        """
        total = sum(piece.size for piece in self._pieces)
        before = 0
        try:
            for piece in self._pieces:
                with watched(self._connection, self._progress, before=before, size=piece.size, total=total):
                    self._read(piece)
                    self._take_apart(piece)
                before += piece.size
                self._look_at_problems(piece)
        finally:
            self._functions.remove()

    def _read(self, piece: Piece) -> None:
        try:
            self._insert(piece)
        except duckdb.Error as error:
            if "maximum_object_size" in str(error) and isinstance(piece, JsonLines | JsonArray):
                self._read_large(piece)
                return
            self._recover(piece, error)

    def _insert(self, piece: Piece) -> None:
        """Read a piece, in a hurry where that may do, and with care where it did not."""
        hurried = self._plan.shape.hurried
        if self._hurry and hurried is not None and isinstance(piece, JsonLines | JsonArray):
            # Rolled back and not deleted: the rows that follow must get the numbers of those that go.
            self._connection.begin()
            try:
                rows = self._run(piece, hurried)
                ((unclear,),) = self._connection.execute(
                    f"SELECT count(*) FROM {self._table} WHERE problem = {UNCLEAR_TEXT}"  # noqa: S608
                ).fetchall()
            except BaseException:
                self._connection.rollback()
                raise
            if not unclear:
                self._connection.commit()
                self.starts.append(self.starts[-1] + rows)
                return
            self._connection.rollback()
            self._hurry = False
        self.starts.append(self.starts[-1] + self._run(piece, self._plan.shape))

    def _run(self, piece: Piece, shape: Shape) -> int:
        """Read a piece as a shape, and return how many rows that are."""
        plan, connection = self._plan, self._connection
        first = piece is self._pieces[0]
        hurried = shape is plan.shape.hurried
        if self._left_out and not hurried:
            if not first:
                for tag in sorted(self._left_out):
                    connection.execute(f"ALTER TABLE {self._table} ADD COLUMN {tag} VARCHAR")
            self._left_out = frozenset()
        if not hurried and not self._telling and not first:
            connection.execute(f"ALTER TABLE {self._table} ADD COLUMN unread UBIGINT")
        self._telling = not hurried
        columns = canonical.wanted_columns(shape, (*plan.looked_at, *plan.watched), tagged=plan.tagged)
        relation = piece.relation(connection, columns)
        statement = canonical.select(
            relation,
            shape,
            self._tagging.of_file(piece.where),
            tagged=plan.tagged,
            hurried=hurried,
            unseen=plan.unseen,
            left_out={*PLAIN, *self._left_out},
            watched=plan.watched,
        )
        ((rows,),) = connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self._table} AS {statement}"
            if first
            else f"INSERT INTO {self._table} BY NAME {statement}"
        ).fetchall()
        return int(rows)

    def _take_apart(self, piece: Piece) -> None:
        """Read the rows of a piece that are more than one question and its answer."""
        start = self.starts[-2]
        found = self._connection.execute(
            f"SELECT rowid FROM {self._table} WHERE NOT plain AND problem IS NULL AND rowid >= {start} ORDER BY rowid"  # noqa: S608
        ).fetchall()
        wanted = [number for (number,) in found]
        if not wanted:
            return
        wrong = self.apart.read(piece, start, wanted, self._plan.shape, self._plan.view)
        if wrong:
            self._connection.execute(
                f"UPDATE {self._table} SET problem = {NO_CONVERSATION} WHERE rowid IN (SELECT unnest(?::BIGINT[]))",  # noqa: S608
                [wrong],
            )

    def _read_large(self, piece: JsonLines | JsonArray) -> None:
        """Read once more with room for long rows, on one thread: its buffers are twice the longest row."""
        most = bounds().row_bytes
        if piece.object_bytes >= most:
            raise InputError(
                f"has a row of more than {bounds().row_mb:g} MB",
                where=piece.where,
                help=f"no trainer reads such a row: look for a missing line break; {raising('row-mb')}",
            )
        piece.object_bytes = min(piece.longest() + SMALL_OBJECT, most)
        ((threads, memory),) = self._connection.execute(
            "SELECT current_setting('threads'), current_setting('memory_limit')"
        ).fetchall()
        self._connection.execute(
            f"SET threads = 1; SET memory_limit = '{(piece.object_bytes * 16 >> 20) + 400}MB'"
        )
        try:
            self._read(piece)
        finally:
            self._connection.execute(f"SET threads = {threads}; SET memory_limit = '{memory}'")

    def _recover(self, piece: Piece, error: duckdb.Error) -> None:
        """Find out which rows stopped the engine; go on without them, or say which."""
        if isinstance(piece, CsvFile):
            raise piece.broken(error) from error
        wrong: list[int] = []
        for row, found in bad_rows(piece, self._plan.shape):
            if not self._skip:
                raise found from error
            wrong.append(row)
            self.bad.add(found)
        if not wrong:
            raise InputError(_plain(error), where=piece.where) from error
        if not isinstance(piece, JsonLines | JsonArray):
            raise InputError(
                f"has rows that cannot be left out: {_plain(error)}", where=piece.where
            ) from error
        piece.clean = without_rows(piece, wrong)
        try:
            self._insert(piece)
        except duckdb.Error as again:
            raise InputError(_plain(again), where=piece.where) from again
        self._connection.execute(
            f"UPDATE {self._table} SET problem = {LEFT_OUT} "  # noqa: S608
            f"WHERE rowid IN (SELECT unnest(?::BIGINT[]) + {self.starts[-2]})",
            [wrong],
        )

    def _look_at_problems(self, piece: Piece) -> None:
        start = self.starts[-2]
        if isinstance(piece, JsonLines) and piece.refused:
            self._connection.execute(
                f"UPDATE {self._table} SET problem = {NO_CONVERSATION} WHERE problem IS NULL "  # noqa: S608
                f"AND rowid IN (SELECT unnest(?::BIGINT[]) + {start})",
                [list(piece.refused)],
            )
        wrong = f"FROM {self._table} WHERE problem < {LEFT_OUT} AND rowid >= {start}"
        marked: list[Any] = self._connection.execute(
            f"SELECT rowid, problem {wrong} ORDER BY rowid LIMIT 4"
        ).fetchall()
        if marked and isinstance(piece, JsonLines):
            piece.find_blank_lines()  # nobody has counted the lines yet
        for number, code in marked:
            error = explain(piece, int(number) - start, self._plan.shape, int(code), tagged=self._plan.tagged)
            if not self._skip:
                raise error
            self.bad.add(error)
        if marked:
            ((count,),) = self._connection.execute(f"SELECT count(*) {wrong}").fetchall()
            self.bad.count += int(count) - len(marked)

    def settle(self, number: int, survey: Survey) -> str:
        """Take what the pass over a piece's bytes found, and return its digest."""
        piece = self._pieces[number]
        count = self.starts[number + 1] - self.starts[number]
        if isinstance(piece, JsonLines) and survey.lines is not None and survey.lines != count:
            piece.find_blank_lines()
        return survey.digest

    def finish(self) -> Filled:
        """Make the view and return what was read.

        Raises:
            InputError: if no row is left.
        """
        filled = self.filled()
        if filled.turns == 0:
            raise self._nothing()
        return filled

    def filled(self) -> Filled:
        """Make the view and return what was read, which may be nothing."""
        apart = self.apart
        # Rows that cannot be read, and those taken apart, stay in the table, so that all others keep their numbers.
        left_out = [
            *(["problem IS NULL"] if self.bad.count else []),
            *(["plain"] if apart.rows or apart.silent else []),
        ]
        constant = PLAIN | dict.fromkeys(self._left_out, "NULL")
        bodies = [self._body(self._table, "rowid", " AND ".join(left_out), constant)]
        if apart.turns:
            bodies.append(self._body(apart.table, '"row"', "", {}))
        self._connection.execute(f"CREATE TEMP VIEW {self.view} AS {' UNION ALL '.join(bodies)}")
        tags = self._plan.tags
        ((turns, *tagged),) = self._connection.execute(
            f"SELECT count(*), {', '.join(f'count({quoted})' for quoted in map(_quoted, tags))} FROM {self.view}"  # noqa: S608
        ).fetchall()
        self.turns = int(turns)
        return Filled(
            turns=self.turns,
            apart_turns=apart.turns,
            apart_rows=apart.rows,
            silent=len(apart.silent),
            earlier=self.earlier,
            tags=tuple(tag for tag, count in zip(tags, tagged, strict=True) if count),
            bad=self.bad,
        )

    def unread(self) -> tuple[Unread, ...]:
        """Return what of all rows nothing reads although it could matter."""
        found = self._connection.execute(
            f"SELECT min(rowid), max(rowid) FROM {self._table} WHERE unread > 0 AND problem IS NULL GROUP BY unread"  # noqa: S608
            if self._telling
            else "SELECT 0, 0 LIMIT 0"
        ).fetchall()
        numbers = sorted({number for pair in found for number in pair})
        rows = [
            row
            for piece, start, end in zip(self._pieces, self.starts, self.starts[1:], strict=False)
            if (there := [number - start for number in numbers if start <= number < end])
            for row in piece.raw(there).values()
        ]
        return self._plan.unread(rows, self.apart.keys)

    @property
    def earlier(self) -> int:
        """How many answers are unlabelled because the labels that there are speak of their row's last."""
        return self.apart.unsaid if all(labeler.of_row for labeler in self._plan.labelers) else 0

    def _body(self, table: str, number: str, wanted: str, constant: Mapping[str, str]) -> str:
        """Return SQL for the frame's columns of a table whose rows have that number."""
        if "tools" not in constant:
            canonicalise_tools(self._connection, table, where=self._pieces[0].where)
        stride = self.apart.widest
        expressions = {column: column for column in FRAME_COLUMNS} | canonical.STORED | dict(constant)
        expressions |= {
            "row": number if stride == 1 else f"{number} * {stride} + {expressions['turn']}",
            "file": self._file(number),
            "line": self._line(number),
            "carrier": "NULL",
        }
        body = ", ".join(
            f'({expressions[column]})::{kind} AS "{column}"' for column, kind in FRAME_COLUMNS.items()
        )
        return f"SELECT {body} FROM {table}{f' WHERE {wanted}' if wanted else ''}"  # noqa: S608

    def _nothing(self) -> AuditError:
        if self.bad.count:
            return InputError(
                f"none of its {self.bad.count} rows could be read; the first: {self.bad.examples[0]}",
                where=self._pieces[0].where,
            )
        return self._pieces[0].nothing()

    def _file(self, number: str) -> str:
        if len(self._pieces) == 1:
            return "0" if self._pieces[0].path is not None else "NULL"
        arms = "".join(f" WHEN {number} < {end} THEN {place}" for place, end in enumerate(self.starts[1:]))
        return f"CASE{arms} END"

    def _line(self, number: str) -> str:
        arms: list[str] = []
        for piece, start, end in zip(self._pieces, self.starts, self.starts[1:], strict=False):
            if not isinstance(piece, JsonLines):
                arms.append(f" WHEN {number} < {end} THEN NULL")
                continue
            before = piece.rows_before_blanks()
            blanks = f" + len(list_filter({before}, lambda r: r <= {number} - {start}))" if before else ""
            arms.append(f" WHEN {number} < {end} THEN {number} - {start} + 1{blanks}")
        return f"CASE{''.join(arms)} END"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _plain(error: duckdb.Error) -> str:
    """The engine's sentence without its class and its advice, which is about its own options."""
    return str(error).partition("\n")[0].partition("Error: ")[2] or str(error)
