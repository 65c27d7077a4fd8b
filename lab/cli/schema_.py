"""`golab schema`: the JSON Schema of scenario files and of reports."""

from __future__ import annotations

import json

import click

from lab.results.model import Report
from lab.scenario.schema import DIALECT
from lab.scenario.schema import schema as of_scenarios


@click.command("schema")
@click.argument("what", type=click.Choice(["scenario", "report"]), default="scenario")
def command(what: str) -> None:
    """Print the JSON Schema of scenario files (the default) or of reports."""
    of_reports = {"$schema": DIALECT, **Report.model_json_schema(by_alias=True)}
    schema = of_scenarios() if what == "scenario" else of_reports
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
