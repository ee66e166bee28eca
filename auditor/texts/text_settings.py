"""What holds for scripts and write-ups, whose defaults differ from those of datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from auditor.request.loading import load_request
from auditor.request.request import Request


def text_settings(file: Path | None, flags: Mapping[str, object], *, family: str) -> Request:
    """Return the settings of an audit of texts.

    A linter that ends with 0 on warnings would not be one, so its own default of `fail-on` is `warning`. Ignores of
    other checks and a baseline of datasets are about other runs.

    Args:
        file: Configuration file; the nearest one where None.
        flags: What the command line says; None for what it leaves out.
        family: The first three letters of the checks' codes: ``SRC`` or ``WRT``.

    Raises:
        InputError: if the configuration cannot be read.
    """
    loaded = load_request(file=file, flags=flags).or_default("fail-on", "warning")
    settings = dict(loaded.settings)
    if flags["baseline"] is None:
        settings["baseline"] = replace(settings["baseline"], value="")
    ignores = tuple(each for each in loaded.ignores if each.check.startswith(family))
    return replace(loaded, settings=settings, ignores=ignores)
