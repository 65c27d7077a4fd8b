"""Repositories: go-import pages, and git over HTTP by git's own http-backend (ref/mod#vcs)."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import re
import shutil
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from urllib.parse import parse_qs

from lab.origin.access import Caller, challenge, refusal
from lab.origin.message import SHORT, RefusedError, Request, Response, not_found, text
from lab.origin.state import OriginState
from lab.world.tree import Repo, Tree

_SERVICE = re.compile(r"(?P<repo>/.+?)(?:\.git)?/(?P<service>info/refs|git-upload-pack)")
_CHUNK = 1 << 16

# What the big forges allow: commits by hash (go fetches pseudo-versions so), partial clones.
_CONFIG = {
    "safe.directory": "*",
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "http.receivepack": "false",
}


async def answer(tree: Tree, state: OriginState, request: Request, caller: Caller) -> Response:
    """Answer for the repositories and vanity paths of `request.host`; 404 for anything else.

    Raises:
        RefusedError: a method that has no meaning here, or a body that is too large.
    """
    if request.method != "POST" and parse_qs(request.query).get("go-get") == ["1"]:
        return _import_page(tree, request)
    found = _SERVICE.fullmatch(request.path)
    if found is None:
        if request.method not in ("GET", "HEAD"):
            raise RefusedError(405, f"method not allowed: {request.method}", allow="GET, HEAD")
        return not_found(request.host + request.path)
    url = f"https://{request.host}{found['repo']}"
    repo = tree.index.repos.get(url)
    refused = _refused(tree, request, caller, url, repo)
    if refused or repo is None:
        return refused or not_found(url)
    service = found["service"]
    if service == "info/refs" and request.query != "service=git-upload-pack":
        return text(403, "forbidden: this repository can only be fetched, by the smart protocol")
    if (service == "info/refs") != (request.method in ("GET", "HEAD")):
        allow = "GET, HEAD" if service == "info/refs" else "POST"
        raise RefusedError(405, f"method not allowed: {request.method}", allow=allow)
    return await _backend(tree, state, request, repo, service)


def _import_page(tree: Tree, request: Request) -> Response:
    """Return the page that says where the code of an import path is (ref/mod#vcs-find)."""
    path = (request.host + request.path).rstrip("/")
    for url, repo in tree.index.repos.items():
        if f"{path}/".startswith(f"{repo.root}/"):
            meta = html.escape(f"{repo.root} git {url}")
            page = (
                "<!DOCTYPE html>\n<html><head>\n"
                f'<meta name="go-import" content="{meta}">\n'
                f"</head><body>{html.escape(path)}</body></html>\n"
            )
            return text(200, page, cache=SHORT, kind="html")
    return not_found(f"{path}: no go-import for it")


def _refused(
    tree: Tree, request: Request, caller: Caller, url: str, repo: Repo | None
) -> Response | None:
    """Return what a caller gets instead of a private repository, or None.

    Where repositories are hidden, git still needs a 401 before it shows its credentials, so that
    nobody can tell a hidden repository from one that does not exist: 401 first, then 404.
    """
    modules = tree.index.modules
    private = [modules[path] for path in repo.modules if modules[path].private] if repo else []
    hides = any(
        modules[path].access == "hide" and modules[path].private
        for other, there in tree.index.repos.items()
        if other.startswith(f"https://{request.host}/")
        for path in there.modules
    )
    if not caller.authenticated and hides and (repo is None or private):
        return challenge(caller, url, request.host)
    for module in private:
        if refused := refusal(caller, module, url, request.host):
            return refused
    return None


async def _backend(
    tree: Tree, state: OriginState, request: Request, repo: Repo, service: str
) -> Response:
    """Run git http-backend as CGI (RFC 3875) and pass on what it says."""
    body = await request.read() if request.read and request.method == "POST" else b""
    git = shutil.which("git")
    if git is None:
        return text(501, "not implemented: this origin has no git, so it has no repositories")
    process = await asyncio.create_subprocess_exec(
        git, "http-backend", stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=_environment(tree, state, request, repo, service, len(body)),
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    feeding = asyncio.create_task(_feed(process.stdin, body))
    output = _drain(process, feeding)
    try:
        head = await process.stdout.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        await output.aclose()
        await _end(process, feeding)
        return text(500, "git http-backend gave no answer")
    lines = [line.partition(":") for line in head.decode("latin-1").split("\r\n") if line]
    headers = {name.lower(): value.strip() for name, _, value in lines}
    status = int(headers.pop("status", "200").split()[0])
    return Response(status, tuple(headers.items()), output)


def _environment(
    tree: Tree, state: OriginState, request: Request, repo: Repo, service: str, size: int
) -> dict[str, str]:
    config = [*_CONFIG.items()]
    config += [("uploadpack.hideRefs", ref) for ref in _absent_refs(tree, state, repo)]
    settings = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config):
        settings |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROJECT_ROOT": str(tree.path / "repos"),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "PATH_INFO": f"/{repo.directory}/{service}",
        "REQUEST_METHOD": "GET" if request.method == "HEAD" else request.method,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(size),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "REMOTE_ADDR": "127.0.0.1",
        **settings,
    }


def _absent_refs(tree: Tree, state: OriginState, repo: Repo) -> list[str]:
    if not state.absent:
        return []
    return [
        row.ref
        for path in repo.modules
        for version, row in tree.index.modules[path].versions.items()
        if row.ref.startswith("refs/tags/") and f"{path}@{version}" in state.absent
    ]


async def _feed(stdin: asyncio.StreamWriter, body: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        stdin.write(body)
        await stdin.drain()
    stdin.close()


async def _drain(process: Process, feeding: asyncio.Task[None]) -> AsyncGenerator[bytes, None]:
    assert process.stdout
    try:
        while chunk := await process.stdout.read(_CHUNK):
            yield chunk
        await process.wait()
    finally:
        await _end(process, feeding)


async def _end(process: Process, feeding: asyncio.Task[None]) -> None:
    """End a backend that is not wanted any more; one that is done is only waited for."""
    feeding.cancel()
    if process.returncode is None:
        # Not process.kill(): it polls, and so takes the exit status from the loop's own watcher.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
