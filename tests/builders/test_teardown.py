"""The end of a process that loaded DuckDB and torch."""

import subprocess
import sys

import pytest

pytest.importorskip("torch")

SCRIPT = """
import atexit, sys
from builders.teardown import hush_teardown
hush_teardown()
atexit.register(lambda: print("a later handler is heard", file=sys.stderr))
import duckdb
{torch}
import ctypes
class Late:
    def __del__(self): ctypes.CDLL(None).write(2, b"at the very end", 15)
sys.modules["late"] = Late()
"""


@pytest.mark.parametrize(("torch", "heard"), [("import torch", False), ("", True)])
def test_only_the_teardown_is_hushed_and_only_with_torch(torch, heard):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(torch=torch)], capture_output=True, text=True, check=True
    )
    assert "a later handler is heard" in done.stderr
    assert ("at the very end" in done.stderr) is heard
