"""`golab faults`: the fault rules on their own, for mitmdump, editors and the reference."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from lab.cli.group import Group
from lab.errors import ScenarioError
from lab.plural import counted
from lab.report.page import emit


@click.group("faults", cls=Group)
def command() -> None:
    """The fault rules on their own: `mitmdump -s "$(golab faults path)"`."""


@command.command("path")
def path() -> None:
    """Print the script that mitmdump loads."""
    click.echo(str(files("faults") / "script.py"))


@command.command("list")
def list_() -> None:
    """List every action with what it does."""
    from faults.model.base import dashed
    from faults.registry import ACTIONS

    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    for name, _, kind in ACTIONS:
        rows.add_row(dashed(name), Text((kind.__doc__ or "").splitlines()[0]))
    emit(lambda _: [rows])


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
    from faults import rules
    from faults.lint import lint
    from faults.source import SourceError
    from lab.report.visible import visible

    try:
        loaded = rules.load(file)
    except SourceError as error:
        raise ScenarioError([str(problem) for problem in error.problems]) from None
    never = lint(loaded)
    for name, reason in never:
        click.echo(visible(f"{file}: rule {name} can never act: {reason}"))
    told = f"{len(never)} of them can never act" if never else "each can act"
    if len(loaded) == 1:
        told = "it can never act" if never else "it can act"
    click.echo(f"{counted(len(loaded), 'rule')}, {told}")
