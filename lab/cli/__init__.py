"""The command line: one file per command; a command parses, calls and prints."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import signal
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

import lab
from lab.cli.group import Group
from lab.errors import LAB, NO_MORE_PROCESSES, USAGE, GolabError, no_more_processes
from lab.interrupts import INTERRUPTS

COMMANDS = {
    "run": "Replay scenarios and judge what was seen.",
    "check": "Try a tool of your own on scenarios, and see what it notices.",
    "list": "List the catalogue.",
    "show": "Show one scenario: story, faults, replay, lesson.",
    "claims": "Measure what the documents claim, and compare it with the record.",
    "validate": "Check scenario files.",
    "new": "Begin a scenario file of your own.",
    "record": "Replay scenario files and write what was measured into them.",
    "diagnose": "Say what is wrong with how a project of yours fetches its modules.",
    "diagnostics": "List the diagnostics, or show what one of them is worth.",
    "report": "Put the reports of several machines together.",
    "matrix": "Show which diagnostics notice which failures, and which cry wolf.",
    "schema": "Print the JSON Schema of scenario files or of reports.",
    "origin": "Serve the hermetic world as a GOPROXY and GOSUMDB on localhost.",
    "faults": "The fault rules on their own: for mitmdump, editors and the reference.",
    "up": "Start a lab that stays, in one of its arms.",
    "exec": "Run a command as the client of a lab that is up.",
    "shell": "Open a terminal as the client of a lab that is up.",
    "cp": "Copy a file into a lab that is up, or out of it.",
    "fault": "List the faults of a lab that is up, switch them on and off, add some.",
    "logs": "Show what the edge of a lab that is up has seen.",
    "ps": "List the labs that are up.",
    "down": "End labs that are up.",
    "prune": "Remove what labs of golabs that have ended left in a Docker engine.",
    "images": "Build, list and prune the images of Docker labs.",
    "toolchain": "List, fetch and remove Go toolchains.",
    "doctor": "Say whether this machine can run labs, and what is missing.",
    "completion": "Print the script with which bash, zsh or fish completes golab's words.",
    "help": "Show the help of a command.",
}

COMPLETING = "_GOLAB_COMPLETE"
"""The variable in which a shell asks what a word can be."""


class _Lazy(Group):
    """Imports a command's file when that command is used: `golab list` needs no mitmproxy."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        with INTERRUPTS:
            command: click.Command = importlib.import_module(f"lab.cli.{name}_").command
        return command

    def summary(self, ctx: click.Context, name: str) -> str:
        return COMMANDS[name]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [(name, text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=text) for name, text in found] + options


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(lab.__version__, "-V", "--version", prog_name="golab")
def cli() -> None:
    """Replay the silent failures of Go module fetching, and see which diagnostics notice.

    Exit status: 0 everything as recorded; 1 something differs; 2 wrong usage or an invalid
    scenario; 3 a lab could not run or proved nothing; 130 interrupted.
    """


def main() -> int:
    """Run the command line: every error becomes one line and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale that lacks a letter gets a `?` for it
            stream.reconfigure(errors="replace")
    os.umask(os.umask(0o077) & 0o077)  # whatever it is, golab may read what it writes
    try:
        status = _run()
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:  # noqa: BLE001 - a user gets a line, not a traceback
        INTERRUPTS.check()
        return _told(error)
    INTERRUPTS.check()
    return status


def _told(error: Exception) -> int:
    """Say what went wrong, in a line, and return the exit status."""
    match error:
        case GolabError():
            say(str(error))
            return error.exit_status
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return USAGE
        case click.UsageError():
            from lab.cli import usage

            say(usage.line(error))
            return USAGE
        case BrokenPipeError():  # the reader of our output, such as `head`, has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        case _ if no_more_processes(error):
            say(NO_MORE_PROCESSES)
            return LAB
        case FileNotFoundError() if "No usable temporary directory" in str(error):  # tempfile's
            tried = str(error).partition(" in ")[2]
            said = f"no directory for temporary files can be written to, of {tried}"
            say(f"{said}; set TMPDIR to one that can")
            return LAB
        case OSError():
            where = f"{error.filename}: " if error.filename else "writing the output: "
            say(f"{where}{error.strerror or error}")
            with contextlib.suppress(OSError):  # what could not be written cannot be flushed either
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return LAB
    import traceback

    if os.environ.get("GOLAB_DEBUG"):
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    say(f"a defect of golab: {type(error).__name__}: {error} ({place}); set GOLAB_DEBUG=1")
    return LAB


def _run() -> int:
    if COMPLETING in os.environ:
        from lab.cli import completion_

        return completion_.answer(cli)
    try:
        with cli.make_context("golab", sys.argv[1:]) as context:
            status = int(cli.invoke(context) or 0)
    except click.exceptions.Exit as done:  # --help, --version
        status = done.exit_code
    sys.stdout.flush()
    return status


def say_backend(text: str) -> None:
    """Print which backend was chosen, and why."""
    say(f"backend {text}")


def say(text: str) -> None:
    """Print what went wrong, to standard error."""
    with contextlib.suppress(OSError):  # nobody can be told
        from lab.report.visible import visible

        for line in visible(text).split("\n"):
            click.echo(f"golab: {line}", err=True)
