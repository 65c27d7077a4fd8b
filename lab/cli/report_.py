"""`golab report`: what `golab run --json` has written, put together and passed on."""

from __future__ import annotations

from pathlib import Path

import click

from lab.cli import complete
from lab.cli.group import Group
from lab.cli.outputs import Outputs, junit_option, status


@click.group("report", cls=Group)
def command() -> None:
    """Put the reports of several machines together."""


@command.command("merge")
@click.argument(
    "reports",
    nargs=-1,
    required=True,
    metavar="REPORT...",
    type=click.Path(path_type=Path),
    shell_complete=complete.files,
)
@click.option(
    "-o",
    "--output",
    "json_file",
    metavar="FILE",
    help="Write the one report there; - is stdout.",
    shell_complete=complete.files,
)
@junit_option
@click.option("-v", "--verbose", is_flag=True, help="Show every run in full.")
def merge(
    reports: tuple[Path, ...], *, json_file: str | None, junit_file: str | None, verbose: bool
) -> int:
    """Make one report of those of all shards, and show it.

    A shard that is missing, a run that is in two of them, and parts of different wholes are errors.
    Exit status: that of a `golab run` of all of it.
    """
    from lab.report import json_report, terminal
    from lab.report.merge import merged

    outputs = Outputs(json_file, junit_file)
    outputs.check_names()
    outputs.check()
    whole = merged({path: json_report.read(path) for path in dict.fromkeys(reports)})
    whole, problem = outputs.write(whole)
    outputs.show(whole, lambda: terminal.print_report(whole, verbose=verbose))
    return problem or status(whole)
