"""How `audit template` shows what a template does: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.formats.escape import ascii_json, log_line, visible
from builders.errors import TemplateError
from builders.templates import ChatTemplate, Resolution, StateReport, TemplateReport, describe
from checks.core.columns import STACKED, fitted

SCHEMA_VERSION: Final = 1

_DIGITS: Final = 12
_GAP: Final = 2


@dataclass(frozen=True)
class Described:
    """A template with its report, or with the reason why there is none."""

    template: ChatTemplate
    """The template."""
    report: TemplateReport | None
    """What it does; None where it could not be rendered."""
    error: TemplateError | None = None
    """Why it could not."""


def describe_all(templates: Sequence[ChatTemplate], text: str) -> list[Described]:
    """Return what each template does; one that cannot be rendered does not hide the others."""
    found: list[Described] = []
    for template in templates:
        try:
            found.append(Described(template, describe(template, text)))
        except TemplateError as error:
            found.append(Described(template, None, error))
    return found


def table(report: TemplateReport, *, colour: bool = False, width: int = 100) -> str:
    """Return what one template does as a table with a line of explanation for each oddity."""
    template = report.template
    lines: list[Text | Table] = [
        Text(f"template {visible(template.name)}: {visible(template.origin)}", style="dim"),
        Text(f"renderer {template.renderer}, sha256 {template.sha256[:12]}", style="dim"),
        Text(),
    ]
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    by = max(len(state.resolution.resolved_by) for state in report.states)
    way = min(max(len(visible(state.label)) for state in report.states), max(20, width // 4))
    for title, wide in (("system message", way), ("by", by), ("condition", _DIGITS)):
        grid.add_column(title, width=wide, no_wrap=True, overflow="ellipsis")
    grid.add_column("the model sees", width=width - way - by - _DIGITS - 4 * _GAP, overflow="fold")
    for state in report.states:
        found = state.resolution
        style = "red" if found.error is not None else ""
        cells = [visible(state.label), found.resolved_by, found.condition[:_DIGITS], _seen(found)]
        grid.add_row(*map(Text, cells), style=style)
    lines += [grid, Text()]
    for labels in report.collisions:
        lines.append(Text(f"one condition: {' = '.join(map(visible, labels))}", style="bold yellow"))
    if report.injected is not None:
        lines.append(Text(f"injected: {visible(report.injected)}", style="bold"))
    lines += [Text(f"note: {phrase}") for phrase in report.notes]
    return _printed(lines, colour, width)


def overview(found: Sequence[Described], *, colour: bool = False, width: int = 100) -> str:
    """Return what many templates do, a line each; under `STACKED` columns a record each."""
    if width < STACKED:
        return _records(found, colour=colour, width=width)
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    columns = ("template", "absent", "null", '""', "text")
    for column in columns:
        grid.add_column(column, no_wrap=True)
    grid.add_column("one condition; notes", overflow="fold")
    for each in found:
        name = visible(each.template.name)
        if each.report is None:
            grid.add_row(name, Text(f"cannot be rendered: {visible(_why(each))}", style="red"))
            continue
        states = each.report.states
        words = [Text(_word(state.resolution)) for state in states[: len(columns) - 1]]
        remarks = [*(" = ".join(labels) for labels in _told(each.report)), *each.report.notes]
        grid.add_row(Text(name), *words, Text(visible("; ".join(remarks))))
    return _printed([grid], colour, width)


def _records(found: Sequence[Described], *, colour: bool, width: int) -> str:
    lines: list[Text | Table] = []
    for each in found:
        lines.append(Text(visible(each.template.name), style="bold"))
        if each.report is None:
            lines.append(Text(f"  cannot be rendered: {visible(_why(each))}", style="red"))
            continue
        states = zip(("absent", "null", '""', "text"), each.report.states, strict=False)
        said = ", ".join(f"{name} {_word(state.resolution)}" for name, state in states)
        remarks = [*(" = ".join(labels) for labels in _told(each.report)), *each.report.notes]
        lines += [Text(line) for line in fitted(f"  {said}", width=width).split("\n")]
        if remarks:
            lines += [
                Text(line) for line in fitted(f"  {visible('; '.join(remarks))}", width=width).split("\n")
            ]
    return _printed(lines, colour, width)


def as_json(found: Sequence[Described]) -> str:
    """Return what templates do as one JSON object, ASCII only."""
    return ascii_json(
        {"schema_version": SCHEMA_VERSION, "templates": [_object(each) for each in found]}, indent=2
    )


def _told(report: TemplateReport) -> list[list[str]]:
    """Return the collisions with the sample text called text, so that a line stays short."""
    short = {report.states[3].label: "text", report.states[4].label: "text with blanks"}
    return [[short.get(label, label) for label in labels] for labels in report.collisions]


def _word(found: Resolution) -> str:
    """Return in a word or two what comes of a way to give a system prompt."""
    if found.resolved_by == "given":
        return {None: "nothing", "": "empty turn"}.get(found.resolved_system, "given")
    return {"error": "refused"}.get(found.resolved_by, found.resolved_by)


def _seen(found: Resolution) -> str:
    if found.error is not None:
        return f"refused: {visible(found.error)}"
    if found.resolved_system is None:
        return "no system prompt"
    return f'"{visible(found.resolved_system)}"' if found.resolved_system else "an empty system turn"


def _why(each: Described) -> str:
    return each.error.message if each.error is not None else ""


def _printed(lines: Sequence[Text | Table], colour: bool, width: int) -> str:
    stream = StringIO()
    console = Console(
        file=stream, width=width, force_terminal=colour, no_color=not colour, highlight=False, soft_wrap=False
    )
    for line in lines:
        console.print(line)
    return "\n".join(log_line(line.rstrip()) for line in stream.getvalue().splitlines()) + "\n"


def _object(each: Described) -> dict[str, Any]:
    template = each.template
    head: dict[str, Any] = {
        "name": template.name,
        "sha256": template.sha256,
        "renderer": template.renderer,
        "kwargs": dict(template.kwargs),
        "special_tokens": dict(template.special_tokens),
        "origin": template.origin,
        "error": None if each.error is None else each.error.message,
    }
    if each.report is None:
        return head
    report = each.report
    return head | {
        "states": [_state(state) for state in report.states],
        "collisions": [list(labels) for labels in report.collisions],
        "injected": report.injected,
        "dated": report.dated,
        "part_only_head": report.part_only_head,
        "notes": list(report.notes),
    }


def _state(state: StateReport) -> dict[str, Any]:
    found = state.resolution
    return {
        "label": state.label,
        "system_state": state.signature.state,
        "text": state.signature.text,
        "resolved_system": found.resolved_system,
        "resolved_by": found.resolved_by,
        "condition": found.condition,
        "prefix": found.prefix,
        "suffix": found.suffix,
        "preamble": found.preamble,
        "user_shown": found.user_shown,
        "dated": found.dated,
        "error": found.error,
        "prompt_is_prefix": state.prompt_is_prefix,
    }
