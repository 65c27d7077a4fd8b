"""Starts golab, and tells from when on it heeds interrupts: Python's start is not its to handle."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

# Python imports this before anything of golab's. It tells once, and no child of golab's.
SITE = """
import os, signal

real = signal.signal

def signal_(number, handler):
    before = real(number, handler)
    if number == signal.SIGINT and (told := os.environ.pop("HEEDS", "")):
        os.close(int(told))
    return before

signal.signal = signal_
"""


def heeding(command: list[str], **options: Any) -> subprocess.Popen[str]:
    """Start golab; return as soon as it heeds interrupts, or has ended."""
    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(SITE, encoding="ascii")
        env = {**(options.pop("env", None) or os.environ), "HEEDS": str(writer)}
        env["PYTHONPATH"] = os.pathsep.join([folder, *filter(None, [env.get("PYTHONPATH")])])
        process = subprocess.Popen(command, env=env, pass_fds=[writer], text=True, **options)
        os.close(writer)
        os.read(reader, 1)  # the end of the pipe: nothing is ever written to it
        os.close(reader)
    return process
