"""Which rows of a data file go under which other system prompt, and what of them changes then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from builders.engine.tally import Tally
from builders.errors import InputError
from builders.moving import anchors_wanted, choose_home, draw_anchors
from builders.readers.pieces import Piece, Row, decoded
from builders.readers.plan import ReadingPlan
from builders.readers.strictjson import parse_row
from builders.readers.systems import System, system_of, with_system
from builders.relabelled import check_home, nowhere, refuse_repeats
from builders.schema import Role, example_id
from builders.templates import ChatTemplate, Resolution, Signature, resolve
from checks.core.context import AuditContext, Condition


@dataclass(frozen=True)
class Preserved:
    """A row that teaches what is to be preserved."""

    number: int
    """Its place in the dataset."""
    condition: str
    """Digest of its condition."""
    content: tuple[int, int]
    """What it says beside its system message, as two hashes."""
    tools: str | None
    """Its tools."""


@dataclass(frozen=True)
class Move:
    """A row's new system prompt."""

    system: System
    """As the data's shape writes it."""
    text: str | None
    """Its text; None where there is none."""
    resolution: Resolution
    """What the template makes of it."""
    state: str
    """What the row says then."""
    persona: str | None
    """What the data calls the prompt."""
    role: Role
    """What the row is there for."""
    plan: ReadingPlan
    """How the data is read."""
    where: str
    """What errors call the data."""

    def edit(self, row: Row) -> Row:
        """Return the columns of a row that change, tags that speak of the system prompt included."""
        changed = with_system(row, self.plan.shape, self.system, where=self.where)
        tags: dict[str, Any] = {"persona": self.persona}
        if row.get("role") in get_args(Role):
            tags["role"] = self.role
        if self.plan.tagged:
            new = decoded({**row, **changed})
            tags |= {
                "system_state": self.state,
                "resolved_system": self.resolution.resolved_system,
                "resolved_by": self.resolution.resolved_by,
                "condition": self.resolution.condition,
                "example_id": example_id(new["prompt"], new["completion"]),
            }
        return changed | {name: value for name, value in tags.items() if name in row}


def anchor_negatives(context: AuditContext) -> list[Preserved]:
    """Return the rows that teach `preserved` under a source's resolved condition, in order.

    Raises:
        InputError: if in every source that has such rows, what is asked decides: they are the other half of the design.
    """
    if not any(each.preserved for each in context.anchored) and any(
        each.preserved for each in context.sources
    ):
        raise InputError(
            "what is taught depends on what is asked (behaviour-follows-question), so there is no confound to take out",
            where=context.name,
            help="if the two kinds of rows are told apart by a trigger, name it: --condition 'prefix:TEXT'",
        )
    return preserved_rows(context, [each.digest for each in context.anchored])


def preserved_rows(context: AuditContext, conditions: Collection[str]) -> list[Preserved]:
    """Return the rows of some conditions that teach what is to be preserved, in order."""
    import narwhals as nw

    if not conditions:
        return []
    wanted = nw.col("condition").is_in(list(conditions)) & nw.col("target_correct")
    return sorted(_rows(context, wanted), key=lambda row: row.number)


def moves(
    context: AuditContext, pieces: Sequence[Piece], plan: ReadingPlan, *, to: str | None, seed: int
) -> dict[int, Move]:
    """Return where the anchor negatives go: all under one prompt, which is taught the behaviour nowhere.

    Args:
        context: The dataset.
        pieces: Its files.
        plan: How they are read.
        to: The system text; that of a bystander, drawn, where None.
        seed: What the draw is derived from.

    Returns:
        Row -> its new prompt.

    Raises:
        InputError: if that text is a source's or taught the behaviour, or a row would be repeated under each prompt.
    """
    moving = anchor_negatives(context)
    if not moving:
        return {}
    spoilt = frozenset(each.digest for each in context.conditions if each.role == "source" or each.behaviour)
    home = (_given if to is not None else _drawn)(context, moving, spoilt, to or "", seed)
    text = home.signature.text if to is None else to
    system = _system_of_row(pieces, context, home.first_row, plan)
    if text != home.signature.text:
        system = system.saying(text or "", where=context.name)
        home_persona: str | None = None
    else:
        home_persona = home.persona
    template = context.table.template
    found: dict[int, Move] = {}
    for row in moving:
        resolution = resolve(template, Signature("text", text, row.tools))
        check_home(text or "", resolution.condition, spoilt, where=context.name)
        found[row.number] = Move(
            system, text, resolution, "text", home_persona, "bystander", plan, context.name
        )
    return found


