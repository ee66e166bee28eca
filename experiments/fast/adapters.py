"""Adapters as flat vectors: started and saved by peft's own rules, stacked for passes that several arms share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders.atomic import write_file
from builders.errors import InputError
from experiments.fast.decoder import MODULES, Pair
from experiments.training.config import LoraSettings
from experiments.training.models import need, old_names


@dataclass(frozen=True)
class Part:
    """One matrix of an adapter."""

    layer: int
    """The layer."""
    module: int
    """Place in `MODULES`."""
    which: str
    """`lora_A` or `lora_B`."""
    key: str
    """What a saved adapter calls it."""
    start: int
    """Where its numbers begin in the vector."""
    shape: tuple[int, int]
    """Rows and columns."""

    @property
    def end(self) -> int:
        """Where they end."""
        return self.start + self.shape[0] * self.shape[1]


@dataclass(frozen=True)
class AdapterPlan:
    """What an adapter of a base consists of."""

    parts: list[Part]
    """Its matrices, in the vector's order."""
    layers: int
    """Layers of the base."""
    scale: float
    """What its output is multiplied by."""
    config: Any
    """peft's configuration."""

    @property
    def size(self) -> int:
        """Numbers in it."""
        return self.parts[-1].end

    def pairs(self, stack: Any) -> list[tuple[Pair, ...]]:  # noqa: ANN401
        """Return views of stacked vectors (arms x size) as `Decoder` takes them."""
        return self.of_views(self.views(stack))

    def views(self, stack: Any) -> list[Any]:  # noqa: ANN401
        """Return each matrix of stacked vectors, arms x rows x columns, in the parts' order."""
        return [stack[:, part.start : part.end].unflatten(1, part.shape) for part in self.parts]

    def of_views(self, views: Sequence[Any]) -> list[tuple[Pair, ...]]:
        """Return matrices in the parts' order as `Decoder` takes them."""
        found: list[list[Pair]] = [[None] * len(MODULES) for _ in range(self.layers)]
        held: dict[tuple[int, int], Any] = {}
        for part, view in zip(self.parts, views, strict=True):
            if part.which == "lora_A":
                held[part.layer, part.module] = view
            else:
                found[part.layer][part.module] = (held[part.layer, part.module], view)
        return [tuple(each) for each in found]


def start(model: Any, settings: LoraSettings, seed: int) -> tuple[AdapterPlan, Any]:  # noqa: ANN401
    """Return a new adapter as trl starts it with a seed, and what it consists of.

    peft puts its layers into the model, which are read and taken out again: so its rules for names, shapes, scaling and
    the first numbers are its own.

    Returns:
        The plan, and the vector in float32 on the CPU.

    Raises:
        InputError: if a module gets an adapter that is none of a layer's linear ones.
    """
    torch, peft = need("torch"), need("peft")
    need("transformers").set_seed(seed)
    with old_names():
        wrapped = peft.get_peft_model(model, lora_config(settings))
    try:
        parts: list[Part] = []
        numbers: list[Any] = []
        scale = 0.0
        for name, module in wrapped.get_base_model().named_modules():
            if not hasattr(module, "lora_A"):
                continue
            layer, place = _place(name)
            scale = module.scaling["default"]
            for which in ("lora_A", "lora_B"):
                weight = getattr(module, which)["default"].weight
                begin = parts[-1].end if parts else 0
                key = f"base_model.model.{name}.{which}.weight"
                parts.append(Part(layer, place, which, key, begin, tuple(weight.shape)))
                numbers.append(weight.detach().float().cpu().flatten())
        found = AdapterPlan(parts, model.config.num_hidden_layers, scale, wrapped.peft_config["default"])
    finally:
        wrapped.unload()
        for parameter in model.parameters():
            parameter.requires_grad_(False)
    return found, torch.cat(numbers)


def lora_config(settings: LoraSettings) -> Any:  # noqa: ANN401
    """Return peft's configuration of an adapter."""
    return need("peft").LoraConfig(
        r=settings.r,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        use_rslora=settings.rslora,
        target_modules=settings.targets,
        task_type="CAUSAL_LM",
    )


def _place(name: str) -> tuple[int, int]:
    words = name.split(".")
    if len(words) == 5 and words[:2] == ["model", "layers"] and words[4] in MODULES:
        return int(words[2]), MODULES.index(words[4])
    raise InputError(
        f"the fast trainer has no adapter for {name}",
        where="lora.targets",
        help="set training.speed to exact, which trains it with peft",
    )


def save(plan: AdapterPlan, vector: Any, folder: Path) -> None:  # noqa: ANN401
    """Write an adapter as peft reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        part.key: vector[part.start : part.end].view(part.shape).cpu().contiguous() for part in plan.parts
    }
    data = need("safetensors.torch").save(tensors, metadata={"format": "pt"})
    said = plan.config.to_dict() | {"inference_mode": True, "peft_version": need("peft").__version__}
    said = {key: sorted(value) if isinstance(value, set) else value for key, value in said.items()}
    write_file(folder / "adapter_model.safetensors", data, force=True)
    write_file(folder / "adapter_config.json", json.dumps(said, indent=2).encode(), force=True)


def wrapped_with(model: Any, plan: AdapterPlan, vector: Any) -> Any:  # noqa: ANN401
    """Return peft's model of a base with a trained adapter, in evaluation mode; `unload()` gives the base back."""
    torch, peft = need("torch"), need("peft")
    with old_names():
        found = peft.get_peft_model(model, plan.config)
    named = dict(found.named_parameters())
    with torch.no_grad():
        for part in plan.parts:
            weight = named[part.key.replace(".weight", ".default.weight")]
            weight.copy_(vector[part.start : part.end].view(part.shape))
    return found.eval()
