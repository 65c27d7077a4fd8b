"""Our terminal, while it is lent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios

# A mutex that is locked twice keeps the main thread for ever, and no signal wakes it.
SCRIPT = """
import ctypes
from lab.sandbox.streams import raw
mutex, lock = ctypes.create_string_buffer(64), ctypes.CDLL(None).pthread_mutex_lock
with raw(lambda rows, columns: print(rows, columns, flush=True)):
    lock(mutex)
    lock(mutex)
"""


def test_signals_are_heeded_whatever_the_main_thread_waits_for() -> None:
    ours, terminal = os.openpty()
    before = termios.tcgetattr(terminal)
    termios.tcsetwinsize(terminal, (24, 80))
    program = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(program, stdin=terminal, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"24 80\n"
            termios.tcsetwinsize(terminal, (30, 100))
            process.send_signal(signal.SIGWINCH)
            assert process.stdout.readline() == b"30 100\n"
            assert termios.tcgetattr(terminal) != before
            process.terminate()
            assert process.wait(20) == 128 + signal.SIGTERM
            assert termios.tcgetattr(terminal) == before
        finally:
            process.kill()
            os.close(ours)
            os.close(terminal)
