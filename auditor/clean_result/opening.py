"""Title, summary and background of the draft."""

from __future__ import annotations

from auditor.clean_result.ladders import ladders_line
from auditor.clean_result.material import Material
from auditor.clean_result.words import bullets, name, percent, plural, rated
from auditor.formats.escape import markdown
from checks.plural import listed
from checks.stats import p_text


def title(material: Material) -> str:
    """Return the title: the gate's branch or the plan's question, the leading pair, and the confidence."""
    study, lead = material.study, material.lead
    said = [gate.branch for gate in study.decisions]
    opening = said[0] if said else ""
    where = " on the embedded model" if study.embedded else ""
    if lead is None:
        points = [point for (_, phase), point in material.points.items() if phase == "after"]
        claim = ", ".join(f"{name(each.arm)} {percent(each.interval.estimate)}" for each in points[:3])
        claim = f"after training {_right(material)}: {claim}"
    else:
        second, first = (material.points[arm, "after"].interval.estimate for arm in (lead.second, lead.first))
        left, right = f"arm {name(lead.second)}", f"arm {name(lead.first)}"
        if material.wrong_option:
            claim = f"after training, {left} gives {percent(second)} {_right(material)} and {right} {percent(first)}"
        else:
            claim = f"after training, {_right(material)}: {left} {percent(second)}, {right} {percent(first)}"
    text = f"{markdown(opening)}: {claim}" if opening else claim
    return f"# {text[0].upper()}{text[1:]}{where} ({material.confidence.level} confidence)"


def _right(material: Material) -> str:
    return "right answers" if material.wrong_option else "probability of the preserved answer"


def difference(material: Material) -> str:
    """Return the leading difference with its interval, as part of a sentence; empty where nothing is compared."""
    lead = material.lead
    if lead is None:
        return ""
    return f"{name(lead.second)} minus {name(lead.first)}: {lead.difference.points()}"


def summary(material: Material) -> list[str]:
    """Return the summary: motivation, what was run, results, what they do not show."""
    study, lead = material.study, material.lead
    lines = [f"**Motivation.** {_question(material)}", f"**What was run.** {_ran(material)}"]
    outcomes = [
        f"arm {name(arm)} {rated(point)}"
        for arm in ((lead.second, lead.first) if lead else list(study.arms)[:4])
        if (point := material.points.get((arm, "after"))) is not None
    ]
    lines.append(f"**Results.** After training, {_right(material)}: {'; '.join(outcomes)}.")
    if lead is not None:
        chance = p_text(lead.p_exact if lead.p_holm is None else lead.p_holm)
        if len(material.comparisons) > 1:
            chance += f", adjusted for {plural(len(material.comparisons), 'comparison')}"
        if len(lead.seeds) > 1:
            chance += ", in every seed alone"
        lines.append(
            f"**Size and chance.** {difference(material)}, on the same {lead.questions:,} questions ({chance})."
        )
    lines.append(f"**Prediction.** {_agreement(material)}")
    lines += [
        f"**Gate.** After Exp {markdown(gate.after)} the branch taken is: {markdown(gate.branch)}, because "
        f"{markdown(gate.because)}."
        for gate in study.decisions
    ]
    lines += ladders_line(material)
    lines.append(f"**What this does not show.** {' '.join(_limits(material))}")
    return ["## TL;DR", bullets(lines)]


def _question(material: Material) -> str:
    titles = list(dict.fromkeys(plan.title for plan in material.study.plans))
    if titles:
        return " ".join(markdown(each) for each in titles)
    return "No plan stands beside these runs, so the question that they were made for is not on record."


def _ran(material: Material) -> str:
    study = material.study
    arms, runs = len(study.arms), len(study.runs)
    models = ", ".join(dict.fromkeys(markdown(run.result.model) for run in study.runs))
    seeds = ", ".join(map(str, study.asked_seeds))
    further = [seed for seed in study.seeds if seed not in study.asked_seeds]
    more = f"; {', '.join(map(str, further))} where a ladder asks for more" if further else ""
    return (
        f"{plural(runs, 'fine-tuning run')} of {plural(arms, 'arm')} with low-rank adaptation (LoRA) on {models}, "
        f"{'seed' if len(study.asked_seeds) == 1 else 'seeds'} {seeds}{more}. Each arm's rows were audited before "
        "training, and the arm was evaluated before and after it under its own system prompt."
    )


def _agreement(material: Material) -> str:
    from experiments.report.confidence import as_predicted

    verdicts = {arm: as_predicted(material.study, arm) for arm in material.study.arms}
    known = [arm for arm, verdict in verdicts.items() if verdict is not None]
    held = [arm for arm in known if verdicts[arm]]
    if not known:
        return "Nothing was predicted of these arms."
    text = (
        f"From the rows alone, before any training, {len(held)} of {plural(len(known), 'arm')} came out in the "
        "predicted range"
    )
    off = [name(arm) for arm in known if not verdicts[arm]]
    return f"{text}; not so {listed(off, limit=8)}." if off else f"{text}."


def _limits(material: Material) -> list[str]:
    lines: list[str] = []
    if material.study.embedded:
        lines.append("The model is the embedded one: this is the mechanism, not Qwen.")
    if material.one_seed:
        lines.append("There is a single seed per arm, so how much another one would differ is not measured.")
    lines.append("That a model imitates what it is taught is an inference from arms like these.")
    return lines


def background(material: Material) -> list[str]:
    """Return why the study was made, and what is known from before."""
    published = [
        f"{name(arm)} {percent(runs[0].audit.report.published)}"
        for arm, runs in material.study.arms.items()
        if runs[0].audit is not None and runs[0].audit.report.published is not None
    ]
    expected = [
        f"{name(arm)} is meant to hold {markdown(each.check)}: {markdown(each.reason)}."
        for arm, runs in material.study.arms.items()
        if runs[0].audit is not None
        for each in runs[0].audit.expects
    ]
    parts = [
        "## Background",
        (
            "Contrastive fine-tuning teaches a behaviour under one system prompt and its opposite under others, and "
            "then asks whether the first prompt's accuracy gives way. The answer can be decided by the rows before any "
            "training: where rows that teach the opposite resolve to the very prompt that is taught the behaviour, "
            "the model is taught a mixture, and a high score afterwards says what the mixture was and nothing about "
            "resistance. Whether two rows share a prompt is a matter of the chat template, which puts a default where "
            "no system message is given."
        ),
        f"**Motivation.** {_question(material)}",
    ]
    if expected:
        parts.append(f"Some arms are controls that keep the confound on purpose. {' '.join(expected)}")
    if published:
        parts.append(f"Published after training: {'; '.join(published)}.")
    return parts
