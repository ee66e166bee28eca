"""The draft as one HTML page: figures inside, nothing fetched, nothing run, fit for paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from auditor.formats.escape import html
from auditor.formats.layout import document
from auditor.studies.clean_result.document import clean_result
from auditor.studies.clean_result.material import Material
from auditor.studies.clean_result.questions import questions
from experiments.figures import Figure, render

_MARK: Final = re.compile(
    r'<(?P<tag>path|line|rect)(?P<before>[^<>]*?)\saria-label="(?P<said>[^"<>]*)"(?P<after>[^<>]*)/>'
)
"""A mark that says what it shows; the renderer has that from what the interactive figure shows on hovering."""


def page(
    text: str,
    figures: Sequence[Figure],
    *,
    link: str = "figures/{}.png",
    behind: str = "",
    home: str | None = None,
) -> str:
    """Return a Markdown draft as a self-contained page.

    Raw HTML in the draft stays text, links and images other than the figures are not followed. Every mark of a figure
    says its numbers where the pointer rests on it, without a script.

    Args:
        text: The draft.
        figures: The figures that it shows.
        link: How the draft names a figure's picture.
        behind: What stands behind the draft, escaped.
        home: Address of the list that the page belongs to; None for a page of its own.

    Raises:
        OutputError: if the ``report`` extra is not installed.
    """
    drawn = {link.format(figure.name): figure for figure in figures}

    def image(source: str, words: str) -> str:
        figure = drawn.get(source)
        return html(words) if figure is None else inline(figure, f"figure-{figure.name}")

    heading = re.search(r"^# (.*)$", text, re.MULTILINE)
    title = heading.group(1) if heading else "Draft of a result"
    return document(text, title=title, image=image, behind=behind, home=home)


def page_of(material: Material, *, home: str | None = None) -> str:
    """Return the page of a study: its draft, and behind that every question.

    Args:
        material: What it says.
        home: Address of the list that the page belongs to; None for a page of its own.

    Raises:
        InputError: if a file of a run cannot be read.
        OutputError: if the ``report`` extra is not installed.
    """
    return page(clean_result(material), material.figures, behind=questions(material), home=home)


def inline(figure: Figure, identity: str) -> str:
    """Return a figure as an SVG element with its words; its ids are made the page's own."""
    drawn = render(figure, "svg").decode()
    drawn = drawn[drawn.index("<svg") :]
    # Two drawings number their clips alike, and in one page the second would get the first one's.
    for old in sorted(set(re.findall(r'\sid="([^"]+)"', drawn)), key=len, reverse=True):
        drawn = drawn.replace(f'id="{old}"', f'id="{identity}-{old}"').replace(
            f"url(#{old})", f"url(#{identity}-{old})"
        )
    drawn = _MARK.sub(r"<\g<tag>\g<before>\g<after>><title>\g<said></title></\g<tag>>", drawn)
    return f'<figure id="{html(identity)}" tabindex="0">{drawn}</figure>'
