"""A real terminal in a client's container, through the engine's API."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import termios
import tty
from typing import Any

from lab.errors import LabError
from lab.sandbox.docker import sweep
from lab.sandbox.docker.engine import connect, spoken
from lab.sandbox.interface import ENTRANCE


def shell(lab: str) -> int:
    """Run a shell as the client of this lab on our terminal, and return its exit status.

    Raises:
        LabError: the lab has gone.
    """
    engine = connect()
    found = sweep.every(engine, lab)
    if not found or "client" not in found[0].containers:
        raise LabError(f"lab {lab} has gone")
    with spoken("opening a shell"):
        made = engine.api.exec_create(
            found[0].containers["client"]["Id"],
            ["env", "-i", f"TERM={os.environ.get('TERM', 'dumb')}", "sh", ENTRANCE],
            user="client",
            tty=True,
            stdin=True,
        )
        response = engine.api.exec_start(made["Id"], tty=True, socket=True)
    remote: Any = getattr(response, "_sock", response)

    def resize(*_: object) -> None:
        size = shutil.get_terminal_size()
        with contextlib.suppress(Exception):  # it has ended meanwhile
            engine.api.exec_resize(made["Id"], height=size.lines, width=size.columns)

    before = signal.signal(signal.SIGWINCH, resize)
    settings = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        resize()
        _relay(remote)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, settings)
        signal.signal(signal.SIGWINCH, before)
        remote.close()
    with spoken("closing a shell"):
        return int(engine.api.exec_inspect(made["Id"])["ExitCode"] or 0)


def _relay(remote: Any) -> None:
    sys.stdout.flush()
    watched = [0, remote]
    while True:
        for ready in select.select(watched, [], [])[0]:
            if ready == 0:
                typed = os.read(0, 4096)
                if not typed:
                    watched.remove(0)
                remote.sendall(typed)
                continue
            shown = remote.recv(65536)
            if not shown:
                return
            while shown:
                shown = shown[os.write(1, shown) :]
