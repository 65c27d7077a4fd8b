"""`golab show`: one scenario, as a person wants to read it before running it."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from lab.scenario.load import cited, described, select
from lab.scenario.model import Scenario


@click.command("show")
@click.argument("scenario", metavar="SCENARIO[/VARIANT]")
@click.option("--json", "as_json", is_flag=True, help="Print the scenario as JSON.")
def command(scenario: str, *, as_json: bool) -> None:
    """Show one scenario: story, faults, replay, lesson."""
    runs = select([scenario])
    if as_json:
        data = [run.scenario.model_dump(mode="json", by_alias=True) for run in runs]
        click.echo(json.dumps(data[0] if len(data) == 1 else data, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    first = runs[0].scenario
    console.print(Text.assemble((scenario, "bold cyan"), "  ", (first.title, "bold")))
    for source in cited(first):
        console.print(Padding(Text(f"documented in {source}", style="dim"), (0, 0, 0, 2)))
    console.print(Padding(Text(" ".join(first.story.split())), (1, 0, 1, 2)))
    for run in runs:
        if run.variant:
            console.print(Text(f"variant {run.variant}", style="bold"))
        for label, text in _facts(run.scenario):
            console.print(Text.assemble((f"  {label:<10}", "dim"), text))
    console.print()
    console.print(Text.assemble(("lesson  ", "bold"), " ".join(first.lesson.split())))


def _facts(scenario: Scenario) -> list[tuple[str, str]]:
    facts = [("client", f"{name}={value}") for name, value in scenario.client.env.items()]
    facts += [("fault", f"{rule.name}: {described(rule)}") for rule in scenario.faults]
    facts += [
        ("break", f".netrc: {credential} credential for {host}")
        for host, credential in scenario.break_.client.netrc.items()
    ]
    facts += [("replay", text) for text in scenario.replay.commands]
    expected = scenario.replay.broken.model_dump(mode="json", by_alias=True, exclude_unset=True)
    facts.append(("broken", _flow(expected)))
    facts.append(("remedy", " ".join(scenario.repair.how.split())))
    facts.append(("detected", ", ".join(scenario.diagnostics.detect) or "by nothing"))
    facts.append(("missed by", ", ".join(scenario.diagnostics.miss) or "nothing"))
    return facts


def _flow(data: object) -> str:
    return json.dumps(data, ensure_ascii=False).replace('"', "")
