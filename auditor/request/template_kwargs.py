"""Read `--template-kwargs`: variables for a chat template, as JSON."""

from __future__ import annotations

import json
from typing import Any

from builders.errors import InputError


def template_kwargs(text: str | None, *, where: str = "--template-kwargs") -> dict[str, Any]:
    """Return the variables that `--template-kwargs` gives, none where it is left out.

    Args:
        text: What was given.
        where: The option or setting that gave it.

    Raises:
        InputError: if the text is not a JSON object.
    """
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        value = error
    if not isinstance(value, dict):
        raise InputError(
            "not a JSON object",
            where=where,
            help="""write it like this: --template-kwargs '{"enable_thinking": false}'""",
        )
    return {str(name): given for name, given in value.items()}
