"""The options of `golab exec` before and behind LAB; those of the command stay the command's."""

from __future__ import annotations

import io
import sys

import pytest
from click.testing import CliRunner

from lab.cli import cli

SH = ("sh", "-c")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    from lab.daemon import exec as executing
    from lab.daemon import registry

    calls: list[object] = []
    monkeypatch.setattr(registry, "find", lambda name: name)
    monkeypatch.setattr(executing, "run", lambda *args, **options: calls.append((args, options)))
    return calls


@pytest.mark.parametrize(
    ("line", "command", "terminal", "limit"),
    [
        ("L ls", (*SH, "ls"), False, None),
        ("L ls -la", ("ls", "-la"), False, None),
        ("--limit 3 L sleep 9", ("sleep", "9"), False, 3),
        ("L --limit 3 sleep 9", ("sleep", "9"), False, 3),
        ("L --limit=3 sleep 9", ("sleep", "9"), False, 3),
        ("L --limit 3 timeout --limit 4", ("timeout", "--limit", "4"), False, 3),
        ("--limit 3 L --limit 4 ls", (*SH, "ls"), False, 4),
        ("L sleep --limit 3", ("sleep", "--limit", "3"), False, None),
        ("L go -t --help", ("go", "-t", "--help"), False, None),
        ("L -- --limit 3", ("--limit", "3"), False, None),
        ("L --limit 3 -- -t x", ("-t", "x"), False, 3),
        ("L - x", ("-", "x"), False, None),
    ],
)
def test_whose_an_option_is(
    ran: list[object], line: str, command: tuple[str, ...], terminal: bool, limit: float | None
) -> None:
    done = CliRunner().invoke(cli, ["exec", *line.split()])
    assert done.exception is None, done.output
    assert ran == [(("L", command), {"terminal": terminal, "limit": limit})]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("L --limt 3 ls", "No such option"),
        ("L --limit", "requires an argument"),
        ("L --limit nine ls", "not a valid float"),
        ("L", "Missing argument"),
        ("", "Missing argument"),
    ],
)
def test_wrong_options(ran: list[object], line: str, said: str) -> None:
    done = CliRunner().invoke(cli, ["exec", *line.split()])
    assert (done.exit_code, ran) == (2, [])
    assert said in done.output
    assert "Show this message" in CliRunner().invoke(cli, ["exec", "L", "--help"]).output


@pytest.mark.parametrize("line", ["-t L top -t", "L -t top -t", "L --tty -- top -t"])
def test_a_terminal_is_asked_for_on_either_side(
    ran: list[object], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    cli.main(["exec", *line.split()], standalone_mode=False)
    assert ran == [(("L", ("top", "-t")), {"terminal": True, "limit": None})]
