"""`golab list`: the catalogue."""

from __future__ import annotations

import json

import click
from rich.table import Table

from lab.report.page import emit
from lab.scenario.load import of_family


@click.command("list")
@click.option("--family", help="Only this family.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, family: str | None, as_json: bool) -> None:
    """List the catalogue."""
    found = [loaded.scenario for loaded in of_family(family)]
    if as_json:
        rows = [
            {
                "id": scenario.id,
                "family": scenario.family,
                "kind": scenario.kind,
                "title": scenario.title,
                "silent": scenario.silent,
                "variants": list(scenario.variants),
            }
            for scenario in found
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("scenario", style="cyan", no_wrap=True)
    table.add_column("family", no_wrap=True)
    table.add_column("silent", no_wrap=True)
    table.add_column("title", ratio=1)
    for scenario in found:
        variants = f" ({', '.join(scenario.variants)})" if scenario.variants else ""
        silent = "yes" if scenario.silent else "no"
        table.add_row(scenario.id, scenario.family, silent, scenario.title + variants)
    emit(lambda _: [table])
