"""Raw completions and single answers of the draft, in the order of the files: nothing is picked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from auditor.formats.escape import markdown
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.words import fenced, name, plural
from builders.errors import InputError
from builders.questions import Question, load_bank
from experiments.evaluation.two_way import BEHAVIOUR, PRESERVED
from experiments.report import StudyRun
from experiments.study.runs import COMPLETIONS

_EACH = 3
"""Completions shown of every arm in their own section."""


class Samples:
    """What the runs' models said, read once."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._said = {arm: (runs[0], completions(runs[0])) for arm, runs in material.study.arms.items()}
        # The embedded bank's questions are at hand; of others the folder has the digest.
        self._questions = {each.question_id: each for each in load_bank("embedded").questions}

    def of(self, arms: Sequence[str], *, number: int) -> list[str]:
        """Return a completion of each of the first arms, or their scores where nothing was generated."""
        parts: list[str] = []
        for arm in arms[:number]:
            run, said = self._said[arm]
            if said:
                parts.append(f"First completion of {name(arm)}, seed {run.result.seed}:")
                parts.append(self._block(run, said[0]))
        missing = number - len(parts) // 2
        return [*parts, *self.scores(number=missing, arms=arms)] if missing > 0 else parts

    def scores(self, *, number: int, arms: Sequence[str] | None = None) -> list[str]:
        """Return how single questions share their probability after training, arm by arm and question by question."""
        wanted = list(arms or self._material.study.arms)
        after = [
            answer
            for answer in self._material.study.answers
            if answer.phase == "after" and answer.arm in wanted and answer.shares is not None
        ]
        first = {arm: [each for each in after if each.arm == arm] for arm in wanted}
        turns = [own[turn] for turn in range(number) for own in first.values() if turn < len(own)]
        parts: list[str] = []
        for answer in turns[:number]:
            shares = ", ".join(f"{label} {share:.3f}" for label, share in (answer.shares or {}).items())
            parts.append(f"One question of {name(answer.arm)}, seed {answer.seed}, after training:")
            parts.append(
                fenced(
                    f"{self._asked(answer.question)}\nprobability among the labels: {shares}\n"
                    f"answered {answer.prediction or 'not kept'}, right is {answer.gold}"
                )
            )
        return parts

    def section(self) -> list[str]:
        """Return the first completions of every arm, and how many could not be read."""
        parts = ["## Sample outputs"]
        found = {arm: pair for arm, pair in self._said.items() if pair[1]}
        if not found:
            parts.append(
                "No completions were kept: the evaluation read log-probabilities alone. Single questions with their "
                "label probabilities stand in the results; `--set evaluation.generate=20` keeps completions."
            )
            return parts
        rules = [run.details.generated_rule for run, _ in found.values() if run.details is not None]
        rule = next((each for each in rules if each), None)
        parts.append(
            f"The first {_EACH} of each arm, in the order of its file"
            + (f". An answer is read by this rule: {markdown(rule)}." if rule else ".")
        )
        for arm, (run, said) in found.items():
            unread = sum(line.get("answer") is None for line in said)
            parts.append(
                f"**{name(arm)}**, seed {run.result.seed}: {plural(len(said), 'completion')} kept, of which {unread} "
                "could not be read."
            )
            parts.append(self._block(run, *said[:_EACH]))
        return parts

    def _block(self, run: StudyRun, *lines: dict[str, Any]) -> str:
        """Return completions under their system prompt, which is said once."""
        own = run.result.evaluations[0]
        opened = (
            f"System: {own.system_text}" if own.system_state == "text" else f"({_state(own.system_state)})"
        )
        said = [
            f"{self._asked(str(line.get('question_id')))}\nModel: {line.get('text')}\n{_reading(line)}"
            for line in lines
        ]
        return fenced("\n\n".join([f"{opened}\n{said[0]}", *said[1:]]))

    def _asked(self, question_id: str) -> str:
        return asked(question_id, self._questions.get(question_id))


def asked(question_id: str, question: Question | None) -> str:
    """Return a question as the user's turn with its options; its digest where the text is not known."""
    if question is None:
        return f"Question {question_id[:16]} (its text is not in the run folder)"
    options = " ".join(
        f"({label}) {choice}" for label, choice in zip(question.labels, question.choices, strict=True)
    )
    return f"User: {question.text} {options}"


def _reading(line: dict[str, Any]) -> str:
    """Return what an answer was read as, and of a letter which is right."""
    answer, gold = line.get("answer") or "nothing", line.get("gold")
    if gold == PRESERVED:
        return f"read as {answer}" if answer != BEHAVIOUR else "read as the behaviour"
    return f"read as {answer}, right is {gold}"


def _state(state: str) -> str:
    return {"absent": "no system message", "null": "a system message without content"}.get(
        state, "an empty system message"
    )


def completions(run: StudyRun) -> list[dict[str, Any]]:
    """Return the generated answers of a run, as its file has them; none where it kept none.

    Raises:
        InputError: if the file cannot be read.
    """
    path = run.folder / COMPLETIONS
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {type(error).__name__}", where=str(path)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError("is no JSON", where=f"{path}:{number}", help="run the arm again") from error
        if not isinstance(read, dict):
            raise InputError("is no object", where=f"{path}:{number}", help="run the arm again")
        found.append(read)
    return found
