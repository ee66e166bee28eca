"""What is measured of a run: the same for lettered questions and for behaviours that are done or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from builders.questions import Question
from checks.core.finding import Prediction
from checks.core.predictor import predict
from checks.core.result import Evaluation, Score
from experiments.evaluation.evaluate import QuestionScore, score_questions, summarise
from experiments.evaluation.generate import Completion, generate_answers, summarise_answers
from experiments.evaluation.perquestion import Phase
from experiments.evaluation.states import State
from experiments.evaluation.two_way import (
    generate_forks,
    score_forks,
    summarise_fork_answers,
    summarise_forks,
)
from experiments.study.prepare import Job


def measure(
    job: Job,
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    questions: Sequence[Question],
    state: State,
) -> list[QuestionScore]:
    """Score questions under one system state, in their order.

    Raises:
        InputError: if the questions cannot be scored with this tokenizer.
    """
    size = job.config.evaluation.batch_tokens
    if job.two_way is None:
        return score_questions(
            model, tokenizer, questions, state.system, batch_tokens=size, layout=job.layout
        )
    forks = [job.two_way.forks[question.question_id] for question in questions]
    return score_forks(model, tokenizer, forks, state.system, batch_tokens=size)


def measure_states(job: Job, model: Any, tokenizer: Any) -> list[list[QuestionScore]]:  # noqa: ANN401
    """Score the evaluation questions under the arm's own system state and then under the others."""
    return [measure(job, model, tokenizer, job.questions, state) for state in (job.own, *job.others)]


def measured(when: str, job: Job, scores: Sequence[Sequence[QuestionScore]]) -> list[Phase]:
    """Return scores of `measure_states` with their phase and state."""
    states = (job.own, *job.others)
    return [
        (when if state is job.own else f"other: {when}", state, found)
        for state, found in zip(states, scores, strict=True)
    ]


def summary(job: Job, scores: Sequence[QuestionScore]) -> Score:
    """Return the counts and means of scored questions."""
    return summarise_forks(scores) if job.two_way else summarise(scores)


def generate(job: Job, model: Any, tokenizer: Any) -> list[Completion]:  # noqa: ANN401
    """Answer the first evaluation questions by generation, under the arm's own system state."""
    wanted = job.questions[: job.config.evaluation.generate]
    longest = job.config.evaluation.max_new_tokens
    if job.two_way is None:
        return generate_answers(
            model, tokenizer, wanted, job.own.system, max_new_tokens=longest, layout=job.layout
        )
    forks = [job.two_way.forks[question.question_id] for question in wanted]
    return generate_forks(
        model, tokenizer, forks, job.own.system, behaviour=job.two_way, max_new_tokens=longest
    )


def evaluations(
    job: Job,
    before: Sequence[Sequence[QuestionScore]],
    after: Sequence[Sequence[QuestionScore]],
    completions: Sequence[Completion],
) -> list[Evaluation]:
    """Return what a result says was measured: the arm's own condition first, then the others.

    Args:
        job: The arm.
        before: Scores before training, one list a system state, the own one first.
        after: The same after training.
        completions: Generated answers under the own one.
    """
    found = [
        Evaluation(
            **_common(job, state),
            before=summary(job, at_first),
            after=summary(job, at_last),
            predicted=state.prediction,
            predicted_informed=informed(job, state, at_first),
        )
        for state, at_first, at_last in zip((job.own, *job.others), before, after, strict=True)
    ]
    if completions:
        answered = summarise_fork_answers(completions) if job.two_way else summarise_answers(completions)
        found.insert(1, Evaluation(**_common(job, job.own), method="generate", after=answered))
    return found


def informed(job: Job, state: State, before: Sequence[QuestionScore]) -> Prediction | None:
    """Return what is predicted where it is known how the untrained model answers; None where that changes nothing.

    Args:
        job: The arm.
        state: A system state; its condition was trained, or there is nothing to predict.
        before: Scores before training under it.
    """
    trained = next((each for each in job.audit.report.conditions if each.condition == state.condition), None)
    if trained is None or job.two_way:
        return None
    score = summary(job, before)
    asked = replace(trained.known.asked, base_accuracy=score.accuracy, label_mass=score.mean_label_mass)
    found = predict(
        trained.behaviour,
        trained.preserved,
        kind=job.behaviour,
        options=trained.options,
        known=replace(trained.known, asked=asked),
    )
    return (
        None
        if (found.verdict, found.reason) == (trained.prediction.verdict, trained.prediction.reason)
        else found
    )


def _common(job: Job, state: State) -> dict[str, Any]:
    return {
        "persona": state.persona,
        "system_state": state.state,
        "system_text": state.text,
        "condition": state.condition,
        "resolved_system": state.resolved_system,
        "template_sha256": job.template.sha256,
        "behaviour": job.behaviour,
    }
