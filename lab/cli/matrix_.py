"""`golab matrix`: which diagnostic notices which failure, and which cries wolf."""

from __future__ import annotations

from pathlib import Path

import click

from lab.cli import complete
from lab.errors import UsageError


@click.command("matrix")
@click.argument(
    "report",
    required=False,
    type=click.Path(path_type=Path, dir_okay=False),
    shell_complete=complete.files,
)
@click.option("--family", help="One family, run by run.", shell_complete=complete.families)
@click.option(
    "--scenario",
    metavar="ID[/VARIANT]",
    help="What each diagnostic is worth for one scenario.",
    shell_complete=complete.scenarios,
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (golab.matrix/1).")
@click.option("--markdown", is_flag=True, help="Print docs/detection.md.")
def command(
    report: Path | None,
    *,
    family: str | None,
    scenario: str | None,
    as_json: bool,
    markdown: bool,
) -> None:
    """Show which diagnostics notice which failures: those on record, or those of a REPORT.

    A report with every diagnostic in it is what `golab run --all --diagnostics all --json REPORT`
    writes. A diagnostic detects a failure if it alarms in the broken arm and in no other.
    """
    from lab.matrix.build import of_record, of_report
    from lab.report.visible import visible_json, visible_parts

    if as_json and markdown:
        raise UsageError("say --json or --markdown, but not both")
    found = of_report(report, family, scenario) if report else of_record(family, scenario)
    if as_json:
        click.echo(visible_json(found.model_dump_json(indent=2, by_alias=True)))
    elif markdown:
        from lab.matrix.markdown import page

        click.echo(page(visible_parts(found)), nl=False)
    else:
        from lab.matrix import terminal

        if scenario:
            terminal.print_scenario(found)
        else:
            terminal.print_matrix(found, in_full=family is not None)
