"""Python functions lent to the engine for one read and taken back after it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Literal

import duckdb
from duckdb.func import PythonUDFType

_numbers = itertools.count(1)


class Functions:
    """Registers functions on a connection and removes them again.

    A function that stays registered keeps its connection alive until the process ends, and the engine's binding
    then complains on standard error.

    Args:
        connection: Where to register.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._names: list[str] = []

    def register(
        self,
        function: Callable[..., Any],
        arguments: list[str],
        returns: Literal["BOOLEAN", "VARCHAR"],
        *,
        arrow: bool,
    ) -> str:
        """Register a function, which is also called for NULL, and return its name in SQL.

        Args:
            function: Takes one value per argument, or one Arrow array per argument.
            arguments: Their types.
            returns: The type of the result.
            arrow: Whether it takes arrays.
        """
        name = f"audit_function_{next(_numbers)}"
        anything: Any = self.connection
        anything.create_function(
            name,
            function,
            arguments,
            returns,
            type=PythonUDFType.ARROW if arrow else PythonUDFType.NATIVE,
            null_handling="special",
        )
        self._names.append(name)
        return name

    def remove(self) -> None:
        """Take all functions back."""
        while self._names:
            self.connection.remove_function(self._names.pop())
