"""Notebooks: code cells as one Python text, with the way back to cell and line.

Magics are not Python. A cell that does not parse as it stands is read again with its line magics (`%pip`,
`!ls`, `?help`) blanked out; a cell magic that runs another language (`%%bash`) blanks the whole cell. A cell that
cannot be read even so is left out and told of: the rest is read. Lines stay lines, so that positions hold.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any, cast

from builders.errors import InputError
from checks.src.grammar import parsed, unread_because
from checks.src.lexer import UnreadableError, tokens
from checks.src.module import Module, parse

_PYTHON_CELLS = frozenset(("time", "timeit", "capture", "prun", "python", "python3", "memit", "mprun"))
_MAGIC = re.compile(r"^\s*(?:[%!]|\?+\w|[\w.]+\?{1,2}\s*$)")
_ASSIGNED = re.compile(r"^(\s*[\w.,\s]+=\s*)[%!].*")


@dataclass(frozen=True)
class Place:
    """Where a line of the joined text stands."""

    cell: int
    """The cell, counted from 1 over all cells, as Jupyter numbers them on a page."""
    line: int
    """Line in the cell, counted from 1."""
    physical: int | None
    """Line in the file, where each line of a cell has one of its own."""


@dataclass(frozen=True)
class Notebook:
    """A notebook as one module."""

    module: Module
    """Its code cells, joined."""
    places: tuple[Place, ...]
    """For each line of the module's text, where it stands."""
    original: tuple[str, ...]
    """The same lines as the cells have them, magics included."""
    document: dict[str, Any]
    """The parsed JSON."""
    raw: str
    """The file's text."""
    unread: tuple[InputError, ...] = ()
    """The cells that could not be read, and why."""

    def with_text(self, text: str) -> str | None:
        """Return the file's text with the cells changed as the module's text was; None where that is not certain.

        Args:
            text: The mended text. Lines may be added at the beginning of a cell and changed anywhere.
        """
        rewritten = _cells_after(self, text)
        layout = _layout(self.document, self.raw)
        if rewritten is None or layout is None:
            return None
        document = json.loads(self.raw)
        for number, lines in rewritten.items():
            cell = document["cells"][number - 1]
            cell["source"] = lines if isinstance(cell["source"], list) else "".join(lines)
        return json.dumps(document, indent=layout[0], ensure_ascii=layout[1]) + layout[2]


