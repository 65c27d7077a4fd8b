"""`golab ps`: the labs that are up."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from lab.cli import say
from lab.errors import OK
from lab.report.page import emit, table
from lab.report.visible import visible

_HEADER = ("LAB", "SCENARIO", "ARM", "BACKEND", "GO", "UP SINCE", "HELD BY")


@click.command("ps")
@click.option("--json", "as_json", is_flag=True, help="A JSON array, an object for each lab.")
def command(*, as_json: bool) -> int:
    """List the labs that are up here, and those that golab has in the Docker engine."""
    from lab.daemon.listing import overview

    labs, problem = overview()
    if as_json:
        click.echo(json.dumps([asdict(lab) for lab in labs], indent=2))
    else:
        rows = []
        for lab in labs:
            holder = "nobody; `golab prune` removes it" if lab.abandoned else lab.holder
            holder += ", which is mute" if lab.mute else ""
            cells = (lab.lab, lab.scenario, lab.arm, lab.backend, lab.go, lab.since, holder)
            rows.append([visible(cell or "-") for cell in cells])
        emit(lambda width: [table(_HEADER, rows, width, wraps=_HEADER[-1])])
    if problem:
        say(f"labs in Docker are not listed: {problem}")
    return OK
