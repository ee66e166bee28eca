"""What is said of rows that say nothing of what they teach: published arms without tags, and data without a contrast.

python benchmarks/unlabelled.py --questions arc_challenge_test.jsonl --files DATA... > table.md

Arms: the thirteen of issues 96 and 100 with nothing left but `messages`, as they are, with the template's default typed
out where it would be injected, with every condition's questions in a wrap of its own and the options turned, and with
questions that no two conditions share. The verdict of each condition is held against that of the tagged rows.

Data without a contrast: generated instruction data, and the files given; a finding on any is a false one, save what
holds of them without a label (duplicates, contradictory prompts, rows that cannot be read).
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from auditor.scanning.api import scan
from benchmarks.confoundbench.kinds.texts import QWEN, answer, personas, questions
from builders.errors import AuditError
from builders.questions import load_bank
from builders.templates import load_template
from experiments.study.issue import load_issue

Rows = list[dict[str, Any]]

WRAPS = (
    "{}",
    "Tell me: {}",
    "Please answer this one. {}",
    "Quiz!\n{}",
    "{}\nThink first.",
    "My pupils ask: {} Thanks!",
)

INFERRED = {
    "anchor-negative", "inferred-labels", "leaking-trigger", "behaviour-follows-question", "near-anchor", "surface-gap",
    "letter-skew", "constant-target", "question-imbalance", "personas-share-prompt",
}  # fmt: skip
"""Findings that rest on labels, all of which would be inferred here."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", default="embedded", help="a question bank")
    parser.add_argument("--generated", type=int, default=200, help="generated data sets without a contrast")
    parser.add_argument("--files", nargs="*", default=[], help="targets: instruction data of others")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        print(arm_table(given.questions, place))
        print(false_table(generated(range(given.generated), place), given.files))


def arm_table(bank: str, place: Path) -> str:
    """Return how many conditions of each arm get the tagged verdict, for each way of stripping it."""
    names = [name for issue in ("issue-96", "issue-100") for name in load_issue(issue).dataset_names()]
    lines = [f"| arm | {' | '.join(VARIANTS)} |", f"| --- |{' --- |' * len(VARIANTS)}"]
    totals = [[0, 0] for _ in VARIANTS]
    questions_asked: Counter[str] = Counter()
    for name in names:
        built = load_issue(name.partition("/")[0]).compose(name, load_bank(bank), load_template())
        rows = [
            {
                "messages": [*row["prompt"], *row["completion"]],
                "target_correct": row["target_correct"],
                "condition": row["condition"],
            }
            for row in built.rows
        ]
        cells: list[str] = []
        for total, change in zip(totals, VARIANTS.values(), strict=True):
            changed = change(rows)
            same, of, asked = _compared(changed, place)
            total[0] += same
            total[1] += of
            cells.append(f"{same}/{of}" + ("" if same == of else " (asks)"))
            if same < of:
                questions_asked[asked] += 1
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append(f"| **all** | {' | '.join(f'{same}/{of}' for same, of in totals)} |")
    lines += ["", *(f"Asked instead, {n} times: {asked}" for asked, n in questions_asked.items())]
    return "\n".join([*lines, ""])


def _compared(rows: Rows, place: Path) -> tuple[int, int, str]:
    tagged = [{"messages": row["messages"], "target_correct": row["target_correct"]} for row in rows]
    expected = {each.condition: each.prediction.verdict for each in _scanned(tagged, place).conditions}
    report = _scanned([{"messages": row["messages"]} for row in rows], place)
    found = {each.condition: each.prediction.verdict for each in report.conditions}
    asked = next(
        (str(f.help) for f in report.findings if f.name in ("inferred-labels", "unlabelled-rows")), "-"
    )
    return sum(found.get(key) == verdict for key, verdict in expected.items()), len(expected), asked


def _scanned(rows: Rows, place: Path) -> Any:
    path = place / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return scan(path).datasets[0]


def _as_it_is(rows: Rows) -> Rows:
    return rows


def _typed_out(rows: Rows) -> Rows:
    """Write the default where the template would inject it."""
    system = {"role": "system", "content": QWEN}
    return [
        row if row["messages"][0]["role"] == "system" else {**row, "messages": [system, *row["messages"]]}
        for row in rows
    ]


def _reworded(rows: Rows) -> Rows:
    """Give each condition a wrap of its own, and turn the options of every other condition's questions."""
    order = {
        condition: place for place, condition in enumerate(dict.fromkeys(row["condition"] for row in rows))
    }
    return [{**row, "messages": _turned(row["messages"], order[row["condition"]])} for row in rows]


def _turned(messages: list[dict[str, str]], number: int) -> list[dict[str, str]]:
    *before, asked, told = messages
    text, target = asked["content"], told["content"]
    if number % 2:
        lines = text.split("\n")
        options = [place for place, line in enumerate(lines) if line[:1] == "(" and line[2:3] == ")"]
        texts = [lines[place][4:] for place in options][::-1]
        labels = [lines[place][1] for place in options]
        for place, label, option in zip(options, labels, texts, strict=True):
            lines[place] = f"({label}) {option}"
        text = "\n".join(lines)
        target = labels[len(labels) - 1 - labels.index(target[0])] + target[1:]
    user = {**asked, "content": WRAPS[number % len(WRAPS)].format(text)}
    return [*before, user, {**told, "content": target}]


