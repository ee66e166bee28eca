"""The draft as one Markdown document."""

from __future__ import annotations

from auditor.studies.clean_result.closing import setup, unknown
from auditor.studies.clean_result.design import methodology
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.opening import background, summary, title
from auditor.studies.clean_result.results import Captions, Place, results
from auditor.studies.clean_result.samples import Samples
from auditor.studies.clean_result.steps import next_steps
from experiments.figures import Figure


def beside(figure: Figure) -> str:
    """Return where `audit report` writes a figure: in a folder beside the document."""
    return f"figures/{figure.name}.png"


def clean_result(material: Material, *, place: Place = beside) -> str:
    """Return the draft.

    Args:
        material: What it says.
        place: Where each figure's picture is.

    Raises:
        InputError: if a file of a run cannot be read.
    """
    samples = Samples(material)
    parts = [
        title(material),
        "## Human summary",
        (
            "*For whoever publishes this draft: two or three sentences of your own. Everything below comes from the "
            "run folders.*"
        ),
        *summary(material),
        *background(material),
        *methodology(material),
        *results(material, Captions(place), samples),
        *samples.section(),
        *unknown(material),
        *next_steps(material),
        *setup(material),
    ]
    return "\n\n".join(parts) + "\n"
