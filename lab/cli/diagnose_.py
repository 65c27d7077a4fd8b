"""`golab diagnose`: the probes on a real project, its settings and its network."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from lab.cli import complete
from lab.diagnose.run import BUDGET, LIMIT, Observe, diagnose
from lab.errors import DIFFERS, OK
from lab.report import files


@click.command("diagnose")
@click.argument(
    "folder",
    metavar="[DIR]",
    default=".",
    type=click.Path(path_type=Path),
    shell_complete=complete.directories,
)
@click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="MODULE[@VERSION]",
    help="Look at this one; repeat for more. By default some that go.mod requires.",
)
@click.option(
    "--limit",
    type=click.FloatRange(0.1, 600),
    default=LIMIT,
    show_default=True,
    metavar="SECONDS",
    help="For each request; all of it takes at most six times as long.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--sarif",
    metavar="FILE",
    help="Write the findings there, too, as SARIF 2.1.0.",
    shell_complete=complete.files,
)
def command(
    folder: Path, *, modules: tuple[str, ...], limit: float, as_json: bool, sarif: str | None
) -> int:
    """Say what is wrong with how a project fetches its modules, on this machine.

    Reads go's settings, the module cache, vendor, go.mod and go.sum, and asks the proxies what go
    would ask them; changes nothing. Private names go nowhere where go's settings would not send
    them. Exit status: 0 nothing wrong found, 1 findings, 2 wrong usage.
    """
    if sarif is not None:
        files.check(sarif)
    with _tidily(), _progress() as observe:
        found = diagnose(
            folder, modules, limit=limit, budget=limit * BUDGET / LIMIT, observe=observe
        )
    from lab.report import findings as report

    if sarif is not None:
        from lab.report import sarif as sarif_report

        sarif_report.write(found, sarif)
    if as_json:
        click.echo(report.as_json(found))
    else:
        report.print_diagnosis(found)
    return DIFFERS if found.alarming else OK


class _Ended(BaseException):
    """A signal that ends programs has come."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextmanager
def _tidily() -> Iterator[None]:
    """Have signals end this as Ctrl-C does, with nothing left behind, and then as signals do."""
    ours = [one for one in _ENDS if signal.getsignal(one) is signal.SIG_DFL]

    def stop(number: int, _: object) -> None:
        for one in ours:
            signal.signal(one, signal.SIG_IGN)
        raise _Ended(number)

    for one in ours:
        signal.signal(one, stop)
    try:
        yield
    except _Ended as ended:
        signal.signal(ended.number, signal.SIG_DFL)
        signal.raise_signal(ended.number)
    finally:
        for one in ours:
            signal.signal(one, signal.SIG_DFL)


_ENDS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _progress() -> Iterator[Observe]:
    """Show on a terminal how it is getting on, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from lab.report.console import console

    with console(sys.stderr).status("reading go's settings") as status:

        def observe(done: int, total: int, doing: Sequence[str]) -> None:
            status.update(f"{done} of {total} looked; at it: {', '.join(doing[:4])}")

        yield observe
