"""The ladders of the draft: which rung was the first to lose too much, and what was trained after it."""

from __future__ import annotations

from auditor.formats.escape import markdown
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.statistics import points_of
from auditor.studies.clean_result.words import counted, limits, name, percent, plural, table
from checks.core.plural import listed
from experiments.report import LadderNote, RungNote, StudyRun


def ladders_of(material: Material, experiment: str) -> list[str]:
    """Return what came of an experiment's ladders; nothing where there is none."""
    return [
        part
        for note in material.study.ladders
        if note.experiment == experiment
        for part in _ladder(material, note)
    ]


def ladders_line(material: Material) -> list[str]:
    """Return the summary's line on all ladders; nothing where there is none."""
    said = [
        f"{name(note.ladder)} {name(note.first) if note.first else 'not decided' if note.undecided else 'none'}"
        for note in material.study.ladders
    ]
    return [f"**Ladders.** First rung to lose more than its plan allows: {'; '.join(said)}."] if said else []


def open_ladders(material: Material) -> list[str]:
    """Return what ladders ask for and these runs lack, each as a step to take."""
    lines: list[str] = []
    for note in material.study.ladders:
        if note.undecided is not None:
            lines.append(f"Decide the ladder {name(note.ladder)}: {markdown(note.undecided)}.")
        elif missing := _missing(material, note):
            todo = listed([name(each) for each in missing], limit=12)
            lines.append(f"Run what the ladder {name(note.ladder)} leads to: {todo}.")
    return lines


def _ladder(material: Material, note: LadderNote) -> list[str]:
    said = "; ".join(f"{name(each.arm)} {_change(each)}" for each in note.measured)
    inputs = f"Decided on {said}" if note.undecided is None else f"Measured: {said}"
    verdict = markdown(note.verdict)
    for arm in note.rungs:  # a name without markup needs no backslash
        verdict = verdict.replace(markdown(arm), name(arm))
    parts = [f"**Ladder {name(note.ladder)}: {verdict}.** {inputs}."]
    if note.first is None:
        return parts
    arms = [arm for arm in (note.first, note.reference) if arm in material.study.arms]
    rows = [_row(run, note) for arm in arms for run in material.study.arms[arm]]
    parts.append(table(["arm", "rows of", "seed", "before", "after", "change, points"], rows))
    parts += _over(material, note.first, note.reference)
    if missing := _missing(material, note):
        parts.append(f"Not run: {listed([name(each) for each in missing], limit=12)}.")
    return parts


def _change(rung: RungNote) -> str:
    """Return a rung's accuracy before and after training and their difference, as ``91.7% to 50.0%, -41.7 points``."""
    if rung.before is None or rung.lost is None:
        return "not measured before and after training"
    before, after = (percent(correct / total) for correct, total in (rung.before, rung.after))
    return f"{before} to {after}, {-100 * float(rung.lost):+.1f} points"


def _row(run: StudyRun, note: LadderNote) -> list[str]:
    result, own = run.result, run.result.evaluations[0]
    change = "-"
    if own.before is not None and own.before.total and own.after.total:
        lost = own.before.correct / own.before.total - own.after.correct / own.after.total
        change = f"{-100 * lost:+.1f}"
    what = name(result.arm)
    if result.arm == note.reference:
        what += ", reference"
    elif result.seed in note.seeds:
        what += ", further seed"
    return [
        what,
        name(result.dataset),
        str(result.seed),
        counted(own.before.correct, own.before.total) if own.before is not None else "not measured",
        counted(own.after.correct, own.after.total),
        change,
    ]


def _over(material: Material, first: str, reference: str | None) -> list[str]:
    """Return the first rung over all its seeds, and how it stands beside its reference."""
    study = material.study
    lines: list[str] = []
    point = material.points.get((first, "after"))
    runs = study.arms.get(first, [])
    if point is not None and len(runs) > 1:
        lines.append(
            f"Over {plural(len(runs), 'seed')} {name(first)} gives {percent(point.interval.estimate)} "
            f"({limits(point.interval)}) after training."
        )
    pair = next(
        (each for each in material.comparisons if (each.first, each.second) == (first, reference)), None
    )
    if pair is not None:
        lines.append(f"{name(pair.second)} minus {name(pair.first)}: {points_of(pair)} points.")
    return [" ".join(lines)] if lines else []


def _missing(material: Material, note: LadderNote) -> list[str]:
    study = material.study
    if note.first is None:
        return []
    has = {run.result.seed for run in study.arms.get(note.first, [])}
    return [
        *([note.reference] if note.reference is not None and note.reference not in study.arms else []),
        *(f"{note.first} with seed {seed}" for seed in note.seeds if seed not in has),
    ]
