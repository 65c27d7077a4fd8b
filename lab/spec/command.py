"""The commands of a scenario, as text: a command line split into words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

MAX_BYTES = (128 << 10) - 1
"""Of a command: Linux passes no longer argument (execve(2), MAX_ARG_STRLEN), to no shell either."""

_SHELL_CHARACTERS = frozenset("|&;<>()$`*?~#\n")


def words(command: str) -> list[str]:
    """Split a command line; what only a shell understands is given to one.

    Raises:
        ValueError: it has no word, quotes that are not closed, or is longer than `MAX_BYTES`.
    """
    if (size := len(command.encode(errors="surrogatepass"))) > MAX_BYTES:
        raise ValueError(
            f"a command of {size:,} bytes, and {MAX_BYTES:,} are the most that Linux passes on;"
            " put what is long into a file of client.project"
        )
    if not command.strip():
        raise ValueError("a command of blanks alone runs nothing; write one, or leave it out")
    first = command.split(maxsplit=1)[0]
    if not _SHELL_CHARACTERS.isdisjoint(command) or "=" in first:
        return ["sh", "-c", command]
    try:
        return shlex.split(command)
    except ValueError as error:
        what = "a backslash at its end" if "escaped" in str(error) else "a quote without its pair"
        raise ValueError(f"{command!r} has {what}") from None


def typed(argv: Sequence[str]) -> str:
    """Return a command as a person would type it; of `sh -c`, what the shell is told."""
    return argv[2] if len(argv) == 3 and list(argv[:2]) == ["sh", "-c"] else shlex.join(argv)
