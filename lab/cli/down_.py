"""`golab down`: end labs that are up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli import complete
from lab.cli.each import each
from lab.errors import UnfitError, UsageError

if TYPE_CHECKING:
    from lab.daemon.registry import Held


@click.command("down")
@click.argument("labs", nargs=-1, metavar="[LAB]...", shell_complete=complete.labs)
@click.option("--all", "everything", is_flag=True, help="Every lab that is held open here.")
def command(labs: tuple[str, ...], *, everything: bool) -> int:
    """End labs, and wait until nothing of them is left.

    A lab of the Docker engine whose holder is not here is removed by its labels. One that cannot
    be ended does not keep the others.
    """
    from lab.daemon import registry

    if bool(labs) == everything:
        raise UsageError("which lab? `golab ps` lists them; --all ends every one")
    return each(registry.held(), _end) if everything else each(labs, _end_named)


def _end(lab: Held) -> None:
    from lab.daemon import client

    client.down(lab)
    click.echo(lab.id)


def _end_named(name: str) -> None:
    from lab.daemon import registry

    try:
        found = registry.find(name)
    except UsageError as error:
        click.echo(_removed(name, str(error)))
    else:
        _end(found)


def _removed(name: str, unknown: str) -> str:
    """Remove a lab that only the engine knows, if it does."""
    from lab.daemon import listing

    try:
        removed = listing.remove(name)
    except UnfitError as error:
        raise UsageError(f"{unknown}; what Docker has cannot be told: {error.reason}") from None
    if removed is None:
        raise UsageError(unknown)
    return removed
