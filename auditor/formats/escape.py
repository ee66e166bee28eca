"""Make untrusted text inert in each place that a report can end up in.

Everything that comes out of a dataset (prompts, targets, persona names, paths) is untrusted: it may hold terminal
codes, workflow commands, markup or marks that turn the reading direction. No format prints such text but through
one of these functions, or through a JSON encoder that keeps to ASCII.
"""

from __future__ import annotations

import html as _html
import json
import math
import re
from typing import Any

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$])")
_MARKDOWN_BLOCK = re.compile(r"^(\s*)([-+=:]|\d+(?=[.)](?:\s|$)))")
_BACKTICKS = re.compile(r"`+")


def visible(text: str) -> str:
    r"""Return the text on one line with everything written out that a terminal would obey or hide.

    Control characters, terminal escapes, line breaks of every kind, bidirectional marks, zero-width characters,
    lone surrogates and unassigned code points become `\n`, `\x1b`, `\u202e` and so on. What is left can be
    encoded as UTF-8 and is legal in XML. Spaces and printable characters of all scripts stay. The one exception
    is `##[`, which an Actions runner obeys wherever it stands in a log: its bracket is written out, too.
    """
    shown = text if text.isprintable() else "".join(map(_visible, text))
    return shown.replace("##[", "##\\x5b")


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return repr(character)[1:-1]


def log_line(line: str) -> str:
    r"""Return a line that is one no Actions runner obeys: `::` at its beginning is written `:\x3a`.

    For formats that break lines, or let untrusted text begin one.
    """
    start = line.lstrip()
    return f"{line[: len(line) - len(start)]}:\\x3a{start[2:]}" if start.startswith("::") else line


def ascii_json(value: Any, *, indent: int | None = None) -> str:  # noqa: ANN401
    r"""Return a value as JSON that reads back exactly and is inert wherever the file is shown.

    It is ASCII, so that no invisible character is left; `</` and `##[` can only stand in strings and are escaped,
    so that it may stand in a script element or a log. JSON knows no NaN and no infinity: they become null.
    """
    try:
        text = json.dumps(value, indent=indent, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=indent, allow_nan=False)
    return text.replace("</", "<\\/").replace("##[", "##\\u005b")


def _finite(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def html(text: str) -> str:
    """Return the text for an element or a quoted attribute of an HTML page."""
    return _html.escape(visible(text), quote=True)


def markdown(text: str) -> str:
    """Return the text for a paragraph or a table cell of GitHub-flavoured Markdown, without any markup of its own.

    A backslash disarms CommonMark's punctuation. Mentions, issue references and bare addresses are made from the
    rendered text, where the backslash is gone: a zero-width space takes them apart.
    """
    escaped = _MARKDOWN_SPECIAL.sub(r"\\\1", visible(text))
    # What begins a list, a heading's underline or a table does so at the start alone.
    escaped = _MARKDOWN_BLOCK.sub(_block_disarmed, escaped)
    escaped = escaped.replace("@", "@&#8203;").replace("\\#", "\\#&#8203;").replace("://", ":&#8203;//")
    return re.sub(r"(?i)\bwww\.", "www&#8203;.", escaped)


def _block_disarmed(start: re.Match[str]) -> str:
    space, mark = start.groups()
    return f"{space}&#8203;{mark}" if mark[0].isdigit() else f"{space}\\{mark}"


def markdown_code(text: str, *, cell: bool = False) -> str:
    """Return the text as a Markdown code span.

    Args:
        text: Untrusted text.
        cell: Whether it stands in a table, where a bar ends the cell even inside a code span.
    """
    shown = visible(text)
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(shown)), default=0) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    span = f"{fence}{padding}{shown or ' '}{padding}{fence}"
    return span.replace("|", "\\|") if cell else span


def github_data(text: str) -> str:
    """Return the text for the message of a workflow command, encoded as the Actions toolkit decodes it.

    Source: `escapeData` in `packages/core/src/command.ts` of github.com/actions/toolkit.
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def github_property(text: str) -> str:
    """Return the text for a property (`file=`, `title=`) of a workflow command; source as `github_data`."""
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def sarif_message(text: str) -> str:
    """Return the text for a SARIF message string, where braces mark placeholders and `[...](...)` is a link.

    Source: SARIF 2.1.0, sections 3.11.5 and 3.11.6.
    """
    return visible(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
