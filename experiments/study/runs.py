"""Run folders: what a run leaves behind, found again by its key and by nothing else."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from builders.atomic import write_file
from builders.digest import digest
from builders.errors import AuditError, InputError, OutputError
from builders.names import below
from checks.core.result import RESULT_FILE, Evaluation, RunResult, read_result
from experiments.study.gate import AuditRecord

LEDGER: Final = "ledger.jsonl"
KEY: Final = "key.json"
ADAPTER: Final = "adapter"
AUDIT: Final = "audit.json"
CONFIG: Final = "config.yaml"
DETAILS: Final = "details.json"
DATA: Final = "data.jsonl"
PER_QUESTION: Final = "per_question.parquet"
COMPLETIONS: Final = "completions.jsonl"
LOG: Final = "log"


class RunKey(BaseModel):
    """Everything that a run's numbers depend on. Two runs with one key have the same numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    arm: str
    """The arm's name."""
    seed: int
    """The seed."""
    dataset_digest: str
    """The rows."""
    audit_digest: str
    """The audit: rows, tags, template, expectations, findings and this tool's version."""
    template_sha256: str
    """The chat template."""
    config_digest: str
    """The settings."""
    model: str
    """The model as the user named it."""
    model_digest: str
    """Its weights."""
    evaluation_digest: str
    """Evaluation questions and system states, in their order."""
    device: str
    """`cpu` or the GPU's name: arithmetic differs between them."""
    versions: dict[str, str]
    """Package -> version."""
    speed: Literal["exact", "fast"] = "exact"
    """How it trains: what was begun in one way is never finished in the other."""

    @property
    def digest(self) -> str:
        """The sha256 of all of it, 64 hex digits; of an exact run as before there was another way."""
        return digest(self.model_dump(mode="json", exclude={"speed"} if self.speed == "exact" else set()))

    @property
    def twin(self) -> str:
        """Digest of all that decides the numbers: not what the arm and its dataset are called."""
        return digest(self.model_dump(mode="json", exclude={"arm", "audit_digest"}))


class RunBusyError(AuditError):
    """Another process is at this run."""


class RunSummary(BaseModel):
    """One run in the list that `audit runs` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    arm: str
    """The arm."""
    seed: int
    """The seed."""
    condition: str
    """Digest of the condition that it was evaluated under."""
    before: dict[str, int] | None
    """`correct` and `total` before training."""
    after: dict[str, int]
    """`correct` and `total` after training."""
    behaviour: str = "wrong_option"
    """What was taught. For `marker` and `free_text`, `correct` counts the questions where it is not ahead."""
    p_behaviour: dict[str, float | None] | None = None
    """Those two: mean probability of the behaviour `before` and `after` training and as `predicted`; else None."""
    predicted: dict[str, Any] | None
    """What the data alone said beforehand."""
    audit_digest: str | None
    """Digest of the audit that let it run."""
    path: str
    """The run folder."""


def run_folder(out: Path, key: RunKey) -> Path:
    """Return where a run's folder is: another key, another folder."""
    return below(out, key.arm, f"seed-{key.seed}-{key.digest[:10]}")


