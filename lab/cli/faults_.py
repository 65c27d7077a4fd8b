"""`golab faults`: the fault rules on their own, for mitmdump, editors and the reference."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from lab.errors import ScenarioError


@click.group("faults")
def command() -> None:
    """The fault rules on their own: `mitmdump -s "$(golab faults path)"`."""


@command.command("path")
def path() -> None:
    """Print the script that mitmdump loads."""
    click.echo(str(files("faults") / "script.py"))


@command.command("list")
def list_() -> None:
    """List every action with what it does."""
    from faults import reference

    found = list(reference.actions())
    width = max(len(word) for word, _ in found)
    for word, kind in found:
        click.echo(f"{word:{width}}  {(kind.__doc__ or '').splitlines()[0]}")


@command.command("docs")
def docs() -> None:
    """Print the reference of all rules, in Markdown."""
    from faults import reference

    click.echo(reference.page(), nl=False)


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule files."""
    from faults import reference

    click.echo(reference.schema_text(), nl=False)


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Check a rule file, and name the rules that can never act."""
    from faults import rules, yamlsource
    from faults.dead import dead
    from lab.report.visible import visible

    try:
        loaded = rules.load(file)
    except yamlsource.SourceError as error:
        raise ScenarioError([str(problem) for problem in error.problems]) from None
    never = dead(loaded)
    for name, reason in never:
        click.echo(visible(f"{file}: rule {name} can never act: {reason}"))
    click.echo(f"{len(loaded)} rules, {len(never)} of them can never act")
