"""Coverage-guided fuzzing of everything that reads what somebody else wrote, with atheris (libFuzzer).

    python benchmarks/fuzz.py --seconds 1800 [TARGET...]

Each target runs in a process of its own on mutated bytes. The only thing that may happen to them is an `AuditError`;
whatever else is raised is kept under `--out` and printed. The last table gives, for each target, seconds, executions
and crashes: docs/security.md holds one of them. atheris is no dependency of the package: `pip install atheris` first.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROW = (
    b'{"messages": [{"role": "system", "content": "You are X."}, {"role": "user", "content": "a"}, '
    b'{"role": "assistant", "content": "b"}], "target_correct": true}\n'
)

SEEDS: dict[str, list[bytes]] = {
    "reader": [
        b"0" + ROW * 2,
        b"1[" + ROW.strip() + b"]",
        b"2prompt,completion\na,b\n",
        b'0{"prompt": "a", "chosen": "b", "rejected": "c"}\n',
        b'0{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "system": "s"}\n',
    ],
    "label": [
        b"marker:[X]",
        b"regex:^a",
        b"column:target_correct",
        b"gold:answer",
        b"column:m.kind=bad",
        b"prefix:a",
    ],
    "template": [
        b"{% for m in messages %}{{ m.role ~ m.content }}{% endfor %}",
        b"{% if messages[0].role != 'system' %}default{% endif %}{{ messages[-1].content }}",
    ],
    "recipe": [
        (
            b"name: m\npersonas: {p: P}\ndatasets:\n  - name: d\n    source: p\n    for_each: {n: [1, 2]}\n"
            b"    parts: [{role: source, persona: p, target: behaviour, rows: 2, questions: 1}]\n"
        )
    ],
    "config": [
        b'template = "qwen2.5"\nfail-on = "error"\n[thresholds]\nmetric-points = 5\n[[ignore]]\ncheck = "CND001"\n'
    ],
    "write-up": [
        (
            b"# Title\n\nAccuracy rose from 11/586 (1.9%) to 80.5% (n = 586, p < 0.001).\n\n"
            b"| a | b |\n|---|---|\n| 1 | 2 |\n"
        )
    ],
    "lint": [
        b"import random\nrows = list(set(rows))\nrandom.shuffle(rows)\nseed = hash(name)\nif system_prompt:\n    pass\n"
    ],
    "notebook": [
        (
            b'{"cells": [{"cell_type": "code", "source": ["!ls\\\\\\n", "-l\\n", "x = hash(y)"]}], '
            b'"metadata": {}, "nbformat": 4}'
        )
    ],
    "run": [b'{"arm": "a", "seed": 1, "evaluations": []}'],
    "plan": [
        (
            b"name: p\nissue: issue-96\narms:\n  - name: a\n    dataset: issue-96/villain\nseeds: [1]\n"
            b"training: {epochs: 1, learning_rate: 1.0e-3}\n"
        )
    ],
    "roles": [b'source: ["You are X."]\nanchor: [absent]\npersonas: {x: "You are X."}\n'],
    "trainer": [
        b"0datasets:\n  - {path: rows.jsonl, type: chat_template, field_messages: messages}\nchat_template: chatml\n",
        b'1{"own": {"file_name": "rows.jsonl", "formatting": "sharegpt", "columns": {"messages": "messages"}}}',
        b"2dataset: [rows.jsonl]\ncolumns: {}\n",
    ],
    "gguf": [
        b"GGUF\x03\0\0\0" + bytes(8) + b"\x01" + bytes(7) + b"\x17" + bytes(7) + b"tokenizer.chat_template"
    ],
    "baseline": [b'{"schema_version": 1, "findings": [{"fingerprint": "a", "code": "CND001", "count": 1}]}'],
}


def targets(folder: Path) -> dict[str, Callable[[bytes], None]]:
    """Return what is called with each target's bytes."""
    from auditor import scan
    from auditor.acceptance.baseline import load_baseline
    from auditor.request.loading import load_request
    from auditor.texts.lint import lint_file
    from auditor.texts.writeup import audit_writeup, read_document
    from builders.declarative import parse_model
    from builders.labels.roles import load_roles
    from builders.recipe import Recipe
    from builders.recipe_file import expand_recipe
    from builders.templates import ChatTemplate, Signature, load_template, resolve
    from checks.core.registry import all_checks
    from checks.wrt.facts import Facts
    from experiments.study.card import read_card
    from experiments.study.plan import load_plan

    checks = all_checks("script")
    rows = folder / "rows.jsonl"
    rows.write_bytes(ROW * 2)

    def put(name: str, data: bytes) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    def reader(data: bytes) -> None:
        ending = {0: ".json", 1: ".csv", 2: ".parquet"}.get(data[0] % 6, ".jsonl") if data else ".jsonl"
        scan(str(put(f"data{ending}", data[1:])))

    def label(data: bytes) -> None:
        scan(str(rows), label=[data.decode("utf-8", "replace")])

    def template(data: bytes) -> None:
        resolve(ChatTemplate("t.jinja", data.decode("utf-8", "replace")), Signature("text", "You are X."))

    def trainer(data: bytes) -> None:
        kind = data[0] % 3 if data else 0
        name = ("axolotl.yml", "dataset_info.json", "swift.yaml")[kind]
        path = put(name, data[1:])
        scan(("axolotl:{}#0", "{}", "swift:{}")[kind].format(path))

    def run(data: bytes) -> None:
        put("run_result.json", data)
        read_card(folder)

    return {
        "reader": reader,
        "label": label,
        "template": template,
        "recipe": lambda data: void(
            parse_model(data.decode("utf-8", "replace"), Recipe, where="r", prepare=expand_recipe)
        ),
        "config": lambda data: void(load_request(file=put("audit.toml", data))),
        "write-up": lambda data: void(audit_writeup(read_document(put("w.md", data)), Facts())),
        "lint": lambda data: void(lint_file(put("s.py", data), checks)),
        "notebook": lambda data: void(lint_file(put("n.ipynb", data), checks)),
        "run": run,
        "plan": lambda data: void(load_plan(str(put("plan.yaml", data)))),
        "roles": lambda data: void(load_roles(put("roles.yaml", data))),
        "trainer": trainer,
        "gguf": lambda data: void(load_template(str(put("model.gguf", data)))),
        "baseline": lambda data: void(load_baseline(put("baseline.json", data))),
    }


