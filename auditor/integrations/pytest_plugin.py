"""What the pytest fixture `confounds` returns (`auditor_pytest`): `confounds(dataset).assert_none(ignore=[...])`.

A failure reads like the findings in a terminal, without a traceback through this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from auditor.request.config import FailOn
    from auditor.scanning.subjects import Reading
    from builders.templates import ChatTemplate, Renderer
    from checks.core.report import Report


class Confounds:
    """What is to be asserted about one or more datasets."""

    def __init__(
        self,
        *targets: Any,  # noqa: ANN401
        template: str | Path | ChatTemplate | None = None,
        renderer: Renderer | None = None,
        reading: Reading | None = None,
    ) -> None:
        """Name what is to be audited; nothing is read yet.

        Args:
            targets: As for `auditor.scan`: past issues, recipes, files, folders, tables in memory.
            template: The chat template that training uses; the configuration's by default.
            renderer: Whose way of calling it is followed; the configuration's by default.
            reading: How the rows are read.
        """
        self._targets = targets
        self._template = template
        self._renderer: Renderer | None = renderer
        self._reading = reading

    def report(self, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Report:
        """Return the report by the nearest configuration file, its ignores and its baseline applied.

        Args:
            select: Checks to run; beats the configuration's.
            ignore: Checks to leave out; beats the configuration's.

        Raises:
            AuditError: if something could not be looked at.
        """
        from auditor.integrations.audited import audited

        report, _ = audited(
            *self._targets,
            template=self._template,
            renderer=self._renderer,
            reading=self._reading,
            select=select,
            ignore=ignore,
        )
        return report

    def assert_none(
        self, *, ignore: Sequence[str] = (), select: Sequence[str] = (), fail_on: FailOn = "warning"
    ) -> Report:
        """Fail the test if there is a finding that counts, or something could not be looked at.

        Args:
            ignore: Checks to leave out: codes, names or families.
            select: Checks to run; all where empty.
            fail_on: Severity from which a finding counts.

        Returns:
            The report, for more to be asserted.
        """
        __tracebackhide__ = True
        from auditor.acceptance.verdict import ConfoundError, raise_on
        from builders.errors import AuditError

        try:
            report = self.report(select=select, ignore=ignore)
            raise_on(report, fail_on)
        except ConfoundError as error:
            failure = error.message
        except AuditError as error:
            failure = f"the audit could not be done: {error}"
        else:
            return report
        pytest.fail(failure, pytrace=False)
