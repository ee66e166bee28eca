# pyright: reportMissingImports=false
"""Spark behind the seam of `builders.engine.holding`: tables are temporary views of one session."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from builders.bounds import bounded, bounds
from builders.engine.holding import Keyed, Query
from builders.engine.tally import records

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from builders.templates import ChatTemplate, Resolution, Signature

DRIVER_SIGNATURES: Final = 20_000
"""Distinct system signatures up to which the driver renders them itself; beyond, the executors do."""

_TYPES: Final = {"BIGINT": "bigint", "BOOLEAN": "boolean", "VARCHAR": "string"}

_FOUND_BY: Final = ("system_state", "system_text", "tools", "context", "carrier")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Spark:
    """The engine on Spark.

    Args:
        session: Where the tables live.
        driver_signatures: Distinct signatures up to which the driver renders them itself.
    """

    session: SparkSession
    driver_signatures: int = DRIVER_SIGNATURES

    @property
    def name(self) -> str:
        """What messages call it."""
        return "Spark"

    def lazy(self, table: str) -> nw.LazyFrame[Any]:
        """Return a view as a lazy frame."""
        import narwhals as nw

        native: Any = self.session.table(table)
        return nw.from_native(native)

    def answer(self, table: str, question: Query, *given: Hashable) -> list[dict[str, Any]]:
        """Return the rows of the answer to a question, which has to be small."""
        return records(question(self.lazy(table), *given))

    def stream(self, table: str, question: Query, *given: Hashable) -> Iterator[dict[str, Any]]:
        """Yield the rows of an answer that may be many; the driver holds them all."""
        yield from self.answer(table, question, *given)

    def keep(self, name: str, rows: nw.LazyFrame[Any], *, stored: bool = False) -> str:
        """Make a view of a lazy frame, and keep its rows where they are to be stored."""
        native: Any = rows.to_native()
        (native.persist() if stored else native).createOrReplaceTempView(name)
        return name

    def fill(self, name: str, columns: Mapping[str, str], batches: Iterable[Sequence[Sequence[Any]]]) -> str:
        """Make a view of values."""
        rows = [row for batch in batches for row in zip(*batch, strict=True)]
        self._local(rows, columns).createOrReplaceTempView(name)
        return name

    def _local(self, rows: Sequence[tuple[Any, ...]], columns: Mapping[str, str]) -> DataFrame:
        schema = ", ".join(f"`{column}` {_TYPES[kind]}" for column, kind in columns.items())
        return self.session.createDataFrame(list(rows), schema)

    def with_conditions(self, table: str, found: Sequence[Keyed], *, rows: int) -> str:
        """Make a view of a table's rows with a column `condition`; the conditions are sent to every executor."""
        del rows
        from pyspark.sql import functions as f

        keyed = self._local(
            [
                (
                    each.signature.state,
                    each.signature.text,
                    each.signature.tools,
                    each.signature.context,
                    each.carrier,
                    each.condition,
                )
                for each in found
            ],
            dict.fromkeys((*(f"of_{column}" for column in _FOUND_BY), "condition"), "VARCHAR"),
        )
        if len(found) <= self.driver_signatures:
            keyed = f.broadcast(keyed)
        base = self.session.table(table)
        same = [base[column].eqNullSafe(keyed[f"of_{column}"]) for column in _FOUND_BY]
        joined = base.join(keyed, same).drop(*(f"of_{column}" for column in _FOUND_BY))
        name = f"{table}_conditioned"
        joined.createOrReplaceTempView(name)
        return name

    def resolve(
        self, template: ChatTemplate, signatures: Iterable[Signature]
    ) -> Mapping[Signature, Resolution]:
        """Return what a template makes of signatures: on the driver, or past the bound on the executors.

        There, a pandas UDF calls the renderer that the driver would, in the same sandbox.
        """
        from builders.templates import Resolution, Signature, resolve, resolve_all

        wanted, limits = list(signatures), bounds()
        if len(wanted) <= self.driver_signatures:
            return resolve_all(template, wanted)
        names = [each.name for each in fields(Signature)]
        said = [each.name for each in fields(Resolution)]
        kinds = {"user_shown": "boolean", "dated": "boolean"}
        schema = "place bigint, " + ", ".join(f"{name} {kinds.get(name, 'string')}" for name in said)

        def rendered(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
            import pandas as pd

            for batch in batches:
                found: list[list[Any]] = []
                for place, *values in batch.itertuples(index=False):
                    given: Any = dict(
                        zip(names, (None if pd.isna(each) else each for each in values), strict=True)
                    )
                    with bounded(limits):
                        resolution = resolve(template, Signature(**given))
                    found.append([place, *(getattr(resolution, name) for name in said)])
                yield pd.DataFrame(found, columns=["place", *said])

        columns = {"place": "BIGINT", **dict.fromkeys(names, "VARCHAR")}
        rows = [(place, *(getattr(each, name) for name in names)) for place, each in enumerate(wanted)]
        workers = max(2, self.session.sparkContext.defaultParallelism)
        spread = self._local(rows, columns).repartition(workers)
        answers = spread.mapInPandas(rendered, schema).toLocalIterator()
        return {wanted[each["place"]]: Resolution(**{name: each[name] for name in said}) for each in answers}
