"""The module proxy protocol, answered from a tree (ref/mod#goproxy-protocol, modfetch/proxy.go)."""

from __future__ import annotations

from collections.abc import Collection

from lab.origin.access import Caller, refusal
from lab.origin.message import LONG, SHORT, Request, Response, not_found, text
from lab.origin.state import OriginState
from lab.world.modpath import unescape
from lab.world.tree import Host, Kind, Module, Tree

_TYPES: dict[Kind, str] = {
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
    module = tree.index.modules.get(name)
    if module is None or not module.proxy or (module.private and not host.private):
        return not_found(f"module {name}: no such repository")
    if refused := refusal(caller, module, f"module {name}", request.host):
        return refused
    shown = _visible(name, module, state, request.host)
    if rest == "latest":
        latest = module.latest(shown)
        if not latest:
            return not_found(f'module {name}: no matching versions for query "latest"')
        return _file(tree, name, latest, "info", SHORT)
    if rest == "v/list":
        return text(200, "".join(f"{version}\n" for version in module.listed(shown)))
    if not rest.startswith("v/"):
        return not_found(f"{path}: not an endpoint of a proxy")
    return _version(tree, name, module, shown, rest[2:])


def _version(tree: Tree, name: str, module: Module, shown: Collection[str], file: str) -> Response:
    escaped, _, kind = file.rpartition(".")
    query = unescape(escaped)
    if not query or kind not in ("info", "mod", "zip"):
        return not_found(f"module {name}: {file}: not a file that a proxy has")
    if kind == "info":
        version = module.resolve(query, shown)
        lasting = LONG if version == query else SHORT
        if version:
            return _file(tree, name, version, "info", lasting)
    elif query in shown:
        return _file(tree, name, query, "mod" if kind == "mod" else "zip", LONG)
    return not_found(f"{name}@{query}: invalid version: unknown revision {query}")


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


def _file(tree: Tree, name: str, version: str, kind: Kind, cache: str) -> Response:
    headers = (("content-type", _TYPES[kind]), ("cache-control", cache))
    return Response(200, headers, tree.file(name, version, kind))
