"""`golab prune`: remove what golabs that have ended left in a Docker engine."""

from __future__ import annotations

import click

from lab.errors import OK


@click.command("prune")
@click.option("--all", "everything", is_flag=True, help="Labs that are in use, too, whosever.")
def command(*, everything: bool) -> int:
    """Remove labs whose golab has ended; what has no label of golab's is never touched."""
    from lab.sandbox.docker import sweep
    from lab.sandbox.docker.engine import connect

    engine = connect()
    for lab in sweep.every(engine):
        if everything or lab.abandoned:
            sweep.remove(engine, lab.id)
            click.echo(f"removed {lab.id} ({lab.scenario})")
    return OK
