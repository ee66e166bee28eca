"""How a past issue trained: the hyperparameters that its code passes, and the model's dimensions, as data."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from builders.schema import Level
from checks.prediction.training import Loss, Training, lora_scale, width_of
from checks.wrt.architecture import Architecture


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class PublishedTraining(_Model):
    """What the issue's code trains with; null where it is not known."""

    model: str
    """The base model's hub id."""
    architecture: Architecture | None = None
    """Its dimensions, from which parameters are counted."""
    template: str = "qwen2.5"
    """The chat template that its tokenizer has, as `--template` takes it."""
    rank: int | None = Field(default=None, ge=1)
    """LoRA rank."""
    alpha: float | None = None
    """LoRA scaling numerator."""
    dropout: float | None = None
    """Share of the adapter's inputs that are dropped."""
    rslora: bool | None = None
    """Whether the scaling is alpha / sqrt(rank)."""
    targets: str | None = None
    """Modules that get an adapter; `all-linear` for all but the output head."""
    learning_rate: float | None = None
    """Peak learning rate."""
    schedule: Literal["cosine", "linear", "constant"] | None = None
    """How it falls."""
    warmup: float | None = None
    """Share of the steps over which it rises."""
    epochs: float | None = None
    """Passes over the rows."""
    batch_per_device: int | None = Field(default=None, ge=1)
    """Rows in one forward pass."""
    accumulation: int | None = Field(default=None, ge=1)
    """Forward passes in one step."""
    max_length: int | None = Field(default=None, ge=1)
    """Tokens a row may have."""
    weight_decay: float | None = None
    """AdamW's weight decay."""
    loss: Loss = "answer"
    """Tokens that carry loss: the `answer`, its `ending`, the `marker` alone, one `slot`, or the `conversation`."""
    seed: int | None = None
    """The seed of its runs."""
    level: Level
    """How all this is known."""
    source: str
    """Where it stands."""

    @property
    def settings(self) -> Training:
        """What a prediction takes of it."""
        scale = None
        if self.alpha is not None and self.rank is not None and self.rslora is not None:
            scale = lora_scale(self.alpha, self.rank, stabilised=self.rslora)
        rows = (
            None
            if self.batch_per_device is None or self.accumulation is None
            else self.batch_per_device * self.accumulation
        )
        return Training(
            learning_rate=self.learning_rate,
            epochs=self.epochs,
            batch=rows,
            constant_rate=self.schedule == "constant",
            scale=scale,
            width=self.architecture.hidden if self.architecture else width_of(self.model),
            loss=self.loss,
        )


class Draw(_Model):
    """A draw that a rerun of the issue's code would not repeat."""

    what: str
    """What is drawn."""
    why: str
    """Why it comes out differently."""
    datasets: list[str] = Field(default_factory=lambda: ["*"], min_length=1)
    """Which datasets: names behind the issue's own, ``*`` allowed."""
    level: Level
    """How it is known."""
    source: str
    """Where it stands: ``commit:path``."""
