"""The table of settings in `docs/configuration.md`, from the table that reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from auditor.request.config_keys import Key, keys

BLOCK = re.compile(r"(?P<head><!-- settings -->\n).*?(?P<foot><!-- /settings -->)", re.DOTALL)


def pages(root: Path) -> dict[Path, str]:
    """Return the page with its table made true."""
    path = root / "docs" / "configuration.md"
    text = path.read_text(encoding="utf-8")
    if not BLOCK.search(text):
        raise ValueError(f"{path} has no place for the settings")
    return {path: BLOCK.sub(lambda found: f"{found['head']}\n{_table()}\n{found['foot']}", text)}


def _table() -> str:
    lines = ["| setting | default | what it does | flag | variable |", "|---|---|---|---|---|"]
    lines += [
        f"| `{key.path}` | {_default(key)} | {key.help}{_choices(key)} | {_code(key.flag)} | {_code(key.variable)} |"
        for key in keys()
    ]
    return "\n".join(lines) + "\n"


def _default(key: Key) -> str:
    if key.default is None:
        return "unset"
    value = list(key.default) if isinstance(key.default, tuple) else key.default
    return f"`{json.dumps(value)}`"


def _choices(key: Key) -> str:
    return f" One of {', '.join(f'`{choice}`' for choice in key.choices)}." if key.choices else ""


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""
