# ruff: noqa: S608  (the statements are put together from our own pieces; data never becomes SQL text)
"""The SQL that turns rows of any shape into the narrow columns of a frame.

One statement does it all: the engine reads the file once, and nothing but hashes, lengths and a few tags is
kept. The table's rows come in the file's order, so that the engine's own `rowid` says a row's place: nothing on the
way may join. A window function would number them as well, and hold the whole read to one thread.
"""

from __future__ import annotations

from typing import Final, get_args

from builders.readers import problems as p
from builders.readers.columns import JSON, ColumnType
from builders.readers.shapes import Shape
from builders.schema import ResolvedBy, Role
from builders.sql import one_of, quoted

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
    """Return SQL for a relation's rows with `said`, `user_text` and `target_text` beside their columns."""
    short = shape.exchange
    holds = short.holds if short else "false"

    def read(place: str | None, turns: str) -> str:
        return f"CASE WHEN short THEN {place} ELSE {turns} END" if place else turns

    taken_apart = f"""
        SELECT *, {read(short and "NULL", shape.turns)} AS turns, {shape.system} AS own_system
        FROM (SELECT *, {holds} AS short FROM ({relation}))"""
    opens = "own_system IS NULL AND coalesce(turns[1].r = 'system', false)"
    located = f"SELECT *, {read(short and short.leads, opens)} AS leads FROM ({taken_apart})"
    asked = """CASE WHEN len(turns) = 2 + leads::INT AND turns[-2].r = 'user' THEN turns[-2].t
        ELSE array_to_string(list_transform(turns[1 + leads::INT:-2], lambda m: m.r || chr(31) || m.t), chr(30)) END"""
    return f"""
        SELECT *,
            leads OR own_system IS NOT NULL AS has_system,
            CASE WHEN leads THEN {read(short and f"{short.first}.content", "turns[1].t")} ELSE own_system END AS said,
            {read(short and f"{short.target}.content", "turns[-1].t")} AS target_text,
            {read(short and f"{short.user}.content", asked)} AS user_text
        FROM ({located})"""


def select(
    relation: str,
    shape: Shape,
    *,
    target_correct: str,
    persona: str,
    role: str,
    tagged: bool,
    hurried: bool = False,
) -> str:
    """Return the statement that fills a frame's table from a relation.

    Args:
        relation: SQL of a relation with the wanted columns.
        shape: How its conversations are laid out.
        target_correct: SQL over `system_text`, `user_text`, `target_text` and the columns.
        persona: SQL for the persona, over the same.
        role: SQL for the role, over the same.
        tagged: Whether the file has all of our tags and is held to the schema.
        hurried: Whether the shape is the hurried form of another: rows that it may have misread are marked.
    """
    stated = f"""
        SELECT *,
            CASE WHEN NOT has_system THEN 'absent' WHEN said IS NULL THEN 'null'
                WHEN said = '' THEN 'empty' ELSE 'text' END AS state,
            CASE WHEN said <> '' THEN said END AS system_text
        FROM ({conversation(relation, shape)})"""
    return f"""
        SELECT
            state AS system_state, system_text,
            CASE WHEN NOT {one_of("tools::VARCHAR", ("[]", '""', '"[]"'))} THEN tools::VARCHAR END AS tools,
            {persona} AS persona, {role} AS role,
            {text_of("question_id")} AS question_id, {_options()} AS options,
            {text_of("gold_label")} AS gold_label, {text_of("target_label")} AS target_label,
            {target_correct} AS target_correct,
            hash(user_text) AS user_key,
            hash(state, system_text, user_text, target_text) AS row_key,
            hash(target_text) AS target_key,
            left(target_text, 64) AS target_head, right(target_text, 16) AS target_tail,
            length(target_text)::INTEGER AS target_length,
            (length(user_text) + coalesce(length(said), 0))::INTEGER AS prompt_length,
            {_problem(shape, tagged=tagged, hurried=hurried)}::UTINYINT AS problem
        FROM ({stated})"""


def _options() -> str:
    as_list = "CASE WHEN json_type(options) = 'ARRAY' THEN options ELSE TRY((options->>'$')::JSON) END"
    return (
        f"CASE WHEN options IS NOT NULL THEN array_to_string(from_json({as_list}, '[\"VARCHAR\"]'), '|') END"
    )


def _problem(shape: Shape, *, tagged: bool, hurried: bool) -> str:
    unclear = "coalesce(list_bool_or(list_transform(turns, lambda m: m.x)), false)"
    said = [
        *([(unclear, p.UNCLEAR_TEXT)] if hurried else []),
        ("turns IS NULL", p.NO_CONVERSATION),
        ("len(turns) = 0 OR NOT list_contains(['assistant', '?'], turns[-1].r)", p.NO_ASSISTANT),
        ("len(list_filter(turns, lambda m: m IS NULL OR m.r = '?')) > 0", p.UNKNOWN_ROLE),
        ("len(list_filter(turns[1 + leads::INT:], lambda m: m.t IS NULL)) > 0", p.NO_CONTENT),
        ("len(turns) < 2 + leads::INT", p.NO_PROMPT),
        ("turns[1 + leads::INT].r = 'system' AND has_system", p.TWO_SYSTEMS),
    ]
    arms: list[tuple[str, int]] = []
    if shape.system_column is not None:
        arms.append((f"own_system IS NULL AND {quoted(shape.system_column)} IS NOT NULL", p.NO_CONTENT))
    if "target_correct" not in shape.columns:
        arms.append(
            (f"target_correct IS NOT NULL AND {boolean_of('target_correct')} IS NULL", p.BAD_TARGET_CORRECT)
        )
    if tagged:
        arms.append((f"NOT coalesce({_schema_holds()}, false)", p.BAD_TAGS))
    cases = ["".join(f" WHEN {condition} THEN {code}" for condition, code in each) for each in (said, arms)]
    return f"coalesce(CASE WHEN short THEN NULL{cases[0]} END, {f'CASE{cases[1]} END' if arms else 'NULL'})"


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
