"""A digest of a dataset that depends neither on the order of its rows nor on how they are divided into files.

Every trained turn has two 64-bit hashes: `row_key`, of what its row says, and one of that together with the hashes of
its prompt and its target, its tools and its context. The digest is the number of turns and both sums modulo 2^64, an
additive multiset hash (Bellare and Micciancio 1997): rows may come in any order and in any number of files, a row that
stands twice counts twice, and parts of a dataset add up.

It tells lost, changed and doubled rows, where another dataset has the same digest once in 2^64. It is no seal against
somebody who wants two datasets to have one digest: that is what the ordered sha256 is for. The hashes are the engine's
own, which another version may change; so the digest names the function by what it makes of a fixed text, and two
digests with different names say nothing about each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import duckdb

_MODULUS: Final = 1 << 64

_SUMS: Final = """
    SELECT count(*), coalesce(sum(coalesce(row_key, 0)::HUGEINT), 0),
        coalesce(sum(hash(row_key, user_key, target_key, turn, coalesce(tools, ''), coalesce(context, ''))::HUGEINT), 0)
    FROM {table}"""


@dataclass(frozen=True)
class Sums:
    """What some rows come to."""

    turns: int
    """How many trained turns they have."""
    rows: int
    """The sum of `row_key`, modulo 2^64."""
    texts: int
    """The sum of the other hash, modulo 2^64."""


def sums_of(connection: duckdb.DuckDBPyConnection, table: str) -> Sums:
    """Return what the rows of a frame's table come to."""
    ((turns, rows, texts),) = connection.execute(_SUMS.format(table=table)).fetchall()
    return Sums(int(turns), int(rows) % _MODULUS, int(texts) % _MODULUS)


def added(parts: Iterable[Sums]) -> Sums:
    """Return what parts of a dataset come to together."""
    found = list(parts)
    return Sums(
        sum(part.turns for part in found),
        sum(part.rows for part in found) % _MODULUS,
        sum(part.texts for part in found) % _MODULUS,
    )


def multiset_digest(sums: Sums) -> str:
    """Return the digest of rows that come to that: the function's name, their number, and both sums."""
    return f"sum64x2-{_function()}:{sums.turns:x}:{sums.rows:016x}{sums.texts:016x}"


@cache
def _function() -> str:
    """Name the engine's hash function by what it makes of a fixed text, and of two."""
    connection = duckdb.connect()
    ((one, two),) = connection.execute(
        "SELECT hash('confound-auditor'), hash('confound', 'auditor')"
    ).fetchall()
    connection.close()
    return f"{(one ^ two) & 0xFFFFFFFF:08x}"
