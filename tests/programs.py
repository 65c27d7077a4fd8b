"""Programs that a machine may lack."""

from __future__ import annotations

import os
import shutil

import pytest

PACKAGES = {
    "docker": "docker.io",
    "nslookup": "bind9-dnsutils",
    "ps": "procps",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
}


def needed(program: str) -> str:
    """Return where a program is; without it, the test is skipped."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"{program} is missing: apt-get install {PACKAGES.get(program, program)}")
    return found
