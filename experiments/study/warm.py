"""What a process keeps from one run to the next: the base model, its tokenizer, and scores before training.

A plan trains one base many times. Loading it takes seconds, minutes where it is unpacked from a GGUF file, and its
answers before training are the same in every seed. Each run gets copies, so that none sees what another did.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from builders.digest import digest
from experiments.evaluation.evaluate import QuestionScore
from experiments.evaluation.measure import measure_states
from experiments.fast.adapters import AdapterPlan, start
from experiments.fast.decoder import Decoder, take_apart
from experiments.study.prepare import Job
from experiments.training.config import LoraSettings
from experiments.training.device import Device
from experiments.training.models import ModelSource, load_model, load_tokenizer

LARGEST: Final = 2**30
"""Bytes of weights up to which a second copy is kept."""

STARTS: Final = 8
"""Seeds whose first adapter is kept."""

SCORES: Final = 32
"""Arms whose scores before training are kept."""


class Base:
    """A base that several runs share and none changes, with the starts of adapters on it."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        self.model = model
        self.decoder = Decoder(take_apart(model))
        self.parameters = sum(each.numel() for each in model.parameters())
        self._compiled: Decoder | None = None
        self._plans: dict[str, AdapterPlan] = {}
        self._starts: OrderedDict[str, Any] = OrderedDict()

    def compiled(self) -> Decoder:
        """Return the same base with compiled layers."""
        self._compiled = self._compiled or Decoder(self.decoder.frozen, compiled=True)
        return self._compiled

    def start(self, settings: LoraSettings, seed: int) -> tuple[AdapterPlan, Any]:
        """Return an adapter's plan and its first numbers, as trl starts it with a seed."""
        form = digest(settings.model_dump(mode="json"))
        key = digest([form, seed])
        if key not in self._starts:
            self._plans[form], self._starts[key] = start(self.model, settings, seed)
        self._starts.move_to_end(key)
        while len(self._starts) > STARTS:
            self._starts.popitem(last=False)
        return self._plans[form], self._starts[key]


class Warm:
    """The base that a process loaded last, and what it answered."""

    def __init__(self) -> None:
        self._base: tuple[str, Any] | None = None
        self._shared: tuple[str, Base] | None = None
        self._tokenizer: tuple[str, Any] | None = None
        self._scores: OrderedDict[str, list[list[QuestionScore]]] = OrderedDict()

    def tokenizer(self, source: ModelSource, weights: str) -> Any:  # noqa: ANN401
        """Return a tokenizer that the caller may change.

        Args:
            source: The model.
            weights: Digest of its files: what is kept is given only for the same ones.

        Raises:
            InputError: as `load_tokenizer`.
        """
        if self._tokenizer is None or self._tokenizer[0] != weights:
            self._tokenizer = (weights, load_tokenizer(source))
        return copy.deepcopy(self._tokenizer[1])

    def base(self, source: ModelSource, weights: str, device: Device, *, tell: Callable[[str], None]) -> Base:
        """Return a base for runs that change nothing of it.

        Args:
            source: The model.
            weights: Digest of its files.
            device: Where it is to be.
            tell: Gets what is being waited for.

        Raises:
            InputError: as `load_model`.
        """
        key = digest([weights, str(device.dtype), device.kind])
        if self._shared is None or self._shared[0] != key:
            self._shared = self._base = None  # before the next one comes: two would be in memory
            self._shared = (
                key,
                Base(load_model(source, dtype=device.dtype, device=device.kind, tell=tell)),
            )
        return self._shared[1]

    def model(
        self,
        source: ModelSource,
        weights: str,
        device: Device,
        *,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Any:  # noqa: ANN401
        """Return a model in evaluation mode that the caller may train.

        Raises:
            InputError: as `load_model`.
        """
        key = digest([weights, str(device.dtype), device.kind])
        if self._base is None or self._base[0] != key:
            self._base = self._shared = None  # before the next one comes: two would be in memory
            loaded = load_model(source, dtype=device.dtype, device=device.kind, tell=tell)
            if sum(each.numel() * each.element_size() for each in loaded.parameters()) > LARGEST:
                return loaded
            self._base = (key, loaded)
        return copy.deepcopy(self._base[1])

    def before(
        self,
        job: Job,
        model: Any,  # noqa: ANN401
        tokenizer: Any,  # noqa: ANN401
        weights: str,
        device: Device,
        *,
        speed: str = "exact",
    ) -> list[list[QuestionScore]]:
        """Return what an untrained model answers under the arm's system states: see `measure_states`."""
        key = digest(
            [
                speed,
                weights,
                job.evaluation_digest,
                tokenizer.chat_template,
                str(device.dtype),
                device.words,
                job.config.evaluation.batch_tokens,
                job.config.training.threads,
            ]
        )
        if key not in self._scores:
            self._scores[key] = measure_states(job, model, tokenizer)
        self._scores.move_to_end(key)
        while len(self._scores) > SCORES:
            self._scores.popitem(last=False)
        return self._scores[key]
