"""`golab fault`: list, switch on and switch off the faults of a lab that is up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli import complete
from lab.cli.group import Group
from lab.errors import OK, UsageError
from lab.report.visible import visible

if TYPE_CHECKING:
    from lab.sandbox.controls import EdgeControl


def _edge(lab: str) -> EdgeControl:
    from lab.daemon import client, registry

    return client.edge(registry.find(lab))


def _switch(lab: str, name: str, *, on: bool) -> int:
    edge = _edge(lab)
    known = [rule["name"] for rule in edge.rules()]
    if name not in known:
        raise UsageError(f"lab {lab} has no fault {name!r}; it has {', '.join(known) or 'none'}")
    edge.switch(name, on=on)
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
