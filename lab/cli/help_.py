"""`golab help`: the help of any command."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from lab.errors import UsageError


def _below(ctx: click.Context, words: tuple[str, ...]) -> click.Context:
    """Return the context of the command that these words name, below `ctx`."""
    for word in words:
        group = ctx.command
        if not isinstance(group, click.Group):
            raise UsageError(f"`{ctx.command_path}` has no commands below it")
        name, command, _ = group.resolve_command(ctx, [word])
        assert command is not None
        ctx = click.Context(command, parent=ctx, info_name=name)
    return ctx


def _commands(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    try:
        here = _below(ctx.find_root(), ctx.params.get("words") or ())
    except (click.UsageError, UsageError):
        return []
    if not isinstance(here.command, click.Group):
        return []
    return [
        item
        for item in here.command.shell_complete(here, incomplete)
        if not str(item.value).startswith("-")
    ]


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...", shell_complete=_commands)
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, or of golab."""
    click.echo(_below(ctx.find_root(), words).get_help())
