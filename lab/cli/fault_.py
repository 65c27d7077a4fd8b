"""`golab fault`: list, switch on and switch off the faults of a lab that is up."""

from __future__ import annotations

from typing import Any

import click

from lab.cli import complete
from lab.cli.group import Group
from lab.errors import OK, UsageError


def _edge(lab: str, **request: Any) -> Any:
    from lab.daemon import client, registry

    return client.ask(registry.find(lab), "edge", request=request)


def _switch(lab: str, name: str, *, to: str) -> int:
    known = [rule["name"] for rule in _edge(lab, do="list")["rules"]]
    if name not in known:
        raise UsageError(f"lab {lab} has no fault {name!r}; it has {', '.join(known) or 'none'}")
    _edge(lab, do=to, name=name)
    return OK


@click.group("fault", cls=Group)
def command() -> None:
    """The faults of a lab that is up."""


@command.command("list")
@click.argument("lab", shell_complete=complete.labs)
def list_(lab: str) -> int:
    """List the faults: name, whether they are on, how often they have fired."""
    fired = _edge(lab, do="fired")["fired"]
    for rule in _edge(lab, do="list")["rules"]:
        state = "on" if rule["on"] else "off"
        click.echo(f"{rule['name']:<24} {state:<4} fired {fired.get(rule['name'], 0)}")
    return OK


@command.command("on")
@click.argument("lab", shell_complete=complete.labs)
@click.argument("name", shell_complete=complete.faults)
def on(lab: str, name: str) -> int:
    """Switch a fault on."""
    return _switch(lab, name, to="on")


@command.command("off")
@click.argument("lab", shell_complete=complete.labs)
@click.argument("name", shell_complete=complete.faults)
def off(lab: str, name: str) -> int:
    """Switch a fault off."""
    return _switch(lab, name, to="off")
