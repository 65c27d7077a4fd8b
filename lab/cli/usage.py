"""What is wrong with a command line, in one line with the nearest right word."""

from __future__ import annotations

import re

import click

from faults.nearest import nearest

_TYPES = {"a valid integer range": "a whole number", "a valid float range": "a number"}


def line(error: click.UsageError) -> str:
    """Return one line for an error that click found: what is wrong, and what to do."""
    context = error.ctx
    path = context.command_path if context else "golab"
    where_to_look = f"; `{path} --help` shows the usage"
    words = " ".join(error.message.split()).removesuffix(".")
    if isinstance(error, click.NoSuchOption):
        near = nearest(error.option_name, _options(context))
        return f"no such option {error.option_name!r}{near or where_to_look}"
    if found := re.fullmatch(r"No such command '(.*)'", words):
        group = context.command if context else None
        known = group.list_commands(context) if context and isinstance(group, click.Group) else []
        return f"no such command {found[1]!r}{nearest(found[1], known) or where_to_look}"
    if isinstance(error, click.MissingParameter):
        return f"{_called(error.param)} is missing{where_to_look}"
    if isinstance(error, click.BadParameter):
        for theirs, ours in _TYPES.items():
            words = words.replace(theirs, ours)
        return f"{_called(error.param)}: {words}{_choice(error.param, words)}"
    return words[:1].lower() + words[1:] + where_to_look


def _options(context: click.Context | None) -> list[str]:
    """Return the options that the command takes, each in its long form."""
    params = context.command.get_params(context) if context else []
    return [_called(param) for param in params if isinstance(param, click.Option)]


def _called(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.human_readable_name if param else "an argument"


def _choice(param: click.Parameter | None, words: str) -> str:
    """Name the choice that is nearest to the word that is none."""
    found = re.match(r"'(.*)' is not one of", words)
    if found and param and isinstance(param.type, click.Choice):
        near = nearest(found[1], map(str, param.type.choices))
        return near if "did you mean" in near else ""
    return ""
