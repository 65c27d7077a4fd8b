"""`golab doctor`: is this machine fit for labs?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from lab.doctor import Check, checks
from lab.errors import LAB, OK
from lab.report.page import emit
from lab.report.visible import visible
from lab.sandbox import unfit

_MARKS = {"ok": ("ok", "green"), "optional": ("--", "yellow"), "missing": ("NO", "bold red")}


@click.command("doctor")
@click.option(
    "--apparmor-profile", is_flag=True, help="Print a profile that allows this Python namespaces."
)
def command(*, apparmor_profile: bool) -> int:
    """Say whether this machine can run labs, and what is missing.

    Where AppArmor keeps user namespaces from programs without a profile (Ubuntu 24.04 and later),
    --apparmor-profile prints one, and the commands that install it; nothing is changed.
    """
    if apparmor_profile:
        click.echo(unfit.apparmor_profile(Path(sys.executable)), nl=False)
        return OK
    fit = True
    for check in checks():
        emit(_page(check))
        fit = fit and check.state != "missing"
    click.echo("This machine can run labs." if fit else "This machine cannot run labs.")
    return OK if fit else LAB


def _page(check: Check) -> Callable[[int], list[Table]]:
    """Show a check with what was found in a column of its own, so that it wraps within."""
    mark, style = _MARKS[check.state]
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=3)
    row.add_column(width=10)
    row.add_column(overflow="fold")
    row.add_row(Text(mark, style), check.name, visible(check.said))
    if check.remedy:
        row.add_row("", "", Text(f"-> {visible(check.remedy)}", style))
    return lambda _: [row]
