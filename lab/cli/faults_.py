"""`golab faults`: the fault rules on their own, for mitmdump and for editors."""

from __future__ import annotations

from importlib.resources import files

import click


@click.group("faults")
def command() -> None:
    """Fault rules without a lab: `mitmdump -s "$(golab faults path)"`."""


@command.command("path")
def path() -> None:
    """Print the script that mitmdump loads."""
    click.echo(str(files("faults") / "script.py"))
