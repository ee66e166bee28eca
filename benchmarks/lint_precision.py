"""How precise and how quick `audit lint` is, on code that other people keep well.

python benchmarks/lint_precision.py [PATH ...] [--corpus FOLDER --half HALF] [--sample 50]
    [--findings FILE] [--against FILE]

Lints the installed transformers, trl, peft and datasets and the standard library (or the paths given, or a half of the
corpus of `lint_corpus.py`), prints the findings per thousand lines and the time beside that of `ast.parse` on the same
files in the same run, and draws a sample to read by eye. What was read is kept in CSV files by the finding's file, code
and line of source, with one line of why, so that the share that was right can be printed again whenever the checks
change: with Wilson's lower bound. `--findings` writes down what is found; `--against` shows what is found anew and no
longer beside such a file, as a change should before it is merged.
"""

from __future__ import annotations

import argparse
import ast
import csv
import gc
import importlib.util
import random
import sysconfig
import time
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from lint_corpus import Half, fetch, packages

from auditor.texts.lint import lint_file
from auditor.texts.sources import read_source, source_files
from builders.errors import AuditError
from checks.core.registry import all_checks
from checks.stats import wilson

PACKAGES = ("transformers", "trl", "peft", "datasets")
HERE = Path(__file__).parent
JUDGED = (HERE / "lint_judged.csv", HERE / "lint_corpus_judged.csv")
KEY = ("path", "code", "text")
TESTS = ("test", "tests", "lib2to3", "idlelib", "site-packages")


@dataclass(frozen=True)
class Found:
    """A finding with the package it is in."""

    package: str
    path: str
    line: int
    code: str
    severity: str
    message: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what a finding is known by after lines have moved."""
        return self.path, self.code, self.text


def roots(paths: list[Path], corpus: Path | None, half: Half | None) -> dict[str, Path]:
    if corpus is not None:
        wanted = packages(half)
        fetch(corpus, wanted)
        return {each.name: corpus / each.name for each in wanted}
    if paths:
        return {path.name: path for path in paths}
    found = {"standard library": Path(sysconfig.get_paths()["stdlib"])}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{name} is not installed")
        found[name] = Path(spec.origin).parent
    return found


def parse_seconds(data: bytes) -> float:
    start = time.process_time()
    ast.parse(data)
    return time.process_time() - start


def measure(name: str, root: Path, excluded: tuple[str, ...]) -> tuple[dict[str, float], list[Found]]:
    """Return counts and seconds of one package, and what was found in it."""
    checks = all_checks("script")
    totals: dict[str, float] = defaultdict(float)
    found: list[Found] = []
    try:
        files = source_files([root], excluded)
    except AuditError:
        return totals, found  # a wheel without any script
    for path in files:
        if path.suffix != ".py":
            continue
        try:
            data = read_source(path).data
            parsed = parse_seconds(data)
        except (AuditError, SyntaxError, ValueError):
            totals["unreadable"] += 1
            continue
        start = time.process_time()
        linted = lint_file(path, checks)
        totals["lint"] += time.process_time() - start
        totals["parse"] += parsed
        totals["files"] += 1
        totals["lines"] += linted.report.rows
        if linted.errors:
            totals["refused"] += 1
        for finding in linted.report.findings:
            place = finding.evidence[0]
            relative = path.relative_to(root.parent).as_posix()
            found.append(
                Found(
                    name,
                    relative,
                    place.line or 0,
                    finding.code,
                    finding.severity,
                    finding.message,
                    place.text,
                )
            )
    return totals, found


def sample(found: list[Found], size: int, seed: int) -> list[Found]:
    """Draw findings, at most one per package, check and message, so that one habit does not fill the sample."""
    distinct: dict[tuple[str, str, str], Found] = {}
    for each in sorted(found, key=lambda one: (one.path, one.line)):
        distinct.setdefault((each.package, each.code, each.message), each)
    chosen = list(distinct.values())
    return chosen if len(chosen) <= size else random.Random(seed).sample(chosen, size)


def read_judged() -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return what was read: ``yes``, ``no`` or ``debatable``, and why, by file, code and line of source."""
    found: dict[tuple[str, str, str], tuple[str, str]] = {}
    for path in JUDGED:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found[row["path"], row["code"], row["text"]] = (row["right"], row["why"])
    return found


