"""`golab down`: end labs that are up."""

from __future__ import annotations

import click

from lab.errors import OK, UnfitError, UsageError


@click.command("down")
@click.argument("labs", nargs=-1, metavar="[LAB]...")
@click.option("--all", "everything", is_flag=True, help="Every lab that is held open here.")
def command(labs: tuple[str, ...], *, everything: bool) -> int:
    """End labs, and wait until nothing of them is left.

    A lab of the Docker engine whose holder is not here is removed by its labels.
    """
    from lab.holding import calls, registry

    if bool(labs) == everything:
        raise UsageError("which lab? `golab ps` lists them; --all ends every one")
    if everything:
        for lab in registry.held():
            calls.down(lab)
            click.echo(lab.id)
    for name in labs:
        try:
            found = registry.find(name)
        except UsageError as error:
            click.echo(_removed(name, str(error)))
        else:
            calls.down(found)
            click.echo(found.id)
    return OK


def _removed(name: str, unknown: str) -> str:
    """Remove a lab that only the engine knows, if it does."""
    from lab.holding import overview

    try:
        removed = overview.remove(name)
    except UnfitError as error:
        raise UsageError(f"{unknown}; what Docker has cannot be told: {error.reason}") from None
    if removed is None:
        raise UsageError(unknown)
    return removed
