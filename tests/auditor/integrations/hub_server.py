"""Enough of a dataset hub, on this machine, for the real clients to push to and to read from."""

import base64
import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "0" * 40


class Hub(ThreadingHTTPServer):
    """Repositories as path -> bytes, and a log of the commits."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories, self.commits, self.blobs = {}, [], {}

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, value, status=200, **headers):
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header(
            "Content-Type", "application/octet-stream" if isinstance(value, bytes) else "application/json"
        )
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def missing(self, code):
        self.reply({"error": code}, 404, X_Error_Code=code)

    def upload(self, asked):
        return {**asked, "actions": {"upload": {"href": f"{self.server.endpoint}/blobs/{asked['oid']}"}}}

    def do_PUT(self):
        content = self.body()
        self.server.blobs[hashlib.sha256(content).hexdigest()] = content
        self.reply({})

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urlsplit(self.path).path
        if match := re.fullmatch(r"/datasets/(\w+/\w+)/resolve/[^/]+/(.+)", path):
            files = self.server.repositories.get(match[1], {})
            if match[2] not in files:
                return self.missing("EntryNotFound")
            content = files[match[2]]
            return self.reply(content, ETag=f'"{hashlib.sha1(content).hexdigest()}"', X_Repo_Commit=COMMIT)
        match = re.fullmatch(r"/api/datasets/(\w+/\w+)(?:/(?:revision|tree)/[^/]+(.*))?", path)
        if not match or match[1] not in self.server.repositories:
            return self.missing("RepoNotFound")
        files = self.server.repositories[match[1]]
        if "/tree/" in path:
            folder = (match[2] or "").strip("/")
            inside = {name: files[name] for name in files if not folder or name.startswith(f"{folder}/")}
            if folder and not inside:
                return self.missing("EntryNotFound")
            return self.reply([described(name, content) for name, content in inside.items()])
        siblings = [{"rfilename": name} for name in files]
        return self.reply({"id": match[1], "sha": COMMIT, "private": False, "siblings": siblings, "tags": []})

    def do_POST(self):
        path, content = urlsplit(self.path).path, self.body()
        if path == "/api/repos/create":
            wanted = json.loads(content)
            name = f"{wanted.get('organization') or 'me'}/{wanted['name']}"
            self.server.repositories.setdefault(name, {})
            return self.reply({"url": f"{self.server.endpoint}/datasets/{name}", "id": name, "name": name})
        if path == "/api/validate-yaml":
            return self.reply({"errors": [], "warnings": []})
        if path.endswith(".git/info/lfs/objects/batch"):
            asked = json.loads(content)["objects"]
            return self.reply({"transfer": "basic", "objects": [self.upload(each) for each in asked]})
        name = "/".join(path.split("/")[3:5])
        files = self.server.repositories.get(name, {})
        if "/preupload/" in path:
            asked = json.loads(content)["files"]
            return self.reply({"files": [mode(each["path"]) for each in asked]})
        if "/paths-info/" in path:
            asked = json.loads(content)["paths"] if content.startswith(b"{") else []
            return self.reply([described(each, files[each]) for each in asked if each in files])
        if "/commit/" in path:
            for line in map(json.loads, content.splitlines()):
                if line["key"] == "file":
                    files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
                elif line["key"] == "lfsFile":
                    files[line["value"]["path"]] = self.server.blobs[line["value"]["oid"]]
                elif line["key"] == "header":
                    self.server.commits.append(line["value"]["summary"])
            url = f"{self.server.endpoint}/datasets/{name}/commit/{COMMIT}"
            return self.reply({"commitUrl": url, "commitOid": COMMIT, "success": True})
        return self.missing("EntryNotFound")


def mode(path):
    large = path.endswith(".parquet")
    return {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}


def described(name, content):
    return {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}


@contextmanager
def local_hub():
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
