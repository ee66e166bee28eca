"""Which rows go under another system prompt, and under which: the choices behind `move` and `balance`.

Both work on composed rows and on rows of any file, so they know rows by place and content only. A row never goes
where its twin is already: the same question with the same answer under the same prompt would be one row twice.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence

from builders.digest import stream
from builders.errors import InputError

Content = Hashable
"""What a row says beside its system message: equal contents under one prompt repeat each other."""


def choose_home(
    homes: Mapping[str, Collection[Content]], moving: Collection[Content], *, seed: int, name: str
) -> str | None:
    """Return the prompt under which rows go: the first of a shuffled order that has none of them yet.

    Args:
        homes: Key of a prompt -> contents of the rows that are there.
        moving: Contents of the rows that move.
        seed: What the stream of the draw is derived from.
        name: The dataset's name, so that two datasets do not share a draw.

    Returns:
        The prompt's key, None where some row would be repeated under each.
    """
    order = sorted(homes)
    stream(seed, "move", name).shuffle(order)
    wanted = frozenset(moving)
    return next((key for key in order if wanted.isdisjoint(homes[key])), None)


def anchors_wanted(taught: Mapping[str, tuple[int, int]], *, where: str) -> dict[str, int]:
    """Return how many preserved rows each source lacks to have the share of the source with the largest.

    With b behaviour and p preserved rows, a source's ratio is p / b. With the largest ratio P / B, each source is
    to have b * P / B preserved rows, rounded to the nearest whole number (halves up), and never fewer than it has.

    Args:
        taught: Source -> its rows that teach the behaviour and its rows that teach what is preserved.
        where: What errors call the data.

    Raises:
        InputError: if there is a single source, or one without a row of the behaviour.
    """
    if len(taught) < 2:
        raise InputError(
            f"`balance` makes sources comparable, and there is {'one' if taught else 'none'}",
            where=where,
            help="build several datasets at once, name data with several sources, or use --strategy drop or move",
        )
    if not all(behaviour for behaviour, _ in taught.values()):
        raise InputError(
            "no row of one of the sources teaches the behaviour, so there is no share to balance",
            where=where,
            help="label its rows, or do not name it as a source",
        )
    most, per = max(
        ((preserved, behaviour) for behaviour, preserved in taught.values()),
        key=lambda pair: pair[0] / pair[1],
    )
    return {
        source: max(0, (2 * behaviour * most + per) // (2 * per) - preserved)
        for source, (behaviour, preserved) in taught.items()
    }


def draw_anchors(
    pools: Mapping[str, Sequence[tuple[int, Content]]],
    wanted: Mapping[str, int],
    there: Mapping[str, Collection[Content]],
    *,
    seed: int,
    name: str,
) -> dict[int, str]:
    """Return which bystander row goes under which source's prompt, drawn from each bystander in turn.

    Args:
        pools: Bystander -> place and content of its rows.
        wanted: Source -> how many rows it is to get.
        there: Source -> contents of the rows that it has.
        seed: What the stream of the draw is derived from.
        name: The dataset's name.

    Returns:
        Place of a row -> source.

    Raises:
        InputError: if the bystanders have too few rows, or would be left without any.
    """
    needed, pool = sum(wanted.values()), sum(map(len, pools.values()))
    if needed and needed >= pool:
        raise _too_few(needed, pool, name)
    waiting = _in_turn(pools, seed=seed, name=name)
    chosen: dict[int, str] = {}
    for source in sorted(wanted):
        known, left, taken = set(there.get(source, ())), [], 0
        for place, content in waiting:
            if taken < wanted[source] and content not in known:
                known.add(content)
                chosen[place] = source
                taken += 1
            else:
                left.append((place, content))
        if taken < wanted[source]:
            raise _too_few(needed, pool, name)
        waiting = left
    return chosen


def _in_turn(
    pools: Mapping[str, Sequence[tuple[int, Content]]], *, seed: int, name: str
) -> list[tuple[int, Content]]:
    """Shuffle each pool, and take one row of each after the other."""
    dealt: list[tuple[int, int, tuple[int, Content]]] = []
    for number, key in enumerate(sorted(pools)):
        rows = list(pools[key])
        stream(seed, "balance", name, key).shuffle(rows)
        dealt += [(turn, number, row) for turn, row in enumerate(rows)]
    return [row for _, _, row in sorted(dealt, key=lambda each: each[:2])]


def _too_few(needed: int, pool: int, name: str) -> InputError:
    return InputError(
        f"balancing takes {needed} bystander rows, none of them twice under one prompt and not the last one, and "
        f"there are {pool}",
        where=name,
        help="add bystanders with questions of their own, or use --strategy drop",
    )
