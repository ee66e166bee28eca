"""The draft as files: Markdown with its figures beside it, or one page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from auditor.studies.clean_result.document import clean_result
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.page import page_of
from builders.atomic import write_file
from experiments.figures import Format, write

_FORMATS: Final[tuple[Format, ...]] = ("png", "svg", "pdf", "html")


def write_draft(material: Material, path: Path, *, force: bool = False) -> list[Path]:
    """Write the draft as Markdown, and its figures into ``figures/`` beside it.

    Returns:
        What was written, the document first.

    Raises:
        OutputError: if a file is there and may not be replaced, cannot be written, or the ``report`` extra is not
            installed.
        InputError: if a file of a run cannot be read.
    """
    text = clean_result(material)
    figures = write(material.figures, path.parent / "figures", formats=_FORMATS, force=force)
    write_file(path, text.encode(), force=force)
    return [path, *figures]


def write_page(material: Material, path: Path, *, force: bool = False) -> list[Path]:
    """Write the draft as one page with its figures inside.

    Returns:
        The page.

    Raises:
        OutputError: if it is there and may not be replaced, cannot be written, or the ``report`` extra is not
            installed.
        InputError: if a file of a run cannot be read.
    """
    write_file(path, page_of(material).encode(), force=force)
    return [path]
