# ruff: noqa: S608  (the statements are put together from our own pieces; data never becomes SQL text)
"""The SQL that turns rows of any shape into the narrow columns of a frame.

One statement does nearly all: the engine reads the file once, and nothing but hashes, lengths and a few tags is
kept. Rows that are more than one question and its answer are marked, and taken apart in `builders.readers.apart`. The
table's rows come in the file's order, so that the engine's own `rowid` says a row's place: nothing on the way may
join. A window function would number them as well, and hold the whole read to one thread.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from builders.engine.frame import marked_sql
from builders.readers import problems as p
from builders.readers.columns import JSON, ColumnType
from builders.readers.shapes import Shape
from builders.schema import ResolvedBy, Role, SystemState
from builders.sql import FILE, key_of, literal, one_of, quoted

TAG_COLUMNS: Final = (
    "tools",
    "persona",
    "role",
    "question_id",
    "options",
    "gold_label",
    "target_label",
    "target_correct",
)
"""Columns that mean what our schema says wherever they are found beside a conversation."""

SCHEMA_COLUMNS: Final = ("example_id", "row", "system_state", "resolved_system", "resolved_by", "condition")
"""The other tags; only looked at in files that have them all, to hold them to the schema."""

_TRUE, _FALSE = ("true", "1", "1.0"), ("false", "0", "0.0")


_HEAD, _TAIL = 64, 16
"""Characters of a target that are kept, from its beginning and from its end."""

VARIABLES: Final = "chat_template_kwargs"
"""The column of what each row gives its chat template, as TRL calls it."""


def wanted_columns(shape: Shape, extra: tuple[str, ...], *, tagged: bool) -> dict[str, ColumnType]:
    """Say which columns to read, and as what."""
    names = (*TAG_COLUMNS, *(SCHEMA_COLUMNS if tagged else ()), *extra)
    return {**dict.fromkeys((name for name in names if name not in shape.columns), JSON), **shape.columns}


def text_of(column: str) -> str:
    """SQL for a tag as text; JSON null is NULL."""
    return f"({quoted(column)}->>'$')"


def boolean_of(column: str) -> str:
    """SQL for a tag as a boolean: true, false, 1 and 0, as such or as text; NULL for anything else."""
    value, written = f"lower{text_of(column)}", f"{quoted(column)}::VARCHAR"
    # The JSON itself says it nearly always, which saves parsing it.
    return (
        f"CASE WHEN {written} = 'true' THEN true WHEN {written} = 'false' THEN false "
        f"WHEN {one_of(value, _TRUE)} THEN true WHEN {one_of(value, _FALSE)} THEN false END"
    )


def conversation(relation: str, shape: Shape) -> str:
    """Return SQL for a relation's rows with `said`, `user_text` and `target_text` beside their columns.

    `plain` says whether a row is one question and its answer, perhaps under a system message: only then do the others
    hold something. All other rows are taken apart in Python.

    Args:
        relation: SQL of a relation with the wanted columns.
        shape: How its conversations are laid out.
    """
    bare = f" AND ({VARIABLES} IS NULL OR {one_of(f'{VARIABLES}::VARCHAR', ('{}', 'null'))})"
    short = shape.exchange
    if short is not None:
        # Each message is taken out of its list once, and not in every expression that looks at it.
        taken = f"SELECT *, {short.taken} FROM ({relation})"
        short = short.by_name
        located = f"SELECT *, {short.leads} AS leads, NULL::VARCHAR AS own_system FROM ({taken})"
        said, user, target = (f"{part}.content" for part in (short.first, short.user, short.target))
        plain = short.holds
    else:
        taken_apart = f"SELECT *, {shape.turns} AS turns, {shape.system} AS own_system FROM ({relation})"
        opens = "own_system IS NULL AND coalesce(turns[1].r = 'system', false)"
        located = f"SELECT *, {opens} AS leads FROM ({taken_apart})"
        said, user, target = "turns[1].t", "turns[-2].t", "turns[-1].t"
        wanted = (
            "len(turns) = 2 + leads::INT",
            "turns[-2].r = 'user'",
            "turns[-1].r = 'assistant'",
            f"{user} IS NOT NULL",
            f"{target} IS NOT NULL",
        )
        plain = f"coalesce({' AND '.join(wanted)}, false)"
    return f"""
        SELECT *,
            {plain}{bare} AS plain,
            leads OR own_system IS NOT NULL AS has_system,
            CASE WHEN leads THEN {said} ELSE own_system END AS said,
            {target} AS target_text,
            {user} AS user_text
        FROM ({located})"""


@dataclass(frozen=True)
class Tagging:
    """SQL for what rows are called and what they teach, over `system_text`, `user_text`, `target_text`, the columns."""

    target_correct: str
    """What a turn teaches."""
    persona: str
    """What its prompt is called."""
    role: str
    """What it is there for."""

    def of_file(self, where: str) -> Tagging:
        """Return the same for the rows of one file, whose name labels and roles may look at."""
        told = (self.target_correct, self.persona, self.role)
        return Tagging(*(sql.replace(FILE, literal(where)) for sql in told))


def select(
    relation: str,
    shape: Shape,
    tagging: Tagging,
    *,
    tagged: bool,
    hurried: bool = False,
    unseen: Sequence[str] = (),
    left_out: Collection[str] = (),
    watched: Sequence[str] = (),
) -> str:
    """Return the statement that fills a frame's table from a relation.

    Args:
        relation: SQL of a relation with the wanted columns.
        shape: How its conversations are laid out.
        tagging: How rows are labelled.
        tagged: Whether the file has all of our tags and is held to the schema.
        hurried: Whether the shape is the hurried form of another: rows that it may have misread are marked.
        unseen: Tags that no row looked at had: in a hurry they are not read, and a row that has one is marked.
        left_out: Columns of the frame that the table does without, because all its rows have the same there.
        watched: Columns that nothing reads: in a hurry a row that has one is marked, else `unread` says which it has.
    """
    surprising = (*unseen, *watched) if hurried else ()
    if surprising:
        nothing = ", ".join(f"NULL::JSON AS {quoted(column)}" for column in unseen)
        surprise = " OR ".join(f"{quoted(column)} IS NOT NULL" for column in surprising)
        columns = f"* REPLACE ({nothing})" if unseen else "*"
        relation = f"SELECT {columns}, {surprise} AS surprise FROM ({relation})"
    stated = f"""
        SELECT *, 0 AS turn, NULL::VARCHAR AS context, true AS final, true AS labelled,
            CASE WHEN NOT has_system THEN 'absent' WHEN said IS NULL THEN 'null'
                WHEN said = '' THEN 'empty' ELSE 'text' END AS state,
            CASE WHEN said <> '' THEN said END AS system_text,
            {key_of("user_text")} AS user_key, {key_of("target_text")} AS target_key,
            hash(state, {key_of("system_text")}, user_key, target_key) AS row_key,
            {_problem(shape, tagged=tagged, hurried=hurried, surprising=bool(surprising))}::UTINYINT AS problem
        FROM ({conversation(relation, shape)})"""
    unread = "" if hurried else f", {_unread(watched)} AS unread"
    return f"SELECT {frame_columns(tagging, left_out)}, plain, problem{unread} FROM ({stated})"


def _unread(watched: Sequence[str]) -> str:
    """SQL for a number whose bits say which of some columns hold something; nearly always none does."""
    if not watched:
        return "0::UBIGINT"
    nothing = ", ".join(map(literal, ('""', "[]", "{}", "null")))
    bits = " + ".join(
        f"CASE WHEN {quoted(name)}::VARCHAR NOT IN ({nothing}) THEN {1 << place} ELSE 0 END"
        for place, name in enumerate(watched)
    )
    return f"(CASE WHEN coalesce({', '.join(map(quoted, watched))}) IS NULL THEN 0 ELSE {bits} END)::UBIGINT"


STORED: Final = {
    "system_state": "system_state::VARCHAR",
    "target_tail": f"CASE WHEN target_length <= {_TAIL} THEN target_head ELSE target_tail END",
}
"""Column of a frame -> how it is read from a table whose columns are `frame_columns`, where that is not by its name."""


def frame_columns(tagging: Tagging, left_out: Collection[str] = ()) -> str:
    """Return SQL for a frame's columns as tables keep them, row, file and line aside.

    A column costs the engine as much to write as a text to hash: what is the same in all rows is left out, and a
    short target is kept once. The relation has `state`, `system_text`, `user_text`, `target_text`, `said`, `turn`,
    `context`, the three keys, `final` and `labelled`: whether it is the last turn of its row, which is what a tag of
    the row is said of, and whether that or a tag of its own says what it teaches.
    """

    def of_row(sql: str) -> str:
        return f"CASE WHEN final THEN {sql} END"

    columns = {
        "turn": "turn",
        "system_state": f"state::ENUM({', '.join(map(literal, get_args(SystemState)))})",
        "system_text": "system_text",
        "tools": "CASE WHEN tools::VARCHAR <> '\"\"' THEN tools::VARCHAR END",
        "context": "context",
        "persona": tagging.persona,
        "role": tagging.role,
        "question_id": of_row(text_of("question_id")),
        "options": of_row(_options()),
        "gold_label": of_row(text_of("gold_label")),
        "target_label": of_row(text_of("target_label")),
        "target_correct": tagging.target_correct,
        "user_key": "user_key",
        "row_key": "row_key",
        "target_key": "target_key",
        "target_head": f"CASE WHEN strlen(target_text) <= {_HEAD} THEN target_text ELSE left(target_text, {_HEAD}) END",
        "target_tail": f"CASE WHEN strlen(target_text) > {_TAIL} THEN right(target_text, {_TAIL}) END",
        "target_length": "length(target_text)::INTEGER",
        "prompt_length": "(length(user_text) + coalesce(length(said), 0))::INTEGER",
        "marked": marked_sql("user_text", "said"),
    }
    return ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items() if name not in left_out)


def _options() -> str:
    as_list = "CASE WHEN json_type(options) = 'ARRAY' THEN options ELSE TRY((options->>'$')::JSON) END"
    return (
        f"CASE WHEN options IS NOT NULL THEN array_to_string(from_json({as_list}, '[\"VARCHAR\"]'), '|') END"
    )


def _problem(shape: Shape, *, tagged: bool, hurried: bool, surprising: bool) -> str:
    """SQL for what is wrong with a row's columns; what is wrong with a conversation is found in Python."""
    arms: list[tuple[str, int]] = [("surprise", p.UNCLEAR_TEXT)] if surprising else []
    if hurried and shape.exchange is not None:
        arms.append((f"plain AND {shape.exchange.by_name.unclear}", p.UNCLEAR_TEXT))
    if shape.system_column is not None:
        arms.append((f"own_system IS NULL AND {quoted(shape.system_column)} IS NOT NULL", p.NO_CONTENT))
    if "target_correct" not in shape.columns:
        arms.append(
            (f"target_correct IS NOT NULL AND {boolean_of('target_correct')} IS NULL", p.BAD_TARGET_CORRECT)
        )
    if tagged:
        arms.append((f"plain AND NOT coalesce({_schema_holds()}, false)", p.BAD_TAGS))
    return (
        f"CASE{''.join(f' WHEN {condition} THEN {code}' for condition, code in arms)} END" if arms else "NULL"
    )


def _schema_holds() -> str:
    """SQL that is true for a row whose tags are as `TaggedRow` wants them."""

    def optional_text(column: str) -> str:
        return f"({column} IS NULL OR json_type({column}) = 'VARCHAR')"

    def is_one_of(column: str, values: tuple[str, ...]) -> str:
        return one_of(text_of(column), values)

    texts = ("persona", "question_id", "gold_label", "target_label", "resolved_system")
    return " AND ".join(
        [
            *map(optional_text, texts),
            "json_type(example_id) = 'VARCHAR'",
            "json_type(condition) = 'VARCHAR'",
            "json_type(\"row\") = 'UBIGINT'",
            f"({text_of('role')} IS NULL OR {is_one_of('role', get_args(Role))})",
            "(options IS NULL OR json_type(options) = 'ARRAY')",
            "(target_correct IS NULL OR json_type(target_correct) = 'BOOLEAN')",
            f"{text_of('system_state')} = state",
            is_one_of("resolved_by", get_args(ResolvedBy)),
        ]
    )
