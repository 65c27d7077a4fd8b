"""`golab list`: the catalogue."""

from __future__ import annotations

import json

import click
from rich.text import Text

from lab.cli import complete
from lab.report.page import emit, table
from lab.report.visible import visible, visible_json
from lab.scenario.load import of_family
from lab.scenario.model import Scenario


@click.command("list")
@click.option("--family", help="Only this family.", shell_complete=complete.families)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, family: str | None, as_json: bool) -> None:
    """List the catalogue."""
    found = [(loaded.scenario, loaded.variants) for loaded in of_family(family)]
    if as_json:
        data = [
            {
                "id": scenario.id,
                "family": scenario.family,
                "kind": scenario.kind,
                "title": scenario.title,
                "silent": None if scenario.is_control else scenario.silent,
                "variants": variants,
            }
            for scenario, variants in found
        ]
        click.echo(visible_json(json.dumps(data, indent=2, ensure_ascii=False)))
        return
    rows: list[tuple[str | Text, ...]] = [
        (
            Text(scenario.id, "cyan"),
            scenario.family,
            _silence(scenario),
            visible(scenario.title) + (f" ({', '.join(variants)})" if variants else ""),
        )
        for scenario, variants in found
    ]
    headers = ("scenario", "family", "silent", "title")
    emit(lambda width: [table(headers, rows, width, wraps="title")])


def _silence(scenario: Scenario) -> str:
    if scenario.kind != "failure":
        return scenario.kind
    return "yes" if scenario.silent else "no"
