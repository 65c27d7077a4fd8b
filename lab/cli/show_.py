"""`golab show`: one scenario, as a person wants to read it before running it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.cli import complete
from lab.replay.arms import settings
from lab.report.page import emit
from lab.report.visible import visible, visible_json, visible_parts
from lab.scenario.load import Run, described, flow, select
from lab.scenario.model import Scenario
from lab.spec.expectations import Expected
from lab.spec.sources import cited


@click.command("show")
@click.argument("scenario", metavar="SCENARIO[/VARIANT]", shell_complete=complete.scenarios)
@click.option("--json", "as_json", is_flag=True, help="Print the scenario as JSON.")
def command(scenario: str, *, as_json: bool) -> None:
    """Show one scenario: story, faults, replay, lesson."""
    runs = select([scenario])
    if as_json:
        data = [run.scenario.model_dump(mode="json", by_alias=True) for run in runs]
        one_or_all = data[0] if len(data) == 1 else data
        click.echo(visible_json(json.dumps(one_or_all, indent=2, ensure_ascii=False)))
        return
    shown = visible_parts(runs)
    emit(lambda _: _page(visible(scenario), shown))


def _page(name: str, runs: list[Run]) -> Iterator[RenderableType]:
    first = runs[0].scenario
    kind = "" if first.kind == "failure" else f"  ({first.kind})"
    yield Text.assemble((name, "bold cyan"), "  ", (first.title, "bold"), kind)
    for source in cited(first.sources):
        yield Padding(Text(f"documented in {source}", style="dim"), (0, 0, 0, 2))
    yield Padding(Text(" ".join(first.story.split())), (1, 0, 1, 2))
    for run in runs:
        if run.variant:
            yield Text(f"variant {run.variant}", style="bold")
        facts = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
        facts.add_column(no_wrap=True)
        facts.add_column(overflow="fold")
        for label, text in _facts(run.scenario):
            facts.add_row(Text(f"  {label}", style="dim"), Text(text))
        yield facts
    yield Text.assemble(("\nlesson  ", "bold"), " ".join(first.lesson.split()))


def _facts(scenario: Scenario) -> list[tuple[str, str]]:
    facts = [("client", f"{name}={value}") for name, value in scenario.client.variables.items()]
    facts += [("fault", f"{rule.name}: {described(rule)}") for rule in scenario.faults]
    facts += [("break", text) for text in settings(scenario.break_.client)]
    facts += [("break", f"$ {step.run}") for step in scenario.break_.steps]
    facts += [("replay", text) for text in scenario.replay.commands]
    record = scenario.diagnostics
    outcomes = [("false alarm", record.false_alarm)]
    if scenario.is_control:
        facts.append(("healthy", _words(scenario.replay.healthy)))
        outcomes.append(("right", record.right))
    else:
        facts.append(("broken", _words(scenario.replay.broken)))
        facts.append(("remedy", " ".join(scenario.repair.how.split())))
        facts += [("remedy", text) for text in settings(scenario.repair.client)]
        facts += [("remedy", f"$ {step.run}") for step in scenario.repair.steps]
        outcomes = [("detected", record.detect), ("missed by", record.miss), *outcomes]
    facts += [(label, ", ".join(names) or "none") for label, names in outcomes]
    return facts


def _words(expected: Expected) -> str:
    return flow(expected.model_dump(mode="json", by_alias=True, exclude_unset=True))
