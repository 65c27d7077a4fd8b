"""`golab exec`: run a command as the client of a lab that is up."""

from __future__ import annotations

import sys

import click

from lab.errors import UsageError


@click.command("exec", context_settings={"allow_interspersed_args": False})
@click.option("-t", "--tty", is_flag=True, help="Give the command a terminal: this one.")
@click.option("--limit", type=click.FloatRange(0.1), metavar="S", help="Kill it after S seconds.")
@click.argument("lab")
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
