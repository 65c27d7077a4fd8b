"""However an interrupt meets golab, its exit status is 130."""

from __future__ import annotations

import subprocess
import sys


def test_an_interrupt_while_python_makes_a_class_is_an_interrupt_like_any_other() -> None:
    script = (
        "import lab.cli\n"
        "lab.cli.main = lambda: exec('raise KeyboardInterrupt')\n"
        "from lab.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    said = "golab: interrupted; nothing is left behind\n"
    assert (done.returncode, done.stderr) == (130, said)
