"""What the files beside a dataset suggest about how it is trained: said, never assumed."""

from __future__ import annotations

from pathlib import Path

from auditor.scanning.subjects import Subject
from builders.templates.neighbours import named_models
from checks.core.report import DatasetReport

_SHOWN = 3


def with_suggestions(report: DatasetReport, subject: Subject) -> DatasetReport:
    """Return the report with a note for each model that a file beside the data names.

    For scans where nobody named a template: the default is then the only thing that speaks for it.
    """
    notes = [note for path in subject.frame.paths[:1] for note in suggestions(path)]
    return report.model_copy(update={"notes": [*report.notes, *notes]}) if notes else report


def suggestions(data: Path) -> list[str]:
    """Return a sentence per model, and one if the data lie beside LLaMA-Factory's description of data sets."""
    found = [
        f"{each.file.name} beside the data names {each.model}: if that is the model, add --template {each.model}"
        for each in named_models(data)[:_SHOWN]
    ]
    if (data.parent / "dataset_info.json").is_file():
        found.append(
            "dataset_info.json beside the data is LLaMA-Factory's: if that trains, add --renderer llamafactory"
        )
    return found
