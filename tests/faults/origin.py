"""A small module proxy for the tests: cobra in three versions, and a registry that says 401."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

COBRA = "github.com/spf13/cobra"
AZURE = "github.com/Azure/sdk"
TIMES = {
    "v1.6.1": "2022-10-24T17:00:00Z",
    "v1.7.0": "2023-04-05T13:00:00Z",
    "v1.8.0": "2023-11-03T09:00:00Z",
}
OLD = {"v2.0.0+incompatible": "2021-01-01T00:00:00Z"}
SECRET = "Basic Z29vZDpnb29k"


def go_mod(module: str, version: str) -> str:
    text = f"module {module}\n\ngo 1.21\n"
    if module == COBRA:
        text += "\nrequire example.org/dep v1.0.0\n"
    if version == "v1.8.0":
        text += "\nretract v1.7.0 // leaks goroutines\n"
    return text


def module_zip(module: str, version: str) -> bytes:
    name = module.rpartition("/")[2].lower()
    noise = "".join(hashlib.sha256(f"{version}{n}".encode()).hexdigest() for n in range(100))
    files = {
        "go.mod": go_mod(module, version),
        f"{name}.go": f'package {name}\n\nconst Version = "{version}"\n\nconst N = "{noise}"\n',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files.items():
            info = zipfile.ZipInfo(f"{module}@{version}/{file}")
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return packed.getvalue()


def answer(path: str, authorization: str = "") -> tuple[int, str, bytes]:
    """Return status, content type and body for a path on the wire."""
    path = unquote(path.partition("?")[0])
    if path == "/github.com/spf13/cobra/@v/list":
        return 200, "text/plain; charset=utf-8", "".join(v + "\n" for v in TIMES).encode()
    if path == "/github.com/spf13/cobra/@latest":
        return 200, "application/json", _info("v1.8.0")
    if path == "/git.corp.example/lib/@v/list":
        if authorization != SECRET:
            return 401, "text/plain; charset=utf-8", b"token expired\n"
        return 200, "text/plain; charset=utf-8", b"v1.0.0\nv1.1.0\n"
    for base, module in (("github.com/spf13/cobra", COBRA), ("github.com/!azure/sdk", AZURE)):
        for version in TIMES | OLD:
            at = f"/{base}/@v/{version}"
            if path == at + ".info":
                return 200, "application/json", _info(version)
            if path == at + ".mod":
                return 200, "text/plain; charset=utf-8", go_mod(module, version).encode()
            if path == at + ".zip":
                return 200, "application/zip", module_zip(module, version)
    if path == "/sumdb/sum.golang.org/supported":
        return 200, "text/plain", b""
    if path.startswith("/sumdb/sum.golang.org/lookup/"):
        return 200, "text/plain; charset=utf-8", lookup(path.rpartition("/lookup/")[2])
    return 404, "text/plain; charset=utf-8", b"not found: no such module\n"


TRUE_LIST = answer("/github.com/spf13/cobra/@v/list")[2]
WHOLE = answer("/github.com/spf13/cobra/@v/v1.8.0.zip")[2]


def lookup(record: str) -> bytes:
    """Return a checksum database's answer; its hashes and its tree are made up."""
    module, _, version = record.partition("@")
    first, second = (
        base64.b64encode(hashlib.sha256(f"{record}{n}".encode()).digest()).decode() for n in "12"
    )
    return (
        f"12\n{module} {version} h1:{first}\n{module} {version}/go.mod h1:{second}\n"
        "\ngo.sum database tree\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "\n\u2014 sum.golang.org Az3grl0=\n"
    ).encode()


def _info(version: str) -> bytes:
    return json.dumps({"Version": version, "Time": (TIMES | OLD)[version]}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, dict[str, str]]]

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.asked.append((headers.get("host", ""), self.path, headers))
        status, kind, body = answer(self.path, headers.get("authorization", ""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Thu, 01 Jan 2026 00:00:00 GMT"

    def log_message(self, *_: object) -> None:
        pass


class Origin:
    """The running origin: its port, and what it has been asked."""

    def __init__(
        self, server: ThreadingHTTPServer, asked: list[tuple[str, str, dict[str, str]]]
    ) -> None:
        self.port: int = server.server_address[1]
        self.asked = asked

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


@contextmanager
def serve() -> Iterator[Origin]:
    asked: list[tuple[str, str, dict[str, str]]] = []
    handler = type("Handler", (_Handler,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Origin(server, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
