"""`golab ps`: the labs that are up."""

from __future__ import annotations

import click

from lab.errors import OK


@click.command("ps")
def command() -> int:
    """List the labs that are up here, and those that golab has in the Docker engine."""
    from lab import holding
    from lab.sandbox.docker import where

    known = holding.held()
    rows = [
        (lab.id, lab.scenario, lab.arm, lab.backend, f"held by process {lab.pid}") for lab in known
    ]
    if where.may_be():
        from lab.sandbox.docker.engine import connect
        from lab.sandbox.docker.sweep import every

        ids = {lab.id for lab in known}
        for lab in every(connect()):
            if lab.id not in ids:
                said = "abandoned; `golab prune` removes it" if lab.abandoned else lab.owner
                rows.append((lab.id, lab.scenario, "-", "docker", said))
    for row in rows:
        click.echo("{:<8} {:<26} {:<9} {:<7} {}".format(*row))
    return OK
