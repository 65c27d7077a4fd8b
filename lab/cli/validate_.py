"""`golab validate`: check scenario files without running anything."""

from __future__ import annotations

from pathlib import Path

import click

from lab.errors import ScenarioError
from lab.plural import counted
from lab.report.visible import visible
from lab.scenario.load import catalogue, load


@click.command("validate")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
def command(files: tuple[Path, ...]) -> None:
    """Check scenario files; without FILE, the whole catalogue."""
    if not files:
        click.echo(f"{counted(len(catalogue()), 'scenario')}: valid")
        return
    problems: list[str] = []
    seen: dict[str, Path] = {}
    for file in files:
        try:
            loaded = load(file)
        except ScenarioError as error:
            problems += error.problems
            continue
        id_ = loaded.scenario.id
        if id_ in seen and not file.samefile(seen[id_]):
            problems.append(f"{file}:1:1: the id {id_!r} is taken by {seen[id_]}")
            continue
        seen[id_] = file
        click.echo(visible(f"{file}: valid"))
    if problems:
        raise ScenarioError(problems)
