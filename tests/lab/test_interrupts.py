"""However an interrupt meets golab, its exit status is 130."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import lab.cli
from lab.__main__ import main

lab.cli.main = lambda: exec("raise KeyboardInterrupt")
main()
"""


def test_an_interrupt_while_python_makes_a_class_is_an_interrupt_like_any_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "script"], cwd=tmp_path, capture_output=True, text=True
    )
    said = "golab: interrupted; nothing is left behind\n"
    assert (done.returncode, done.stderr) == (130, said)
