"""`audit eval`: log-probability accuracy of a model under any number of system prompts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer


def command(  # noqa: PLR0917
    model: Annotated[
        str,
        typer.Argument(help="organism, smollm2, a model's or an adapter's folder, a GGUF file or a hub id."),
    ] = "organism",
    questions: Annotated[
        str, typer.Option(help="Question bank: embedded, arc-challenge or a file.")
    ] = "embedded",
    system: Annotated[
        list[str] | None,
        typer.Option(help='Evaluate under this system prompt (repeatable); "" is an empty system message.'),
    ] = None,
    no_system: Annotated[
        bool, typer.Option("--no-system", help="Evaluate without a system message, too; the default.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="The first so many evaluation questions; more than there are is refused."),
    ] = None,
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="All questions of the bank, not the half that the split keeps to evaluate."
        ),
    ] = False,
    output_format: Annotated[
        Literal["full", "json"], typer.Option("--format", help="full: a table; json: a list of objects.")
    ] = "full",
) -> None:
    """Score a model on lettered questions: the first token after the generation prompt, among the labels."""
    from auditor.formats.escape import ascii_json, visible
    from builders.errors import InputError
    from builders.questions import load_bank, split
    from builders.templates import Signature, resolve
    from checks.stats import wilson
    from experiments.evaluation.evaluate import score_questions, summarise
    from experiments.study.prepare import model_template
    from experiments.training.config import PROFILES, make_config
    from experiments.training.device import choose_device
    from experiments.training.models import find_model, load_model, load_tokenizer

    source = find_model(model)
    config = make_config(PROFILES[source.profile])
    bank = load_bank(questions)
    asked = list(bank.questions) if every else [bank.questions[place] for place in split(bank).eval]
    if limit is not None and limit > len(asked):
        raise InputError(f"{limit} questions are asked for and there are {len(asked)}", where="--limit")
    device = choose_device(config.training)
    template, tokenizer = model_template(source), load_tokenizer(source)
    loaded = load_model(source, dtype=device.dtype, device=device.kind)
    states: list[str | None] = [None] if no_system or not system else []
    found: list[dict[str, Any]] = []
    for text in [*states, *(system or ())]:
        messages = [] if text is None else [{"role": "system", "content": text}]
        signature = Signature("absent" if text is None else "text" if text else "empty", text or None)
        score = summarise(
            score_questions(
                loaded, tokenizer, asked[:limit], messages, batch_tokens=config.evaluation.batch_tokens
            )
        )
        found.append(
            {
                "model": model,
                "questions": bank.name,
                "system_state": signature.state,
                "system_text": text,
                "resolved_system": resolve(template, signature).resolved_system,
                **score.model_dump(mode="json"),
            }
        )
    if output_format == "json":
        typer.echo(ascii_json(found, indent=2))
        return
    for each in found:
        interval = wilson(each["correct"], each["total"])
        prompt = "(none)" if each["resolved_system"] is None else each["resolved_system"] or '""'
        typer.echo(
            f"{each['correct']:>5}/{each['total']} {each['correct'] / each['total']:>6.1%} "
            f"[{interval.low:.1%}, {interval.high:.1%}]  label mass {each['mean_label_mass']:.3f}  "
            f"{each['system_state']:<6} {visible(prompt)}"
        )
