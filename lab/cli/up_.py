"""`golab up`: start a lab that stays."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from lab.cli import complete, say_backend
from lab.cli.options import backend_option
from lab.errors import OK
from lab.report.visible import visible


@click.command("up")
@click.argument("scenario", metavar="SCENARIO[/VARIANT] | FILE", shell_complete=complete.scenarios)
@click.option(
    "--arm",
    type=click.Choice(["healthy", "broken", "repaired"]),
    show_default="broken, healthy of a control",
    help="As it stands where the commands of this arm begin.",
)
@backend_option
@click.option(
    "--go", metavar="VERSION", help="The Go version to use.", shell_complete=complete.versions
)
def command(scenario: str, *, arm: str | None, backend: str, go: str | None) -> int:
    """Start a lab that stays until `golab down`; its id is printed."""
    from lab.cli.progress import fetching
    from lab.daemon import start

    with fetching() as progress, _waiting(f"starting {scenario}") as stop:

        def fetch(what: str, done: int, total: int) -> None:
            stop()
            progress(what, done, total)

        lab = start.up(scenario, arm or "", backend, go, say=say_backend, progress=fetch)
    click.echo(lab.id)
    click.echo(
        f"{visible(lab.scenario)} is up ({lab.arm}, {lab.backend}, go {lab.go}); "
        f"`golab shell {lab.id}` enters it, `golab down {lab.id}` ends it",
        err=True,
    )
    return OK


@contextmanager
def _waiting(text: str) -> Iterator[Callable[[], object]]:
    """Show on a terminal that something is going on; what is yielded ends that."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.text import Text

    from lab.report.console import console

    with console(sys.stderr).status(Text(visible(text))) as status:
        yield status.stop
