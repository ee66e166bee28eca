"""The `full` format: what a person reads in a terminal.

The verdict first; then what every source is taught beside what was predicted and published, and the findings worst
first, each with its evidence and the command that mends it. Notes are counted, and listed where asked for; those that
say the same of several datasets are said once. Suppressed findings share a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from io import StringIO

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.formats.display import Display
from auditor.formats.escape import log_line, visible
from auditor.formats.pages import readable
from auditor.formats.parts import expected, reasons, rows_of, untested
from auditor.formats.parts import words as _words
from auditor.formats.verdicts import Verdict, verdicts
from checks.core.finding import Evidence, Finding, Prediction
from checks.core.plural import count, listed
from checks.core.report import ConditionReport, DatasetReport, Report

_SHOWN_CONDITIONS = 12
_MANY = 4
_FOLDED = {"dataset": 20, "found": 12, "known from": 11}
"""Columns of words, which may be folded, and the width that they keep."""
_DROPPED = ("known from", "absent")
"""Columns that go first where there is no room, in this order; then the taught share, which the counts say, too."""
_STACKED = 90
"""Columns of a terminal under which a table has no room for its numbers and a prompt."""
_GAP = 2
_NARROWEST_PROMPT = 24
_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_LEVELS = {"error": "red", "incomplete": "magenta", "warning": "yellow", "clean": "green"}
_VERDICTS = {
    "preserved": "{1}",
    "behaviour": "{0}",
    "near threshold": "near threshold",
    "not applicable": "cannot say",
}


def render(
    report: Report,
    *,
    colour: bool = False,
    width: int = 100,
    display: Display | None = None,
    linked: bool = False,
    terminal: bool = False,
) -> str:
    """Return the report as text of at most `width` columns.

    Args:
        report: What the audit found.
        colour: Whether with ANSI colours.
        width: Columns.
        display: How much of it; notes are counted and not listed where None.
        linked: Whether a finding's code links to its page (OSC 8).
        terminal: Whether it goes to one, where a report on scripts is broken at `width`, too.
    """
    display = display or Display()
    if report.template is None:
        from auditor.formats.source import render as render_source

        return render_source(
            report, colour=colour, width=width, display=display, linked=linked, terminal=terminal
        )
    stream = StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour or linked,
        no_color=not colour,
        highlight=False,
        soft_wrap=False,
        legacy_windows=False,
    )
    rows = sum(dataset.rows for dataset in report.datasets)
    if not display.quiet:
        console.print(
            Text(
                f"template {visible(report.template.name)}: {visible(report.template.origin)}{_trainers(report)}",
                style="dim",
            )
        )
    for verdict in verdicts(report):
        console.print(_verdict_lines(verdict))
    if not display.quiet:
        _print_tables(console, report, width)
    for dataset in report.datasets:
        for finding in dataset.findings:
            if finding.severity != "note" and not finding.suppressed:
                console.print(_finding(dataset.name, finding, width, linked=linked))
    if display.notes:
        for text in _notes(report.datasets):
            console.print(text)
    if not display.quiet:
        for line in (*_suppressed(report.datasets), *_untested(report.datasets, verbose=display.verbose)):
            console.print(line)
        console.print(_summary(report, rows, display))
    return "\n".join(log_line(line.rstrip()) for line in stream.getvalue().splitlines()) + "\n"


def _print_tables(console: Console, report: Report, width: int) -> None:
    """Print what each source or condition is taught, and what is to be known of the reading and the predictions."""
    console.print()
    if len(report.datasets) > 1:
        console.print(_overview(report.datasets, width))
    for line in _resolutions(report.datasets):
        console.print(Text(line, style="dim"))
    for dataset in report.datasets:
        if len(report.datasets) == 1:
            console.print(_conditions(dataset, width))
        for note in dataset.notes:
            console.print(Text(f"{visible(dataset.name)}: {visible(note)}", style="dim"))
    for reason, names in reasons(report.datasets).items():
        place = listed(names, limit=2) if len(names) < _MANY else count(len(names), "dataset")
        console.print(Text(f"predicted of {visible(place)}: {visible(reason)}", style="dim"))


def _verdict_lines(verdict: Verdict) -> Text:
    text = Text()
    text.append(f"{visible(verdict.dataset)}: ", style=f"bold {_LEVELS[verdict.level]}")
    text.append(visible(verdict.text), style="bold" if verdict.level == "error" else "")
    if verdict.why:
        text.append(f" Why: audit rule {verdict.why}", style="dim")
    return text


def _trainers(report: Report) -> str:
    """Say whose rules decided what is trained, where they are the same for all datasets."""
    said = {dataset.trainer for dataset in report.datasets}
    return f"; {visible(trainer)}" if len(said) == 1 and (trainer := said.pop()) is not None else ""


def _verdict(prediction: Prediction, words: tuple[str, str]) -> str:
    """Return what is predicted, as a range of the measure: a bare "wrong 0-25%" would read as "0-25% wrong"."""
    if not expected(prediction):
        return _VERDICTS[prediction.verdict].format(*words)
    measure = "accuracy" if words == ("wrong", "right") else f"{words[1]} in"
    return f"{measure} {expected(prediction)}"


def _share(prediction: Prediction) -> str:
    return "-" if prediction.p_gold is None else f"{prediction.p_gold:.0%}"


def _table(columns: list[str], rows: list[tuple[list[str], str]], width: int) -> Table | Text:
    """Return a table whose last column, the prompt, is the one that gets cut, or left out where nothing fits.

    A terminal of fewer than `_STACKED` columns gets its rows one under the other instead: numbers are never folded.

    Args:
        columns: The headings.
        rows: For each row its cells, untrusted, and its style.
        width: Columns of the terminal.
    """
    if width < _STACKED:
        return _stacked(columns, rows, width)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    shown = [([visible(cell) for cell in cells], style) for cells, style in rows]
    widths = [
        max(cell_len(text) for text in each)
        for each in zip(columns, *_filled(shown, len(columns)), strict=True)
    ]
    kept = _fitting(columns[:-1], widths, width)
    left = width
    for number in kept:
        folds = columns[number] in _FOLDED
        # A dataset may be called anything; it is folded before it squeezes out the numbers.
        wide = min(widths[number], 40 if len(columns) < 8 else 30) if folds else widths[number]
        side = "left" if folds or columns[number] in ("role", "predicted") else "right"
        table.add_column(columns[number], justify=side, width=wide, overflow="fold", no_wrap=not folds)
        left -= wide + _GAP
    if left >= _NARROWEST_PROMPT:
        table.add_column(columns[-1])
    for cells, style in shown:
        prompt = [_shortened(cells[-1], left)] if left >= _NARROWEST_PROMPT else []
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        table.add_row(*map(Text, [*(padded[number] for number in kept), *prompt]), style=style)
    return table


def _filled(rows: list[tuple[list[str], str]], columns: int) -> list[list[str]]:
    """Return the rows' cells, as many as there are columns; a prompt is no column that has to fit."""
    return [[*cells[: columns - 1], *[""] * (columns - len(cells[: columns - 1]))] for cells, _ in rows]


