"""Runs the client's commands: their streams, their limits, their end."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.sandbox.agent import tree
from lab.sandbox.agent.loop import Loop
from lab.sandbox.interface import Command

KEPT = 4 << 20
"""Bytes of one stream that a `run` keeps; what is cut off is said."""

MOST_OUTPUT = 64 << 20
"""Bytes of output after which a `run` is ended."""

WINDOW = 256 << 10
"""Bytes that may be on their way to whoever follows a command."""

_PIECE = 64 << 10
_LOOK = 0.25  # seconds between two looks at what a client has used up
_DRAINED = 1 << 20  # what a pipe and what is behind it may still hold when a command has ended
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_DEFAULTS = (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGXFSZ)


class Process:
    """A command that runs.

    Args:
        loop: the agent's.
        command: what to run; its limit ends it with all its children.
        terminal: rows and columns of the terminal that it gets; None for pipes.
        following: its input comes bit by bit, too.
        output: called with `out` or `err` and what was written.
        done: called once it has ended.
        used_up: says, from the number of processes, what the client has used up.

    Raises:
        LabError: it cannot be run at all.
    """

    def __init__(
        self,
        loop: Loop,
        command: Command,
        *,
        terminal: tuple[int, int] | None = None,
        following: bool = False,
        output: Callable[[str, bytes], object],
        done: Callable[[Process], object],
        used_up: Callable[[int], str] = lambda _: "",
    ) -> None:
        self.command = command
        self.started = time.monotonic()
        self.exit: int | None = None
        self.seconds = 0.0
        self.timed_out = False
        self.hit = ""
        self._taken: Callable[[int], object] | None = None
        self._loop = loop
        self._output, self._done, self._used_up = output, done, used_up
        self._streams: dict[int, str] = {}
        self._paused = False
        self._unread = 0
        self._input: int | None = None
        self._pending = bytearray()
        self._closing = False
        self._terminal: int | None = None
        self.pid = self._spawn(terminal, following)
        if command.limit:
            loop.at(self, self.started + command.limit, self._too_long)
        self._look_later()

    def _spawn(self, terminal: tuple[int, int] | None, following: bool) -> int:
        ours: list[int] = []
        theirs: list[int] = []
        try:
            if terminal:
                actions = self._with_terminal(terminal, ours, theirs)
            else:
                actions = self._with_pipes(
                    ours, theirs, given=bool(self.command.stdin) or following
                )
            pid = _spawned(self.command, actions)
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        for descriptor in self._streams:
            self._loop.watch(descriptor, lambda d=descriptor: self._read(d))  # type: ignore[misc]
        if self.command.stdin:
            self.write(self.command.stdin.encode())
            self.end_input()
        return pid

    def _with_pipes(self, ours: list[int], theirs: list[int], *, given: bool) -> list[Any]:
        actions: list[Any] = []
        if given:
            reading, self._input = os.pipe2(os.O_CLOEXEC)
            os.set_blocking(self._input, False)
            theirs.append(reading)
            ours.append(self._input)
            actions.append((os.POSIX_SPAWN_DUP2, reading, 0))
        else:
            actions.append((os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0))
        for number, name in ((1, "out"), (2, "err")):
            reading, writing = os.pipe2(os.O_CLOEXEC)
            os.set_blocking(reading, False)
            self._streams[reading] = name
            ours.append(reading)
            theirs.append(writing)
            actions.append((os.POSIX_SPAWN_DUP2, writing, number))
        return actions

    def _with_terminal(
        self, size: tuple[int, int], ours: list[int], theirs: list[int]
    ) -> list[Any]:
        master, slave = os.openpty()
        theirs.append(slave)
        ours.append(master)
        os.set_blocking(master, False)
        self._terminal = master
        self._input = os.dup(master)  # a selector knows a descriptor once
        ours.append(self._input)
        self._streams[master] = "out"
        self.resize(*size)
        # Opened by the leader of a new session, it becomes the terminal of that session (tty(4)).
        opened = (os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0)
        return [opened, (os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)]

    # what comes out of it

    def _read(self, descriptor: int) -> None:
        try:
            piece = os.read(descriptor, _PIECE)
        except BlockingIOError:
            return
        except OSError:  # EIO: nobody has the other side of the terminal any more, yet it runs on
            self._loop.forget(descriptor)
            return
        if not piece:
            self._close(descriptor)
            return
        self._unread += len(piece)
        self._output(self._streams[descriptor], piece)
        if self._taken and self._unread > WINDOW:
            self._pause()

    def follow(self, taken: Callable[[int], object]) -> None:
        """From here on, pause when more than `WINDOW` bytes are not acknowledged.

        Args:
            taken: called with how many bytes of input the command has been given.
        """
        self._taken = taken

    def acknowledge(self, size: int) -> None:
        """So many bytes of output have arrived where they were to go."""
        self._unread -= size
        if self._paused and self._unread <= WINDOW:
            self._paused = False
            for descriptor in self._streams:
                self._loop.watch(descriptor, lambda d=descriptor: self._read(d))  # type: ignore[misc]

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            for descriptor in self._streams:
                self._loop.forget(descriptor)

    def _close(self, descriptor: int) -> None:
        self._loop.forget(descriptor)
        self._streams.pop(descriptor, None)
        with contextlib.suppress(OSError):
            os.close(descriptor)

    # what goes into it

    def write(self, data: bytes) -> None:
        """Give it more input."""
        if self._input is None:
            self._say_taken(len(data))
            return
        if not self._pending:
            self._loop.watch(self._input, self._feed, writing=True)
        self._pending += data

    def end_input(self) -> None:
        """No more input will come."""
        if self._input is None or self._terminal is not None:
            return
        self._closing = True
        if not self._pending:
            self._end_pipe()

    def _feed(self) -> None:
        assert self._input is not None
        try:
            size = os.write(self._input, self._pending[:_PIECE])
        except BlockingIOError:
            size = 0
        except OSError:
            size = len(self._pending)  # nobody reads it any more
        del self._pending[:size]
        if size:
            self._say_taken(size)
        if not self._pending:
            self._loop.forget(self._input)
            if self._closing:
                self._end_pipe()

    def _say_taken(self, size: int) -> None:
        if self._taken:
            self._taken(size)

    def _end_pipe(self) -> None:
        if self._input is not None:
            self._loop.forget(self._input)
            os.close(self._input)
            self._input = None

    def resize(self, rows: int, columns: int) -> None:
        """Give its terminal another size."""
        if self._terminal is not None:
            size = struct.pack("HHHH", rows & 0xFFFF, columns & 0xFFFF, 0, 0)
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    # its end

    def signal(self, number: int) -> None:
        """Send a signal to all of its session."""
        for pid, _, _, session in tree.processes():
            if session == self.pid:
                tree.kill(pid, number)

    def end(self) -> None:
        """Kill it, with all its children."""
        tree.end_tree(self.pid, self.command.env.get(tree.MARK))

    def _look_later(self) -> None:
        self._loop.at((self, "look"), time.monotonic() + _LOOK, self._look)

    def _look(self) -> None:
        self.hit = self.hit or self._used_up(tree.count())
        self._look_later()

    def _too_long(self) -> None:
        self.timed_out = True
        self.end()

    def too_much(self, what: str) -> None:
        """End it because it has used up what a client may have of something."""
        if not self.hit:
            self.hit = what
            self.end()

    def reaped(self, status: int) -> None:
        """Its first process has ended, and so has the command; what is in its pipes counts."""
        self._loop.cancel(self)
        self._loop.cancel((self, "look"))
        for descriptor in list(self._streams):
            self._drain(descriptor)
            self._close(descriptor)
        self._end_pipe()
        self.exit = None if self.timed_out else os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - self.started
        self.hit = self.hit or self._used_up(tree.count())
        self._done(self)

    def _drain(self, descriptor: int) -> None:
        left = _DRAINED
        while left > 0:
            try:
                piece = os.read(descriptor, _PIECE)
            except OSError:
                return
            if not piece:
                return
            left -= len(piece)
            self._output(self._streams[descriptor], piece)


def _spawned(command: Command, actions: Sequence[Any]) -> int:
    """Start a program; what a shell would say is said where it cannot be.

    Raises:
        LabError: its directory has gone, or the client may have no more processes.
        NotRunError: it is not there, or cannot be executed.
    """
    program = command.argv[0]
    try:
        os.chdir(command.cwd)
    except OSError as error:
        raise LabError(f"the client's {command.cwd} cannot be entered: {error.strerror}") from None
    try:
        found = program if "/" in program else shutil.which(program, path=command.env.get("PATH"))
        if found is None:
            raise NotRunError(_NOT_FOUND, f"{program}: not found in the lab")
        return os.posix_spawn(
            found,
            [os.fsencode(word) for word in command.argv],
            dict(command.env),
            file_actions=actions,
            setsid=True,
            setsigdef=_DEFAULTS,
            setsigmask=(),
        )
    except FileNotFoundError:
        there = Path(program).exists()
        said = "what its first line names is not there" if there else "not found in the lab"
        raise NotRunError(_NOT_FOUND, f"{program}: {said}") from None
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.ENOMEM):
            said = f"{program} could not be started: {error.strerror}"
            raise LabError(f"{said}; the client has used up its processes or its memory") from None
        said = f"{program}: cannot be executed: {error.strerror}"
        raise NotRunError(_NOT_EXECUTABLE, said) from None
    except ValueError as error:  # a null byte
        raise NotRunError(_NOT_EXECUTABLE, f"{program!r}: {error}") from None
    finally:
        os.chdir("/")


class NotRunError(Exception):
    """A program that is not there or cannot be executed: what a shell would say, and its status."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
