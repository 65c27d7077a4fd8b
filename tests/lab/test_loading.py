"""What `golab run` loads before a lab runs: nothing that only a lab, a probe or a report needs."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys, threading
sys.argv = ["golab", "run", "auth-fallback", "--backend", "local"]
from lab import session
def run(self, runs, observer, **_):
    assert [run.name for run in runs] == ["auth-fallback"]
    print(*sys.modules)
    sys.stdout.flush()
    import os
    os._exit(0)
session.Session.run = run
threading.Thread.start = lambda self: None  # rich is loaded meanwhile
import lab.__main__
lab.__main__.main()
"""

OF_OTHERS = {
    "asyncio",
    "cryptography",
    "docker",
    "h11",
    "mitmproxy",
    "rich",
    "ssl",
    "lab.diagnostics.lints",
    "lab.diagnostics.probes.auth_parity",
    "lab.origin.app",
    "lab.sandbox.agent.main",
    "lab.world.layout",
}


def test_a_run_loads_what_it_needs_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "lab.scenario.model" in loaded, done.stderr
    assert not OF_OTHERS & loaded
