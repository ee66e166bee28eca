"""The per-question files of a run: every score and every generated answer, with digests to compare runs by."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from experiments.evaluation.evaluate import QuestionScore
from experiments.evaluation.generate import Completion
from experiments.evaluation.states import State
from experiments.study.prepare import Job

Phase = tuple[str, State, Sequence[QuestionScore]]
"""When it was measured, under which system state, and what was found."""


def per_question_parquet(job: Job, seed: int, phases: Sequence[Phase]) -> bytes:
    """Return a Parquet file with one row a question, system state and phase, in the questions' order.

    Log-probabilities are natural ones, in the order of `labels`. `label_mass` is the probability of the labels
    together; the columns with `paren` are the same with ``(`` generated first. Phases under another system state
    than the arm's own begin with ``other:``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = [
        {
            "arm": job.arm,
            "seed": seed,
            "phase": phase,
            "persona": state.persona,
            "condition": state.condition,
            "question_id": score.question_id,
            "prompt_sha256": score.prompt_sha256,
            "target_sha256": score.target_sha256,
            "labels": list(score.labels),
            "logprobs": list(score.logprobs),
            "paren_logprobs": None if score.paren_logprobs is None else list(score.paren_logprobs),
            "prediction": score.prediction,
            "gold": score.gold,
            "correct": score.prediction == score.gold,
            "label_mass": score.mass,
            "paren_label_mass": score.paren_mass,
            "p_gold": score.p_gold,
        }
        for phase, state, scores in phases
        for score in scores
    ]
    text, real = pa.string(), pa.float64()
    schema = pa.schema(
        [
            ("arm", text),
            ("seed", pa.int64()),
            ("phase", text),
            ("persona", text),
            ("condition", text),
            ("question_id", text),
            ("prompt_sha256", text),
            ("target_sha256", text),
            ("labels", pa.list_(text)),
            ("logprobs", pa.list_(real)),
            ("paren_logprobs", pa.list_(real)),
            ("prediction", text),
            ("gold", text),
            ("correct", pa.bool_()),
            ("label_mass", real),
            ("paren_label_mass", real),
            ("p_gold", real),
        ]
    )
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer)
    return buffer.getvalue()


def completions_jsonl(job: Job, seed: int, completions: Sequence[Completion]) -> bytes:
    """Return generated answers as JSON lines, the raw text as the model gave it."""
    lines = [
        {
            "arm": job.arm,
            "seed": seed,
            "persona": job.own.persona,
            "question_id": each.question_id,
            "prompt_sha256": each.prompt_sha256,
            "text": each.text,
            "answer": each.answer,
            "gold": each.gold,
        }
        for each in completions
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
