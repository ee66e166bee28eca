"""What an engine that holds rows has to offer: the seam behind which DuckDB and Spark stand.

Questions are Narwhals expressions, written once. An engine runs them over a table that it knows by name and hands
back the rows of the answer, which are few. Everything above this module looks the same whichever engine answers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import narwhals as nw

    from builders.templates import ChatTemplate, Resolution, Signature

Query = Callable[..., "nw.LazyFrame[Any]"]
"""A function of a module, from a lazy frame and what else is given to a lazy frame."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """One combination of what a condition is found by, and the condition."""

    signature: Signature
    """What rows say about the system prompt."""
    carrier: str | None
    """What tells their condition apart beside it."""
    condition: str
    """The condition's digest."""


class Engine(Protocol):
    """Holds tables of rows and answers questions about them."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def lazy(self, table: str) -> nw.LazyFrame[Any]:
        """Return a table as a lazy frame."""
        ...

    def answer(self, table: str, question: Query, *given: Hashable) -> list[dict[str, Any]]:
        """Return the rows of the answer to a question, which has to be small.

        Args:
            table: The table's name; all tables that are asked one question have the same columns.
            question: What is asked.
            given: What it takes beside the table: numbers and digests, never a user's text.
        """
        ...

    def stream(self, table: str, question: Query, *given: Hashable) -> Iterator[dict[str, Any]]:
        """Yield the same, which may be many; until the last is there nothing else may be asked."""
        ...

    def keep(self, name: str, rows: nw.LazyFrame[Any], *, stored: bool = False) -> str:
        """Make a view of that name of a lazy frame, or a table where it is to be stored, and return the name."""
        ...

    def fill(self, name: str, columns: Mapping[str, str], batches: Iterable[Sequence[Sequence[Any]]]) -> str:
        """Make a table of values, and return its name.

        Args:
            name: Its name.
            columns: Column -> one of BIGINT, BOOLEAN, VARCHAR.
            batches: Values, a list for each column.
        """
        ...

    def with_conditions(self, table: str, found: Sequence[Keyed], *, rows: int) -> str:
        """Make a table or view of a table's rows with a column `condition`, and return its name.

        Args:
            table: The table's name.
            found: Every combination that occurs in it.
            rows: How many rows it has.
        """
        ...

    def resolve(
        self, template: ChatTemplate, signatures: Iterable[Signature]
    ) -> Mapping[Signature, Resolution]:
        """Return what a template makes of signatures."""
        ...