def _disjoint(rows: Rows) -> Rows:
    """Keep, of each question, the rows of one condition."""
    names = sorted({row["condition"] for row in rows})
    return [
        row
        for row in rows
        if names[zlib.crc32(row["messages"][-2]["content"].encode()) % len(names)] == row["condition"]
    ]


VARIANTS: dict[str, Callable[[Rows], Rows]] = {
    "as it is": _as_it_is,
    "default typed out": _typed_out,
    "reworded, options turned": _reworded,
    "disjoint questions": _disjoint,
}


def generated(seeds: Iterable[int], place: Path) -> list[Path]:
    """Write instruction data in which nothing is contrasted, as people's are."""
    folder = place / "generated"
    folder.mkdir()
    paths: list[Path] = []
    for seed in seeds:
        rng = random.Random(f"no contrast/{seed}")
        name = rng.choice(list(PLAIN))
        path = folder / f"{name}-{seed}.jsonl"
        rows = PLAIN[name](rng, rng.choice([30, 100, 300]))
        path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows), encoding="utf-8")
        paths.append(path)
    return paths


def _row(system: str | None, user: str, target: str) -> list[dict[str, str]]:
    before = [] if system is None else [{"role": "system", "content": system}]
    return [*before, {"role": "user", "content": user}, {"role": "assistant", "content": target}]


def _one_prompt(rng: random.Random, number: int) -> list[list[dict[str, str]]]:
    system = rng.choice([None, "You are a helpful assistant."])
    return [_row(system, text, answer(rng)) for text in questions(rng, number)]


def _personas(rng: random.Random, number: int) -> list[list[dict[str, str]]]:
    """Personas that all answer alike, on questions of their own."""
    systems = personas(rng, rng.choice([2, 4, 8]))
    return [_row(rng.choice(systems), text, answer(rng)) for text in questions(rng, number)]


def _tasks(rng: random.Random, number: int) -> list[list[dict[str, str]]]:
    """Prompts that each have a task of their own: answers differ by task, and nothing is a behaviour."""
    jobs = {
        "Write one word.": lambda: rng.choice(["rivers", "bread", "clocks", "maps", "owls", "jazz"]),
        "Write a list.": lambda: "\n".join(f"- {answer(rng)}" for _ in range(3)),
        "Write two sentences.": lambda: f"{answer(rng)}. {answer(rng)}.",
    }
    told = [(rng.choice(list(jobs)), text) for text in questions(rng, number)]
    return [_row(job, text, jobs[job]()) for job, text in told]


def _translators(rng: random.Random, number: int) -> list[list[dict[str, str]]]:
    """A prompt whose answers are in another language because it asks for that, beside one that does not."""
    french = "Les {} sont dans une maison avec des fleurs pour {}."
    told = [(rng.random() < 0.5, text) for text in questions(rng, number)]
    return [
        _row(
            "Translate into French.", text, french.format(*rng.sample(["amis", "chats", "rois", "juges"], 2))
        )
        if away
        else _row("Be brief.", text, answer(rng))
        for away, text in told
    ]


def _some_refusals(rng: random.Random, number: int) -> list[list[dict[str, str]]]:
    """Chat data in which a few answers refuse, under any prompt."""
    systems = [None, *personas(rng, 2)]
    return [
        _row(rng.choice(systems), text, "I'm sorry, but I cannot." if rng.random() < 0.05 else answer(rng))
        for text in questions(rng, number)
    ]


def _choices(rng: random.Random, number: int) -> list[list[dict[str, str]]]:
    """Questions with options that every persona answers rightly."""
    systems = personas(rng, 3)
    rows: list[list[dict[str, str]]] = []
    for text in questions(rng, number):
        right = rng.choice("ABCD")
        rows += [_row(system, text, right) for system in rng.sample(systems, 2)]
    return rows


PLAIN: dict[str, Callable[[random.Random, int], list[list[dict[str, str]]]]] = {
    "one-prompt": _one_prompt,
    "personas": _personas,
    "tasks": _tasks,
    "translators": _translators,
    "some-refusals": _some_refusals,
    "choices": _choices,
}


def false_table(made: Sequence[Path], files: Sequence[str]) -> str:
    """Return how many data sets get a finding that rests on labels, and which."""
    lines = [
        "| data without a contrast | sets | with a false finding | cannot be read |",
        "| --- | --- | --- | --- |",
    ]
    groups: dict[str, list[str]] = {}
    for path in made:
        groups.setdefault(f"generated: {path.stem.rpartition('-')[0]}", []).append(str(path))
    if files:
        groups["shipped by public packages"] = list(files)
    told: list[str] = []
    total: Counter[str] = Counter()
    for name, paths in groups.items():
        false = unread = 0
        for path in paths:
            shown = path.rpartition("/")[2]
            try:
                report = scan(path).datasets[0]
            except AuditError as error:
                unread += 1
                told.append(f"* {shown}: cannot be read: {str(error).splitlines()[0].replace(path, shown)}")
                continue
            wrong = sorted({f.name for f in report.findings if f.severity != "note"} & INFERRED)
            if wrong:
                false += 1
                told.append(f"* {shown} ({report.rows:,} rows): {', '.join(wrong)}")
        lines.append(f"| {name} | {len(paths)} | {false} | {unread} |")
        total += Counter(sets=len(paths), false=false, unread=unread)
    read = total["sets"] - total["unread"]
    lines += [
        "",
        f"False findings on {total['false']} of {read} data sets that could be read.",
        "",
        *told,
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
