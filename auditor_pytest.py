"""The pytest plugin's entry point: the fixture `confounds`.

It stands beside the package because pytest imports it in every project where this tool is installed: a folder there
that hides one of our packages must break the tests that use the fixture, and no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from auditor.integrations.pytest_plugin import Confounds


@pytest.fixture(scope="session")
def confounds() -> Callable[..., Confounds]:
    """Return what asserts about datasets: `confounds("data.jsonl").assert_none()` (`docs/integrations.md`)."""
    from auditor.integrations.pytest_plugin import Confounds

    return Confounds
