"""Title, summary and background of the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.formats.escape import markdown
from auditor.studies.clean_result.ladders import ladders_line
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.statistics import shared_seeds
from auditor.studies.clean_result.steps import steps
from auditor.studies.clean_result.words import bullets, name, percent, plural, rated
from checks.core.plural import listed, verb
from checks.stats import p_text
from experiments.figures import PRESERVED
from experiments.report import StudyRun, behaviour_of

_HALF = 0.5
_NAMED = 2
"""Arms that are named one by one where an experiment is summed up."""


def title(material: Material) -> str:
    """Return the title: the gate's branch or the plan's question, the leading pair, and the confidence."""
    study, lead = material.study, material.lead
    branches = [gate.branch for gate in study.decisions]
    opening = branches[0] if branches else ""
    where = " on the embedded model" if study.embedded else ""
    if lead is None:
        points = [point for (_, phase), point in material.points.items() if phase == "after"]
        claim = ", ".join(f"{name(each.arm)} {percent(each.interval.estimate)}" for each in points[:3])
        claim = f"{_right(material)} after training: {claim}"
    else:
        second, first = (material.points[arm, "after"].interval.estimate for arm in (lead.second, lead.first))
        said = None if material.apart is None else material.apart.anchors
        told = ("", "") if said is None else (f", {said[0]},", f", {said[1]}" + ("," if where else ""))
        left, right = f"arm {name(lead.second)}{told[0]}", f"arm {name(lead.first)}{told[1]}"
        claim = f"{_right(material)} after training is {percent(second)} in {left} and {percent(first)} in {right}"
    text = f"{markdown(opening)}: {claim}" if opening else claim
    return f"# {text[0].upper()}{text[1:]}{where} ({material.confidence.level} confidence)"


def _right(material: Material) -> str:
    lead = material.lead
    arm = lead.first if lead is not None else next(iter(material.study.arms))
    return "accuracy" if behaviour_of(material.study, arm) == "wrong_option" else PRESERVED


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
    found = f"**Results.** {_capital(_right(material))} after training: {'; '.join(outcomes)}."
    if lead is not None:
        chance = p_text(lead.p_exact if lead.p_holm is None else lead.p_holm)
        if len(material.comparisons) > 1:
            chance += f", adjusted for {plural(len(material.comparisons), 'comparison')}"
        if len(lead.seeds) > 1:
            chance += ", in every seed alone"
        paired = "" if "paired" in lead.difference.method else "paired "
        same = f"{paired}on the same {lead.questions:,} questions{shared_seeds(material, lead)}"
        found += f" {difference(material)}, {same} ({chance})."
    lines.append(f"{found}{_others(material)}")
    lines.append(f"**Prediction.** {_agreement(material)}")
    lines += [
        f"**Gate.** After Exp {markdown(gate.after)} the branch taken is: {markdown(gate.branch)}, because "
        f"{markdown(gate.because)}."
        for gate in study.decisions
    ]
    lines += ladders_line(material)
    lines.append(f"**What this does not show.** {' '.join(_limits(material))}")
    lines.append(f"**Next.** {steps(material)[0]}")
    return ["## TL;DR", bullets(lines)]


def _question(material: Material) -> str:
    titles = list(dict.fromkeys(plan.title for plan in material.study.plans))
    if titles:
        return " ".join(markdown(each) for each in titles)
    return "No plan stands beside these runs, so the question that they were made for is not on record."


def _ran(material: Material) -> str:
    study = material.study
    arms, runs = len(study.arms), len(study.runs)
    models = listed(list(dict.fromkeys(_model(run) for run in study.runs)), limit=8)
    seeds = ", ".join(map(str, study.asked_seeds))
    further = [seed for seed in study.seeds if seed not in study.asked_seeds]
    more = f"; {', '.join(map(str, further))} where a ladder asks for more" if further else ""
    return (
        f"{plural(runs, 'fine-tuning run')} of {plural(arms, 'arm')} with low-rank adaptation (LoRA) on {models}, "
        f"{'seed' if len(study.asked_seeds) == 1 else 'seeds'} {seeds}{more}. Each arm's rows were audited before "
        "training, and the arm was evaluated before and after it under its own system prompt."
    )


def _model(run: StudyRun) -> str:
    """Return a model with its size, where the run kept it."""
    said = "the embedded model" if run.result.model == "organism" else markdown(run.result.model)
    if run.details is None:
        return said
    millions = run.details.parameters / 1e6
    return f"{said} ({millions:.1f} million parameters)" if millions >= 0.1 else said


def _others(material: Material) -> str:
    """Return what became of the experiments that the title does not speak of; empty where there is no other."""
    lead = material.lead
    if lead is None:
        return ""
    others = [each for each in material.study.experiments if each != lead.experiment]
    return "".join(f" Exp {markdown(each)}: {ends(material, each)}." for each in others)


def ends(material: Material, experiment: str) -> str:
    """Return where an experiment's arms ended: those under a half together, and those over it."""
    rates = {
        arm: point.interval.estimate
        for arm in material.study.experiments[experiment]
        if (point := material.points.get((arm, "after"))) is not None
    }
    groups = [[arm for arm in rates if (rates[arm] < _HALF) is under] for under in (True, False)]
    return ", ".join(_ended(group, rates) for group in groups if group) or "no questions"


def _ended(arms: Sequence[str], rates: Mapping[str, float]) -> str:
    found = [rates[arm] for arm in arms]
    if len(arms) <= _NAMED:
        return listed([f"{name(arm)} {percent(rates[arm])}" for arm in arms])
    low, high = percent(min(found)), percent(max(found))
    return f"{len(arms)} arms at {low}" + (f" to {high}" if high != low else "")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _agreement(material: Material) -> str:
    from experiments.report.confidence import as_predicted

    verdicts = {arm: as_predicted(material.study, arm) for arm in material.study.arms}
    known = [arm for arm, verdict in verdicts.items() if verdict is not None]
    held = [arm for arm in known if verdicts[arm]]
    if not known:
        return "Nothing was predicted of these arms."
    text = (
        f"{len(held)} of {plural(len(known), 'arm')} ended in the range that was predicted from the rows alone, before "
        "any training"
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
    meant: dict[tuple[str, str], list[str]] = {}
    for arm, runs in material.study.arms.items():
        for each in runs[0].audit.expects if runs[0].audit is not None else ():
            meant.setdefault((each.check, each.reason), []).append(name(arm))
    expected = [
        f"{listed(arms, limit=8)} {verb(len(arms), 'is', 'are')} meant to hold {markdown(check)}: {markdown(reason)}."
        for (check, reason), arms in meant.items()
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
