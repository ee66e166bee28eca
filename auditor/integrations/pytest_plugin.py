"""What the pytest fixture `confounds` returns (`auditor_pytest`): `confounds(dataset).assert_none(ignore=[...])`.

A failure reads like the findings in a terminal, without a traceback through this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from auditor.request.request import Request
    from checks.core.report import Report


class Confounds:
    """What is to be asserted about one or more datasets."""

    def __init__(
        self,
        *targets: Any,  # noqa: ANN401
        request: Request | None = None,
        config: Path | None = None,
        **settings: object,
    ) -> None:
        """Name what is to be audited; nothing is read yet.

        Args:
            targets: As for `auditor.scan`: past issues, recipes, files, folders, tables in memory.
            request: All settings, instead of those of the configuration, the environment and `settings`.
            config: The configuration file to read instead of the nearest.
            settings: As for `auditor.scan`: `template`, `label`, `source`, `evaluation`, ...
        """
        self._targets = targets
        self._request = request
        self._config = config
        self._settings = settings

    def report(self, **settings: object) -> Report:
        """Return the report by the nearest configuration file, its ignores and its baseline applied.

        Args:
            settings: More settings, as for `auditor.scan`; they beat those given before.

        Raises:
            AuditError: if something could not be looked at.
        """
        from auditor.scanning.api import scan

        given = {**self._settings, **settings}
        return scan(*self._targets, request=self._request, config=self._config, **given)

    def assert_none(self, **settings: object) -> Report:
        """Fail the test if there is a finding that counts, or something could not be looked at.

        A finding counts from `fail_on`, which is `warning` where neither a setting nor the configuration says
        another.

        Args:
            settings: More settings, as for `auditor.scan`: `ignore`, `select`, `fail_on`, ...

        Returns:
            The report, for more to be asserted.
        """
        __tracebackhide__ = True
        from auditor.acceptance.verdict import ConfoundError, raise_on
        from auditor.scanning.api import python_request, scan
        from builders.errors import AuditError

        try:
            given = {**self._settings, **settings}
            request = python_request(self._request, self._config, given).or_default("fail-on", "warning")
            report = scan(*self._targets, request=request)
            raise_on(report, request.fail_on)
        except ConfoundError as error:
            failure = error.message
        except AuditError as error:
            failure = f"the audit could not be done: {error}"
        else:
            return report
        pytest.fail(failure, pytrace=False)