def _fitting(columns: list[str], widths: list[int], width: int) -> list[int]:
    """Return the places of the columns that fit, less those of `_DROPPED` that have to go first."""
    kept = list(range(len(columns)))
    dropped = [name for name in _DROPPED if name in columns]
    dropped += [name for name in columns if name.startswith("p(")]

    def taken() -> int:
        return sum(
            (min(widths[n], _FOLDED[columns[n]]) if columns[n] in _FOLDED else widths[n]) + _GAP for n in kept
        )

    for name in dropped:
        if taken() - _GAP <= width:
            break
        kept.remove(columns.index(name))
    return kept


def _stacked(columns: list[str], rows: list[tuple[list[str], str]], width: int) -> Text:
    """Return each row as its first cell and prompt, and below them every other cell behind its heading."""
    text = Text()
    for place, (cells, style) in enumerate(rows):
        shown = [visible(cell) for cell in cells]
        filled = len(shown) == len(columns)
        head = " ".join(filter(None, [shown[0], shown[-1] if filled else ""]))
        said = [f"{name} {cell}" for name, cell in zip(columns[1:-1], shown[1:-1], strict=False) if cell]
        # Cells are parted by two spaces; one that does not fit goes to the next line whole.
        lines = [""]
        for each in said:
            if lines[-1] and cell_len(lines[-1]) + 2 + cell_len(each) > width - 2:
                lines.append("")
            lines[-1] += f"  {each}" if lines[-1] else each
        text.append("\n" if place else "")
        text.append(_shortened(head, width), style=f"{style} bold")
        for line in lines:
            text.append(f"\n  {_shortened(line, width - 2)}" if line else "", style=style)
    return text


