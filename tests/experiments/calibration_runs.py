"""Run folders whose probabilities are set by hand, question by question."""

import math

import pyarrow as pa
import pyarrow.parquet as parquet
import yaml

from checks.core.finding import Finding
from checks.core.predictor import predict
from checks.core.report import ConditionReport, DatasetReport
from checks.core.result import Evaluation, Score
from experiments.study.gate import AuditRecord
from experiments.training.config import make_config
from tests.checks.test_result import run

SOURCE, BYSTANDER = "1" * 64, "2" * 64
TWO_WAY = ("preserved", "behaviour")


def condition(digest, system, behaviour, preserved, kind="marker"):
    """One condition of an audit with its prediction."""
    return ConditionReport(
        condition=digest,
        resolved_system=system,
        resolved_by="given",
        personas=[],
        system_states=["text"],
        role=None,
        behaviour=behaviour,
        preserved=preserved,
        unlabelled=0,
        prediction=predict(behaviour, preserved, kind=kind, options={4: 1}),
    )


def finding(name, where=None):
    """One finding of an audit."""
    return Finding(code="XXX001", name=name, severity="warning", message=name, condition=where)


def rows(phase, persona, preserved, labels):
    """One row a question; what is not gold is shared evenly."""
    return [
        {
            "phase": phase,
            "persona": persona,
            "question_id": f"q{place}",
            "labels": list(labels),
            "logprobs": [math.log(p), *[math.log((1 - p) / (len(labels) - 1))] * (len(labels) - 1)],
            "gold": labels[0],
            "prediction": labels[0] if p > (1 - p) / (len(labels) - 1) else labels[1],
            "correct": p > (1 - p) / (len(labels) - 1),
        }
        for place, p in enumerate(preserved)
    ]


def mean_score(preserved):
    """A score with the mean probability and the count of questions where it is ahead of one half."""
    return Score(
        correct=sum(p > 0.5 for p in preserved),
        total=len(preserved),
        mean_p_gold=sum(preserved) / len(preserved),
    )


def write(
    folder,
    arm,
    seed,
    preserved,
    counts,
    *,
    kind="marker",
    elsewhere=(),
    anchors=None,
    findings=(),
    training=None,
    dataset=None,
    template="t",
    taught=None,
    **changes,
):
    """Write a run folder.

    `preserved`: each question's probability of what is to be preserved, after training (before it 0.99). `counts`: rows
    under the source's prompt. `elsewhere`: triples of prompt, digest of its condition and probabilities after training.
    `anchors`: digest, system prompt, behaviour and preserved rows of a further condition that rows have. `taught`: how
    many questions the source was taught on.
    """
    labels = TWO_WAY if kind == "marker" else ("A", "B", "C", "D")
    conditions = [condition(SOURCE, "Source.", *counts, kind), condition(BYSTANDER, "Bystander.", 0, 5, kind)]
    if anchors:
        conditions.append(condition(*anchors, kind))
    by_digest = {each.condition: each.prediction for each in conditions}
    before = [0.99] * len(preserved)
    shown = [("source", SOURCE, preserved), *elsewhere]
    config = make_config({"training": training or {}})
    fields = {
        "arm": arm,
        "seed": seed,
        "dataset": dataset or f"made/{arm}",
        "dataset_digest": f"{dataset or arm}",
        "template_sha256": template * 64,
        "epochs": config.training.epochs,
        "config_digest": config.digest,
        "model": "some/model",
        "trained_conditions": sorted(by_digest),
        "evaluations": [
            Evaluation(
                persona=persona,
                system_state="text",
                system_text=persona,
                condition=digest,
                resolved_system=persona,
                template_sha256=template * 64,
                behaviour=kind,
                before=mean_score(before),
                after=mean_score(each),
                predicted=by_digest.get(digest),
            )
            for persona, digest, each in shown
        ],
    }
    place = folder / arm / f"seed-{seed}"
    place.mkdir(parents=True)
    (place / "run_result.json").write_text(run(**{**fields, **changes}).model_dump_json())
    table = [*rows("before", "source", before, labels), *rows("after", "source", preserved, labels)]
    for persona, _, each in elsewhere:
        table += rows("other: after", persona, each, labels)
    table += rows("trained questions", "source", preserved[:taught], labels) if taught else []
    parquet.write_table(pa.Table.from_pylist(table), place / "per_question.parquet")
    (place / "config.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json")))
    report = DatasetReport(
        name=arm,
        digest="d" * 64,
        rows=sum(counts),
        status="findings" if findings else "clean",
        kind=kind,
        conditions=conditions,
        findings=list(findings),
    )
    record = AuditRecord(
        tool_version="1",
        template=f"template {template}",
        template_sha256=template * 64,
        template_key="k" * 64,
        dataset_digest="d" * 64,
        tags_digest="e" * 64,
        expects=[],
        report=report,
        audited_at="2026-01-01T00:00:00+00:00",
    )
    (place / "audit.json").write_text(record.model_dump_json())
    return place
