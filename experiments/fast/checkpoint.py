"""A run's state between two steps, whole or not there."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from builders.atomic import write_file
from builders.digest import digest
from experiments.training.models import need

if TYPE_CHECKING:
    from experiments.fast.train import Run

STATE: Final = "fast-state.pt"
"""The file, in the folder of checkpoints."""


def save_state(trainee: Any, run: Run) -> None:  # noqa: ANN401
    """Write a run's state over the one before."""
    run.folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    need("torch").save(
        {
            "of": _of(run),
            "vector": trainee.vector.detach(),
            "optimizer": trainee.optimizer.state_dict(),
            "schedule": trainee.schedule.state_dict(),
            "losses": run.losses,
            "measured": run.controls.meter.record.steps if run.controls.meter else [],
        },
        buffer,
    )
    write_file(run.folder / STATE, buffer.getvalue(), force=True)


def load_state(trainee: Any, run: Run) -> None:  # noqa: ANN401
    """Go on from a run's state, where there is one of these very rows and settings."""
    torch = need("torch")
    path = run.folder / STATE
    if not path.is_file():
        return
    try:
        said = torch.load(path, map_location=trainee.vector.device, weights_only=True)
    except Exception:
        path.unlink()
        return
    if said["of"] != _of(run):
        path.unlink()
        return
    with torch.no_grad():
        trainee.vector.copy_(said["vector"])
    trainee.optimizer.load_state_dict(said["optimizer"])
    trainee.schedule.load_state_dict(said["schedule"])
    run.losses[:] = said["losses"]
    if run.controls.meter is not None:
        run.controls.meter.record.steps[:] = said["measured"]


def _of(run: Run) -> str:
    return digest([run.config.digest, run.seed, [row.tokens for row in run.rows]])


def forget(folder: Path) -> None:
    """Remove a finished run's state."""
    shutil.rmtree(folder, ignore_errors=True)
