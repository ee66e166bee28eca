"""`python -m benchmarks.confoundbench`: plant, look, count, and print the tables as Markdown."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.confoundbench import carriers
from benchmarks.confoundbench.cases import KINDS
from benchmarks.confoundbench.scoring import Score, run
from benchmarks.confoundbench.tools import TOOLS, Tool


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="confoundbench", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=(1000, 1010), metavar=("FIRST", "END"))
    parser.add_argument("--peers", default=sys.executable, help="a Python that has the other tools installed")
    parser.add_argument("--only-ours", action="store_true", help="leave the other tools out")
    parser.add_argument(
        "--planted", type=int, default=0, help="planted carriers of each kind, beside the tools"
    )
    parser.add_argument("--free", type=int, default=0, help="carrier-free data sets, beside the tools")
    parser.add_argument("--out", type=Path, help="a Markdown file whose generated part is written anew")
    given = parser.parse_args()
    there = [tool for tool in TOOLS if tool.version(given.peers) is not None]
    tools = there[:1] if given.only_ours else there
    text = tables(tools, given.peers, run(tools, given.peers, range(*given.seeds)), given.seeds)
    if given.planted or given.free:
        first = given.seeds[0]
        text += carrier_tables(
            carriers.planted(range(first, first + given.planted)),
            carriers.free(range(first, first + given.free)),
        )
    print(text)
    if given.out is not None:
        mark = "<!-- generated below -->\n"
        head = given.out.read_text(encoding="utf-8").partition(mark)[0]
        given.out.write_text(f"{head}{mark}\n{text}", encoding="utf-8")


def tables(
    tools: Sequence[Tool], python: str, scores: Mapping[tuple[str, str], Score], seeds: tuple[int, int]
) -> str:
    """Return the table of tools and kinds, and every miss of ours."""
    own = tools[0].name
    head = [
        "kind",
        "expected",
        f"{own}: named",
        "false alarms",
        *(f"{tool.name}: separated" for tool in tools),
    ]
    lines = [
        f"Seeds {seeds[0]} to {seeds[1] - 1}, Python {platform.python_version()}.",
        "",
        *(f"* {tool.name} {tool.version(python)}: {tool.about}" for tool in tools),
        "",
        _row(head),
        _row(["---"] * len(head)),
    ]
    totals = {tool.name: [0, 0] for tool in tools}
    named = alarms = cases = 0
    for kind in KINDS:
        score = scores[own, kind.name]
        cells = [
            kind.name,
            ", ".join(sorted(kind.expected)),
            f"{score.named}/{score.cases}",
            f"{score.alarms}/{score.cases}",
        ]
        named, alarms, cases = named + score.named, alarms + score.alarms, cases + score.cases
        for tool in tools:
            each = scores[tool.name, kind.name]
            cells.append(
                "cannot read" if each.unread == each.cases else f"{each.separated}/{each.cases}" + _some(each)
            )
            totals[tool.name][0] += each.separated
            totals[tool.name][1] += each.cases
        lines.append(_row(cells))
    every = [f"{totals[tool.name][0]}/{totals[tool.name][1]}" for tool in tools]
    lines += [
        _row(["**all**", "", f"{named}/{cases}", f"{alarms}/{cases}", *every]),
        "",
        f"Every miss and false alarm of {own}:",
        "",
    ]
    missed = [f"* {kind.name}, {each}" for kind in KINDS for each in scores[own, kind.name].misses]
    return "\n".join([*lines, *(missed or ["* none"]), ""])


def _some(score: Score) -> str:
    return f" ({score.unread} unread)" if score.unread else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def carrier_tables(planted: Mapping[str, tuple[int, int]], free: Mapping[int, tuple[int, int]]) -> str:
    """Return what the search alone finds."""
    lines = ["", "The search for carriers alone:", "", "| planted carrier | found |", "| --- | --- |"]
    lines += [_row([name, f"{hits}/{total}"]) for name, (hits, total) in planted.items()]
    lines += ["", "| carrier-free contexts | given a carrier or a kind of question |", "| --- | --- |"]
    lines += [_row([str(number), f"{hits}/{total}"]) for number, (hits, total) in free.items()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
