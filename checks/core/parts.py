"""Rows with content in parts: templates are tried with plain strings, so these rows are looked at themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from builders.engine.tally import Tally
from builders.errors import TemplateError
from builders.templates import render
from checks.core.context import AuditContext

_MOST: Final = 256
"""Tallies whose first row is read back; the rest count as what the resolution said of them."""


def shown_in_parts(context: AuditContext, tallies: Sequence[Tally], role: str) -> Collection[int]:
    """Return the first rows of those tallies whose message is given in parts and is rendered after all.

    Args:
        context: The dataset.
        tallies: Rows of which the template shows no text where it is a plain string.
        role: Whose message: `system` or `user`.

    Returns:
        Row numbers. A tally stands and falls by its first row.
    """
    asked = [tally.first_row for tally in tallies[:_MOST]]
    texts = context.table.frame.texts(asked) if asked else {}
    return {row for row in asked if _is_shown(context, texts[row].messages, role)}


def _is_shown(context: AuditContext, messages: list[dict[str, Any]], role: str) -> bool:
    said = [each["content"] for each in messages if each.get("role") == role]
    parts = [_text(content) for content in said if isinstance(content, list)]
    if not parts or len(parts) != len(said):
        return False
    try:
        rendered = render(context.table.template, messages, add_generation_prompt=True)
    except TemplateError:
        return False
    return all(text.strip() in rendered for part in parts for text in part)


def _text(content: list[Any]) -> list[str]:
    """Return the texts of a content's parts."""
    return [str(part["text"]) for part in content if isinstance(part, dict) and "text" in part]
