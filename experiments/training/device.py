"""What this machine can train on, and in which precision."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from builders.errors import InputError
from experiments.training.config import TrainingSettings
from experiments.training.models import need

_PACKAGES = ("torch", "transformers", "peft", "trl", "datasets", "accelerate", "tokenizers")


@dataclass(frozen=True)
class Device:
    """Where a run runs and how."""

    kind: str
    """`cuda` or `cpu`."""
    words: str
    """The device's name as results carry it."""
    bf16: bool
    """Whether weights and activations are in bfloat16."""
    checkpointing: bool
    """Whether activations are computed again in the backward pass."""

    @property
    def dtype(self) -> Any:  # noqa: ANN401
        """The torch dtype of the base model's weights."""
        torch = need("torch")
        return torch.bfloat16 if self.bf16 else torch.float32


def choose_device(training: TrainingSettings) -> Device:
    """Return the device that the settings allow: the GPU where there is one.

    Raises:
        InputError: if bfloat16 is asked for and there is no GPU that has it, or if several GPUs are visible.
    """
    torch = need("torch")
    gpu = torch.cuda.is_available()
    able = gpu and torch.cuda.is_bf16_supported()
    if training.bf16 == "on" and not able:
        raise InputError(
            "bfloat16 is asked for and there is no GPU that has it",
            where="training.bf16",
            help="set training.bf16 to auto, which trains in float32 here",
        )
    if gpu and torch.cuda.device_count() > 1:
        # transformers would spread every batch over them (DataParallel), which trl refuses.
        raise InputError(
            f"{torch.cuda.device_count()} GPUs are visible, and a run trains on one",
            where="CUDA_VISIBLE_DEVICES",
            help="set CUDA_VISIBLE_DEVICES=0; for the others, start the command again with other seeds or arms "
            "and the same --out",
        )
    words = (
        torch.cuda.get_device_name()
        if gpu
        else f"CPU, {platform.machine()}, {torch.get_num_threads()} threads"
    )
    return Device(
        kind="cuda" if gpu else "cpu",
        words=words,
        bf16=able and training.bf16 != "off",
        checkpointing=training.gradient_checkpointing == "on"
        or (gpu and training.gradient_checkpointing == "auto"),
    )


def versions() -> dict[str, str]:
    """Return the versions of what trains, by package."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
