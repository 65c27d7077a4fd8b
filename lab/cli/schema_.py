"""`golab schema`: the JSON Schema of scenario files and of reports."""

from __future__ import annotations

import json

import click
from pydantic import BaseModel

from lab.results import Report
from lab.scenario.model import Scenario

_SCHEMAS: dict[str, type[BaseModel]] = {"scenario": Scenario, "report": Report}


@click.command("schema")
@click.argument("what", type=click.Choice(list(_SCHEMAS)), default="scenario")
def command(what: str) -> None:
    """Print the JSON Schema of scenario files (the default) or of reports."""
    schema = _SCHEMAS[what].model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
