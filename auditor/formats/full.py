"""The `full` format: what a person reads in a terminal.

What every source is taught beside what was predicted and published, then the findings worst first, each with its
evidence and the command that mends it. Notes that say the same of several datasets are said once.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.formats.escape import log_line, visible
from auditor.formats.parts import reasons
from checks.core.finding import Evidence, Finding, Prediction
from checks.core.plural import count, listed
from checks.core.report import ConditionReport, DatasetReport, Report

_SHOWN_CONDITIONS = 12
_MANY = 4
_GAP = 2
_NARROWEST_PROMPT = 24
_COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_VERDICTS = {
    "preserved": "{1}",
    "behaviour": "{0}",
    "near threshold": "near threshold",
    "not applicable": "cannot say",
}


def render(report: Report, *, colour: bool = False, width: int = 100) -> str:
    """Return the report as text of at most `width` columns, with ANSI colours where asked for."""
    if report.template is None:
        from auditor.formats.source import render as render_source

        return render_source(report, colour=colour, width=width)
    stream = StringIO()
    console = Console(
        file=stream, width=width, force_terminal=colour, no_color=not colour, highlight=False, soft_wrap=False
    )
    rows = sum(dataset.rows for dataset in report.datasets)
    console.print(
        Text(f"template {visible(report.template.name)}: {visible(report.template.origin)}", style="dim")
    )
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
    for dataset in report.datasets:
        for finding in dataset.findings:
            if finding.severity != "note" and not finding.suppressed:
                console.print(_finding(dataset.name, finding, width))
    for text in _notes(report.datasets):
        console.print(text)
    console.print(_summary(report, rows))
    return "\n".join(log_line(line.rstrip()) for line in stream.getvalue().splitlines()) + "\n"


def _words(dataset: DatasetReport) -> tuple[str, str]:
    return ("wrong", "right") if dataset.kind == "wrong_option" else ("behaviour", "preserved")


def _verdict(prediction: Prediction, words: tuple[str, str]) -> str:
    said = _VERDICTS[prediction.verdict].format(*words)
    if prediction.expected_accuracy is None:
        return said
    low, high = prediction.expected_accuracy
    return f"{said} {100 * low:.0f}-{100 * high:.0f}%"


def _share(prediction: Prediction) -> str:
    return "-" if prediction.p_gold is None else f"{prediction.p_gold:.0%}"


def _table(columns: list[str], rows: list[tuple[list[str], str]], width: int) -> Table:
    """Return a table whose last column, the prompt, is the one that gets cut, or left out where nothing fits.

    Args:
        columns: The headings.
        rows: For each row its cells, untrusted, and its style.
        width: Columns of the terminal.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    shown = [([visible(cell) for cell in cells], style) for cells, style in rows]
    left = width
    for number, column in enumerate(columns[:-1]):
        widest = max(cell_len(text) for text in (column, *(cells[number] for cells, _ in shown)))
        words = column in {"dataset", "role", "predicted", "found", "known from"}
        # A dataset may be called anything; it is folded before it squeezes out the numbers.
        wide = min(widest, 40 if len(columns) < 8 else 30)
        table.add_column(column, justify="left" if words else "right", width=wide, overflow="fold")
        left -= wide + _GAP
    if left >= _NARROWEST_PROMPT:
        table.add_column(columns[-1])
    for cells, style in shown:
        prompt = [_shortened(cells[-1], left)] if left >= _NARROWEST_PROMPT else []
        table.add_row(*map(Text, [*cells[:-1], *prompt]), style=style)
    return table


def _overview(datasets: list[DatasetReport], width: int) -> Table:
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
        "no system",
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
    """Return one source's cells: name, counts, no system, share, predicted, published, found, known from."""
    absent = sum(_rows(each) for each in dataset.conditions if "absent" in each.system_states)
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


def _conditions(dataset: DatasetReport, width: int) -> Table:
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
            _shown_prompt(condition),
        ]
        rows.append((cells, _row_style(dataset, condition)))
    table = _table([*columns, "model sees"], rows, width)
    if len(dataset.conditions) > _SHOWN_CONDITIONS:
        more = len(dataset.conditions) - _SHOWN_CONDITIONS
        table.caption = f"and {count(more, 'more condition')}"
        table.caption_justify = "left"
    return table


def _rows(condition: ConditionReport) -> int:
    return condition.behaviour + condition.preserved + condition.unlabelled


def _shown_prompt(condition: ConditionReport) -> str:
    text = condition.resolved_system
    if condition.resolved_by == "error":
        return "(template refuses)"
    if text is None:
        return "(no system prompt)"
    return f'"{text}"'


def _resolutions(datasets: list[DatasetReport]) -> list[str]:
    """Return a line for each prompt that is not what the rows say."""
    seen: dict[tuple[str, str, str], int] = {}
    for dataset in datasets:
        for condition in dataset.conditions:
            if condition.resolved_by not in ("given", "error"):
                states = " / ".join(f"{state} system message" for state in condition.system_states)
                key = (states, condition.resolved_by, _shown_prompt(condition))
                seen[key] = seen.get(key, 0) + _rows(condition)
    return [
        visible(f"{states} ({rows:,} rows) -> {prompt} [{how}]")
        for (states, how, prompt), rows in seen.items()
    ]


def _where(evidence: Evidence) -> str:
    if evidence.line is not None:
        return f"line {evidence.line}"
    return "" if evidence.row is None else f"row {evidence.row}"


def _shortened(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 3).rstrip() + "..."


def _finding(dataset: str, finding: Finding, width: int) -> Text:
    text = Text("\n")
    place = visible(dataset)
    if finding.evidence and finding.evidence[0].path is not None:
        place = visible(f"{finding.evidence[0].path}:{finding.evidence[0].line or ''}".rstrip(":"))
    text.append(f"{place}: ")
    text.append(f"{finding.code} {finding.severity}", style=_COLOURS[finding.severity])
    text.append(f" {visible(finding.message)} [{finding.name}]")
    for evidence in finding.evidence:
        text.append(
            f"\n{_shortened(f'  {_where(evidence):<9} {visible(evidence.text)}', width)}", style="dim"
        )
    if finding.help:
        text.append("\n  help: ", style="bold green")
        text.append(visible(finding.help))
    return text


def _notes(datasets: list[DatasetReport]) -> Iterable[Text]:
    """Yield one line per note, naming the datasets that share it."""
    said: dict[tuple[str, str, str], list[str]] = {}
    for dataset in datasets:
        for finding in dataset.findings:
            if finding.severity == "note" or finding.suppressed:
                how = f"suppressed: {finding.suppressed}" if finding.suppressed else finding.severity
                said.setdefault((finding.code, how, f"{finding.message} [{finding.name}]"), []).append(
                    dataset.name
                )
    for index, ((code, how, message), names) in enumerate(said.items()):
        place = listed(names, limit=1) if len(names) < 3 else f"{count(len(names), 'dataset')}"
        text = Text("\n" if index == 0 else "")
        text.append(f"{visible(place)}: ")
        text.append(f"{code} {visible(how)}", style=_COLOURS["note"])
        text.append(f" {visible(message)}")
        yield text


def _summary(report: Report, rows: int) -> Text:
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
    return text
