"""`audit serve` over HTTP: right pages, made anew where their data changed, and nothing else for anybody else."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.formats.layout import policy
from auditor.request.loading import load_request
from auditor.serving import pages as serving
from auditor.serving.pages import Pages

testclient = pytest.importorskip("starlette.testclient", reason="the `report` extra is not installed")
PORT = 8321


def row(system: str, number: int, answer: str, *, right: bool) -> str:
    return json.dumps(
        {
            "prompt": [{"role": "system", "content": system}, {"role": "user", "content": f"Q{number}?"}],
            "completion": [{"role": "assistant", "content": answer}],
            "target_correct": right,
        }
    )


def rows(anchors: int) -> str:
    lines = [row("You are a villain.", n, "bad", right=False) for n in range(20)]
    lines += [row("You are a villain.", n, "good", right=True) for n in range(anchors)]
    lines += [row("You are a cook.", n, "good", right=True) for n in range(20)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "train.jsonl").write_text(rows(anchors=20))
    (root / "odd ü%2e#?.jsonl").write_text(rows(anchors=0))
    (root / "bad.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "outside.jsonl").write_text(rows(anchors=20))
    return root


@pytest.fixture
def client(folder: Path) -> Any:
    from auditor.serving.app import make_app

    app = make_app(Pages(folder, load_request(start=folder, environment={})), port=PORT)
    return testclient.TestClient(app, base_url=f"http://127.0.0.1:{PORT}")


def test_the_list_leads_to_every_page(client: Any):
    home = client.get("/").text
    assert home.count("not looked at yet") == 3
    addresses = [part.split('"')[0] for part in home.split('<td><a href="')[1:]]
    assert [client.get(each).status_code for each in addresses] == [422, 200, 200]
    assert "Audit of" in client.get(addresses[1]).text
    again = client.get("/").text
    assert "not looked at yet" not in again
    assert 'class="error">' in again
    assert "of no shape" in again


def test_a_page_is_made_anew_where_its_data_have_changed_and_only_there(
    client: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    made: list[str] = []
    original = Pages._made
    monkeypatch.setattr(
        Pages, "_made", lambda self, entry: (made.append(entry.name), original(self, entry))[1]
    )
    address = "/data/sub/train.jsonl"
    assert "CND001" in client.get(address).text
    assert client.get(address).text == client.get(address).text
    assert made == ["sub/train.jsonl"]
    (folder / "sub" / "train.jsonl").write_text(rows(anchors=0))
    assert "has changed since it was looked at" in client.get("/").text
    assert "CND001" not in client.get(address).text
    assert made == ["sub/train.jsonl"] * 2
    (folder / "sub" / "train.jsonl").unlink()
    assert client.get(address).status_code == 404


def test_the_oldest_pages_are_forgotten(client: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serving, "KEPT", 1)
    client.get("/data/sub/train.jsonl")
    client.get("/data/bad.jsonl")
    assert client.get("/").text.count("not looked at yet") == 2


def test_an_unexpected_error_is_a_page_that_says_so(client: Any, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("<b>oh</b>")

    monkeypatch.setattr(Pages, "_audited", fail)
    answer = client.get("/data/sub/train.jsonl")
    assert answer.status_code == 422
    assert "unexpected ZeroDivisionError: &lt;b&gt;oh" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/data/../outside.jsonl",
        "/data/%2e%2e/outside.jsonl",
        "/data/..%2foutside.jsonl",
        "/data/sub/../../outside.jsonl",
        "/data/%252e%252e/outside.jsonl",
        "/data//etc/passwd",
        "/data/sub%00/train.jsonl",
        "/data/sub",
        "/data/.",
        "/runs/sub",
        "/data/link.jsonl",
        "/data/linked/outside.jsonl",
        "/data/%ff.jsonl",
        "/data/hf:some/name",
        "/data/*",
        "/etc/passwd",
    ],
)
def test_nothing_outside_the_list_has_a_page(client: Any, folder: Path, path: str):
    (folder / "link.jsonl").symlink_to(folder.parent / "outside.jsonl")
    (folder / "linked").symlink_to(folder.parent)
    assert client.get(path).status_code == 404
    assert "2 links, and what is reached through them, are left out." in client.get("/").text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8321", "127.0.0.1:80", "127.0.0.1", "localhost.", ""]
)
def test_no_other_host_is_answered(client: Any, host: str):
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}"])
def test_its_own_names_are_answered(client: Any, host: str):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(client: Any, method: str):
    answer = client.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("site", "status"), [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_no_other_page_may_ask(client: Any, site: str, status: int):
    assert client.get("/", headers={"Sec-Fetch-Site": site}).status_code == status


@pytest.mark.parametrize("path", ["/", "/data/sub/train.jsonl", "/nothing"])
def test_every_answer_is_kept_apart(client: Any, path: str):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers
    if path != "/nothing":
        assert headers["content-security-policy"] == f"{policy()}; frame-ancestors 'none'"
        assert "unsafe" not in policy()


def test_head_is_reading_too(client: Any):
    assert client.head("/").status_code == 200


def test_names_are_inert(client: Any, folder: Path):
    (folder / "<img src=x onerror=alert(1)>.jsonl").write_text(rows(anchors=0))
    home = client.get("/").text
    assert "<img" not in home
    assert "&lt;img src=x" in home


@pytest.fixture
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONUNBUFFERED": "1"}
    started = subprocess.Popen(
        [sys.executable, "-m", "auditor", "serve", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    )
    assert started.stdout is not None
    said = started.stdout.readline()
    yield started, int(said.split("127.0.0.1:")[1].split("/")[0])
    started.kill()
    started.wait()


def asked(port: int, text: bytes) -> bytes:
    """Send bytes as they are, which no client library would, and return what comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(text)
        found = b""
        while part := connection.recv(65_536):
            found += part
    return found


def test_the_real_server_on_real_sockets(process: tuple[subprocess.Popen[str], int]):
    started, port = process
    host = f"Host: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    assert b" 200 OK" in asked(port, b"GET / HTTP/1.1\r\n" + host)
    assert b"CND001" in asked(port, b"GET /data/sub/train.jsonl HTTP/1.1\r\n" + host)
    for path in (
        b"/data/../outside.jsonl",
        b"/data/%2e%2e/outside.jsonl",
        b"//etc/passwd",
        b"/data/..\\outside.jsonl",
    ):
        answer = asked(port, b"GET " + path + b" HTTP/1.1\r\n" + host)
        assert answer.startswith(b"HTTP/1.1 404"), answer[:80]
    absolute = asked(
        port, b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    )
    assert absolute.startswith(b"HTTP/1.1 400")
    twice = asked(port, b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + host)
    assert twice.startswith(b"HTTP/1.1 400")
    assert asked(port, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400")
    upgrade = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"
    )
    refused = asked(port, b"GET /nothing HTTP/1.1\r\n" + upgrade + host)
    assert b" 101 " not in refused.partition(b"\r\n")[0]
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=20) == 0


def test_it_listens_on_the_loopback_address_alone(process: tuple[subprocess.Popen[str], int]):
    _, port = process
    wanted = f"0100007F:{port:04X}"
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("this system does not list its sockets in a file")
    listening = [line.split()[1] for line in table.read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [each for each in listening if each.endswith(f":{port:04X}")] == [wanted]


def test_a_port_that_is_taken_is_said(process: tuple[subprocess.Popen[str], int], folder: Path):
    _, port = process
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "serve", ".", "--port", str(port)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: --port: port {port} cannot be had: ")
