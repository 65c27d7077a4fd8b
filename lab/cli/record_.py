"""`golab record`: replay scenario files, and write what was measured into them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli import complete, say
from lab.errors import LAB, OK, UsageError
from lab.sandbox.choose import BACKENDS, open_backend

if TYPE_CHECKING:
    from lab.recording.files import Opened
    from lab.results.model import RunResult


@click.command("record")
@click.argument("files", nargs=-1, metavar="[FILE | ID]...", shell_complete=complete.scenarios)
@click.option("--all", "everything", is_flag=True, help="The whole catalogue.")
@click.option(
    "--missing",
    is_flag=True,
    help="Only outcomes that are on no record yet, as of a new diagnostic.",
)
@click.option("--asked", is_flag=True, help="Write down, too, who was asked in one arm only.")
@click.option("--dry-run", is_flag=True, help="Show the difference and write nothing.")
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
    envvar="GOLAB_BACKEND",
)
@click.option("--go", metavar="VERSION", help="Use this Go.", shell_complete=complete.versions)
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Labs at a time.")
def command(
    files: tuple[str, ...],
    *,
    everything: bool,
    missing: bool,
    asked: bool,
    dry_run: bool,
    backend: str,
    go: str | None,
    jobs: int | None,
) -> int:
    """Replay scenario files and write what was measured into them: what each arm does, whether that
    is silent, and what the named diagnostics are worth.

    The difference is shown. Comments and order stay. Patterns that hold stay; one that does not is
    replaced by what tells the arm from the healthy one. Counts and times that the file has
    (`asked`, `connections`, `seconds`) are measured anew where they do not hold; --asked adds an
    `asked` of the hosts that one arm asks and another does not. Of the catalogue the outcomes of
    all diagnostics are written into scenarios/outcomes.yaml, too; with --missing, those that are
    not in there, and nothing else. An interrupt then keeps what was measured.
    """
    if bool(files) == everything:
        raise UsageError("which files? name some, or say --all")
    if missing and dry_run:
        raise UsageError("--missing writes no scenario file; leave out --dry-run")
    with open_backend(backend, labs=2, go=[go] if go else []) as place:
        from lab.cli.progress import Live, fetching
        from lab.labs import compiles
        from lab.paths import scenarios_root
        from lab.recording.files import opened
        from lab.session import Session

        paths = _paths(files)
        of_catalogue = all(path.resolve().parents[1] == scenarios_root() for path in paths)
        if missing and not of_catalogue:
            raise UsageError("--missing is for the catalogue; other files have no such record")
        found = [opened(path) for path in paths]
        runs = [run for file in found for run in file.loaded.runs()]
        with fetching() as progress:
            toolchain = place.toolchain(go, progress)
            if missing:
                from lab.replay.outcomes import outcomes

                runs = [run for run in runs if outcomes(run, toolchain.version, "missing")]
            if any(compiles(run.scenario) for run in runs):
                place.warm(toolchain, progress)
        with Live(len(runs), several_go=False) as live:
            session = Session(
                place,
                [toolchain],
                seed=secrets.randbits(32),
                looking="missing" if missing else "all" if of_catalogue else "recorded",
            )
            try:
                results = session.run(runs, live, jobs=jobs or os.cpu_count() or 1).runs
            except KeyboardInterrupt:
                if missing:
                    _write_outcomes(session.interrupted(runs).runs)
                raise
    if missing:
        return _write_outcomes(results)
    by_name = {result.name: result for result in results}
    status = max([_recorded(file, by_name, asked=asked, dry_run=dry_run) for file in found])
    if of_catalogue and not dry_run:
        _write_outcomes(results)
    return status


def _paths(files: Sequence[str]) -> list[Path]:
    from lab.scenario.load import catalogue, find

    if not files:
        return [loaded.file for loaded in catalogue().values()]
    paths = [Path(name) if name.endswith((".yaml", ".yml")) else find(name).file for name in files]
    return list(dict.fromkeys(paths))


def _recorded(file: Opened, results: dict[str, RunResult], *, asked: bool, dry_run: bool) -> int:
    from lab.recording.files import recorded, write
    from lab.report.visible import visible

    mine = {run.variant: results[run.name] for run in file.loaded.runs()}
    unfit = [one for one in mine.values() if one.verdict not in ("reproduced", "changed")]
    for result in unfit:
        say(f"{file.path}: nothing is recorded: {result.name}: {result.verdict}: {result.reason}")
    if unfit:
        return LAB
    change = recorded(file, mine, asked=asked)
    click.echo(visible(change.diff or f"{file.path}: as recorded\n"), nl=False)
    if change.diff and not dry_run:
        write(change)
    return OK


def _write_outcomes(results: list[RunResult]) -> int:
    """Write what was measured; return the exit status that says whether all of it was."""
    from lab.paths import scenarios_root
    from lab.replay.outcomes import FILE, recorded, written

    fit = [one for one in results if one.verdict in ("reproduced", "changed")]
    path = scenarios_root() / FILE
    if fit:
        path.write_text(written(fit, recorded()), encoding="utf-8")
    click.echo(f"{path}: {len(fit)} runs")
    unfit = [one for one in results if one.verdict in ("invalid", "error")]
    for one in unfit:
        say(f"{one.name}: not on record: {one.verdict}: {one.reason}")
    return LAB if unfit else OK
