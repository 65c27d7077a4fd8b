"""How wide the consoles are: as the terminal is, as COLUMNS says, and unbounded in a pipe."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest
from rich.table import Table

from lab.report.console import UNBOUNDED, console
from lab.scenario.load import catalogue
from tests.lab.golab import golab


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """A terminal of 64 columns and 20 lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 64, 0, 0))
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        yield stream
    os.close(ours)


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


NONSENSE = ("", "0", "00", "-1", "wide", "²", "٣", "9" * 5000)


@pytest.mark.parametrize("asked", NONSENSE)
def test_what_is_no_width_is_not_believed(
    terminal: TextIO, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    monkeypatch.setenv("LINES", asked)
    assert console(terminal).size == (64, 20)
    assert console(io.StringIO()).size == (UNBOUNDED, 25)


@pytest.mark.parametrize(("asked", "width"), [("1", 20), ("40", 40), ("200", 200), ("0040", 40)])
def test_a_width_that_is_asked_for(
    terminal: TextIO, monkeypatch: pytest.MonkeyPatch, asked: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    assert console(terminal).width == console(io.StringIO()).width == width


def test_a_terminal_that_does_not_know_its_size(terminal: TextIO) -> None:
    assert console(terminal).size == (64, 20)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    assert console(terminal).size == (80, 25)


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["", "0", "²"])
def test_nothing_is_wrapped_in_a_pipe(asked: str) -> None:
    shown = golab("show", "auth-fallback", COLUMNS=asked).stdout
    assert "answers 200 with nothing. `go list -m -versions` exits 0: the module seems" in shown
    rows = golab("list", COLUMNS=asked).stdout.splitlines()
    variants = ", ".join(catalogue()["dns-failure"].scenario.variants)
    assert any(row.endswith(f" resolve ({variants})") for row in rows)
    assert not [row for row in rows if row.startswith(" ")]


@pytest.mark.parametrize("text", ["a [red]b[/red] [/x]", "[b]", "a :smile: b", "200"])
def test_what_looks_like_markup_is_text(terminal: TextIO, text: str) -> None:
    out = console(terminal)
    with out.capture() as captured:
        out.print(text)
        rows = Table.grid()
        rows.add_row(text)
        out.print(rows)
    assert [line.rstrip() for line in captured.get().splitlines()] == [text, text]
