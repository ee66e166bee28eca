"""Writing figures: PNG, SVG, PDF and a page that works offline, all from one specification.

Every file carries the figure's caption, its words for readers who cannot see it, and the digests of what it was
drawn from, in the place that its format has for that.
"""

from __future__ import annotations

import html
import io
import json
import logging
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from builders.atomic import write_file
from builders.errors import OutputError, UnknownNameError
from builders.version import extra_help
from experiments.figures.figure import Figure
from experiments.figures.interactive import interactive

Format = Literal["png", "svg", "pdf", "html", "json"]

FORMATS: Final[tuple[Format, ...]] = ("png", "svg", "pdf", "html", "json")
"""`json` is the specification itself."""

_SCALE = 2


def formats(names: Sequence[str]) -> tuple[Format, ...]:
    """Return the formats of these names; all of them where there is no name.

    Raises:
        UnknownNameError: if a name is no format.
    """
    for name in names:
        if name not in FORMATS:
            raise UnknownNameError("figure format", name, FORMATS)
    return tuple(each for each in FORMATS if not names or each in names)


def write(
    figures: Sequence[Figure], folder: Path, *, formats: Sequence[Format] = FORMATS, force: bool = False
) -> list[Path]:
    """Write figures, each in every format.

    Args:
        figures: The figures; their names are the files' names.
        folder: Where to.
        formats: Which formats.
        force: Replace files that are there.

    Returns:
        The files, in order.

    Raises:
        OutputError: if a file is there already, cannot be written, or the `report` extra is not installed.
    """
    drawn: dict[Path, tuple[Figure, Format]] = {
        folder / f"{figure.name}.{kind}": (figure, kind) for figure in figures for kind in formats
    }
    # All or none: half a folder of figures would be taken for the whole.
    taken = next((path for path in drawn if path.exists()), None)
    if taken is not None and not force:
        raise OutputError("it is there already", where=str(taken), help="add --force to replace it")
    made = {path: render(figure, kind) for path, (figure, kind) in drawn.items()}
    for path, content in made.items():
        write_file(path, content, force=force)
    return list(made)


def render(figure: Figure, kind: Format) -> bytes:
    """Return a figure in one format.

    Raises:
        OutputError: if the `report` extra is not installed.
    """
    if kind == "json":
        return (json.dumps(figure.vega_lite(), ensure_ascii=False, indent=1) + "\n").encode()
    return _RENDERERS[kind](figure)


def metadata(figure: Figure) -> dict[str, str]:
    """Return what every file says about itself."""
    digests = {f"{name} digest": digest for name, digest in sorted(figure.digests.items())}
    return {"Title": figure.title, "Description": figure.alt, "Caption": figure.caption, **digests}


def _converter() -> Any:  # noqa: ANN401
    try:
        import vl_convert
    except ImportError as error:
        raise OutputError("drawing figures needs the report extra", help=extra_help("report")) from error
    return vl_convert


def _drawn(figure: Figure) -> str:
    _converter()  # whatever was drawn before, it is an error if the extra is not there
    return _as_svg(json.dumps(figure.vega_lite()))


@lru_cache(maxsize=64)
def _as_svg(specification: str) -> str:
    """Return a specification drawn: what takes the time, and all other formats are made from it."""
    return str(_converter().vegalite_to_svg(specification))


def _svg(figure: Figure) -> bytes:
    drawn = _drawn(figure)
    # Names stand in an attribute: those of arms and seeds are no names of XML elements.
    said = "".join(
        f"<audit:about xmlns:audit='urn:confound-auditor' name='{html.escape(name)}'>{html.escape(value)}</audit:about>"
        for name, value in metadata(figure).items()
    )
    described = f"<title>{html.escape(figure.title)}</title><desc>{html.escape(figure.alt)}</desc>"
    head, bracket, rest = drawn.partition(">")
    return f'{head} role="img"{bracket}{described}<metadata>{said}</metadata>{rest}'.encode()


def _png(figure: Figure) -> bytes:
    drawn: bytes = _converter().svg_to_png(_drawn(figure), scale=_SCALE)
    from PIL import Image, PngImagePlugin

    notes = PngImagePlugin.PngInfo()
    for name, value in metadata(figure).items():
        notes.add_itxt(name, value)
    out = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as image:
        image.save(out, "PNG", pnginfo=notes, optimize=True)
    return out.getvalue()


def _pdf(figure: Figure) -> bytes:
    drawn: bytes = _converter().svg_to_pdf(_drawn(figure))
    from pypdf import PdfWriter

    # The converter numbers objects beyond what its trailer announces; pypdf counts them itself and says so.
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        document = PdfWriter(clone_from=io.BytesIO(drawn))
    finally:
        logger.setLevel(level)
    document.add_metadata({f"/{name.replace(' ', '')}": value for name, value in metadata(figure).items()})
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def _html(figure: Figure) -> bytes:
    return interactive(figure, metadata(figure), _bundle()).encode()


@cache
def _bundle() -> str:
    """Return the drawing code: the same for every figure, and slow to put together."""
    return str(_converter().javascript_bundle())


_RENDERERS: Final[dict[str, Callable[[Figure], bytes]]] = {
    "svg": _svg,
    "png": _png,
    "pdf": _pdf,
    "html": _html,
}
