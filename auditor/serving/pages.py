"""The pages of what a folder holds, each made anew where what it rests on has changed."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from auditor.formats.escape import visible
from auditor.formats.layout import filled, page
from auditor.request.request import Request
from auditor.serving.folder import Contents, Entry, Kind, Stamp, contents
from builders.errors import AuditError, first_line

KEPT: Final = 64
"""Pages kept in memory; the oldest go first."""

State = Literal["error", "incomplete", "warning", "clean", "read"]


@dataclass(frozen=True)
class Page:
    """One page."""

    html: str
    """The whole page."""
    state: State
    """The worst of what it says; `read` for a report on runs."""
    said: str
    """That in a few words; untrusted."""
    status: int = 200
    """What the browser is told: 422 where nothing could be looked at."""


class Pages:
    """The pages of one folder."""

    def __init__(self, root: Path, request: Request) -> None:
        """Take the folder and the settings, as they are when the pages are first asked for.

        Args:
            root: The folder, as the user named it.
            request: What data sets are audited by.
        """
        self._root = root
        self._request = request
        self._kept: OrderedDict[tuple[Kind, str], tuple[Stamp, Page]] = OrderedDict()
        # One page is made at a time: an audit takes memory, and a second click has to wait for it, not repeat it.
        self._lock = threading.Lock()

    def home(self) -> Page:
        """Return the list of what the folder holds, with what is known of each already."""
        found = contents(self._root)
        body = filled(
            "folder.html.j2",
            folder=visible(str(self._root.resolve())),
            groups=[
                (title, [self._item(each) for each in found.entries.values() if each.kind == kind])
                for kind, title in (("data", "Data sets"), ("runs", "Runs"))
            ],
            notes=_notes(found),
        )
        return Page(page(f"audit: {self._root.resolve().name}", body), "read", "")

    def page(self, kind: str, name: str) -> Page | None:
        """Return the page of a data set or of runs, made anew where they have changed; None where there is none."""
        entry = next(
            (
                each
                for each in contents(self._root).entries.values()
                if (each.kind, each.name) == (kind, name)
            ),
            None,
        )
        if entry is None:
            return None
        with self._lock:
            stamp, known = self._kept.get((entry.kind, entry.name), (None, None))
            if known is not None and stamp == entry.stamp:
                return known
            made = self._made(entry)
            self._kept[entry.kind, entry.name] = (entry.stamp, made)
            self._kept.move_to_end((entry.kind, entry.name))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return made

    def _item(self, entry: Entry) -> dict[str, str]:
        stamp, known = self._kept.get((entry.kind, entry.name), (None, None))
        if known is None:
            state, said = "soft", "not looked at yet"
        elif stamp != entry.stamp:
            state, said = "soft", "has changed since it was looked at"
        else:
            state, said = known.state, known.said
        return {
            "name": visible(entry.name),
            "address": address(entry),
            "size": f"{sum(size for _, size, _, _ in entry.stamp):,} bytes",
            "state": state,
            "said": visible(said),
        }

    def _made(self, entry: Entry) -> Page:
        try:
            return self._audited(entry) if entry.kind == "data" else _reported(entry)
        except AuditError as error:
            message, advice = f"{error.where}: {error.message}" if error.where else error.message, error.help
        except Exception as error:  # a page that says so, not a server that ends
            message, advice = (
                f"unexpected {type(error).__name__}: {first_line(error)[:300]}",
                "please report it",
            )
        body = filled(
            "refused.html.j2",
            name=visible(entry.name),
            message=visible(message),
            advice=visible(advice or ""),
        )
        return Page(page(f"{entry.name}: not read", body, home="/"), "incomplete", message, status=422)

    def _audited(self, entry: Entry) -> Page:
        from auditor.acceptance.accepted import accept
        from auditor.formats.html_page import render
        from auditor.formats.verdicts import verdicts
        from auditor.scanning.api import audited

        target = str(entry.path)
        # An ignore of another file's finding matches nothing here, and that is no news.
        report = accept(audited([target], self._request), self._request, warn=lambda _: None)
        worst = verdicts(report)[0]
        return Page(render(report, home="/"), worst.level, worst.text)


def address(entry: Entry) -> str:
    """Return the path of an entry's page."""
    return f"/{entry.kind}/{quote(os.fsencode(entry.name))}"


def _reported(entry: Entry) -> Page:
    from auditor.studies.clean_result import gather, page_of
    from auditor.studies.clean_result.opening import title

    material = gather([entry.path])
    return Page(page_of(material, home="/"), "read", title(material).removeprefix("# "))


def _notes(found: Contents) -> list[str]:
    notes: list[str] = []
    if found.links:
        notes.append(f"{found.links:,} links, and what is reached through them, are left out.")
    if found.more:
        notes.append("There is more than is listed: serve a folder further down.")
    return notes
