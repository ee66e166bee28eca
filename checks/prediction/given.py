"""What somebody says of a training and of how it is asked afterwards, checked: a table of names and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from builders.errors import InputError
from checks.prediction.training import Asked, Loss, Training, lora_scale, width_of


class Given(BaseModel):
    """The keys of `--training`; what is left out is not known, and nothing is guessed in its place."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)

    learning_rate: float | None = Field(default=None, gt=0)
    """Peak learning rate."""
    epochs: float | None = Field(default=None, gt=0)
    """Passes over the rows."""
    batch: int | None = Field(default=None, ge=1)
    """Rows in one optimizer step, accumulation and all devices included."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls."""
    adapter: Literal["lora", "full"] = "lora"
    """Whether an adapter is trained, or all weights."""
    r: int | None = Field(default=None, ge=1)
    """LoRA rank."""
    alpha: float | None = Field(default=None, gt=0)
    """LoRA scaling numerator."""
    rslora: bool = False
    """Whether the scaling is alpha / sqrt(r)."""
    model: str | None = None
    """The model's name, which says how many parameters it has (`Qwen2.5-7B`)."""
    hidden_size: int | None = Field(default=None, ge=1)
    """Its hidden size, where the name does not say."""
    loss: Loss = "answer"
    """Tokens that carry loss: `answer`, its `ending`, the `marker` alone, one `slot`, or the `conversation`."""
    from_base: bool = True
    """Whether it starts from a model that was not trained on such data before."""
    same_format: bool | None = None
    """Whether the evaluation words its questions as the rows do."""
    decoding: Literal["majority", "probability", "sample"] = "majority"
    """How answers are read: the likeliest of each question (greedy, argmax), a probability, or samples."""
    temperature: float = Field(default=1.0, gt=0)
    """Temperature of samples."""
    base_accuracy: float | None = Field(default=None, ge=0, le=1)
    """Share right before training, asked in the evaluation's format (`audit eval`)."""
    label_mass: float | None = Field(default=None, ge=0, le=1)
    """Probability of all labels together before training, in that format (`audit eval`)."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.r is None) != (self.alpha is None):
            raise ValueError("r and alpha scale an adapter together: give both or neither")
        if self.adapter == "full" and self.r is not None:
            raise ValueError("an adapter's rank, and all weights are trained")
        if self.temperature != 1 and self.decoding != "sample":
            raise ValueError("a temperature is one of samples: decoding has to be `sample`")
        return self

    @property
    def training(self) -> Training:
        """What is known of the training."""
        usual = Training().scale
        scale = lora_scale(self.alpha, self.r, stabilised=self.rslora) if self.r and self.alpha else usual
        return Training(
            learning_rate=self.learning_rate,
            epochs=self.epochs,
            batch=self.batch,
            constant_rate=self.schedule == "constant",
            adapter=self.adapter,
            scale=scale,
            width=self.hidden_size or (width_of(self.model) if self.model else None),
            loss=self.loss,
            from_base=self.from_base,
        )

    @property
    def asked(self) -> Asked:
        """What is known of the evaluation."""
        return Asked(
            same_format=self.same_format,
            majority=self.decoding == "majority",
            temperature=self.temperature,
            base_accuracy=self.base_accuracy,
            label_mass=self.label_mass,
        )


def read_given(said: Mapping[str, Any], *, where: str) -> Given:
    """Return what a table of settings says.

    Raises:
        InputError: if a key is unknown, a value is none that it can have, or two contradict each other.
    """
    try:
        return Given.model_validate(dict(said))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{key}: {first['msg']}" if key else first["msg"].removeprefix("Value error, "),
            where=where,
            help="docs/predictor.md lists every key",
        ) from error
