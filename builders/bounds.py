"""What an input may cost, and where it may lead: bounds that hold unless somebody sets others.

A data set, a template or a recipe may come from a stranger. Nothing that is worth an audit comes near these; whoever
has such a thing raises the bound by name.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Bounds:
    """The bounds; `audit.toml` has them in the table `limits`."""

    row_mb: float = 512.0
    """Megabytes of one row once it is decompressed: a line, or an object of an array."""
    stream_gb: float = 16.0
    """Gigabytes that are copied of standard input, or of a pipe; files are never copied."""
    engine_mb: int = 400
    """Megabytes that the engine holds before it spills to the system's temporary folder (TMPDIR)."""
    recipe_rows: int = 2_000_000
    """Rows of one data set that a recipe composes."""
    recipe_datasets: int = 10_000
    """Data sets of one recipe, its `for_each` written out."""
    yaml_mb: float = 20.0
    """Million characters of a YAML file, its aliases written out."""
    render_seconds: float = 3.0
    """Seconds of processor time for one rendering of a chat template."""
    template_seconds: float = 20.0
    """Seconds of processor time for all renderings of one template, beyond 0.02 s for each."""
    render_mb: int = 1024
    """Megabytes of memory for the process that renders."""
    writeup_mb: float = 4.0
    """Megabytes of a write-up."""

    @property
    def row_bytes(self) -> int:
        """`row_mb` in bytes."""
        return int(self.row_mb * (1 << 20))

    @property
    def stream_bytes(self) -> int:
        """`stream_gb` in bytes."""
        return int(self.stream_gb * (1 << 30))

    @property
    def writeup_bytes(self) -> int:
        """`writeup_mb` in bytes."""
        return int(self.writeup_mb * (1 << 20))

    @property
    def yaml_characters(self) -> int:
        """`yaml_mb` in characters."""
        return int(self.yaml_mb * 1_000_000)


_bounds: Final[ContextVar[Bounds]] = ContextVar("bounds", default=Bounds())  # noqa: B039  (it is frozen)
_anywhere: Final[ContextVar[bool]] = ContextVar("anywhere", default=False)


def bounds() -> Bounds:
    """Return the bounds that hold here."""
    return _bounds.get()


def may_leave() -> bool:
    """Return whether a description may name files outside its folder and the current one, and data sets of a hub."""
    return _anywhere.get()


@contextmanager
def bounded(given: Bounds, *, anywhere: bool = False) -> Generator[None]:
    """Let other bounds hold for a while.

    Args:
        given: The bounds.
        anywhere: Whether descriptions may name what is neither beside them nor below the current folder.
    """
    first, second = _bounds.set(given), _anywhere.set(anywhere)
    try:
        yield
    finally:
        _bounds.reset(first)
        _anywhere.reset(second)


def raising(name: str) -> str:
    """Return how a bound is raised, for the help of an error."""
    return f"or raise the bound: {name} in the table limits of audit.toml, or --limit {name}=NUMBER"
