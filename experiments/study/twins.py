"""Arms that would train the very same run: the second takes over what the first measured.

Two experiments of a plan may hold one dataset under two names. Trained again with the same rows, settings, model and
seed it would give the same numbers, so it is not.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from builders.atomic import write_file
from builders.errors import InputError
from checks.core.result import RunResult, read_result
from experiments.study.prepare import Job
from experiments.study.runs import (
    ADAPTER,
    COMPLETIONS,
    DETAILS,
    KEY,
    PER_QUESTION,
    RunKey,
    finished,
    read_audit,
    write_json,
)
from experiments.study.seal import write_result

_OWN: Final = ("arm", "audit_digest")
"""Parts of a key that differ between twins: an audit says what its dataset is called."""


def find_twin(out: Path, key: RunKey, job: Job) -> Path | None:
    """Return the folder of a finished run of another arm whose numbers are those of a key, or None.

    Args:
        out: Folder of all runs.
        key: The key of the run that is to start.
        job: Its arm; the twin's rows carry the same tags.
    """
    wanted = key.model_dump(mode="json", exclude=set(_OWN))
    for path in sorted(out.glob(f"*/seed-{key.seed}-*/{KEY}")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            said.pop("digest", None)
            other = RunKey.model_validate(said)
            same = other.arm != key.arm and other.model_dump(mode="json", exclude=set(_OWN)) == wanted
            if (
                same
                and finished(path.parent, other)
                and read_audit(path.parent).tags_digest == job.audit.tags_digest
            ):
                return path.parent
        except (OSError, ValueError, InputError):
            continue  # whatever is wrong with that folder, this run can be trained
    return None


def take_over(twin: Path, folder: Path, job: Job) -> RunResult:
    """Write what a twin measured into a begun run's folder, under the arm's own name, and return the result.

    The times stay the twin's: of the training that was, and of the prediction that was made before it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(twin / PER_QUESTION)
    arms = pa.array([job.arm] * len(table), pa.string())
    buffer = pa.BufferOutputStream()
    pq.write_table(table.set_column(table.schema.get_field_index("arm"), "arm", arms), buffer)
    write_file(folder / PER_QUESTION, buffer.getvalue().to_pybytes(), force=True)
    answers = [
        json.dumps(json.loads(line) | {"arm": job.arm}, ensure_ascii=False) + "\n"
        for line in (twin / COMPLETIONS).read_text(encoding="utf-8").splitlines()
    ]
    write_file(folder / COMPLETIONS, "".join(answers).encode(), force=True)
    if (twin / ADAPTER).is_dir():
        shutil.copytree(twin / ADAPTER, folder / ADAPTER, dirs_exist_ok=True)
    write_json(folder / DETAILS, json.loads((twin / DETAILS).read_text(encoding="utf-8")))
    result = read_result(twin).model_copy(
        update={"arm": job.arm, "dataset": job.dataset, "audit_digest": job.audit.digest}
    )
    # As in a run that was trained: the result comes last.
    return write_result(folder, result)
