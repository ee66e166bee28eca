"""`python -m benchmarks.confoundbench`: plant, look, count, and print the tables as Markdown."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.confoundbench import carriers
from benchmarks.confoundbench.kinds import KINDS
from benchmarks.confoundbench.scoring import Score, run
from benchmarks.confoundbench.tools import Tool, tools_of
from checks.stats.proportion import wilson

MARK = "<!-- generated: {} -->\n"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="confoundbench", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=(1000, 1010), metavar=("FIRST", "END"))
    parser.add_argument("--kinds", nargs="*", help="names of kinds; all where none is given")
    parser.add_argument("--peers", help="a Python that has the other tools installed; ours alone where None")
    parser.add_argument("--carriers", action="store_true", help="the search for carriers alone, instead")
    parser.add_argument("--planted", type=int, default=100, help="planted carriers of each kind")
    parser.add_argument("--free", type=int, default=1000, help="carrier-free data sets")
    parser.add_argument("--out", type=Path, help="a Markdown file whose generated part is written anew")
    given = parser.parse_args()
    if given.carriers:
        first = given.seeds[0]
        part = "carriers"
        text = carrier_tables(
            first,
            carriers.planted(range(first, first + given.planted)),
            carriers.free(range(first, first + given.free)),
        )
    else:
        part = "kinds"
        tools = tools_of(given.peers)
        kinds = [each for each in KINDS if not given.kinds or each.name in given.kinds]
        scores = run(tools, range(*given.seeds), kinds)
        text = tables(tools, scores, given.seeds)
    print(text)
    if given.out is not None:
        begin, end = MARK.format(part), MARK.format(f"end of {part}")
        head, _, rest = given.out.read_text(encoding="utf-8").partition(begin)
        tail = rest.partition(end)[2]
        given.out.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def tables(tools: Sequence[Tool], scores: Mapping[tuple[str, str], Score], seeds: tuple[int, int]) -> str:
    """Return the table of tools and kinds, and every miss of ours."""
    own = tools[0].name
    kinds = [each for each in KINDS if (own, each.name) in scores]
    lines = [
        f"Seeds {seeds[0]} to {seeds[1] - 1}, Python {platform.python_version()}.",
        "",
        *(f"* {tool.name} {tool.version}: {tool.about}" for tool in tools),
        "",
        _row(["kind", "expected", "found", "and no more", "false alarms", *(tool.name for tool in tools)]),
        _row(["---"] * (5 + len(tools))),
    ]
    totals = {tool.name: Score() for tool in tools}
    for kind in kinds:
        score = scores[own, kind.name]
        cells = [
            kind.name,
            ", ".join(sorted(kind.expected)),
            f"{score.found}/{score.cases}",
            f"{score.exact}/{score.cases}",
            f"{score.alarms}/{score.cases}",
        ]
        for tool in tools:
            each, total = scores[tool.name, kind.name], totals[tool.name]
            some = f" ({each.unread} unread)" if each.unread else ""
            cells.append(
                "cannot read" if each.unread == each.cases else f"{each.separated}/{each.cases}{some}"
            )
            for name in ("cases", "found", "exact", "alarms", "separated", "unread", "seconds"):
                setattr(total, name, getattr(total, name) + getattr(each, name))
        lines.append(_row(cells))
    mine = totals[own]
    sums = [f"{each}/{mine.cases}" for each in (mine.found, mine.exact, mine.alarms)]
    lines.append(
        _row(["**all**", "", *sums, *(f"{each.separated}/{each.cases}" for each in totals.values())])
    )
    alarms = wilson(mine.alarms, mine.cases)
    low, high = 100 * alarms.low, 100 * alarms.high
    lines += [
        "",
        f"Recall {mine.found / mine.cases:.1%}, false alarms {mine.alarms / mine.cases:.1%} (95% interval {low:.1f} to "
        f"{high:.1f}%); {2 * mine.cases:,} data sets looked at in {mine.seconds:.0f} s by {own}"
        + "".join(
            f", in {each.seconds:.0f} s by {name}"
            for name, each in list(totals.items())[1:]
            if each.seconds > 1
        )
        + ".",
        "",
        f"Every miss and false alarm of {own}:",
        "",
    ]
    missed = [f"* {kind.name}, {each}" for kind in kinds for each in scores[own, kind.name].misses]
    return "\n".join([*lines, *(missed or ["* none"]), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def carrier_tables(
    first: int, planted: Mapping[str, tuple[int, int]], free: Mapping[tuple[str, int], tuple[int, int]]
) -> str:
    """Return what the search alone finds."""
    lines = [f"Seeds from {first}.", "", "| planted carrier | found |", "| --- | --- |"]
    lines += [_row([name, f"{hits}/{total}"]) for name, (hits, total) in planted.items()]
    sizes = sorted({number for _, number in free})
    lines += ["", _row(["texts without a carrier", *(f"{number} contexts" for number in sizes), "all"])]
    lines.append(_row(["---"] * (len(sizes) + 2)))
    for kind in dict.fromkeys(kind for kind, _ in free):
        cells = [free.get((kind, number), (0, 0)) for number in sizes]
        cells.append((sum(given for given, _ in cells), sum(total for _, total in cells)))
        lines.append(_row([kind, *(f"{given}/{total}" for given, total in cells)]))
    given, total = (sum(each[place] for each in free.values()) for place in (0, 1))
    lines += ["", f"Given a carrier, or a kind of question, where there is none: {given} of {total:,}.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
