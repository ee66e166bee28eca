"""The draft as one HTML page: figures inside, nothing fetched, nothing run, fit for paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from auditor.formats.escape import html
from experiments.figures import Figure, render

_STYLE: Final = (
    ":root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--line:#bbb;--block:#f2f2f2}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--paper:#161718;--line:#4d4d4d;--block:#242627}}"
    "body{font:16px/1.55 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:var(--ink);"
    "background:var(--paper);overflow-wrap:break-word}h1{line-height:1.25;font-size:1.9rem}"
    "h2{border-bottom:1px solid var(--line);margin-top:2.5rem}h3{margin-top:2rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-size:.82rem}"
    "th,td{border-bottom:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "thead th{border-bottom:2px solid var(--line);vertical-align:bottom}"
    "td[style]{white-space:nowrap;font-variant-numeric:tabular-nums}"
    "code{background:var(--block);padding:.1rem .3rem}"
    "pre{background:var(--block);padding:.6rem .8rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}"
    "pre code{padding:0}figure{margin:1.5rem 0 .5rem;overflow-x:auto}"
    "figure svg{max-width:100%;height:auto;background:#fff}figure+p{font-size:.9rem}"
    "summary{cursor:pointer;margin:1rem 0}"
    "@media(max-width:40rem){h1{font-size:1.4rem}h2{font-size:1.2rem}ul{padding-left:1.2rem}"
    "figure svg{max-width:none}}"
    "@media print{:root{--ink:#000;--paper:#fff;--line:#bbb;--block:#f2f2f2}"
    "body{max-width:none;margin:0;font-size:10.5pt}figure,tr,pre{break-inside:avoid}"
    "h2,h3,p:has(+pre),p:has(+.wide){break-after:avoid}.wide,figure{overflow:visible}"
    "figure svg{max-width:100%}table{font-size:7.5pt}"
    "details::details-content{content-visibility:visible;block-size:auto}summary{display:none}}"
)
_MARK: Final = re.compile(
    r'<(?P<tag>path|line|rect)(?P<before>[^<>]*?)\saria-label="(?P<said>[^"<>]*)"(?P<after>[^<>]*)/>'
)
"""A mark that says what it shows; the renderer has that from what the interactive figure shows on hovering."""


def page(text: str, figures: Sequence[Figure], *, link: str = "figures/{}.png") -> str:
    """Return a Markdown draft as a self-contained page.

    Raw HTML in the draft stays text, links and images other than the figures are not followed. Every mark of a figure
    says its numbers where the pointer rests on it, without a script.

    Args:
        text: The draft.
        figures: The figures that it shows.
        link: How the draft names a figure's picture.

    Raises:
        OutputError: if the ``report`` extra is not installed.
    """
    from markdown_it import MarkdownIt

    drawn = {link.format(figure.name): figure for figure in figures}
    reader: Any = MarkdownIt("commonmark", {"html": False}).enable("table")

    def image(tokens: Any, place: int, *_: Any) -> str:  # noqa: ANN401
        token = tokens[place]
        figure = drawn.get(str(token.attrs.get("src", "")))
        return html(token.content) if figure is None else inline(figure, f"figure-{figure.name}")

    reader.renderer.rules["image"] = image
    reader.renderer.rules["table_open"] = lambda *_: '<div class="wide"><table>\n'
    reader.renderer.rules["table_close"] = lambda *_: "</table></div>\n"
    # A figure is a block of its own, and a paragraph may not hold one.
    body = re.sub(r"<p>(<figure.*?</figure>)</p>", r"\1", reader.render(text), flags=re.DOTALL)
    # The cards of all runs fill screens and are looked up, not read: folded, and unfolded on paper.
    body = re.sub(
        r"(<h2>Reproducibility</h2>)(.*?)(?=<h2>|\Z)",
        r"\1\n<details><summary>Settings, digests and versions of every run</summary>\2</details>\n",
        body,
        flags=re.DOTALL,
    )
    heading = re.search(r"^# (.*)$", text, re.MULTILINE)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html(heading.group(1) if heading else 'Draft of a result')}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


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
    return f'<figure id="{html(identity)}">{drawn}</figure>'
