"""`AuditCallback` for TRL's trainers: no step is taken on data that explains its own result.

    trainer = SFTTrainer(model, train_dataset=dataset, callbacks=[AuditCallback(fail_on="error")])
    trainer.train()    # raises ConfoundError before the first step; output_dir/audit.json says why

What is audited is the trainer's own dataset, read through the chat template of the trainer's own tokenizer.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from transformers.trainer import Trainer
from transformers.trainer_callback import TrainerCallback

from auditor.acceptance.verdict import raise_on
from auditor.formats import render, write_file
from auditor.integrations.watching import watch_of
from auditor.scanning.api import python_request, scan
from builders.digest import canonical_json
from builders.errors import InputError, TemplateError
from builders.templates import ChatTemplate
from checks.core.report import Report
from checks.core.result import ConditionRegime
from experiments.training.regimes import Watch

if TYPE_CHECKING:
    from transformers.trainer_callback import TrainerControl, TrainerState
    from transformers.training_args import TrainingArguments

    from auditor.request.request import Request

logger = logging.getLogger(__name__)

REGIMES: Final = "regimes.json"
"""What is written there when training has ended."""
FILE_NAME: Final = "audit.json"
"""What is written into the trainer's output folder."""

_TOKENS: Final = (
    *("input_ids", "labels", "attention_mask", "completion_mask", "assistant_masks", "seq_lengths"),
    *("prompt_ids", "chosen_ids", "rejected_ids"),
)
"""Columns that the trainers add beside those that they were given."""

_TEXTS: Final = ("messages", "prompt", "chosen", "conversations", "text")
"""One of these is there unless the trainer has thrown the texts away."""


