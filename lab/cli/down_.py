"""`golab down`: end labs that are up."""

from __future__ import annotations

import click

from lab.errors import OK, UsageError


@click.command("down")
@click.argument("labs", nargs=-1, metavar="[LAB]...")
@click.option("--all", "everything", is_flag=True, help="Every lab that is held open here.")
def command(labs: tuple[str, ...], *, everything: bool) -> int:
    """End labs, and wait until nothing of them is left.

    A lab of the Docker engine whose holder is not here is removed by its labels.
    """
    from lab import holding

    if bool(labs) == everything:
        raise UsageError("which lab? `golab ps` lists them; --all ends every one")
    if everything:
        for lab in holding.held():
            holding.down(lab)
            click.echo(lab.id)
    for name in labs:
        try:
            found = holding.find(name)
        except UsageError:
            if not _removed(name):
                raise
        else:
            holding.down(found)
        click.echo(name)
    return OK


def _removed(name: str) -> bool:
    """Remove a lab that only the engine knows, if it does."""
    from lab.sandbox.docker import where

    if not where.may_be():
        return False
    from lab.sandbox.docker import sweep
    from lab.sandbox.docker.engine import connect

    engine = connect()
    if not sweep.every(engine, name):
        return False
    sweep.remove(engine, name)
    return True
