"""`golab exec`: run a command as the client of a lab that is up."""

from __future__ import annotations

import math
import sys

import click

from lab.cli import complete
from lab.errors import UsageError


class _Exec(click.Command):
    """Takes its options behind LAB, too; what follows them is the command's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the options behind LAB before it."""
        lab = self._options(args)
        end = lab + 1 + self._options(args[lab + 1 :])
        if lab < len(args) and args[lab] != "--":
            named = [args[lab]] if end <= len(args) else []  # the last option lacks its value
            args = [*args[:lab], *args[lab + 1 : end], *named, *args[end:]]
        return super().parse_args(ctx, args)

    def _options(self, words: list[str]) -> int:
        """Count the words that are options, or values of options, up to the first that is none."""
        valued = {
            name
            for param in self.params
            if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        }
        count = 0
        while count < len(words) and words[count].startswith("-") and words[count].strip("-"):
            count += 2 if words[count] in valued else 1
        return count


def _finite(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number of seconds", param=param)
    return value


@click.command("exec", cls=_Exec, context_settings={"allow_interspersed_args": False})
@click.option("-t", "--tty", is_flag=True, help="Give the command a terminal: this one.")
@click.option(
    "--limit",
    type=click.FloatRange(0.1),
    callback=_finite,
    metavar="S",
    help="Kill it after S seconds.",
)
@click.argument("lab", shell_complete=complete.labs)
@click.argument("words", nargs=-1, required=True, metavar="COMMAND...", type=click.UNPROCESSED)
def command(lab: str, words: tuple[str, ...], *, tty: bool, limit: float | None) -> int:
    """Run a command in the project of a lab's client; its exit status is returned.

    It has golab's standard input, and its output comes as it is written. A single word is read by
    a shell. An interrupt goes to the command, a second one kills it. 124 says that the limit was
    reached.
    """
    from lab.daemon import registry
    from lab.daemon.exec import run

    if tty and not sys.stdin.isatty():
        raise UsageError("--tty needs a terminal as standard input; leave it out in a pipe")
    chosen = words[1:] if words[0] == "--" else words
    if not chosen:
        raise UsageError("which command? golab exec LAB COMMAND")
    if len(chosen) == 1:
        chosen = ("sh", "-c", *chosen)
    return run(registry.find(lab), chosen, terminal=tty, limit=limit)
