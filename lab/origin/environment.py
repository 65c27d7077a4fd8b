"""The environment in which go, git and curl use an origin on localhost, and nothing else."""

from __future__ import annotations

from pathlib import Path

from lab.paths import cache_root
from lab.world.tree import Tree


def environment(
    tree: Tree, port: int, *, certificate: Path | None = None, tunnel: int | None = None
) -> dict[str, str]:
    """Return the variables to export for an origin that listens on 127.0.0.1.

    GOPATH and GOMODCACHE belong to the tree: its modules bear real names with made-up contents,
    and its checksum database the name of the real one, so neither may meet the real caches.

    GONOSUMDB lists the modules that the checksum database does not know, being private.

    Args:
        tree: the world that is served.
        port: where it is served.
        certificate: the PEM file to trust; with it the proxy is https.
        tunnel: the port of the forward proxy (`lab.origin.tunnel`) to all names of the world.
    """
    recorded = {record[0] for record in tree.index.sumdb.records}
    unrecorded = [path for path in tree.index.modules if path not in recorded]
    home = cache_root() / "serve" / tree.path.name
    found = {
        "GOPROXY": f"{'https' if certificate else 'http'}://127.0.0.1:{port}",
        "GOSUMDB": tree.gosumdb,
        "GONOPROXY": "none",
        "GONOSUMDB": ",".join(unrecorded) or "none",
        "GOPATH": str(home),
        "GOMODCACHE": str(home / "pkg" / "mod"),
    }
    if certificate:
        found |= {"SSL_CERT_FILE": str(certificate), "GIT_SSL_CAINFO": str(certificate)}
    if tunnel:
        found["HTTPS_PROXY"] = f"http://127.0.0.1:{tunnel}"
    return found
