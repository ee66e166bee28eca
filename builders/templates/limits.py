"""How much a template may use before it is stopped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from builders.bounds import bounds


@dataclass(frozen=True)
class Limits:
    """Bounds on one rendering. A chat template needs milliseconds and kilobytes: these leave ample room."""

    cpu_seconds: float = 3.0
    """Processor time for compiling and rendering one conversation."""
    wall_seconds: float = 30.0
    """Time on the clock until the process that renders is killed, whatever it is doing."""
    memory_bytes: int = 1 << 30
    """Address space of the process that renders (POSIX only)."""
    output_characters: int = 4_000_000
    """Length of the rendered text beyond four times the length of what was given."""
    total_seconds: float = 20.0
    """Processor time for all renderings of one template, beyond `each_seconds` for every one of them."""
    each_seconds: float = 0.02
    """What one rendering may use on average; an honest template takes about a thousandth of a second."""
    source_characters: int = 1_000_000
    """Length of a template's Jinja text."""


LIMITS: Final = Limits()
"""The limits that apply unless somebody sets others."""


def current_limits() -> Limits:
    """Return the limits with what the bounds say that hold here."""
    said = bounds()
    return replace(
        LIMITS,
        cpu_seconds=said.render_seconds,
        wall_seconds=max(LIMITS.wall_seconds, 10 * said.render_seconds),
        total_seconds=said.template_seconds,
        memory_bytes=said.render_mb << 20,
    )
