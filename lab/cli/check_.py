"""`golab check`: what a tool notices, scenario by scenario."""

from __future__ import annotations

import os
import secrets
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli import complete, say, say_backend
from lab.cli.options import alarm_option, backend_option, limit_option, shard_option
from lab.cli.outputs import Outputs, json_option, junit_option
from lab.cli.selection import check_usage, selected
from lab.cli.tested import tested
from lab.errors import DIFFERS, LAB, OK, UsageError
from lab.sandbox.choose import open_backend
from lab.workers import shards

if TYPE_CHECKING:
    from lab.diagnostics.tool import Tool
    from lab.results.baseline import Baseline
    from lab.results.model import Report


@click.command("check")
@click.argument("tool", shell_complete=complete.files)
@click.argument(
    "scenarios",
    nargs=-1,
    metavar="[SCENARIO[/VARIANT] | FILE]...",
    shell_complete=complete.scenarios,
)
@click.option("--all", "everything", is_flag=True, help="Try it on the whole catalogue.")
@click.option(
    "--family",
    help="Try it on one family of the catalogue, such as `versions`.",
    shell_complete=complete.families,
)
@backend_option
@click.option("--go", metavar="VERSION", help="Use this Go.", shell_complete=complete.versions)
@alarm_option
@limit_option
@click.option("--skip-slow", is_flag=True, help="Leave out what takes more than ten seconds.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Labs at a time.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="What fixes every chance.")
@shard_option
@json_option
@junit_option
@click.option(
    "--save-baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what it is worth there, to compare with later.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Compare with what it was worth: 1 if a detection was lost or a false alarm gained.",
)
def command(
    tool: str,
    scenarios: tuple[str, ...],
    *,
    everything: bool,
    family: str | None,
    backend: str,
    go: str | None,
    alarm_if: str,
    limit: float,
    skip_slow: bool,
    jobs: int | None,
    seed: int | None,
    shard: str | None,
    json_file: str | None,
    junit_file: str | None,
    save_baseline: Path | None,
    baseline: Path | None,
) -> int:
    """Try a tool of your own on scenarios: a program, with its arguments if you quote it whole.

    It is carried into each lab with the folder it lies in, and run in the project of each arm
    after the scenario's own commands. A detection is an alarm in the broken arm and in no other.

    Exit status: 0; 1 if it is worse than the baseline; 3 if a lab could not run or proved nothing,
    or the tool could be run in none.
    """
    check_usage(scenarios, everything=everything, family=family)
    outputs = Outputs(json_file, junit_file)
    outputs.check_names()
    part = shards.shard(shard) if shard else None
    if part and save_baseline:
        raise UsageError("--save-baseline wants what all runs come to; leave out --shard")
    if seed is None:
        seed = shards.SEED if part else secrets.randbits(32)
    interrupt: KeyboardInterrupt | None = None
    several = everything or family is not None or len(scenarios) > 1
    with open_backend(
        backend, labs=2 if several else 1, go=[go] if go else [], say=say_backend
    ) as place:
        from lab.cli.progress import Live, fetching
        from lab.labs import compiles
        from lab.session import Session

        before = _before(outputs, save_baseline, baseline)
        (mine,) = tested([tool], alarm_if, limit)
        runs = selected(scenarios, everything=everything, family=family, skip_slow=skip_slow)
        runs = shards.share(runs, part) if part else runs
        with fetching() as progress:
            toolchain = place.toolchain(go, progress)
            if any(compiles(run.scenario) for run in runs):
                place.warm(toolchain, progress)
        if outputs.human:  # rich is loaded while the labs run
            threading.Thread(target=import_module, args=("lab.report.checked",)).start()
        with Live(len(runs)) as live:
            session = Session(place, [toolchain], seed=seed, looking="none", tools=[mine])
            try:
                report = session.run(runs, live, jobs=jobs or os.cpu_count() or 1)
            except KeyboardInterrupt as stop:
                report, interrupt = session.interrupted(runs), stop
    known = before.outcomes if before else {}
    report = report.model_copy(update={"shard": shard or ""})
    report, problem = outputs._replace(tool=mine.id, known=known).write(report)
    outputs.show(report, lambda: _show(report, mine.id), scenarios)
    if interrupt:
        raise interrupt
    compared = _compared(report, mine.id, before)
    if report.totals.invalid or report.totals.error:
        return LAB  # and no baseline is written that lacks what could not be measured
    if why := _never_looked(report, mine):
        say(why)
        return LAB
    if save_baseline:
        from lab.results.baseline import measured, write

        write(measured(report.runs, mine.id), save_baseline)
    return problem or compared


def _before(outputs: Outputs, save: Path | None, baseline: Path | None) -> Baseline | None:
    """Read what to compare with; say now, and not after all the work, what cannot be written."""
    from lab.report import files
    from lab.results import baseline as baselines

    outputs.check()
    if save:
        files.check(str(save))
    return baselines.read(baseline) if baseline else None


def _show(report: Report, tool: str) -> None:
    from lab.report import checked

    if report.runs:
        checked.print_checked(report, tool)


def _never_looked(report: Report, tool: Tool) -> str:
    """Say why a tool has said nothing in any arm; '' if it has in one."""
    rows = [row for run in report.runs for row in run.diagnostics if row.id == tool.id]
    if not rows or any(row.outcome not in ("unavailable", "error") for row in rows):
        return ""
    why = rows[0].telling or rows[0].outcome
    hint = "" if tool.carried.files else f"; is it a file of yours? then write ./{tool.id}"
    return f"{tool.command} has been tried to the end in no run: {why}{hint}"


def _compared(report: Report, tool: str, before: Baseline | None) -> int:
    from lab.results.baseline import outcomes, worse

    if before is None:
        return OK
    lines = list(worse(before.outcomes, outcomes(report.runs, tool)))
    for line in lines:
        say(line)
    if lines and before.go != report.runs[0].go:
        say(f"the baseline was measured with go {before.go}, and this is {report.runs[0].go}")
    return DIFFERS if lines else OK
