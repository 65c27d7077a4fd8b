"""Options that several commands have."""

from __future__ import annotations

import click

from lab.sandbox.choose import BACKENDS

backend_option = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
    envvar="GOLAB_BACKEND",
)

alarm_option = click.option(
    "--alarm-if",
    default="",
    metavar="exit=N | regex:… | jq:EXPR",
    help="When a tool raises an alarm; by default when its exit status is not 0.",
)

limit_option = click.option(
    "--limit",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    metavar="S",
    help="End a tool after S seconds.",
)

shard_option = click.option(
    "--shard", metavar="I/N", help="Only part I of N equal ones; with seed 0 if none is given."
)
