"""What a process keeps from one run to the next: the base model, its tokenizer, and scores before training.

A plan trains one base many times. Loading it takes seconds, minutes where it is unpacked from a GGUF file, and its
answers before training are the same in every seed. Each run gets copies, so that none sees what another did.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any, Final

from builders.digest import digest
from experiments.evaluation.evaluate import QuestionScore
from experiments.evaluation.measure import measure_states
from experiments.study.prepare import Job
from experiments.training.device import Device
from experiments.training.models import ModelSource, load_model, load_tokenizer

LARGEST: Final = 2**30
"""Bytes of weights up to which a second copy is kept."""

SCORES: Final = 32
"""Arms whose scores before training are kept."""


class Warm:
    """The base that a process loaded last, and what it answered."""

    def __init__(self) -> None:
        self._base: tuple[str, Any] | None = None
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

    def model(self, source: ModelSource, weights: str, device: Device) -> Any:  # noqa: ANN401
        """Return a model in evaluation mode that the caller may train.

        Raises:
            InputError: as `load_model`.
        """
        key = digest([weights, str(device.dtype), device.kind])
        if self._base is None or self._base[0] != key:
            self._base = None  # before the next one comes: two would be in memory
            loaded = load_model(source, dtype=device.dtype, device=device.kind)
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
    ) -> list[list[QuestionScore]]:
        """Return what an untrained model answers under the arm's system states: see `measure_states`."""
        key = digest(
            [
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
