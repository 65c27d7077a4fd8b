"""The `golab` command: loads the command line, and takes an interrupt at any moment calmly."""

# ruff: noqa: E402 - nothing is imported before an interrupt can wait, not even what is light
from __future__ import annotations

from lab.interrupts import INTERRUPTS

INTERRUPTS.watch()

import contextlib
import gc
import os
import signal
import sys

_INTERRUPTED = 130
_LOOSE = 50_000
"""Objects, not 700, after which Python looks for loose ones: what is loaded stays."""


def main() -> None:
    """Run golab and exit with its status."""
    said = "nothing is left behind"
    gc.set_threshold(_LOOSE)
    try:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by the caller
                setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for them takes time
        from lab.cli import main as command_line

        INTERRUPTS.release()
        status = command_line()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if INTERRUPTS.gave_up:
            said = "`golab prune` removes what may be left of Docker labs"
        elif labs := ", ".join(INTERRUPTS.stays):
            said = f"{labs} had come up and stays; `golab down {INTERRUPTS.stays[-1]}` ends it"
        sys.stderr.write(f"golab: interrupted; {said}\n")
        status = _INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # what matters was flushed before
            stream.flush()
    # Nothing of ours waits for Python to take itself apart, which takes it some 25 ms.
    os._exit(status)


if __name__ == "__main__":
    main()
