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
    "xmllint": "libxml2-utils",
}
OTHERWISE = {"sarif-multitool": "npm install --global @microsoft/sarif-multitool"}


def needed(program: str) -> str:
    """Return where a program is; without it, the test is skipped."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        install = OTHERWISE.get(program, f"apt-get install {PACKAGES.get(program, program)}")
        pytest.skip(f"{program} is missing: {install}")
    return found