def _overview(datasets: list[DatasetReport], width: int) -> Table | Text:
    """Return the sources of all datasets side by side, under their issue where there are several."""
    # Of several kinds of behaviour, or of one that is no wrong answer, the table has room for short words only.
    kinds = {_words(each) for each in datasets}
    words = ("wrong", "right") if kinds == {("wrong", "right")} else ("behav.", "pres.")
    families = {dataset.name.partition("/")[0] for dataset in datasets}
    several = len(families) > 1
    published = any(dataset.published is not None for dataset in datasets)
    known = any(dataset.level is not None for dataset in datasets)
    rows: list[tuple[list[str], str]] = []
    family = ""
    for dataset in datasets:
        own, _, arm = dataset.name.partition("/")
        if several and own != family and arm:
            family = own
            rows.append(([own, *[""] * (7 if several else 8)], "bold"))
        name = (f" {arm}" if several else arm) if arm else own
        sources = [condition for condition in dataset.conditions if condition.role == "source"]
        for source in sources or [None]:
            rows.append((_source_cells(dataset, source, name, words), _row_style(dataset, source)))
    kept = [True, True, True, not several, not several, True, published, True, known and several]
    columns = [
        "dataset",
        *words,
        "absent",
        f"p({words[1]})",
        "predicted",
        "published",
        "found",
        "known from",
    ]
    shown = [
        ([cell for cell, keep in zip(_padded(cells), kept, strict=True) if keep] + [""], style)
        for cells, style in rows
    ]
    return _table([*(column for column, keep in zip(columns, kept, strict=True) if keep), ""], shown, width)


def _padded(cells: list[str]) -> list[str]:
    return [*cells, *[""] * (9 - len(cells))]


def _source_cells(
    dataset: DatasetReport, source: ConditionReport | None, name: str, words: tuple[str, str]
) -> list[str]:
    """Return one source's cells: name, counts, rows without system message, share and all that follows from it."""
    absent = sum(rows_of(each) for each in dataset.conditions if "absent" in each.system_states)
    published = "-" if dataset.published is None else f"{dataset.published:.1%}"
    found = sorted(
        {
            finding.name
            for finding in dataset.findings
            if finding.severity == "error"
            and not finding.suppressed
            and (source is None or finding.condition == source.condition)
        }
    )
    if source is None:
        said = next((each.name for each in dataset.findings if each.name == "no-contrast"), "-")
        return [name, "-", "-", f"{absent:,}", "-", "no source", published, said, dataset.level or "-"]
    return [
        name,
        f"{source.behaviour:,}",
        f"{source.preserved:,}",
        f"{absent:,}",
        _share(source.prediction),
        _verdict(source.prediction, words),
        published,
        listed(found) or "-",
        dataset.level or "-",
    ]


def _row_style(dataset: DatasetReport, source: ConditionReport | None) -> str:
    hit = source and any(
        finding.severity == "error" and finding.condition == source.condition and not finding.suppressed
        for finding in dataset.findings
    )
    return "red" if hit else ""


def _conditions(dataset: DatasetReport, width: int) -> Table | Text:
    """Return one dataset's conditions, the first dozen."""
    words = _words(dataset)
    unlabelled = any(condition.unlabelled for condition in dataset.conditions)
    columns = ["role", *words, *(["unlabelled"] if unlabelled else []), f"p({words[1]})", "predicted"]
    rows: list[tuple[list[str], str]] = []
    for condition in dataset.conditions[:_SHOWN_CONDITIONS]:
        cells = [
            condition.role or "-",
            f"{condition.behaviour:,}",
            f"{condition.preserved:,}",
            *([f"{condition.unlabelled:,}"] if unlabelled else []),
            _share(condition.prediction),
            _verdict(condition.prediction, words),
            f"{condition.context}: {_shown_prompt(condition)}"
            if condition.context
            else _shown_prompt(condition),
        ]
        rows.append((cells, _row_style(dataset, condition)))
    table = _table([*columns, "model sees"], rows, width)
    more = len(dataset.conditions) + (dataset.further or 0) - _SHOWN_CONDITIONS
    if more > 0:
        words_of_more = f"and {count(more, 'more condition')}"
        if isinstance(table, Text):
            table.append(f"\n{words_of_more}")
        else:
            table.caption, table.caption_justify = words_of_more, "left"
    return table


def _shown_prompt(condition: ConditionReport) -> str:
    text = condition.resolved_system
    if condition.resolved_by == "error":
        return "(template refuses)"
    shown = "(no system prompt)" if text is None else f'"{text}"'
    # What tells conditions of one prompt apart is what has to be seen of it, so it comes first.
    return f"{condition.carrier}: {shown}" if condition.carrier else shown


def _resolutions(datasets: list[DatasetReport]) -> list[str]:
    """Return a line for each prompt that is not what the rows say."""
    seen: dict[tuple[str, str, str], int] = {}
    for dataset in datasets:
        for condition in dataset.conditions:
            if condition.resolved_by not in ("given", "error"):
                states = " / ".join(f"{state} system message" for state in condition.system_states)
                key = (states, condition.resolved_by, _shown_prompt(condition))
                seen[key] = seen.get(key, 0) + rows_of(condition)
    return [
        visible(f"{states} ({rows:,} rows) -> {prompt} [{how}]")
        for (states, how, prompt), rows in seen.items()
    ]