def read_notebook(path: str, raw: str) -> Notebook:
    """Read a notebook's code cells; those that do not parse are left out and told of.

    Raises:
        InputError: if it is no notebook, or is not in Python.
    """
    document = _document(path, raw)
    lines: list[str] = []
    original: list[str] = []
    places: list[Place] = []
    unread: list[InputError] = []
    lost: list[str] = []
    cursor = 0
    for number, cell in enumerate(cast("list[Any]", document["cells"]), start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", [])
        parts = "".join(map(str, source)) if isinstance(source, list) else str(source)
        own = re.findall(r"[^\n]*\n|[^\n]+$", parts)
        if not own:
            continue
        whole = own[-1].endswith("\n")
        kept = [*own[:-1], own[-1] if whole else own[-1] + "\n"]
        try:
            python = _python(path, number, kept)
        except InputError as error:
            unread.append(error)
            lost += kept
            python = ["\n"] * len(kept)
        for index, line in enumerate(kept):
            found = _find(raw, own[index], cursor)
            physical = None
            if found is not None:
                cursor, physical = found
            places.append(Place(number, index + 1, physical))
            lines.append(python[index])
            original.append(line)
    module = parse(path, "".join(lines))
    module.notebook, module.unread = True, "".join(lost)
    return Notebook(module, tuple(places), tuple(original), document, raw, tuple(unread))


def _document(path: str, raw: str) -> dict[str, Any]:
    try:
        document: Any = json.loads(raw.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise InputError(
            "not a notebook: it is no JSON", where=f"{path}:{line}", help="open and save it in Jupyter"
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise InputError(
            "not a notebook of format 4: it has no cells",
            where=f"{path}:1",
            help="open and save it in Jupyter",
        )
    metadata = document.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language", "python") if isinstance(kernel, dict) else "python"
    if str(language).lower() not in ("python", "python3", "ipython"):
        raise InputError(
            f"a notebook in {language}, not in Python", where=f"{path}:1", help="leave it out with --exclude"
        )
    return document


def _python(path: str, number: int, lines: list[str]) -> list[str]:
    """Return a cell's lines with what is no Python blanked out."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    cell_magic = re.match(r"%%(\w+)", lines[first])
    if cell_magic is not None:
        if cell_magic[1] not in _PYTHON_CELLS:
            return ["\n"] * len(lines)
        lines = [*lines[:first], "\n", *lines[first + 1 :]]
    if _parses(lines):
        return lines
    plain = _without_magics("".join(lines))
    try:
        parsed("".join(plain))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line_number = getattr(error, "lineno", None) or 1
        reason = unread_because(error) if isinstance(error, SyntaxError) else "it cannot be parsed"
        raise InputError(
            f"unread: {reason}",
            where=f"{path}:cell {number}:{line_number}",
            help="mend the cell; the other cells were read",
        ) from None
    return plain


def _without_magics(text: str) -> list[str]:
    """Return the lines of a cell with its line magics blanked out, together with the lines that they go on in.

    A magic stands where a statement may begin: a `%` or `!` inside brackets or a text is none.
    """
    plain: list[str] = []
    place = 0
    while place < len(text):
        end = text.find("\n", place) + 1
        line = text[place:end]
        assigned = _ASSIGNED.match(line)
        if _MAGIC.match(line) or assigned:
            indent = re.match(r"[ \t]*", line)
            plain.append(f"{assigned[1]}None\n" if assigned else f"{indent[0] if indent else ''}pass\n")
            while line.rstrip().endswith("\\") and end < len(text):
                place, end = end, text.find("\n", end) + 1
                line = text[place:end]
                plain.append("\n")
        else:
            end = _statement_end(text, place)
            plain += re.findall(r"[^\n]*\n", text[place:end])
        place = end
    return plain


def _statement_end(text: str, place: int) -> int:
    """Return where the logical line that begins at a place ends; the text's end where it does not."""
    brackets = 0
    try:
        for token in tokens(text, place):
            brackets += (token.kind == "open") - (token.kind == "close")
            if token.kind == "newline" and brackets <= 0:
                return token.end
    except UnreadableError:
        pass
    return len(text)


def _parses(lines: list[str]) -> bool:
    try:
        parsed("".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _find(raw: str, line: str, cursor: int) -> tuple[int, int] | None:
    """Return where a cell's line ends in the file and on which line it stands, looking from a place on."""
    for ascii_only in (False, True):
        literal = json.dumps(line, ensure_ascii=ascii_only)
        start = raw.find(literal, cursor)
        if start >= 0:
            return start + len(literal), raw.count("\n", 0, start) + 1
    return None


def _layout(document: dict[str, Any], raw: str) -> tuple[int, bool, str] | None:
    """Return how the file was written, if writing it again gives the same bytes: indent, ASCII only, its end."""
    for indent in (1, 2, 4):
        for ascii_only in (False, True):
            for end in ("\n", ""):
                if json.dumps(document, indent=indent, ensure_ascii=ascii_only) + end == raw:
                    return indent, ascii_only, end
    return None


def _cells_after(notebook: Notebook, text: str) -> dict[int, list[str]] | None:
    """Return the new lines of the cells that change; None where lines cannot be told apart."""
    old, new = notebook.module.lines, re.findall(r"[^\n]*\n|[^\n]+$", text)
    cells: dict[int, list[str]] = {}
    changed: set[int] = set()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            for index in range(a, b):
                cells.setdefault(notebook.places[index].cell, []).append(notebook.original[index])
        elif tag == "insert":
            place = notebook.places[min(a, len(notebook.places) - 1)]
            cells.setdefault(place.cell, []).extend(new[c:d])
            changed.add(place.cell)
        else:
            owners = {notebook.places[index].cell for index in range(a, b)}
            if len(owners) > 1:
                return None
            owner = owners.pop()
            cells.setdefault(owner, []).extend(new[c:d])
            changed.add(owner)
    result: dict[int, list[str]] = {}
    for number in changed:
        lines = cells[number]
        source = notebook.document["cells"][number - 1]["source"]
        ended = ("".join(source) if isinstance(source, list) else source).endswith("\n")
        if lines and not ended:
            lines = [*lines[:-1], lines[-1].removesuffix("\n")]
        result[number] = lines
    return result
