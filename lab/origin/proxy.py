"""The module proxy protocol, answered from a tree (ref/mod#goproxy-protocol, modfetch/proxy.go)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import cast

from lab.origin.access import Caller, refusal
from lab.origin.message import LONG, SHORT, Request, Response, not_found, text
from lab.origin.state import OriginState
from lab.world.modpath import unescape
from lab.world.tree import Host, Kind, Module, Tree

_TYPES = {
    "info": "application/json",
    "mod": "text/plain; charset=UTF-8",
    "zip": "application/zip",
}


def answer(
    tree: Tree, state: OriginState, host: Host, request: Request, path: str, caller: Caller
) -> Response:
    """Answer a request for `path`, which is what follows the proxy's own address.

    What is not there, or cannot be, is a 404 in plain text.
    """
    escaped, mark, rest = path.removeprefix("/").rpartition("/@")
    name = unescape(escaped)
    if not mark or name is None:
        return not_found(f"{path}: not the address of a module")
    twin = name in tree.index.twins and (host.twins or request.host in state.twins)
    module = (tree.index.twins if twin else tree.index.modules).get(name)
    if module is None or not module.proxy or (module.private and not host.private):
        return not_found(f"module {name}: no such repository")
    if refused := refusal(caller, module, f"module {name}", request.host):
        return refused
    shown = _visible(name, module, state, request.host)
    if rest == "latest":
        latest = module.latest(shown)
        if not latest:
            return not_found(f'module {name}: no matching versions for query "latest"')
        return _file(tree.file(name, latest, "info", twin=twin), "info", SHORT)
    if rest == "v/list":
        return text(200, "".join(f"{version}\n" for version in module.listed(shown)))
    if not rest.startswith("v/"):
        return not_found(f"{path}: not an endpoint of a proxy")
    escaped, _, kind = rest[2:].rpartition(".")
    query = unescape(escaped)
    if not query or kind not in _TYPES:
        return not_found(f"module {name}: {rest[2:]}: not a file that a proxy has")
    version = module.resolve(query, shown) if kind == "info" else query
    if version not in shown:
        return not_found(f"{name}@{query}: invalid version: unknown revision {query}")
    lasting = LONG if version == query else SHORT
    return _file(tree.file(name, version, cast("Kind", kind), twin=twin), kind, lasting)


def _visible(name: str, module: Module, state: OriginState, host: str) -> Collection[str]:
    """Return the versions that this host shows now."""
    until = state.frozen.get(host, "")
    if not until and not state.absent:
        return module.versions
    return {
        version
        for version, row in module.versions.items()
        if f"{name}@{version}" not in state.absent and (not until or row.time <= until)
    }


def _file(file: Path, kind: str, cache: str) -> Response:
    return Response(200, (("content-type", _TYPES[kind]), ("cache-control", cache)), file)
