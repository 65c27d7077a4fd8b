"""An edge that cannot have one of its ports says so at once, and does not keep golab waiting."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

EDGE = "from lab.sandbox.programs import run; run('edge', 0, 1)"
HERE = "127.77.0.1"


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    """Who may not have the ports of DNS and HTTP at all is told of those."""
    start = {"id": 0, "do": "start", "address": HERE, "names": [], "home": str(tmp_path)}
    line = json.dumps({**start, "origin": HERE, "other": "", "token": "t"}) + "\n"
    with socket.create_server((HERE, 8080)):
        edge = subprocess.Popen(
            [sys.executable, "-c", EDGE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with edge:
            assert edge.stdin
            assert edge.stdout
            edge.stdin.write(line)
            edge.stdin.flush()  # and it stays open: golab is still there
            try:
                reply = json.loads(edge.stdout.readline())
            finally:
                edge.kill()
    assert reply["id"] == 0
    said = f"the edge of the lab did not start: it cannot listen at {HERE}:"
    if reply["error"] != f"{said}8080: address already in use":
        assert os.geteuid() != 0
        assert reply["error"].startswith(said)
