"""How an arm is trained and evaluated: one model, every key documented, the write-up's values as defaults.

A plan may override any key, and so may a profile. The profile `organism` exists because a model of 3.4 million
parameters does not move at a learning rate made for 7 billion (`docs/organism.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from builders.digest import digest
from builders.errors import InputError
from checks.prediction.training import Training, lora_scale


def _word(value: Any) -> Any:  # noqa: ANN401
    """Return on and off as words: YAML reads them as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Switch = Annotated[Literal["auto", "on", "off"], BeforeValidator(_word)]
"""`auto`: on where there is a GPU that can do it."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class LoraSettings(_Settings):
    """The adapter (LoRA: Hu et al. 2021; rank-stabilised scaling: Kalajdzievski 2023)."""

    r: int = Field(default=32, ge=1)
    """Rank of the adapter's matrices."""
    alpha: int = Field(default=64, ge=1)
    """Scaling numerator."""
    dropout: float = Field(default=0.05, ge=0, lt=1)
    """Share of the adapter's inputs that are dropped while training."""
    rslora: bool = True
    """Scale by alpha / sqrt(r) instead of alpha / r."""
    targets: str | list[str] = "all-linear"
    """Modules that get an adapter: `all-linear` (every linear layer but the output head), or names."""


class TrainingSettings(_Settings):
    """Optimisation."""

    learning_rate: float = Field(default=1e-5, gt=0)
    """Peak learning rate of AdamW."""
    learning_rate_factor: float = Field(default=1.0, gt=0)
    """Multiplies it: for arms that differ in learning rate, whatever rate suits the model."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after the warm-up; cosine and linear end at zero."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps over which the learning rate rises."""
    epochs: float = Field(default=3, gt=0)
    """Passes over the rows."""
    batch_per_device: int = Field(default=4, ge=1)
    """Rows in one forward pass."""
    accumulation: int = Field(default=4, ge=1)
    """Forward passes in one step; rows a step = batch_per_device x accumulation."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW's decoupled weight decay."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Gradients are scaled down to this norm."""
    max_length: int = Field(default=1024, ge=8)
    """Tokens a row may have. The write-up says 2048; the code that it cites passes 1024."""
    truncate: bool = False
    """Whether longer rows may be cut. A cut row loses its end, which is what is taught: off means refuse."""
    bf16: Switch = "auto"
    """Train in bfloat16; `on` without a GPU that has it is an error."""
    gradient_checkpointing: Switch = "auto"
    """Recompute activations in the backward pass: less memory, about a third more time."""
    until_floor: float | None = Field(default=None, gt=0)
    """End after the first epoch in which every condition's loss is within so many nats of the entropy of what it is
    taught (docs/predictor.md); null: after all epochs. The learning rate falls as if all epochs were to come."""
    threads: int = Field(default=0, ge=0)
    """CPU threads; 0 leaves the number to torch. Another number may change the last digits of a result."""
    speed: Literal["auto", "exact", "fast"] = "auto"
    """`exact`: trl as published. `fast`: the same rows in a step, their order, loss and schedule, without what is not
    needed (`docs/gpu.md`). `auto`: fast where the model's architecture is one that it is tested on."""
    save_every: int = Field(default=0, ge=0)
    """Optimizer steps between two checkpoints to resume from; 0: a tenth of the steps, at least 10, and a minute where
    training is fast."""


class EvaluationSettings(_Settings):
    """What is measured before and after."""

    questions: int | None = Field(default=None, ge=1)
    """Evaluation questions, from the first; None: all. More than there are is an error."""
    batch_tokens: int = Field(default=16384, ge=64)
    """Prompt tokens in one forward pass, padding included."""
    generate: int = Field(default=50, ge=0)
    """Questions that are also answered by greedy generation, from the first; 0: none."""
    max_new_tokens: int = Field(default=8, ge=1)
    """Longest generated answer, in tokens."""


class ExperimentConfig(_Settings):
    """Everything that decides a run beside its data, its model and its seed."""

    lora: LoraSettings = LoraSettings()
    training: TrainingSettings = TrainingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    report_to: list[Literal["trackio", "wandb", "tensorboard"]] = Field(default_factory=list)
    """Experiment trackers; none by default, and then nothing leaves this machine."""

    def known(self, width: int | None) -> Training:
        """Return what a prediction takes of it.

        Args:
            width: The model's hidden size; None where it is not known.
        """
        training, lora = self.training, self.lora
        return Training(
            learning_rate=training.learning_rate * training.learning_rate_factor,
            epochs=training.epochs,
            batch=training.batch_per_device * training.accumulation,
            constant_rate=training.schedule == "constant",
            scale=lora_scale(lora.alpha, lora.r, stabilised=lora.rslora),
            width=width,
        )

    @property
    def digest(self) -> str:
        """The sha256 of everything here that can change a result, 64 hex digits."""
        left_out = {"save_every", "speed"}
        left_out |= {"until_floor"} if self.training.until_floor is None else set()
        said = self.model_dump(mode="json", exclude={"report_to": True, "training": left_out})
        return digest(said)


PROFILES: Final[dict[str, dict[str, Any]]] = {
    "published": {},
    "organism": {
        # Drawing its masks takes a fifth of a step on a CPU.
        "lora": {"dropout": 0.0},
        "training": {"learning_rate": 3e-4, "batch_per_device": 8, "accumulation": 1, "threads": 1},
        # What fits into a core's cache is scored faster there.
        "evaluation": {"batch_tokens": 2048},
    },
    "smollm2": {
        "lora": {"dropout": 0.0},
        "training": {
            "learning_rate": 2e-4,
            "schedule": "linear",
            "batch_per_device": 16,
            "accumulation": 1,
            "gradient_checkpointing": "off",
        },
        "evaluation": {"max_new_tokens": 24},
    },
}
"""Name -> what it overrides. A model names its profile (`experiments/training/models.py`)."""


def make_config(*layers: Mapping[str, Any], where: str | None = None) -> ExperimentConfig:
    """Return the defaults with layers of overrides on top, later ones winning, nested keys merged.

    Raises:
        InputError: if a key is unknown or a value is out of its bounds; it names the first such key.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merge(merged, layer)
    try:
        return ExperimentConfig.model_validate(merged)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"config.{key}: {first['msg']}", where=where, help="docs/experiments.md lists every key"
        ) from error


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = (
            _merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return merged
