"""`golab run`: replay scenarios and judge what was seen."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli import complete, say, say_backend
from lab.cli.options import alarm_option, backend_option, limit_option, shard_option
from lab.cli.outputs import Outputs, json_option, junit_option, status
from lab.cli.selection import check_usage, selected
from lab.cli.tested import tested
from lab.errors import UsageError
from lab.sandbox.choose import open_backend
from lab.workers import shards

if TYPE_CHECKING:
    from lab.cli.progress import Live
    from lab.diagnostics.interface import Diagnostic
    from lab.go.toolchain import Toolchain
    from lab.replay.outcomes import Looking
    from lab.results.model import Report, RunResult
    from lab.sandbox.interface import Backend
    from lab.scenario.load import Run
    from lab.session import Replay

_SHOWN_IN_FULL = 3


@click.command("run")
@click.argument(
    "scenarios",
    nargs=-1,
    metavar="[SCENARIO[/VARIANT] | FILE]...",
    shell_complete=complete.scenarios,
)
@click.option("--all", "everything", is_flag=True, help="Replay the whole catalogue.")
@click.option(
    "--family",
    help="Replay one family of the catalogue, such as `versions`.",
    shell_complete=complete.families,
)
@backend_option
@click.option(
    "--go",
    "versions",
    multiple=True,
    metavar="VERSION",
    help="Use this Go, or `all` that golab can fetch; repeat to compare.",
    shell_complete=complete.all_versions,
)
@click.option("--skip-slow", is_flag=True, help="Leave out what takes more than ten seconds.")
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Labs at a time.")
@click.option(
    "--workers",
    metavar="URL",
    help="Have the labs on the workers of a Dask cluster: dask://HOST:PORT.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 10_000),
    default=1,
    metavar="N",
    help="Replay all of it N times, and count the verdicts that differ.",
)
@click.option(
    "--diagnostics",
    "looking",
    type=click.Choice(["recorded", "all", "none"]),
    default="recorded",
    show_default=True,
    help="Which of them look.",
)
@click.option(
    "--tool",
    "commands",
    multiple=True,
    metavar="CMD",
    help="A program that looks, too, as `golab check` has it; repeat for several.",
    shell_complete=complete.files,
)
@alarm_option
@limit_option
@click.option("--seed", type=click.IntRange(0), metavar="N", help="What fixes every chance.")
@shard_option
@json_option
@junit_option
@click.option(
    "--artifacts",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep records.",
    shell_complete=complete.directories,
)
@click.option("--keep", is_flag=True, help="Leave the lab of each run up, as its last arm left it.")
@click.option("-v", "--verbose", is_flag=True, help="Show every run in full.")
def command(
    scenarios: tuple[str, ...],
    *,
    everything: bool,
    family: str | None,
    backend: str,
    versions: tuple[str, ...],
    skip_slow: bool,
    jobs: int | None,
    workers: str | None,
    repeat: int,
    looking: Looking,
    commands: tuple[str, ...],
    alarm_if: str,
    limit: float,
    seed: int | None,
    shard: str | None,
    json_file: str | None,
    junit_file: str | None,
    artifacts: Path | None,
    keep: bool,
    verbose: bool,
) -> int:
    """Replay scenarios: healthy, broken, repaired, verdict.

    An interrupt ends every lab. What had finished by then is shown, and written where --json,
    --junit and --artifacts ask for it, with the names of the others under `unfinished`.
    """
    check_usage(scenarios, everything=everything, family=family)
    outputs = Outputs(json_file, junit_file, artifacts)
    outputs.check_names()
    part = shards.shard(shard) if shard else None
    goes = _chosen(versions)
    several = everything or family is not None or len(scenarios) > 1 or len(goes) > 1 or repeat > 1
    if keep:
        _check_kept(repeat, workers, looking, commands)
    interrupt: KeyboardInterrupt | None = None
    # The backend's processes load mitmproxy while this one reads scenarios.
    with _opened(workers, backend, goes, labs=2 if several else 1) as place:
        import secrets

        from lab.cli.progress import Live
        from lab.session import Session

        if seed is None:  # the shards of one whole have the same
            seed = shards.SEED if part else secrets.randbits(32)
        outputs.check()
        tools = tested(commands, alarm_if, limit)
        runs = selected(scenarios, everything=everything, family=family, skip_slow=skip_slow)
        if part:
            runs = shards.share(runs, part)
        toolchains = _toolchains(place, goes, runs)
        if outputs.human:  # rich is loaded while the labs run
            threading.Thread(target=import_module, args=("lab.report.terminal",)).start()
        total = len(runs) * len(toolchains) * repeat
        with Live(total, several_go=len(toolchains) > 1) as live:
            replay, at_once = None, os.cpu_count() or 1
            if workers:
                replay, at_once = _on_workers(place, seed, looking, tools)
            elif keep:
                replay, jobs = _keeping(place.name, seed, live), 1
            session = Session(
                place,
                toolchains,
                seed=seed,
                repeat=repeat,
                replay=replay,
                looking=looking,
                tools=tools,
            )
            try:
                report = session.run(runs, live, jobs=jobs or at_once)
            except KeyboardInterrupt as stop:
                report, interrupt = session.interrupted(runs), stop
    report, problem = outputs.write(report.model_copy(update={"shard": shard or ""}))
    outputs.show(
        report, lambda: _show(report, in_full=verbose or total <= _SHOWN_IN_FULL), scenarios
    )
    if interrupt:
        raise interrupt
    return problem or status(report)


def _show(report: Report, *, in_full: bool) -> None:
    from lab.report import terminal

    if report.runs:
        terminal.print_report(report, verbose=in_full)
    elif report.shard and not report.unfinished:
        say(f"shard {report.shard} is empty: there are fewer runs than shards")


def _check_kept(repeat: int, workers: str | None, looking: Looking, commands: object) -> None:
    if repeat > 1 or workers:
        said = "--workers" if workers else "--repeat"
        raise UsageError(f"--keep leaves one lab of each run up, on this machine; leave out {said}")
    if looking != "recorded" or commands:
        said = "--tool" if commands else "--diagnostics"
        raise UsageError(f"--keep has the recorded diagnostics look; leave out {said}")


def _opened(
    workers: str | None, backend: str, goes: Sequence[str], *, labs: int
) -> AbstractContextManager[Backend]:
    if workers is None:
        return open_backend(backend, labs=labs, go=goes, say=say_backend)
    from lab.workers.cluster import open_cluster

    return open_cluster(workers, backend)


def _chosen(versions: tuple[str, ...]) -> list[str]:
    if not versions:
        return []
    from lab.go.toolchain import chosen

    return chosen(versions)


def _toolchains(place: Backend, goes: Sequence[str], runs: Sequence[Run]) -> list[Toolchain]:
    """Return the toolchains asked for, each once, with all that these runs need of them."""
    from lab.cli.progress import fetching
    from lab.labs import compiles

    with fetching() as progress:
        found = [place.toolchain(version, progress) for version in goes or (None,)]
        found = list({toolchain.version: toolchain for toolchain in found}.values())
        if any(compiles(run.scenario) for run in runs):
            for toolchain in found:
                place.warm(toolchain, progress)
    return found


def _on_workers(
    place: Backend, seed: int, looking: Looking, tools: Sequence[Diagnostic]
) -> tuple[Replay, int]:
    """Return what has a run replayed by a worker, and how many there should be at a time."""
    from lab.workers.elsewhere import Elsewhere

    assert isinstance(place, Elsewhere)
    return place.replayer(seed=seed, looking=looking, tools=tools), place.jobs


def _keeping(backend: str, seed: int, live: Live) -> Replay:
    """Return what replays a run in a lab that stays, and says how to reach that."""
    from lab.daemon import start

    def replay(run: Run, toolchain: Toolchain, observe: Callable[[str], None]) -> RunResult:
        result, held = start.keep(run, backend, toolchain.version, seed, observe=observe)
        live.say(f"{run.name}: kept as {held.id}: golab shell {held.id} · logs · fault · down")
        return result

    return replay
