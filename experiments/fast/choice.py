"""Whether a run trains fast or exactly as published."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from builders.errors import InputError, first_line
from experiments.fast.decoder import MODULES, why_not
from experiments.training.config import ExperimentConfig
from experiments.training.models import ModelSource, need

Speed = Literal["exact", "fast"]


def choose_speed(config: ExperimentConfig, source: ModelSource) -> Speed:
    """Return how a run trains: what the settings say, or fast where it is known to give the same.

    Raises:
        InputError: if the settings say fast and it cannot be.
    """
    asked = config.training.speed
    if asked == "exact":
        return "exact"
    reason = _reason(config) or _why_not(source)
    if reason is None:
        return "fast"
    if asked == "fast":
        raise InputError(
            f"it cannot be trained fast: {reason}",
            where="training.speed",
            help="set training.speed to auto or exact",
        )
    return "exact"


def _reason(config: ExperimentConfig) -> str | None:
    targets = config.lora.targets
    named = [targets] if isinstance(targets, str) else targets
    if named != ["all-linear"] and not set(named) <= set(MODULES):
        return f"lora.targets names more than {', '.join(MODULES)}"
    if config.report_to:
        return f"{config.report_to[0]} is told of every step by trl's trainer"
    if config.training.gradient_checkpointing == "on":
        return "gradient checkpointing is asked for, and it keeps activations"
    return None


@cache
def _why_not(source: ModelSource) -> str | None:
    if source.adapter:
        return "the model has an adapter already"
    try:
        return why_not(model_config(source))
    except (OSError, ValueError, ImportError) as error:
        return f"its configuration cannot be read: {first_line(error)}"


def model_config(source: ModelSource) -> Any:  # noqa: ANN401
    """Return transformers' configuration of a model, without its weights."""
    more = {"gguf_file": source.gguf} if source.gguf else {}
    found = need("transformers").AutoConfig.from_pretrained(source.location, revision=source.revision, **more)
    if source.gguf and hasattr(found, "quantization_config"):
        # What transformers says of the file is undone when its weights are unpacked.
        found.quantization_config = None
    return found
