"""Go's module protocols as seen in a URL: which endpoint, module and version a request is about.

Sources: the GOPROXY protocol (go.dev/ref/mod#goproxy-protocol), path escaping
(golang.org/x/mod/module), the checksum database (golang.org/x/mod/sumdb/server.go), go-import
discovery (cmd/go/internal/vcs) and git's smart HTTP protocol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote, unquote

Endpoint = Literal[
    "list",
    "info",
    "mod",
    "zip",
    "latest",
    "sumdb-lookup",
    "sumdb-tile",
    "sumdb-latest",
    "sumdb-supported",
    "go-import",
    "git",
]
ENDPOINTS: tuple[str, ...] = get_args(Endpoint)
WITH_MODULE = frozenset(
    {"list", "info", "mod", "zip", "latest", "sumdb-lookup", "go-import", "git"}
)
WITH_VERSION = frozenset({"info", "mod", "zip", "sumdb-lookup"})

PATHS: dict[str, str] = {
    "list": "*/@v/list",
    "info": "*/@v/*.info",
    "mod": "*/@v/*.mod",
    "zip": "*/@v/*.zip",
    "latest": "*/@latest",
    "sumdb-lookup": "*/lookup/*",
    "sumdb-tile": "*/tile/*",
    "sumdb-latest": "*/latest",
    "sumdb-supported": "*/sumdb/*/supported",
    "go-import": "*",
    "git": "*",
}
"""A glob that every path of an endpoint matches; queries may tell it from others."""

_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
_FILE = re.compile(r"^(?P<module>.+)/@v/(?P<version>[^/]+)\.(?P<kind>info|mod|zip)$")
_SUMDB = re.compile(r"^(?:.*/sumdb/[^/]+)?/(?P<rest>supported|latest|lookup/.+|tile/\d+/.+)$")
_GIT = re.compile(r"^(?P<repo>.+?)/(?:info/refs|git-upload-pack|git-receive-pack|HEAD|objects/.+)$")
_ESCAPED = re.compile(r"!([a-z])")
_CAPITAL = re.compile(r"[A-Z]")


@dataclass(frozen=True)
class GoRequest:
    """What a URL asks for. `module` and `version` are decoded (`!a` is `A`); "" where none."""

    endpoint: Endpoint
    module: str = ""
    version: str = ""


def parse(host: str, target: str) -> GoRequest | None:
    """Say what `target` (path and query as on the wire) asks of `host`, or None if not Go's.

    A proxy may serve under a path of its own (`/artifactory/api/go/github.com/x/y/@v/list`):
    a module begins at the first path element that looks like a domain name, or else at the root.
    """
    raw, _, query = target.partition("?")
    path = unquote(raw)
    if "go-get=1" in query.split("&"):
        return GoRequest("go-import", (host + path).rstrip("/"))
    if path.endswith("/@v/list"):
        return GoRequest("list", _module(path.removesuffix("/@v/list")))
    if path.endswith("/@latest"):
        return GoRequest("latest", _module(path.removesuffix("/@latest")))
    if found := _FILE.match(path):
        kind: Endpoint = found["kind"]  # type: ignore[assignment]
        return GoRequest(kind, _module(found["module"]), unescape(found["version"]))
    if found := _SUMDB.match(path):
        return _sumdb(path, found["rest"])
    if "service=git-" in query or (found := _GIT.match(path)):
        found = _GIT.match(path)
        repository = found["repo"] if found else path
        return GoRequest("git", (host + repository).removesuffix(".git"))
    return None


def _sumdb(path: str, rest: str) -> GoRequest | None:
    if rest == "supported":
        return GoRequest("sumdb-supported") if "/sumdb/" in path else None
    if rest == "latest":
        return GoRequest("sumdb-latest")
    if rest.startswith("tile/"):
        return GoRequest("sumdb-tile")
    module, _, version = rest.removeprefix("lookup/").partition("@")
    return GoRequest("sumdb-lookup", unescape(module), unescape(version))


def _module(path: str) -> str:
    elements = path.strip("/").split("/")
    for index, element in enumerate(elements):
        if _DOMAIN.fullmatch(element):
            return unescape("/".join(elements[index:]))
    return unescape("/".join(elements))


def unescape(text: str) -> str:
    """Decode the protocol's `!a` for `A` (x/mod/module.UnescapePath)."""
    return _ESCAPED.sub(lambda found: found[1].upper(), text)


def escape(text: str) -> str:
    """Encode capitals as the protocol does: `A` becomes `!a` (x/mod/module.EscapePath)."""
    return _CAPITAL.sub(lambda found: "!" + found[0].lower(), text)


def sibling(target: str, name: str) -> str:
    """Return the URL path of another file of the same module, e.g. `@v/list` or `@v/v1.2.0.info`.

    `target` is the path of any of the module's endpoints; everything before `/@` stays as it is.
    """
    path = unquote(target.partition("?")[0])
    before, at, _ = path.rpartition("/@v/")
    if not at:
        before = path.removesuffix("/@latest")
    return quoted(f"{before}/{escape(name)}")


def quoted(path: str) -> str:
    """Percent-encode a decoded path as Go's client does: `+` and `@` stay."""
    return quote(path, safe="/@+$&=:~")
