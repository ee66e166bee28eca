"""A real Chromium for tests of pages: what a page says, asks for and looks like to those who cannot see it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start one; skip the test, with the reason, where there is none to start."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the `browser` extra is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Shown:
    """A page that is open, with everything that it said and asked for."""

    def __init__(
        self,
        browser: Any,
        address: Path | str,
        *,
        width: int = 1280,
        scheme: str = "light",
        bypass: bool = False,
    ) -> None:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=bypass
        )
        self.page = context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on(
            "dialog", lambda dialog: (self.said.append(f"dialog {dialog.message}"), dialog.dismiss())
        )
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address.as_uri() if isinstance(address, Path) else address)

    def fits(self) -> bool:
        """Return whether nothing has to be moved sideways to be seen."""
        return self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def serious(self, options: str = "{}") -> list[tuple[str, str]]:
        """Return what axe finds serious or worse: its rule and the first element; the page's policy has to be off."""
        axe = pytest.importorskip("axe_core_python", reason="the `browser` extra is not installed")
        self.page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
        return [
            (each["id"], each["nodes"][0]["html"])
            for each in self.page.evaluate(f"axe.run({options})")["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    def close(self) -> None:
        self.page.context.close()
