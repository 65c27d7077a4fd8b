"""go's own script tests that need a fault: our origin behind a real mitmproxy with the rules.

Go's test proxy has its faults by URL: what is below /503/ is answered 503. Here the first element
of the path is the name of a host, and rules say what that host does.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http

from lab.go.toolchain import Toolchain, ensure
from lab.origin.control import Control
from lab.origin.state import OriginState
from lab.world.build import build
from lab.world.model import Host
from tests.faults.edge import Edge, run
from tests.lab.origin import peer
from tests.lab.origin.asking import running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

RULES: list[dict[str, Any]] = [
    *(
        {"name": f"says-{status}", "where": {"host": str(status)}, "do": {"respond": status}}
        for status in (403, 404, 410, 500)
    ),
    {"name": "invalid", "where": {"host": "invalid"}, "do": {"respond": {"body": "invalid"}}},
    *(
        {
            "name": f"no-sums-{status}",
            "where": {"host": f"sumdb-{status}", "path": "/sumdb/*"},
            "do": {"respond": status},
        }
        for status in (404, 503, 504)
    ),
    {
        "name": "substituted",
        "where": {"host": "sumdb-redirect", "endpoint": "sumdb-lookup"},
        "do": {"sumdb": {"substitute": "rsc.io/quote@v1.0.0"}},
    },
    {
        "name": "mod-missing",
        "where": {
            "module": "example.com/retract/missingmod",
            "version": "v1.9.0",
            "endpoint": "mod",
        },
        "do": {"respond": 404},
    },
    {  # real proxies, and ours, say UTC
        "name": "zone-of-the-committer",
        "where": {"path": "/github.com/dmitshur-test/modtest5/@v/v0.5.0-alpha.info"},
        "do": {
            "respond": {
                "content-type": "application/json",
                "body": '{"Version":"v0.5.0-alpha","Time":"2019-06-18T22:04:26-04:00"}',
            }
        },
    },
    {
        "name": "words",
        "where": {"status": 404},
        "do": {"respond": {"status": 404, "body": "404 page not found\n"}},
    },
]
REDIRECTS = 11

WORD = "a checksum that is no hash, `h1:wrong`; the second database of a world has hashes"
CANNOT = {
    "mod_bad_filenames": "a module that no world can have (rsc.io/badfile2)",
    "mod_load_badzip": "a module that no world can have (rsc.io/badzip)",
    "mod_sumdb": WORD,
    "mod_download_toolchain_gosum": WORD,
}


IDLE = {("1.21.13", "substituted")}  # a lookup of another module's is tested since 1.26.3


class ByPath:
    """The first element of a path, where it is one of these, is the host that is meant."""

    _PREFIX = re.compile(
        r"/mod(/(?P<host>\d{3}|invalid|sumdb-(wrong|direct|\d{3})|sumdb-redirect(?=/[^:]*:)|redirect/\d+)"
        r"((?<=redirect)/[^:]*:)?)?(?P<path>/.*)"
    )

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if found := self._PREFIX.fullmatch(flow.request.path):
            if found["host"]:
                flow.request.host_header = found["host"].replace("/", "-")
            flow.request.path = found["path"]


def rules(edge: Edge) -> str:
    """Return the rules; those that redirect name the port of the edge."""
    here = f"http://127.0.0.1:{edge.port}/mod"
    steps = [
        {
            "name": f"redirect-{count}",
            "where": {"host": f"redirect-{count}"},
            "do": {"redirect": f"{here}/redirect/{count - 1}/" if count > 1 else f"{here}/"},
        }
        for count in range(1, REDIRECTS + 1)
    ]
    return json.dumps(RULES + steps)


@contextmanager
def behind_the_rules(go: Toolchain, folder: Path) -> Iterator[tuple[Edge, str]]:
    """Serve Go's test modules behind the edge; yield it, and its URL."""
    world, _ = peer.world(go)
    proxies = ["127.0.0.1", *(f"sumdb-{status}" for status in (404, 503, 504))]
    databases = ["sumdb-wrong", "sumdb-direct", "sumdb-redirect"]
    hosts = {name: Host(proxy="/") for name in proxies}
    hosts |= {name: Host(sumdb=True) for name in databases}
    tree = build(world.model_copy(update={"hosts": hosts}), folder / "worlds")
    control = folder / "control"
    with running(tree, "--control", control) as port, run(folder, port, first=[ByPath()]) as edge:
        while not control.exists():  # the origin reads its world first
            time.sleep(0.1)
        Control(control).set(OriginState(forked=("sumdb-wrong",)))
        edge.arm(rules(edge))
        yield edge, f"http://127.0.0.1:{edge.port}/mod"


@pytest.mark.parametrize("version", ["1.27.3", pytest.param("1.21.13", marks=pytest.mark.whole)])
def test_gos_scripts_pass_behind_an_edge_whose_rules_say_what_gos_test_proxy_does(
    version: str, tmp_path: Path
) -> None:
    go = ensure(version)
    with behind_the_rules(go, tmp_path) as (edge, url):
        found = peer.scripts(go, tmp_path, "^mod_", url)
        fired = edge.fired()
    failed = {name for name, outcome in found.items() if outcome == "FAIL"}
    print(f"{version}: {sum(o == 'PASS' for o in found.values())} pass, {len(failed)} cannot:")
    for name in sorted(failed):
        print(f"  {name}: {CANNOT.get(name)}")
    assert failed == set(CANNOT) & set(found)
    assert not [rule for rule, hits in fired.items() if not hits and (version, rule) not in IDLE]
