"""`golab fault`: the faults of a lab that is up: list, switch, add and remove them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli import complete, say
from lab.cli.group import Group
from lab.errors import OK, ScenarioError, UsageError
from lab.report.visible import visible

if TYPE_CHECKING:
    from lab.sandbox.controls import EdgeControl


def _edge(lab: str) -> EdgeControl:
    from lab.daemon import client, registry

    return client.edge(registry.find(lab))


def _with(lab: str, name: str) -> EdgeControl:
    """Return the edge of a lab that has a fault of this name."""
    edge = _edge(lab)
    known = [rule["name"] for rule in edge.rules()]
    if name not in known:
        raise UsageError(f"lab {lab} has no fault {name!r}; it has {', '.join(known) or 'none'}")
    return edge


def _switch(lab: str, name: str, *, on: bool) -> int:
    _with(lab, name).switch(name, on=on)
    return OK


@click.group("fault", cls=Group)
def command() -> None:
    """The faults of a lab that is up."""


@command.command("list")
@click.argument("lab", shell_complete=complete.labs)
def list_(lab: str) -> int:
    """List the faults: name, whether they are on, how often they have fired."""
    for rule in _edge(lab).rules():
        state = "on" if rule["on"] else "off"
        click.echo(f"{visible(rule['name']):<24} {state:<4} fired {rule['hits']}")
    return OK


@command.command("on")
@click.argument("lab", shell_complete=complete.labs)
@click.argument("name", shell_complete=complete.faults)
def on(lab: str, name: str) -> int:
    """Switch a fault on."""
    return _switch(lab, name, on=True)


@command.command("off")
@click.argument("lab", shell_complete=complete.labs)
@click.argument("name", shell_complete=complete.faults)
def off(lab: str, name: str) -> int:
    """Switch a fault off."""
    return _switch(lab, name, on=False)


@command.command("add")
@click.argument("lab", shell_complete=complete.labs)
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete.files)
@click.option("--off", is_flag=True, help="Leave them switched off.")
def add(lab: str, file: Path, *, off: bool) -> int:
    """Add the faults of a rule file, and switch them on.

    They come behind those there are; one of the same name takes the place of the other.
    """
    from faults import rules
    from faults.source import SourceError

    try:
        loaded = rules.load(file)
    except SourceError as error:
        raise ScenarioError([str(problem) for problem in error.problems]) from None
    for warning in _edge(lab).add(loaded, on=not off):
        say(f"{file}: {warning}")
    for rule in loaded:
        click.echo(visible(rule.name))
    return OK


@command.command("remove")
@click.argument("lab", shell_complete=complete.labs)
@click.argument("name", shell_complete=complete.faults)
def remove(lab: str, name: str) -> int:
    """Remove a fault."""
    _with(lab, name).remove(name)
    return OK
