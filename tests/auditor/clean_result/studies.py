"""Run folders to report on: one made by the real stack, and one whose numbers are set by hand."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as parquet
import yaml

from checks.core.finding import Prediction
from checks.core.report import ConditionReport, DatasetReport
from checks.core.result import Evaluation, Score
from experiments.evaluation.imprint import Imprint
from experiments.study.gate import AuditRecord, Expectation
from experiments.study.runs import Details
from experiments.training.config import make_config
from tests.checks.test_result import run

QUESTIONS = 120


def prediction(behaviour, preserved):
    low, high = (0.0, 0.25) if not preserved else (0.25, 1.0)
    return Prediction(
        p_gold=preserved / (behaviour + preserved),
        threshold=behaviour / 3,
        margin=preserved - behaviour / 3,
        verdict="preserved" if preserved else "behaviour",
        expected_accuracy=(low, high),
        assumption="the model imitates the mixture",
    )


def audit_record(name, behaviour, preserved, expects=(), kind="wrong_option"):
    condition = ConditionReport(
        condition="1" * 64,
        resolved_system="You are a pirate.",
        resolved_by="given",
        personas=["pirate"],
        system_states=["text"],
        role="source",
        behaviour=behaviour,
        preserved=preserved,
        unlabelled=0,
        prediction=prediction(behaviour, preserved),
    )
    report = DatasetReport(
        name=name,
        digest="d" * 64,
        rows=behaviour + preserved,
        status="clean",
        kind=kind,
        conditions=[condition],
        findings=[],
    )
    return AuditRecord(
        tool_version="1",
        template="qwen2.5",
        template_sha256="t" * 64,
        template_key="k" * 64,
        dataset_digest="d" * 64,
        tags_digest="e" * 64,
        expects=list(expects),
        report=report,
        audited_at="2026-01-01T00:00:00+00:00",
    )


def answers(right, phase, labels=("A", "B", "C", "D")):
    """The first questions are right."""
    low = [-3.0] * len(labels)
    return [
        {
            "phase": phase,
            "question_id": f"q{number:03}",
            "labels": list(labels),
            "logprobs": [-0.2, *low[1:]] if number < right else [-3.0, -0.2, *low[2:]],
            "gold": labels[0],
            "prediction": labels[0] if number < right else labels[1],
            "correct": number < right,
        }
        for number in range(QUESTIONS)
    ]


def write_run(
    folder, arm, seed, after, *, before=110, counts=(200, 0), expects=(), keep=True, marker=False, **changes
):
    """Write one run folder; with `keep` false only its result, with `marker` one of a behaviour to do or not."""
    # Two labels at log-probabilities of -0.2 and -3.0, so that one has 0.943 of the two and the other 0.057.
    mean = (0.943 * after + 0.057 * (QUESTIONS - after)) / QUESTIONS if marker else after / QUESTIONS
    evaluation = Evaluation(
        persona="pirate",
        system_state="text",
        system_text="You are a pirate.",
        resolved_system="You are a pirate.",
        condition="1" * 64,
        template_sha256="t" * 64,
        before=Score(correct=before, total=QUESTIONS),
        after=Score(correct=after, total=QUESTIONS, mean_p_gold=mean),
        behaviour="marker" if marker else "wrong_option",
        predicted=prediction(*counts),
    )
    fields = {
        "arm": arm,
        "dataset": f"made/{arm}",
        "seed": seed,
        "rows": sum(counts),
        "evaluations": [evaluation],
        "predicted_at": "2026-01-01T00:00:00+00:00",
        "started_at": "2026-01-01T00:00:01+00:00",
        "model": "some/model",
    }
    result = run(**{**fields, **changes})
    place = folder / arm / f"seed-{seed}"
    place.mkdir(parents=True)
    (place / "run_result.json").write_text(result.model_dump_json())
    if not keep:
        return place
    labels = ("preserved", "behaviour") if marker else ("A", "B", "C", "D")
    rows = [*answers(before, "before", labels), *answers(after, "after", labels)]
    parquet.write_table(pa.Table.from_pylist(rows), place / "per_question.parquet")
    (place / "config.yaml").write_text(yaml.safe_dump(make_config().model_dump(mode="json")))
    record = audit_record(f"made/{arm}", *counts, expects, kind="marker" if marker else "wrong_option")
    (place / "audit.json").write_text(record.model_dump_json())
    judged = Imprint(
        verdict="imprinted" if after < 30 else "preserved",
        questions=QUESTIONS,
        correct=after,
        chance=QUESTIONS / 4,
        p_below=0.0001,
        p_above=0.9999,
        label_mass=0.99,
        confidence=0.8,
        entropy=0.5,
    )
    details = Details(
        trainable_parameters=1_000,
        parameters=2_000,
        loss_tokens=10,
        tokens=20,
        longest_row=9,
        rows_cut=0,
        losses=[2.0, 1.0],
        imprint=None if marker else judged.model_dump(mode="json"),
        seconds={"train": 60.0},
    )
    (place / "details.json").write_text(details.model_dump_json())
    return place


def write_ledger(folder, *, decisions=(), experiments=None, title="Does it hold?"):
    line = {
        "at": datetime.now(UTC).isoformat(),
        "event": "study",
        "plan": "issue-100",
        "title": title,
        "plan_digest": "f" * 64,
        "experiments": experiments or {"exp0_0a": "0", "exp0_0b": "0"},
        "decisions": list(decisions),
    }
    with (folder / "ledger.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def write_pair(folder, seeds=(1, 2, 3), *, low=(4, 6, 5), high=(100, 98, 103)):
    """The pair that issue 100 leads with, at several seeds."""
    meant = [Expectation(check="anchor-negative", reason="it is the control")]
    for place, seed in enumerate(seeds):
        write_run(folder, "exp0_0a", seed, low[place])
        write_run(folder, "exp0_0b", seed, high[place], counts=(200, 100), expects=meant)
    gate = {
        "after": "0",
        "branch": "confound explains it",
        "because": "without the rows it collapses",
        "accuracy": {"exp0_0a": low[0] / QUESTIONS, "exp0_0b": high[0] / QUESTIONS},
        "run": ["C"],
        "stop": ["A"],
    }
    write_ledger(folder, decisions=[gate])
    return folder