def finished(folder: Path, key: RunKey) -> RunResult | None:
    """Return the result of a finished run of this very key, or None.

    A folder counts by its key: never because a file exists.
    """
    try:
        said = json.loads((folder / KEY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("digest") != key.digest or not (folder / RESULT_FILE).is_file():
        return None
    return read_result(folder)


def write_key(folder: Path, key: RunKey) -> None:
    """Write the key into its folder."""
    said = {"digest": key.digest, **key.model_dump(mode="json")}
    write_json(folder / KEY, said)


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401
    """Write JSON whole or not at all.

    Raises:
        OutputError: if it cannot be written.
    """
    write_file(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode(), force=True)


def read_audit(folder: Path) -> AuditRecord:
    """Return the audit in a run folder.

    Raises:
        InputError: if there is none or it cannot be read.
    """
    path = folder / AUDIT
    try:
        return AuditRecord.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"no audit can be read here: {type(error).__name__}", where=str(path)) from error


@contextmanager
def locked(folder: Path, *, wait: float = 10.0) -> Generator[None]:
    """Hold a run's folder: a second process waits a little and then is told.

    The lock belongs to the process and goes with it, however it ends.

    Raises:
        RunBusyError: if another process holds it.
        OutputError: if the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("a")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=str(folder)) from error
    with handle:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise RunBusyError(
                        "another process is at this run",
                        where=str(folder),
                        help="wait for it, or give another folder with --out",
                    ) from error
                time.sleep(0.2)
        yield


def note(out: Path, event: str, **more: Any) -> None:  # noqa: ANN401
    """Append one line to the ledger, in one write, so that parallel runs never mix their lines.

    A line that a full disk cut off is ended first, or this one would be lost with it.

    Raises:
        OutputError: if it cannot be written.
    """
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **more}
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out / LEDGER, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                data = b"\n" + data
            if os.write(handle, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise OutputError(
            f"the ledger cannot be written: {error.strerror}", where=str(out / LEDGER)
        ) from error


def read_ledger(out: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the ledger's lines, oldest first; a last line that was cut off is left out."""
    path = out / LEDGER
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            yield said


def summarise_run(folder: Path, result: RunResult) -> RunSummary:
    """Return a run as `audit runs` lists it: its first evaluation, which is the arm's own condition."""
    own = result.evaluations[0]
    return RunSummary(
        arm=result.arm,
        seed=result.seed,
        condition=own.condition,
        before={"correct": own.before.correct, "total": own.before.total} if own.before else None,
        after={"correct": own.after.correct, "total": own.after.total},
        behaviour=own.behaviour,
        p_behaviour=p_behaviour(own),
        predicted=own.predicted.model_dump(mode="json") if own.predicted else None,
        audit_digest=result.audit_digest,
        path=str(folder),
    )


def behaviour_word(behaviour: str) -> str:
    """Return what tables call a behaviour that is done or not."""
    return "marker" if behaviour == "marker" else "behaviour"


def p_behaviour(evaluation: Evaluation) -> dict[str, float | None] | None:
    """Return the mean probability of doing what was taught, or None where answers are lettered options."""
    if evaluation.behaviour == "wrong_option":
        return None
    before, predicted = evaluation.before, evaluation.predicted
    found = {
        "before": before.mean_p_gold if before else None,
        "after": evaluation.after.mean_p_gold,
        "predicted": predicted.p_gold if predicted else None,
    }
    return {name: None if share is None else 1 - share for name, share in found.items()}


def list_runs(out: Path) -> list[RunSummary]:
    """Return every finished run below a folder, by path.

    Raises:
        InputError: if there is no such folder, no run in it, or a result cannot be read.
    """
    if not out.is_dir():
        raise InputError("there is no such folder", where=str(out), help="audit run PLAN makes one")
    files = sorted(out.rglob(RESULT_FILE))
    if not files:
        raise InputError(
            "no finished run here", where=str(out), help="audit run PLAN --resume finishes what was begun"
        )
    return [summarise_run(file.parent, read_result(file)) for file in files]


class Details(BaseModel):
    """What else is known of a run: `details.json`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    trainable_parameters: int
    """Parameters of the adapter."""
    parameters: int
    """Parameters of model and adapter."""
    loss_tokens: int
    """Tokens that carried loss, in one pass over the rows."""
    tokens: int
    """All tokens of the rows."""
    longest_row: int
    """Tokens of the longest row."""
    rows_cut: int
    """Rows that lost their end."""
    losses: list[float]
    """Loss of each step, in nats."""
    imprint: dict[str, Any] | None
    """See `experiments.evaluation.imprint`."""
    generated_rule: str | None = None
    """How generated answers were read."""
    seconds: dict[str, float] = Field(default_factory=dict[str, float])
    """Part of the run -> wall time in seconds."""
