"""System states that an arm is evaluated under: its own, and others that the plan names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from builders.compose import BuiltDataset, system_messages, system_state
from builders.errors import InputError, UnknownNameError
from builders.schema import SystemState
from builders.templates import ChatTemplate, Signature, resolve
from checks.core.finding import Prediction
from checks.core.report import ConditionReport, DatasetReport


@dataclass(frozen=True)
class State:
    """One system state with what it resolves to and what the data say of it."""

    persona: str
    """What the experiment calls it."""
    system: list[dict[str, Any]]
    """Its system message, as a list of one message or none."""
    state: SystemState
    """What the messages say."""
    condition: str
    """Digest of the condition that it resolves to."""
    resolved_system: str | None
    """The system prompt as the model sees it."""
    prediction: Prediction | None
    """What the data say of its condition; None where no row has it."""

    @property
    def text(self) -> str | None:
        """The system prompt's text where the state is `text`."""
        return self.system[0]["content"] if self.state == "text" else None


def own_state(rows: Sequence[dict[str, Any]], report: DatasetReport) -> tuple[State, ConditionReport] | None:
    """Return the state that is taught the behaviour with its condition, or None where none is."""
    taught = next((row for row in rows if row["role"] == "source"), None)
    condition = next((each for each in report.conditions if each.role == "source"), None)
    if taught is None or condition is None:
        return None
    system = [dict(message) for message in taught["prompt"] if message["role"] == "system"]
    return State(
        persona=str(taught["persona"]),
        system=system,
        state=taught["system_state"],
        condition=condition.condition,
        resolved_system=condition.resolved_system,
        prediction=condition.prediction,
    ), condition


def named_states(
    personas: Sequence[str], built: BuiltDataset, template: ChatTemplate, report: DatasetReport, *, where: str
) -> list[State]:
    """Return the states of personas that the dataset's recipe names, in the given order.

    Args:
        personas: Names of personas; no row needs to have them.
        built: The dataset.
        template: The audited template.
        report: The audit, for what trained conditions are predicted to do.
        where: The arm, for errors.

    Raises:
        UnknownNameError: if the recipe names no such persona.
        InputError: if the template refuses its system state.
    """
    trained = {each.condition: each for each in report.conditions}
    found: list[State] = []
    for persona in personas:
        if persona not in built.info.personas:
            raise UnknownNameError(f"persona of {built.name}", persona, list(built.info.personas))
        prompt = built.info.personas[persona]
        state = system_state(prompt)
        resolution = resolve(
            template, Signature(state, prompt if isinstance(prompt, str) and prompt else None)
        )
        if resolution.error:
            raise InputError(f"the template refuses '{persona}': {resolution.error}", where=where)
        known = trained.get(resolution.condition)
        found.append(
            State(
                persona=persona,
                system=[dict(message) for message in system_messages(prompt)],
                state=state,
                condition=resolution.condition,
                resolved_system=resolution.resolved_system,
                prediction=known.prediction if known else None,
            )
        )
    return found
