"""`golab run`: replay scenarios and judge what was seen."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from lab.errors import DIFFERS, LAB, OK, UsageError
from lab.sandbox.choose import BACKENDS, open_backend


@click.command("run")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO[/VARIANT] | FILE]...")
@click.option("--all", "everything", is_flag=True, help="Replay the whole catalogue.")
@click.option("--family", help="Replay one family of the catalogue, such as `versions`.")
@click.option("--backend", type=click.Choice(BACKENDS), default="auto", show_default=True)
@click.option("--go", "go", metavar="VERSION", help="The Go version to use.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Labs at a time.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="What fixes every chance.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report there; - is stdout.")
@click.option("--artifacts", type=click.Path(path_type=Path), metavar="DIR", help="Keep records.")
@click.option("--keep", is_flag=True, help="Hold the lab open after a run, to look around in.")
@click.option("-v", "--verbose", is_flag=True, help="Show every run in full.")
def command(
    scenarios: tuple[str, ...],
    *,
    everything: bool,
    family: str | None,
    backend: str,
    go: str | None,
    jobs: int | None,
    seed: int | None,
    json_file: str | None,
    artifacts: Path | None,
    keep: bool,
    verbose: bool,
) -> int:
    """Replay scenarios: healthy, broken, repaired, verdict."""
    _check_usage(scenarios, everything=everything, family=family)
    jobs = jobs or os.cpu_count() or 1
    with open_backend(backend, labs=2 if everything or family or len(scenarios) > 1 else 1) as place:
        # The backend's helpers load mitmproxy meanwhile.
        from lab.cli.progress import Live, fetching
        from lab.report import artifacts as artifact_files
        from lab.report import json_report, terminal
        from lab.scenario.load import catalogue, select
        from lab.session import Session
        from lab.toolchain import ensure

        if everything or family:
            known = catalogue()
            families = {loaded.scenario.family for loaded in known.values()}
            if family and family not in families:
                raise UsageError(f"no family {family!r}; one of {', '.join(sorted(families))}")
            scenarios = tuple(
                name for name, item in known.items() if family in (None, item.scenario.family)
            )
        runs = select(scenarios)
        with fetching() as progress:
            toolchain = ensure(go, progress)
        session = Session(
            place,
            toolchain,
            seed=secrets.randbits(32) if seed is None else seed,
            keep=live.hold if keep else None,
        )
        human = json_file != "-"
        with Live(len(runs), shown=human) as live:
            report = session.run(runs, live, jobs=1 if keep else jobs)
    if artifacts is not None:
        report = artifact_files.write(report, artifacts)
    if json_file is not None:
        json_report.write(report, json_file)
    if human:
        terminal.print_report(report, verbose=verbose or len(runs) <= 3)
    verdicts = {run.verdict for run in report.runs}
    if verdicts & {"invalid", "error"}:
        return LAB
    return DIFFERS if "changed" in verdicts else OK


def _check_usage(scenarios: tuple[str, ...], *, everything: bool, family: str | None) -> None:
    if scenarios and (everything or family):
        raise UsageError("name scenarios, or say --all or --family, but not both")
    if not scenarios and not everything and not family:
        raise UsageError("which scenario? `golab list` shows them; `golab run --all` runs all")