def share(verdicts: list[str]) -> str:
    """Return the share of decided findings that were right, with Wilson's lower bound, in words."""
    right, decided = verdicts.count("yes"), len(verdicts) - verdicts.count("debatable")
    if not decided:
        return f"read by eye: {len(verdicts)}"
    return (
        f"read by eye: {len(verdicts)}; decided: {decided}; right: {right} ({right / decided:.0%},"
        f" Wilson's lower bound {wilson(right, decided).low:.0%})"
    )


def write_findings(path: Path, found: list[Found]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(KEY)
        writer.writerows(sorted(each.key for each in found))


def print_difference(path: Path, found: list[Found], folders: set[str]) -> int:
    """Print what is found anew and no longer, beside the findings of another version, and return how much that is.

    Args:
        path: The other version's findings.
        found: Those of this version.
        folders: The packages that were linted: what the other version found elsewhere is left aside.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = [(row["path"], row["code"], row["text"]) for row in csv.DictReader(file)]
    before = Counter(row for row in rows if row[0].partition("/")[0] in folders)
    now = Counter(each.key for each in found)
    for sign, rest in (("+", now - before), ("-", before - now)):
        for row in sorted(rest.elements()):
            print(f"{sign} {row[0]}: {row[1]} {row[2]}")
    anew, gone = (now - before).total(), (before - now).total()
    print(f"{anew} found anew, {gone} no longer; {(now & before).total()} as before")
    return anew + gone


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--corpus", type=Path, help="folder of lint_corpus.py")
    parser.add_argument("--half", choices=get_args(Half))
    parser.add_argument("--findings", type=Path, help="write what is found to this file")
    parser.add_argument("--against", type=Path, help="show what differs from the findings in this file")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # other people's escapes
    gc.disable()  # for both sides alike: the collector would otherwise be most of either time
    everything: list[Found] = []
    sums: Counter[str] = Counter()
    print(
        f"{'':<18}{'files':>8}{'lines':>12}{'findings':>10}{'per 1,000':>11}{'parse s':>9}{'lint s':>8}{'ratio':>7}"
    )
    excluded = () if options.corpus else TESTS  # of a package nothing is left out
    linted = roots(options.paths, options.corpus, options.half)
    for name, root in linted.items():
        totals, found = measure(name, root, excluded)
        everything += found
        sums.update({**totals, "findings": len(found)})
        print_row(name, {**totals, "findings": len(found)})
    print_row("all", sums)
    print(f"\nunreadable: {sums['unreadable']:.0f}; refused by lint: {sums['refused']:.0f}")
    print(
        "\nby check: "
        + ", ".join(f"{code} {n}" for code, n in sorted(Counter(each.code for each in everything).items()))
    )
    if options.findings:
        write_findings(options.findings, everything)
    if options.against:
        print_difference(options.against, everything, {root.name for root in linted.values()})
        return
    judged = read_judged()
    drawn = sample(everything, options.sample, options.seed)
    print(f"\nsample of {len(drawn)} (of {len(everything)}):\n")
    for each in sorted(drawn, key=lambda one: (one.code, one.path)):
        verdict, why = judged.get(each.key, ("not read", ""))
        said = {"yes": "right", "no": "WRONG"}.get(verdict, verdict)
        print(
            f"{each.path}:{each.line}: {each.code} {each.severity} {each.message}\n    | {each.text}\n    {said}: {why}"
        )
    print("\n" + share([judged[each.key][0] for each in drawn if each.key in judged]))


def print_row(name: str, totals: dict[str, float] | Counter[str]) -> None:
    per = 1000 * totals["findings"] / totals["lines"] if totals["lines"] else 0
    ratio = totals["lint"] / totals["parse"] if totals["parse"] else 0
    print(
        f"{name:<18}{totals['files']:>8,.0f}{totals['lines']:>12,.0f}{totals['findings']:>10,.0f}{per:>11.4f}"
        f"{totals['parse']:>9.2f}{totals['lint']:>8.2f}{ratio:>7.2f}"
    )


if __name__ == "__main__":
    main()
