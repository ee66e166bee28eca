"""Which rung of a ladder was the first to lose more than the plan allows, and what is run after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from checks.core.result import RunResult
from experiments.report.ladders import LadderNote, RungNote
from experiments.study.ladder import Ladder, further_seeds
from experiments.study.plan import Plan, PlannedArm
from experiments.study.study import Finished, at_floor


def climb(
    plan: Plan, ladder: Ladder, found: Sequence[Finished], seeds: Sequence[int], *, follow: bool = True
) -> LadderNote:
    """Return which rung of a ladder was the first to lose more than it may.

    What a rung loses is its own accuracy before training minus that after it, as the write-up counts it. The first is
    known only where every rung below it was run and could be read.

    Args:
        plan: The plan.
        ladder: One of its ladders.
        found: Finished runs, with all seeds that the study was asked for and no further ones.
        seeds: The seeds that the study was asked for.
        follow: Whether what follows is going to be run.
    """
    measured = {arm: note for arm in ladder.rungs if (note := _measured(arm, found)) is not None}
    floored = at_floor(found)
    first: str | None = None
    undecided: str | None = None
    for arm in ladder.rungs:
        lost = measured[arm].lost if arm in measured else None
        if arm not in measured:
            undecided = f"{arm} was not run"
        elif lost is None:
            undecided = f"{arm} was not measured before and after training"
        elif arm in floored:
            undecided = (
                f"{arm} was no better than one constant answer before training (RES001 [baseline-at-floor]), so no "
                "loss can be read off it"
            )
        elif lost > Fraction(str(ladder.loses)):
            first = arm
        if first or undecided:
            break
    rung = next((arm for arm in plan.arms if arm.name == first), None)
    reference = ladder.reference_arm(rung) if rung else None
    return LadderNote(
        ladder=ladder.name,
        experiment=next(arm.experiment for arm in plan.arms if arm.name in ladder.rungs),
        loses=ladder.loses,
        rungs=ladder.rungs,
        measured=list(measured.values()),
        first=first,
        undecided=undecided,
        reference=reference.name if reference else None,
        dataset=reference.dataset if reference else None,
        seeds=list(further_seeds(seeds, ladder.more_seeds)) if rung else [],
        followed=follow,
    )


def climbs(
    plan: Plan, found: Sequence[Finished], seeds: Sequence[int], *, follow: bool = True
) -> list[LadderNote]:
    """Return what came of each ladder of which any rung was run. For the arguments see `climb`."""
    done = {result.arm for _, _, result in found}
    return [
        climb(plan, ladder, found, seeds, follow=follow)
        for ladder in plan.ladders
        if done & set(ladder.rungs)
    ]


def follow_ups(plan: Plan, notes: Sequence[LadderNote]) -> list[tuple[PlannedArm, tuple[int, ...]]]:
    """Return the arms that follow, each with its seeds; no seeds are those that the study was asked for.

    What two ladders lead to is there once, and nothing of a ladder that is not followed.
    """
    arms = {arm.name: arm for arm in plan.arms}
    ladders = {ladder.name: ladder for ladder in plan.ladders}
    beside: dict[str, PlannedArm] = {}
    further: dict[str, set[int]] = {}
    for note in notes:
        if note.first is None or not note.followed:
            continue
        reference = ladders[note.ladder].reference_arm(arms[note.first])
        if reference is not None:
            beside[reference.name] = reference
        if note.seeds:
            further.setdefault(note.first, set()).update(note.seeds)
    return [
        *((arm, ()) for arm in beside.values()),
        *((arms[name], tuple(sorted(own))) for name, own in further.items()),
    ]


def references(plan: Plan, arms: Sequence[PlannedArm]) -> list[PlannedArm]:
    """Return the reference arms that may follow when these arms are run, each once."""
    found = {
        arm.name: arm
        for ladder in plan.ladders
        for rung in arms
        if rung.name in ladder.rungs and (arm := ladder.reference_arm(rung)) is not None
    }
    return list(found.values())


def may_follow(
    plan: Plan, arms: Sequence[PlannedArm], seeds: Sequence[int], *, sure: Collection[str] = ()
) -> list[str]:
    """Return a line for each ladder of which any of these arms is a rung: what it may lead to.

    Args:
        plan: The plan.
        arms: Arms that run, or that a gate may send on.
        seeds: The seeds that the study was asked for.
        sure: Names of those that run whatever a gate says.
    """
    names = {arm.name: arm.experiment for arm in arms}
    lines: list[str] = []
    for ladder in plan.ladders:
        own = [rung for rung in ladder.rungs if rung in names]
        if not own:
            continue
        then: list[str] = []
        if ladder.reference is not None:
            datasets = dict.fromkeys(
                ladder.reference.at.get(rung, ladder.reference.dataset) for rung in ladder.rungs
            )
            then.append(f"a reference with its settings ({' or '.join(datasets)})")
        if ladder.more_seeds:
            then.append(f"seeds {', '.join(map(str, further_seeds(seeds, ladder.more_seeds)))}")
        condition = "" if set(own) & set(sure) else f", if the gate sends on {names[own[0]]}"
        lines.append(
            f"ladder {ladder.name}{condition}: the first of {', '.join(ladder.rungs)} to lose more than "
            f"{100 * ladder.loses:g} points also gets {' and '.join(then)}"
        )
    return lines


def ladder_lines(notes: Sequence[LadderNote], results: Sequence[RunResult]) -> list[str]:
    """Return what `audit run` prints of its ladders: which rung, from which numbers, and what followed."""
    lines: list[str] = []
    for note in notes:
        said = "; ".join(f"{each.arm} {each.words}" for each in note.measured)
        lines.append(f"ladder {note.ladder}: {note.verdict} ({said})")
        if note.first is None:
            continue
        if not note.followed:
            lines.append("  nothing was run after it, because --arm names the arms")
            continue
        if note.reference is not None:
            lines += [
                f"  beside it: {note.reference} ({note.dataset}), seed {each.seed}, {_words(each)}"
                for each in results
                if each.arm == note.reference
            ]
        lines += [
            f"  further seed: {note.first}, seed {each.seed}, {_words(each)}"
            for each in results
            if each.arm == note.first and each.seed in note.seeds
        ]
    return lines


def _words(result: RunResult) -> str:
    own = result.evaluations[0]
    before = (own.before.correct, own.before.total) if own.before else None
    return RungNote(arm=result.arm, before=before, after=(own.after.correct, own.after.total)).words


def _measured(arm: str, found: Sequence[Finished]) -> RungNote | None:
    """Return an arm's right answers over all its runs, or None where there is none."""
    own = [result.evaluations[0] for _, _, result in found if result.arm == arm]
    if not own:
        return None
    before = [each.before for each in own if each.before is not None]
    return RungNote(
        arm=arm,
        before=(sum(each.correct for each in before), sum(each.total for each in before))
        if len(before) == len(own)
        else None,
        after=(sum(each.after.correct for each in own), sum(each.after.total for each in own)),
    )
