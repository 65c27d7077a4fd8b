"""A command with commands below it, whose help says what each does in full."""

from __future__ import annotations

import click

_WHOLE = 1000


class Group(click.Group):
    """Lists its commands with the first sentence of their help, however narrow the terminal is."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list; click would cut what does not fit into a line."""
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Say in a line what a command does."""
        command = self.get_command(ctx, name)
        return command.get_short_help_str(_WHOLE) if command else ""
