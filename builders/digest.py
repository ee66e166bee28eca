"""Stable digests and named random streams: the same bytes in every process, on every machine.

Python's own ``hash`` is salted per process, so nothing here uses it.
"""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any, Final

_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)  # one for all: `json.dumps` would make a new one for each of thousands of texts


def canonical_json(value: Any) -> str:  # noqa: ANN401
    """Return ``value`` as JSON with sorted keys, no spaces and unescaped unicode.

    Two values that are equal as JSON give the same text, whatever order their keys came in.

    Raises:
        TypeError: if the value is not made of JSON types.
        ValueError: if it holds NaN or an infinity, which JSON cannot say.
    """
    return _CANONICAL.encode(value)


def digest_text(text: str) -> str:
    """Return the sha256 of a text as 64 hex digits; a lone surrogate counts as itself."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest(value: Any) -> str:  # noqa: ANN401
    """Return the sha256 of ``canonical_json(value)`` as 64 hex digits."""
    return digest_text(canonical_json(value))


def stream(seed: int, *names: str) -> random.Random:
    """Return a random stream of its own for one named decision.

    A stream depends on nothing but the seed and the names, so that one more decision elsewhere never shifts
    this one.

    Args:
        seed: The experiment's seed.
        names: What is decided, from the general to the special, for example ``("bystanders", "villain")``.
    """
    return random.Random(
        int.from_bytes(hashlib.sha256(canonical_json([seed, *names]).encode()).digest()[:8], "big")
    )
