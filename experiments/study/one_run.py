"""One run's folder from its begin to its result: check again, measure, and after training measure and write."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from builders.atomic import write_file
from builders.dataset import jsonl_bytes, read_rows
from builders.errors import OutputError
from checks.core.result import RESULT_FILE, RunResult
from experiments.evaluation.evaluate import QuestionScore
from experiments.evaluation.generate import RULE
from experiments.evaluation.imprint import imprint
from experiments.evaluation.measure import (
    evaluations,
    generate,
    informed,
    measure,
    measure_states,
    measured,
    summary,
)
from experiments.evaluation.perquestion import completions_jsonl, per_question_parquet
from experiments.study.gate import check_tokenizer, check_unchanged
from experiments.study.prepare import Job
from experiments.study.runs import (
    ADAPTER,
    AUDIT,
    COMPLETIONS,
    CONFIG,
    DATA,
    DETAILS,
    LOG,
    PER_QUESTION,
    Details,
    RunKey,
    behaviour_word,
    note,
    write_json,
    write_key,
)
from experiments.study.seal import note_result, write_result
from experiments.study.task import Task
from experiments.study.warm import Warm
from experiments.training.device import Device, versions
from experiments.training.models import name_base
from experiments.training.preflight import encode_rows
from experiments.training.regimes import Watch, meter_of, passes_of, question_of
from experiments.training.sft import Controls, InterruptedTrainingError, Step, steps_of

Say = Callable[..., None]
"""Takes what an event is (`Event.what`), its text, and its step, steps and loss by name."""
CHECKPOINTS: Final = "checkpoints"
"""Folder of what an interrupted run goes on from."""


class OpenRun:
    """A run that was begun: its rows checked and tokenised again, its log open."""

    def __init__(
        self, task: Task, key: RunKey, folder: Path, device: Device, *, warm: Warm, say: Say
    ) -> None:
        """Begin a run, or take up one that was interrupted.

        Args:
            task: What to run.
            key: Its key.
            folder: Its folder.
            device: Where it runs.
            warm: What this process has loaded.
            say: Gets every event's kind, text and more.

        Raises:
            GateError: if what is about to train is not what was audited.
            InputError: if rows cannot be tokenised as they were audited.
        """
        self.task, self.key, self.folder, self.device = task, key, folder, device
        self.say = say
        job, config = task.job, task.job.config
        begun = task.resume and (folder / DATA).is_file()
        if not begun:
            begin(job, key, folder)
        note(
            task.out,
            "resumed" if begun else "started",
            arm=job.arm,
            seed=task.seed,
            key=key.digest,
            path=str(folder),
        )
        self.clock = Clock(folder / LOG)
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self.rows = read_rows(folder / DATA)
        self._digest = check_unchanged(job.audit, self.rows, where=str(folder / DATA))
        self.tokenizer = warm.tokenizer(task.source, task.model_digest)
        if job.replaces_template:
            self.tokenizer.chat_template = job.template.source
        systems = [state.system for state in (job.own, *job.others)]
        check_tokenizer(self.tokenizer, job.template, job.audit, self.rows, systems)
        self.encoded, self._preflight = encode_rows(
            self.rows,
            self.tokenizer,
            max_length=config.training.max_length,
            truncate=config.training.truncate,
        )
        self.clock.log(f"{job.arm}, seed {task.seed}, {key.speed}: {self._preflight}")
        self.say("log", str(self._preflight))
        self._before: list[list[QuestionScore]] = []
        self._watch = Watch(
            meter_of(self.rows, self.encoded, job.audit.report, pad=self.tokenizer.pad_token_id),
            job.audit.report,
            steps_an_epoch=math.ceil(steps_of(len(self.rows), config) / config.training.epochs),
            passes=passes_of(
                [row["condition"] for row in self.rows],
                [question_of(row) for row in self.rows],
                config.training.epochs,
            ),
            within=config.training.until_floor,
        )

    def measured_before(self, before: list[list[QuestionScore]]) -> None:
        """Take what the untrained model answers, and say it."""
        self._before = before
        score = summary(self.task.job, before[0])
        self.say("before", f"{score.correct}/{score.total}")
        found = informed(self.task.job, self.task.job.own, before[0])
        if found is not None and found.reason:
            self.tell(f"with that, predicted: {found.verdict}: {found.reason}")
        self.clock.lap("before")

    def tell(self, text: str) -> None:
        """Log something and show it."""
        self.clock.log(text)
        self.say("log", text)

    def controls(self, stop: Callable[[], bool]) -> Controls:
        """Return what logs and shows the steps.

        Raises:
            InterruptedTrainingError: if it is to stop before the first one.
        """
        if stop():
            raise InterruptedTrainingError(
                "stopped before the first step", help="the same command with --resume goes on from here"
            )

        def on_step(step: Step) -> None:
            self.clock.log(f"step {step.step}/{step.steps} loss {step.loss:.4f}")
            self.say("step", step=step.step, steps=step.steps, loss=step.loss)

        watch = self._watch
        return Controls(on_step=on_step, stop=stop, meter=watch.meter, enough=watch.enough)

    def close(
        self,
        asked: Any,  # noqa: ANN401
        writes: Any,  # noqa: ANN401
        *,
        losses: list[float],
        trainable: int,
        parameters: int,
    ) -> RunResult:
        """Measure the trained model and write everything; its adapter is in the folder already.

        Args:
            asked: What scores are asked of: a model of transformers, or what looks in its place.
            writes: The model that generates.
            losses: Loss of each step.
            trainable: Parameters of the adapter.
            parameters: Parameters of model and adapter.
        """
        task, job, folder, clock = self.task, self.task.job, self.folder, self.clock
        name_base(folder / ADAPTER, task.source)
        clock.log(f"{trainable:,} of {parameters:,} parameters trained")
        clock.log(self._watch.words())
        clock.lap("train")
        after = measure_states(job, asked, self.tokenizer)
        memory = measure(job, asked, self.tokenizer, job.trained_questions, job.own)
        clock.lap("after")
        completions = generate(job, writes, self.tokenizer)
        clock.lap("generate")
        judged = None if job.two_way else imprint(after[0], trained=memory, taught=_taught(job))
        result = RunResult(
            arm=job.arm,
            dataset=job.dataset,
            rows=len(self.rows),
            dataset_digest=self._digest,
            audit_digest=job.audit.digest,
            audited_dataset_digest=job.audit.dataset_digest,
            config_digest=job.config.digest,
            template_sha256=job.template.sha256,
            model=task.source.name,
            model_digest=task.model_digest,
            seed=task.seed,
            epochs=job.config.training.epochs,
            steps=len(losses),
            speed=self.key.speed,
            trained_conditions=sorted({row["condition"] for row in self.rows}),
            evaluations=evaluations(job, self._before, after, completions),
            regimes=self._watch.found(),
            predicted_at=job.audit.audited_at,
            started_at=self._started,
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
            versions=versions(),
            device=self.device.words,
        )
        phases = [*measured("before", job, self._before), *measured("after", job, after)]
        phases.append(("trained questions", job.own, memory))
        write_file(folder / PER_QUESTION, per_question_parquet(job, task.seed, phases), force=True)
        write_file(folder / COMPLETIONS, completions_jsonl(job, task.seed, completions), force=True)
        said = asdict(self._preflight)
        details = Details(
            trainable_parameters=trainable,
            parameters=parameters,
            loss_tokens=said["loss_tokens"],
            tokens=said["tokens"],
            longest_row=said["longest"],
            rows_cut=said["cut"],
            losses=losses,
            imprint=judged.model_dump(mode="json") if judged else None,
            generated_rule=job.two_way.rule if job.two_way else RULE,
            seconds=clock.laps,
        )
        write_json(folder / DETAILS, details.model_dump(mode="json"))
        # The result comes last: a folder that has it has everything.
        result = write_result(folder, result)
        note_result(task.out, "finished", self.key, folder)
        score = result.evaluations[0].after
        more = f", {judged.verdict}" if judged else ""
        if job.two_way and score.mean_p_gold is not None:
            more = f", p({behaviour_word(job.behaviour)}) {1 - score.mean_p_gold:.3f}"
        self.say("finished", f"{score.correct}/{score.total}{more}")
        return result


def begin(job: Job, key: RunKey, folder: Path) -> None:
    """Lay out a new run; what an earlier, unfinished one left is taken away."""
    import shutil

    for name in (CHECKPOINTS, ADAPTER):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (LOG, RESULT_FILE):
        (folder / name).unlink(missing_ok=True)
    write_file(
        folder / CONFIG,
        yaml.safe_dump(job.config.model_dump(mode="json"), sort_keys=False).encode(),
        force=True,
    )
    write_json(folder / AUDIT, job.audit.model_dump(mode="json"))
    write_key(folder, key)
    write_file(folder / DATA, jsonl_bytes(job.rows), force=True)


def _taught(job: Job) -> dict[str, str]:
    """Return question id -> the wrong letter that the source is taught."""
    return {
        row["question_id"]: row["target_label"]
        for row in job.rows
        if row["role"] == "source" and row["target_correct"] is False and row["target_label"]
    }


class Clock:
    """The run's log, and what its parts took."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = time.monotonic()
        self.laps: dict[str, float] = {}

    def log(self, text: str) -> None:
        """Append a line with the time to the log."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")
        except OSError as error:
            raise OutputError(
                f"the log cannot be written: {error.strerror}", where=str(self._path)
            ) from error

    def lap(self, name: str) -> None:
        """End a part of the run: its seconds are kept under its name."""
        now = time.monotonic()
        self.laps[name] = round(now - self._last, 2)
        self.log(f"{name}: {self.laps[name]} s")
        self._last = now
