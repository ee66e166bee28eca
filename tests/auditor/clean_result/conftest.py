"""Two studies: one that the real stack made, and one whose numbers are set by hand."""

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.studies.clean_result import clean_result, gather
from tests.auditor.clean_result.studies import write_pair
from tests.experiments.tiny import write_plan


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """Two arms through the real stack: gate, LoRA on the embedded model, evaluation, completions."""
    pytest.importorskip("trl")
    pytest.importorskip("vl_convert")
    folder = tmp_path_factory.mktemp("study")
    plan = write_plan(folder)
    done = CliRunner().invoke(
        app,
        ["run", str(plan), "--jobs", "1", "--report", "--out", str(folder / "runs")],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    return folder / "runs"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session", params=["real", "made"])
def study(request):
    folder = request.getfixturevalue(request.param)
    return folder, clean_result(gather([folder]))
