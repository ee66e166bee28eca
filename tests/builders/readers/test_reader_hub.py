"""Datasets of the hub where there is no network: an answer at once, that says what to do."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("datasets")


WATCHED = """
import time

really = time.sleep

def sleep(seconds):
    with open({file!r}, "a") as waits:
        waits.write(f"{{seconds}}\\n")
    really(0)

time.sleep = sleep
"""


def scan(tmp_path, **environment: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """Return what a scan said, and how many seconds it slept: a client that tries again waits in between."""
    waits = tmp_path / "waits.txt"
    waits.touch()
    (tmp_path / "sitecustomize.py").write_text(WATCHED.format(file=str(waits)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "scan", "hf:nobody/nothing-of-this-name"],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        env={**os.environ, "HF_HOME": str(tmp_path), "PYTHONPATH": str(tmp_path), **environment},
    )
    return done, sum(map(float, waits.read_text(encoding="utf-8").split()))


def test_no_network_is_said_at_once(tmp_path):
    done, slept = scan(tmp_path, HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE="0")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "the hub cannot be reached (ConnectError), and no copy of this dataset is in its cache" in done.stderr
    )
    assert "help: check the network and HF_ENDPOINT" in done.stderr
    assert slept < 1  # the client's own retries come to 25 seconds and more


def test_the_hubs_own_switch_is_respected(tmp_path):
    done, slept = scan(tmp_path, HF_HUB_OFFLINE="1", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 2
    assert "HF_HUB_OFFLINE is set" in done.stderr
    assert slept < 1


def test_a_slow_hub_is_waited_for(tmp_path):
    asked: list[str] = []

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            time.sleep(1)
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        done, _ = scan(tmp_path, HF_ENDPOINT=address, HF_HUB_OFFLINE="0")
    finally:
        server.shutdown()
    assert done.returncode == 2
    assert "cannot be loaded" in done.stderr
    assert any("nobody/nothing-of-this-name" in path for path in asked)
