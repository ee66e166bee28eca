"""The figure of what the auditor sees: what each arm's source is taught, and what was published of it."""

from __future__ import annotations

import io
from pathlib import Path

import auditor
from checks.core.report import ConditionReport, DatasetReport

WRONG, RIGHT, MARK = "#c2553f", "#3f7fae", "#222222"
TARGETS = ("issue-96", "issue-100")


def pages(root: Path) -> dict[Path, str]:
    """Return the one figure."""
    arms = [dataset for target in TARGETS for dataset in auditor.scan(target).datasets]
    return {root / "docs" / "figures" / "published-arms.svg": draw(arms)}


def draw(arms: list[DatasetReport]) -> str:
    """Return the figure as SVG, the same bytes whenever the numbers are the same.

    Args:
        arms: Datasets with one source condition each, top to bottom.
    """
    import matplotlib as mpl

    mpl.use("svg")
    # Identifiers come from a fixed salt and text stays text, so that nothing depends on the run.
    mpl.rcParams.update({"svg.hashsalt": "audit", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    figure, (taught, shown) = plt.subplots(
        1, 2, figsize=(9, 0.32 * len(arms) + 1.3), sharey=True, width_ratios=(1, 1), layout="constrained"
    )
    for place, arm in enumerate(arms):
        source = source_of(arm)
        left = 0
        for rows, word, colour in ((source.behaviour, "wrong", WRONG), (source.preserved, "right", RIGHT)):
            if rows:
                taught.barh(place, rows, left=left, color=colour, height=0.6)
                taught.text(left + rows / 2, place, f"{rows} {word}", color="white", ha="center", va="center")
                left += rows
        low, high = source.prediction.expected_accuracy or (0.0, 1.0)
        colour = RIGHT if source.prediction.verdict == "preserved" else WRONG
        shown.barh(place, 100 * (high - low), left=100 * low, color=colour, alpha=0.3, height=0.6)
        if arm.published is not None:
            shown.plot(100 * arm.published, place, "o", color=MARK, markersize=5)
    taught.set_yticks(range(len(arms)), [arm.name for arm in arms])
    taught.invert_yaxis()
    taught.set(title="taught under the source's prompt", xlabel="rows")
    shown.set(
        title="predicted (band) and published (dot)",
        xlabel="accuracy after training, %",
        xlim=(0, 100),
    )
    for axes in (taught, shown):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(length=0)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def source_of(arm: DatasetReport) -> ConditionReport:
    """Return the one source condition of an arm.

    Raises:
        ValueError: if it has none, or several.
    """
    (source,) = [condition for condition in arm.conditions if condition.role == "source"]
    return source