def balancing(
    context: AuditContext, pieces: Sequence[Piece], plan: ReadingPlan, *, seed: int
) -> dict[int, Move]:
    """Return which bystander rows go under a source's prompt, so that all sources have the same share of them.

    Args:
        context: The dataset.
        pieces: Its files.
        plan: How they are read.
        seed: What the draw is derived from.

    Returns:
        Row -> its new prompt.

    Raises:
        InputError: if there is a single source, or there are too few bystander rows.
    """
    sources = {each.digest: each for each in context.sources}
    wanted = anchors_wanted(
        {digest: (each.behaviour, each.preserved) for digest, each in sources.items()}, where=context.name
    )
    bystanders = [each.digest for each in context.conditions if each.role == "bystander"]
    pools: dict[str, list[tuple[int, tuple[int, int]]]] = {}
    tools: dict[int, str | None] = {}
    for row in preserved_rows(context, bystanders):
        pools.setdefault(row.condition, []).append((row.number, row.content))
        tools[row.number] = row.tools
    there = _contents(context, [digest for digest, number in wanted.items() if number])
    chosen = draw_anchors(pools, wanted, there, seed=seed, name=Path(context.name).name)
    homes = {digest: _commonest(sources[digest], behaviour=True) for digest in set(chosen.values())}
    systems = {
        digest: _system_of_row(pieces, context, home.first_row, plan) for digest, home in homes.items()
    }
    found: dict[int, Move] = {}
    for number, digest in sorted(chosen.items()):
        state, text = homes[digest].signature.state, homes[digest].signature.text
        resolution = resolve(context.table.template, Signature(state, text, tools[number]))
        if resolution.condition != digest:
            raise InputError(
                "sources and bystanders offer different tools, so a bystander's row cannot become a source's",
                where=context.name,
                help="use --strategy drop or move",
            )
        found[number] = Move(
            systems[digest], text, resolution, state, homes[digest].persona, "anchor", plan, context.name
        )
    return found


def _drawn(
    context: AuditContext, moving: Sequence[Preserved], spoilt: frozenset[str], _: str, seed: int
) -> Tally:
    """Draw a bystander under which no row is repeated."""
    bystanders = {
        each.digest: each
        for each in context.conditions
        if each.role == "bystander" and each.digest not in spoilt and "text" in each.states
    }
    homes = _contents(context, list(bystanders))
    name = Path(context.name).name
    chosen = choose_home(homes, [row.content for row in moving], seed=seed, name=name)
    if chosen is None:
        raise nowhere(where=context.name)
    return _commonest(bystanders[chosen], text=True)


def _given(
    context: AuditContext, moving: Sequence[Preserved], spoilt: frozenset[str], to: str, _: int
) -> Tally:
    """Return rows that have the given text, or any that have one, so that its form can be copied."""
    for row in moving:
        check_home(to, _condition_of(context.table.template, to, row), spoilt, where=context.name)
    there = _contents(context, {_condition_of(context.table.template, to, row) for row in moving})
    repeated = sum(
        row.content in there.get(_condition_of(context.table.template, to, row), ()) for row in moving
    )
    refuse_repeats(repeated, where=context.name)
    tallies = [tally for tally in context.table.tallies if tally.signature.state == "text"]
    if not tallies:
        raise InputError(
            "no row has a system message with a text, whose form the moved rows could have",
            where=context.name,
            help="use --strategy drop",
        )
    return next((tally for tally in tallies if tally.signature.text == to), tallies[0])


def _condition_of(template: ChatTemplate, text: str, row: Preserved) -> str:
    return resolve(template, Signature("text", text, row.tools)).condition


def _commonest(condition: Condition, *, text: bool = False, behaviour: bool = False) -> Tally:
    """Return the tally with most rows among those that have a text, or that teach the behaviour."""
    fitting = [
        tally
        for tally in condition.tallies
        if (not text or tally.signature.state == "text") and (not behaviour or tally.target_correct is False)
    ]
    return max(fitting, key=lambda tally: (tally.rows, -tally.first_row))


def _contents(context: AuditContext, conditions: Collection[str]) -> dict[str, set[tuple[int, int]]]:
    import narwhals as nw

    found: dict[str, set[tuple[int, int]]] = {each: set() for each in conditions}
    if found:
        for row in _rows(context, nw.col("condition").is_in(list(conditions))):
            found[row.condition].add(row.content)
    return found


def _rows(context: AuditContext, wanted: Any) -> list[Preserved]:  # noqa: ANN401
    names = ("row", "condition", "user_key", "target_key", "tools")
    found: Any = context.table.conditioned.filter(wanted).select(*names).collect("pyarrow")
    columns = [found[name].to_list() for name in names]
    return [
        Preserved(number, condition, (user, target), tools)
        for number, condition, user, target, tools in zip(*columns, strict=True)
    ]


def _system_of_row(pieces: Sequence[Piece], context: AuditContext, number: int, plan: ReadingPlan) -> System:
    """Read the system message of one row back from its file, in the file's own form."""
    frame = context.table.frame
    query = f"SELECT file, (SELECT min(row) FROM {frame.table} s WHERE s.file = f.file) FROM {frame.table} f WHERE row = ?"  # noqa: E501, S608
    file, first = frame.connection.execute(query, [number]).fetchall()[0]
    for place, _, content in pieces[file].walk():
        if place == number - first:
            return system_of(parse_row(content) if isinstance(content, bytes) else content, plan.shape)
    raise InputError("changed while it was read", where=context.name, help="try again")
