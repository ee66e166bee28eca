"""What holds for scripts and write-ups, whose defaults differ from those of datasets."""

from __future__ import annotations

from dataclasses import replace

from auditor.request.request import Request


def of_texts(request: Request, family: str) -> Request:
    """Return the request for an audit of texts.

    A linter that ends with 0 on warnings would not be one, so its own default of `fail-on` is `warning`. Ignores of
    other checks and a baseline that was not given to this command are about other runs.

    Args:
        request: What was asked for.
        family: The first three letters of the checks' codes: ``SRC`` or ``WRT``.
    """
    asked = request.or_default("fail-on", "warning")
    settings = dict(asked.settings)
    if settings["baseline"].by != "flag":
        settings["baseline"] = replace(settings["baseline"], value="")
    ignores = tuple(each for each in asked.ignores if each.check.startswith(family))
    return replace(asked, settings=settings, ignores=ignores)
