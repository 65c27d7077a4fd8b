"""HTTP as the origin's rooms see it: a request that was understood, a response to be sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

MAX_TARGET = 8192
SHORT, LONG = "public, max-age=60", "public, max-age=10800"

_SMALL = 1 << 14

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Body = bytes | Path | AsyncGenerator[bytes, None]


class RefusedError(Exception):
    """A request that is answered with an error at once."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.response = text(status, message, cache="")
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.response = replace(self.response, headers=self.response.headers + pairs)


@dataclass(frozen=True)
class Request:
    """A request with its target taken apart.

    `host` is in lower case and without a port; `path` has its percent escapes decoded; header
    names are in lower case; `read` returns the body, or raises RefusedError if it is too large.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[], Awaitable[bytes]] | None = None


@dataclass(frozen=True)
class Response:
    """A response; a Path is a file to be sent, an iterator a body of unknown length."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = b""
    user: str | None = None


def text(status: int, body: str | bytes, *, cache: str = SHORT, kind: str = "plain") -> Response:
    """Return a text response as Go will show it: text/plain in UTF-8 (web/api.go)."""
    data = body.encode() if isinstance(body, str) else body
    kind = f"text/{kind}; charset=UTF-8"
    headers = (("content-type", kind), ("x-content-type-options", "nosniff"))
    return Response(status, headers + ((("cache-control", cache),) if cache else ()), data)


def not_found(what: str) -> Response:
    """Return the 404 by which a proxy says that it does not have something (ref/mod)."""
    return text(404, f"not found: {what}")


def target(raw: bytes) -> str:
    """Decode the path of a request target.

    Raises:
        RefusedError: too long, not absolute, bad escapes, not UTF-8, controls, dot segments.
    """
    if len(raw) > MAX_TARGET:
        raise RefusedError(414, f"the request target is longer than {MAX_TARGET} bytes")
    if not raw.startswith(b"/"):
        raise RefusedError(400, "bad request: the request target must begin with a slash")
    if _BAD_ESCAPE.search(raw):
        raise RefusedError(400, "bad request: a percent sign that begins no escape")
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise RefusedError(400, "bad request: the path is not UTF-8") from None
    if _CONTROL.search(path) or "\\" in path:
        raise RefusedError(400, "bad request: a control character or backslash in the path")
    if any(segment in (".", "..") for segment in path.split("/")):
        raise RefusedError(400, "bad request: a dot segment in the path")
    return path


def finished(request: Request, response: Response) -> Response:
    """Apply what holds for all content: ETag, If-None-Match, Range (RFC 9110, 13 and 14)."""
    body = response.body
    if response.status != 200 or not isinstance(body, bytes | Path):
        return response
    if isinstance(body, Path):
        body = _small(body) or body
    tag, size = etag(body), length(body)
    headers = (*response.headers, ("etag", tag), ("accept-ranges", "bytes"))
    if tag in (item.strip() for item in request.headers.get("if-none-match", "").split(",")):
        return Response(304, headers, user=response.user)
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or asked.groups() == ("", "") or request.method != "GET":
        return replace(response, headers=headers, body=body)
    if request.headers.get("if-range", tag) != tag:
        return replace(response, headers=headers)
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size:
        return Response(416, (("content-range", f"bytes */{size}"),), user=response.user)
    if end < start:
        return replace(response, headers=headers)
    headers = (*headers, ("content-range", f"bytes {start}-{end}/{size}"))
    return replace(response, status=206, headers=headers, body=_slice(body, start, end + 1))


def length(body: Body) -> int:
    """Return the size of a body in bytes; it must not be an iterator."""
    if isinstance(body, Path):
        return body.stat().st_size
    assert isinstance(body, bytes)
    return len(body)


def etag(body: bytes | Path) -> str:
    """Return a strong validator for a body; files of a tree never change."""
    return _file_etag(body) if isinstance(body, Path) else _etag(body)


@lru_cache(maxsize=1024)
def _small(path: Path) -> bytes:
    """Keep the content of a small file, which in a tree never changes; "" for a large one."""
    return path.read_bytes() if path.stat().st_size <= _SMALL else b""


@lru_cache(maxsize=1024)
def _file_etag(path: Path) -> str:
    with path.open("rb") as stream:
        return _quoted(hashlib.file_digest(stream, "sha256"))


def _etag(data: bytes) -> str:
    return _quoted(hashlib.sha256(data))


def _quoted(digest: Any) -> str:
    return f'"{digest.hexdigest()[:32]}"'


def _slice(body: bytes | Path, start: int, end: int) -> bytes:
    if isinstance(body, bytes):
        return body[start:end]
    with body.open("rb") as stream:
        stream.seek(start)
        return stream.read(end - start)
