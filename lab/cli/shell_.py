"""`golab shell`: a terminal as the client of a lab that is up."""

from __future__ import annotations

import sys

import click

from lab.cli import complete
from lab.errors import UsageError


@click.command("shell")
@click.argument("lab", shell_complete=complete.labs)
def command(lab: str) -> int:
    """Open a shell in the project of a lab's client; its prompt says which lab and arm."""
    from lab.daemon import registry
    from lab.daemon.exec import run

    held = registry.find(lab)
    if not sys.stdin.isatty():
        raise UsageError("a shell needs a terminal; `golab exec` runs one command without")
    return run(held, terminal=True)
