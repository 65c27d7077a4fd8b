"""`golab logs`: what the edge of a lab has seen."""

from __future__ import annotations

import json

import click

from lab.errors import OK


@click.command("logs")
@click.argument("lab")
def command(lab: str) -> int:
    """Print each request, DNS query and handshake that the edge has seen, a JSON object a line."""
    from lab import holding

    answer = holding.ask(holding.find(lab), "edge", request={"do": "ledger"})
    for record in answer["records"]:
        click.echo(json.dumps(record, sort_keys=True))
    return OK
