"""The one layout of every page: a scan's, a run report's, a retraction's, and what `audit serve` shows.

A page holds all it needs. Nothing is fetched, and nothing but the page's own script runs: the content security policy
names the digests of the one stylesheet and the one script, so that no style or script of the data's can join them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup

from auditor.formats.escape import html, visible

_CARDS: Final = re.compile(r"(<h2>Reproducibility</h2>)(.*?)(?=<h2>|\Z)", re.DOTALL)
_FIGURE: Final = re.compile(r"<figure.*?</figure>\s*(?:<p>.*?</p>\n)?", re.DOTALL)
"""A figure with its caption, the paragraph behind it."""


def page(title: str, body: str, *, home: str | None = None) -> str:
    """Return a whole page.

    Args:
        title: Its title; untrusted.
        body: What stands in it, escaped.
        home: Address of the list that the page belongs to.
    """
    return (
        _environment()
        .from_string(asset("layout.html.j2"))
        .render(
            title=visible(title),
            home=home,
            body=Markup(body),  # noqa: S704  (escaped by whoever made it)
            policy=Markup(policy()),  # noqa: S704  (ours)
            style=asset("page.css"),
            script=asset("page.js"),
        )
    ) + "\n"


def filled(name: str, /, **values: Any) -> str:  # noqa: ANN401
    """Return a template of ours with every value escaped."""
    return _environment().from_string(asset(name)).render(**values)


@cache
def policy() -> str:
    """Return the content security policy of every page."""
    return (
        f"default-src 'none'; script-src '{_digest('page.js')}'; style-src '{_digest('page.css')}'; "
        "base-uri 'none'; form-action 'none'"
    )


def document(
    text: str,
    *,
    title: str,
    image: Callable[[str, str], str] | None = None,
    behind: str = "",
    home: str | None = None,
) -> str:
    """Return a Markdown document as a page. Raw HTML in it stays text; only links within the page are links.

    Args:
        text: The document.
        title: What the page is called; untrusted.
        image: Given an image's address and words, returns what stands in its place, escaped; its words where None.
        behind: What stands behind the document, escaped.
        home: Address of the list that the page belongs to.
    """
    from markdown_it import MarkdownIt

    reader: Any = MarkdownIt("commonmark", {"html": False}).enable("table")

    def shown(tokens: Any, place: int, *_: Any) -> str:  # noqa: ANN401
        token = tokens[place]
        return image(str(token.attrs.get("src", "")), token.content) if image else html(token.content)

    def cell(tokens: Any, place: int, options: Any, _: Any) -> str:  # noqa: ANN401
        # The policy lets no element bring a style of its own.
        if "right" in str(tokens[place].attrs.pop("style", "")):
            tokens[place].attrs["class"] = "number"
        return str(reader.renderer.renderToken(tokens, place, options, {}))

    reader.renderer.rules["image"] = shown
    reader.renderer.rules["td_open"] = reader.renderer.rules["th_open"] = cell
    # A table that is wider than the window is moved within its own box, by keys, too.
    reader.renderer.rules["table_open"] = lambda *_: (
        '<div class="wide" tabindex="0" role="region" aria-label="table"><table>\n'
    )
    reader.renderer.rules["table_close"] = lambda *_: "</table></div>\n"
    # A figure is a block of its own, and a paragraph may not hold one.
    body = re.sub(r"<p>(<figure.*?</figure>)</p>", r"\1", reader.render(text), flags=re.DOTALL)
    # The cards of all runs fill screens and are looked up, not read: folded, and unfolded on paper.
    body = _CARDS.sub(
        r"\1\n<details><summary>Settings, digests and versions of every run</summary>\2</details>\n", body
    )
    return page(title, f'<main class="document">\n{_with_contents(body + behind)}</main>', home=home)


def _with_contents(body: str) -> str:
    """Return a document with its first figure on the first screen, and behind that links to its sections."""
    heads: list[tuple[str, str]] = []

    def numbered(head: re.Match[str]) -> str:
        heads.append((f"section-{len(heads) + 1}", head[1]))
        return f'<h2 id="{heads[-1][0]}">{head[1]}</h2>'

    body = re.sub(r"<h2>(.*?)</h2>", numbered, body)
    items = "".join(f'<li><a href="#{name}">{re.sub("<[^>]*>", "", text)}</a></li>' for name, text in heads)
    contents = f'<nav class="screen" aria-label="Contents"><ul>{items}</ul></nav>\n' if len(heads) > 3 else ""
    first = _FIGURE.search(body)
    if first is not None:
        body = body[: first.start()] + body[first.end() :]
        contents = f"{first[0]}{contents}"
    return re.sub(r"</h1>\n", lambda end: end[0] + contents, body, count=1)


def asset(name: str) -> str:
    """Return a file of the layout as text."""
    return (resources.files("auditor.formats") / "page" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _digest(name: str) -> str:
    """Return what a content security policy calls an inline element by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(asset(name).encode()).digest()).decode()}"
