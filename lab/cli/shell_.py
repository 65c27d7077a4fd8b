"""`golab shell`: a terminal as the client of a lab that is up."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from lab.errors import UsageError


@click.command("shell")
@click.argument("lab")
def command(lab: str) -> int:
    """Open a shell in the project of a lab's client; its prompt says which lab and arm."""
    from lab import holding

    held = holding.find(lab)
    if not sys.stdin.isatty():
        raise UsageError("a shell needs a terminal; `golab exec` runs one command without")
    if held.backend == "docker":
        from lab.sandbox.docker.terminal import shell

        return shell(held.id)
    words = ["sh", "-c", held.entrance]
    return subprocess.call(words, env={**os.environ, "TERM": os.environ.get("TERM", "dumb")})