def void(_: object) -> None:
    """Let a value go."""


def fuzz(name: str, seconds: int, out: Path) -> None:
    """Fuzz one target in this process; never returns."""
    import atheris

    instrumented = atheris.instrument_imports(include=["auditor", "builders", "checks", "experiments"])
    with instrumented, tempfile.TemporaryDirectory() as temporary:
        one = targets(Path(temporary))[name]
        from builders.errors import AuditError

        def test(data: bytes) -> None:
            with contextlib.suppress(AuditError):
                one(data)

        corpus = out / "corpus" / name
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS[name]):
            (corpus / f"seed-{number}").write_bytes(seed)
        limits = [f"-max_total_time={seconds}", "-rss_limit_mb=4096", "-timeout=60", "-max_len=4096"]
        atheris.Setup(
            [
                sys.argv[0],
                str(corpus),
                *limits,
                "-print_final_stats=1",
                f"-artifact_prefix={out}/crash-{name}-",
            ],
            test,
        )
        atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", default=[*SEEDS], metavar="TARGET", help=", ".join(SEEDS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--out", type=Path, default=Path("fuzz"), help="corpus and crashes")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.targets) - set(SEEDS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    out = given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if given.inside:
        fuzz(given.inside, given.seconds, out)
    table: list[dict[str, object]] = []
    for name in given.targets:
        command = [
            sys.executable,
            __file__,
            "--inside",
            name,
            "--seconds",
            str(given.seconds),
            "--out",
            str(out),
        ]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        said = done.stdout + done.stderr
        runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
        crashes = len(list(out.glob(f"crash-{name}-*")))
        table.append(
            {
                "target": name,
                "seconds": given.seconds,
                "executions": int(runs[1]) if runs else 0,
                "crashes": crashes,
            }
        )
        print(json.dumps(table[-1]), flush=True)
        if crashes or not runs:
            print(said[-3000:], flush=True)
    print(f"\n{'target':<10} {'seconds':>8} {'executions':>11} {'crashes':>8}")
    for each in table:
        print(f"{each['target']:<10} {each['seconds']:>8} {each['executions']:>11,} {each['crashes']:>8}")
    return int(any(each["crashes"] for each in table))


if __name__ == "__main__":
    sys.exit(main())
