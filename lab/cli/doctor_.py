"""`golab doctor`: is this machine fit for labs?"""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from lab.errors import LAB, OK
from lab.fitness import checks

_MARKS = {"ok": ("ok", "green"), "optional": ("--", "yellow"), "missing": ("NO", "bold red")}


@click.command("doctor")
def command() -> int:
    """Say whether this machine can run labs, and what is missing."""
    console = Console(highlight=False)
    fit = True
    for check in checks():
        mark, style = _MARKS[check.state]
        console.print(Text.assemble((f"{mark}  ", style), (f"{check.name:<11} "), check.said))
        if check.remedy:
            console.print(Text(f"    {'':<11} -> {check.remedy}", style=style))
        fit = fit and check.state != "missing"
    console.print(Text("This machine can run labs." if fit else "This machine cannot run labs."))
    return OK if fit else LAB
