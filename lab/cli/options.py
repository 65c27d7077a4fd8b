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