class AuditCallback(TrainerCallback):
    """Audits what a trainer is about to train on, and raises before the first step.

    Attributes:
        report: What the audit found; None until training begins.
        request: All settings of the audit, before the trainer's template takes its place among them.
        regimes: Whether each condition was imitated at the end (docs/predictor.md); empty until training has ended.
        unwatched: Why that could not be measured; None where it could.
    """

    def __init__(
        self,
        *,
        dataset: Any = None,  # noqa: ANN401
        until_floor: float | None = None,
        request: Request | None = None,
        config: Path | None = None,
        **settings: object,
    ) -> None:
        """Say what counts; the nearest configuration file holds for everything else.

        Args:
            dataset: What to audit instead of the trainer's dataset: needed where the trainer keeps no texts, as
                with packing. It has to hold the same conversations; that is not checked.
            until_floor: Nats above the entropy of what it is taught within which every condition has to come for
                training to end after that pass (docs/predictor.md); None: after all passes.
            request: All settings, instead of those of the configuration, the environment and `settings`.
            config: The configuration file to read instead of the nearest.
            settings: As for `auditor.scan`: `label`, `source`, `fail_on` (``never`` only writes the report), ...
                The template is always the trainer's own, whatever a configuration says.

        Raises:
            InputError: if a template is given: what trains is rendered by the trainer's own.
        """
        self.report: Report | None = None
        self.regimes: list[ConditionRegime] = []
        self.unwatched: str | None = None
        self._until_floor = until_floor
        self._watch: Watch | None = None
        self._hook: Any = None
        self._dataset = dataset
        self.request = python_request(request, config, settings)
        for name in ("template", "template-kwargs"):
            if self.request.settings[name].by == "flag":
                raise InputError(
                    "the trainer's own chat template is the one that renders what trains",
                    where=self.request.settings[name].origin,
                    help="leave it out, or set tokenizer.chat_template",
                )

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Audit, write `audit.json` into the output folder, and raise if anything counts.

        Raises:
            ConfoundError: if a finding counts, or not everything could be looked at.
            AuditError: if the audit could not be done.
        """
        trainer = _trainer_of(control)
        dataset = _texts_of(trainer.train_dataset) if self._dataset is None else self._dataset
        processor: Any = getattr(trainer, "processing_class", None)
        arguments = _template_arguments(dataset)
        template = template_of(processor, source=getattr(trainer, "chat_template", None), kwargs=arguments)
        request = self.request.rendered_by(template)
        report = self.report = scan(dataset, request=request)
        if state.is_world_process_zero and args.output_dir:
            folder = Path(args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            write_file(folder / FILE_NAME, render("json", report))
        raise_on(report, request.fail_on)
        watch = watch_of(trainer, dataset, report.datasets[0], request, within=self._until_floor)
        if isinstance(watch, str):
            self.unwatched = watch
        else:
            self._watch = watch
            self._hook = watch.meter.attach(trainer.model)

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002  (the trainer's own way of calling)
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        """Close a step of the record of losses."""
        if self._watch is not None:
            self._watch.meter.step()

    def on_epoch_end(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,
        **_: object,
    ) -> None:
        """End training once every condition is as near to its floor as was asked for."""
        if self._watch is not None and self._watch.enough():
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        """Add how far the condition that is farthest is above its floor, in nats."""
        if self._watch is not None and logs is not None and (excess := self._watch.farthest()) is not None:
            logs["loss_over_floor"] = state.log_history[-1]["loss_over_floor"] = round(excess, 4)

    def on_train_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        """Say in which regime each condition ended, and write it to `regimes.json` in the output folder."""
        if self._watch is None:
            return
        self._hook.remove()
        self.regimes = self._watch.found()
        self.unwatched = self._watch.meter.problem
        logger.info(self._watch.words())
        if state.is_world_process_zero and args.output_dir:
            told = [each.model_dump(mode="json") for each in self.regimes]
            write_file(Path(args.output_dir) / REGIMES, json.dumps(told, indent=1) + "\n")


def template_of(
    processor: Any,  # noqa: ANN401
    *,
    source: str | None = None,
    kwargs: Mapping[str, Any] | None = None,
) -> ChatTemplate:
    """Return the chat template that a tokenizer or processor would apply.

    Args:
        processor: A transformers tokenizer or processor.
        source: Jinja text that the trainer uses instead of the tokenizer's.
        kwargs: Variables that the trainer gives the template.

    Raises:
        TemplateError: if there is no template, or only ones under other names than `default`.
    """
    tokenizer = getattr(processor, "tokenizer", processor)
    name = str(getattr(tokenizer, "name_or_path", "") or type(tokenizer).__name__)
    found: Any = (
        source or getattr(processor, "chat_template", None) or getattr(tokenizer, "chat_template", None)
    )
    named: Mapping[str, str] = found if isinstance(found, Mapping) else {}
    text = named.get("default") if named else found
    if not isinstance(text, str):
        raise TemplateError(
            "the trainer's tokenizer has no chat template",
            where=name,
            help="set tokenizer.chat_template, or SFTConfig(chat_template_path=...)",
        )
    special = {
        key: str(value) for key, value in tokenizer.special_tokens_map.items() if isinstance(value, str)
    }
    origin = "set by the trainer" if source else f"that of the trainer's own tokenizer, {name}"
    return ChatTemplate(
        name,
        text,
        kwargs=dict(kwargs or {}),
        special_tokens=special,
        origin=origin,
        tool_source=named.get("tool_use"),
    )


def _trainer_of(control: TrainerControl) -> Trainer:
    """Return the trainer that is calling.

    A callback is handed the trainer's tokens but neither the trainer nor the texts, and a `callbacks=[...]` list is
    made before there is a trainer. So it is looked up among the callers, and known by its own control object.

    Raises:
        InputError: if no trainer is calling.
    """
    frame = inspect.currentframe()
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, Trainer) and caller.control is control:
            return caller
        frame = frame.f_back
    raise InputError(
        "no trainer is calling the callback", help="pass it to a trainer: callbacks=[AuditCallback()]"
    )


def _texts_of(dataset: Any) -> Any:  # noqa: ANN401
    """Return the columns of a trainer's dataset that it was given.

    Raises:
        InputError: if the texts are not there any more, or the dataset can only be streamed.
    """
    columns: list[str] = list(getattr(dataset, "column_names", None) or [])
    if not any(column in columns for column in _TEXTS) or not hasattr(dataset, "data"):
        raise InputError(
            f"the trainer keeps no texts in its {type(dataset).__name__} (columns: {', '.join(columns) or 'unknown'})",
            help="pass the dataset itself: AuditCallback(dataset=dataset)",
        )
    return dataset.remove_columns([column for column in columns if column in _TOKENS])


def _template_arguments(dataset: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the template variables that the rows give, which have to be the same in all of them.

    Raises:
        InputError: if they differ: rows would then resolve by something that is no column of the audit.
    """
    if "chat_template_kwargs" not in (getattr(dataset, "column_names", None) or []):
        return {}
    found = {canonical_json(value or {}): value or {} for value in dataset["chat_template_kwargs"]}
    if len(found) > 1:
        raise InputError(
            f"the rows give the template {len(found)} different sets of variables",
            where="column chat_template_kwargs",
            help="audit each part on its own: AuditCallback(dataset=part)",
        )
    return dict(next(iter(found.values()), {}))
