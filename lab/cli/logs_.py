"""`golab logs`: what the edge, or the origin, of a lab has seen."""

from __future__ import annotations

import json

import click

from lab.cli import complete
from lab.errors import OK
from lab.report.visible import visible

_INTERRUPTED = 130


@click.command("logs")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until interrupted.")
@click.option("--origin", is_flag=True, help="What the origin was asked, by the edge.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, with every field.")
@click.argument("lab", shell_complete=complete.labs)
def command(lab: str, *, follow: bool, origin: bool, as_json: bool) -> int:
    """Print each query, handshake and request that the edge has seen, a line each.

    A line has the seconds since the lab was set up, what was asked and answered, and the faults
    that acted on it.
    """
    from lab.daemon import logs, registry

    found = registry.find(lab)
    source = logs.ORIGIN if origin else logs.EDGE
    try:
        for record in logs.records(found, source, follow=follow):
            line = json.dumps(record, sort_keys=True) if as_json else source.line(record)
            click.echo(visible(line))
    except KeyboardInterrupt:
        return _INTERRUPTED
    return OK
