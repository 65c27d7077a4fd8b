"""`golab prune`: remove what golabs that have ended left in a Docker engine."""

from __future__ import annotations

import click

from lab.cli.each import each
from lab.errors import OK, UnfitError
from lab.report.visible import visible


@click.command("prune")
@click.option("--all", "everything", is_flag=True, help="Labs that are in use, too, whosever.")
def command(*, everything: bool) -> int:
    """Remove labs whose golab has ended; what has no label of golab's is never touched.

    Local labs end with their golab and leave nothing but a note, which goes as well. So where no
    Docker engine is set up there is nothing else to do; where one is that does not answer, that
    is an error, because it may have something.
    """
    from lab.daemon import listing, registry

    registry.held()
    try:
        engine = listing.engine()
    except UnfitError as error:
        said = f"what is in Docker stays: {error.reason}"
        raise UnfitError(said, "start it, or unset DOCKER_HOST") from None
    if engine is None:
        return OK
    from lab.sandbox.docker import sweep

    def remove(lab: sweep.Found) -> None:
        sweep.remove(engine, lab.id)
        click.echo(visible(f"removed {lab.id} ({lab.scenario})"))

    return each((lab for lab in sweep.every(engine) if everything or lab.abandoned), remove)
