"""`golab exec`: run a command as the client of a lab that is up."""

from __future__ import annotations

import click

_TIMED_OUT = 124


@click.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("lab")
@click.argument("words", nargs=-1, required=True, metavar="COMMAND...", type=click.UNPROCESSED)
@click.option("--limit", type=click.FloatRange(0.1), default=60.0, show_default=True, metavar="S")
def command(lab: str, words: tuple[str, ...], *, limit: float) -> int:
    """Run a command in the project of a lab's client; its exit status is returned.

    A single word is split as a shell would. 124 says that the limit was reached.
    """
    from lab import holding

    done = holding.ask(holding.find(lab), "run", command=list(words), limit=limit)
    click.echo(done["stdout"], nl=False)
    click.echo(done["stderr"], nl=False, err=True)
    return _TIMED_OUT if done["exit"] is None else int(done["exit"])