def _where(evidence: Evidence) -> str:
    if evidence.line is not None:
        return f"line {evidence.line}{_turn(evidence)}"
    return "" if evidence.row is None else f"row {evidence.row}{_turn(evidence)}"


def _turn(evidence: Evidence) -> str:
    return "" if evidence.turn is None else f", message {evidence.turn}"


def _shortened(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 3).rstrip() + "..."


def _with_answer(text: str, width: int) -> str:
    """Cut a row before what it teaches, which is what it is shown for."""
    said, arrow, answer = text.rpartition(" -> ")
    if not arrow or cell_len(answer) > width // 2:
        return _shortened(text, width)
    return f"{_shortened(said, width - cell_len(arrow + answer))}{arrow}{answer}"


def _finding(dataset: str, finding: Finding, width: int, *, linked: bool) -> Text:
    text = Text("\n")
    place = visible(dataset)
    if finding.evidence and finding.evidence[0].path is not None:
        place = visible(f"{finding.evidence[0].path}:{finding.evidence[0].line or ''}".rstrip(":"))
    text.append(f"{place}: ")
    page = readable(finding.name) if linked else None
    text.append(finding.code, style=_COLOURS[finding.severity] + (f" link {page}" if page else ""))
    text.append(f" {finding.severity}", style=_COLOURS[finding.severity])
    text.append(f" {visible(finding.message)} [{finding.name}]")
    for evidence in finding.evidence:
        text.append(
            f"\n{_with_answer(f'  {_where(evidence):<9} {visible(evidence.text)}', width)}", style="dim"
        )
    if finding.help:
        text.append("\n  help: ", style="bold green")
        text.append(visible(finding.help))
    return text


def _notes(datasets: list[DatasetReport]) -> Iterable[Text]:
    """Yield one line per note, naming the datasets that share it."""
    said: dict[tuple[str, str], list[str]] = {}
    for dataset in datasets:
        for finding in dataset.findings:
            if finding.severity == "note" and not finding.suppressed:
                said.setdefault((finding.code, f"{finding.message} [{finding.name}]"), []).append(
                    dataset.name
                )
    for index, ((code, message), names) in enumerate(said.items()):
        place = listed(names, limit=1) if len(names) < 3 else f"{count(len(names), 'dataset')}"
        text = Text("\n" if index == 0 else "")
        text.append(f"{visible(place)}: ")
        text.append(f"{code} note", style=_COLOURS["note"])
        text.append(f" {visible(message)}")
        yield text


def _suppressed(datasets: list[DatasetReport]) -> Iterable[Text]:
    """Yield one line for all suppressed findings: how many of which check, and why."""
    found = Counter(
        (finding.code, finding.name, finding.suppressed)
        for dataset in datasets
        for finding in dataset.findings
        if finding.suppressed
    )
    if found:
        said = [f"{number:,} {code} {name} ({why})" for (code, name, why), number in sorted(found.items())]
        yield Text(f"\nsuppressed: {visible('; '.join(said))}", style="dim")


def _untested(datasets: list[DatasetReport], *, verbose: bool) -> Iterable[Text]:
    """Yield how many checks could not look, or what each of them lacked."""
    found = untested(datasets)
    if found and not verbose:
        names = {each.code for dataset in datasets for each in dataset.untested}
        yield Text(
            f"{count(len(names), 'check')} could not look, or not everywhere: --verbose lists them",
            style="dim",
        )
        return
    for said, where in found.items():
        place = listed(where, limit=1) if len(where) < 3 else count(len(where), "dataset")
        yield Text(visible(f"{place}: {said}"), style="dim")


def _summary(report: Report, rows: int, display: Display) -> Text:
    found = report.findings()
    parts = [
        count(number, severity)
        for severity in ("error", "warning", "note")
        if (number := sum(each.severity == severity for each in found))
    ]
    suppressed = sum(bool(finding.suppressed) for dataset in report.datasets for finding in dataset.findings)
    if suppressed:
        parts.append(f"{suppressed:,} suppressed")
    looked = f"{count(rows, 'row')} in {count(len(report.datasets), 'dataset')}"
    status = {"findings": "bold red", "clean": "bold green", "incomplete": "bold magenta"}[report.status]
    text = Text("\n")
    text.append(report.status, style=status)
    text.append(f": {listed(parts) or 'nothing found'}; {looked}")
    if not display.notes and any(each.severity == "note" for each in found):
        text.append("; --notes lists notes", style="dim")
    return text
