"""`golab completion`: the script with which a shell completes golab's words."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
)

from lab.cli import COMPLETING
from lab.errors import LAB, OK, USAGE

_NAME = "golab"


class _Bash(BashComplete):
    """bash takes `--option=value` for three words, and completes the third."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words: list[str] = []
        args, incomplete = super().get_completion_args()
        for word in (*args, incomplete):
            if words and (word == "=" or words[-1].endswith("=")) and words[-1].startswith("--"):
                words[-1] += word
            else:
                words.append(word)
        return words[:-1], words[-1]


class _WholeWord(ShellComplete):
    """The other shells want the whole word back, `--option=` and all."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        option, equals, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        if equals and option.startswith("--"):
            for item in found:
                item.value = f"{option}={item.value}"
        return found


class _Zsh(_WholeWord, ZshComplete):
    pass


class _Fish(_WholeWord, FishComplete):
    pass


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script with which a shell completes commands, options, scenarios and labs.

    \b
    bash, in ~/.bashrc:                     eval "$(golab completion bash)"
    zsh, in ~/.zshrc, after compinit:       eval "$(golab completion zsh)"
    fish, in ~/.config/fish/config.fish:    golab completion fish | source
    """
    completing = _SHELLS[shell](ctx.find_root().command, {}, _NAME, COMPLETING)
    click.echo(completing.source_template % completing.source_vars(), nl=False)


def answer(cli: click.Command) -> int:
    """Answer the shell, which has put its question into the environment.

    Whatever is wrong, a person who only pressed a key gets no message in the middle of a line.
    """
    shell, _, question = os.environ[COMPLETING].partition("_")
    if shell not in _SHELLS or question != "complete":
        return USAGE
    try:
        click.echo(_SHELLS[shell](cli, {}, _NAME, COMPLETING).complete())
    except Exception:
        if os.environ.get("GOLAB_DEBUG"):
            raise
        return LAB
    return OK
