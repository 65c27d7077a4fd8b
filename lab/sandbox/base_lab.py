"""The part of a lab that is the same in every backend: what is asked of which part of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, TypeVar

from lab.errors import LabError
from lab.sandbox.channel import Channel
from lab.sandbox.controls import EdgeControl, OriginControl
from lab.sandbox.interface import (
    Answer,
    Command,
    Completed,
    Files,
    Handshake,
    Listed,
    Request,
)
from lab.sandbox.running import Event, Running

Part = Literal["client", "edge", "origin"]
Kind = TypeVar("Kind")

_SHORT = 30.0
_GRACE = 30.0


class BaseLab(ABC):
    """A lab that carries out what it is asked; see `lab.sandbox.interface.Lab` for what it can do.

    A backend makes a channel to each part, and says how the lab is ended.
    """

    def __init__(self) -> None:
        self.channels: dict[Part, Channel] = {}
        self.edge = EdgeControl(lambda request: self._ask("edge", **request))
        self.origin = OriginControl(lambda request: self._ask("origin", **request))
        self._programs: dict[tuple[str, str], bool] = {}  # these do not change while a lab runs

    def _ask(self, part: Part, do: str, *, limit: float = _SHORT, **arguments: Any) -> Any:
        """Have a part do something within about `limit` seconds, and return its result."""
        return self.channels[part].ask(do, patience=limit + _GRACE, **arguments)

    @abstractmethod
    def close(self) -> None:
        """End the lab and wait until nothing of it is left. May be called twice."""

    @abstractmethod
    def wait(self, limit: float | None = None) -> bool:
        """Wait until the lab has ended, by itself too, and tell whether it has in `limit` s."""

    @abstractmethod
    def fresh(self) -> None:
        """End the client, with all that it started and wrote, and begin another."""

    @abstractmethod
    def resolv_conf(self, text: str) -> None:
        """Replace the client's /etc/resolv.conf."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self) -> None:
        """Raise a LabError that names the part if edge, origin or client ended by themselves."""
        for channel in list(self.channels.values()):
            if channel.ended is not None:
                raise LabError(f"{channel.name} has ended: {channel.ended}")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files for the client."""
        self._ask("client", "write", files=dict(files))

    def read(self, paths: Sequence[str]) -> Files:
        """Return the contents of those files that exist and can be read."""
        read: dict[Any, Any] = _checked(self._ask("client", "read", paths=list(paths)), dict)
        found: dict[Any, Any] = _checked(read.get("found"), dict)
        unread: dict[Any, Any] = _checked(read.get("unread"), dict)
        return Files(
            {str(name): _checked(content, bytes) for name, content in found.items()},
            {str(name): str(why) for name, why in unread.items()},
        )

    def remove(self, path: str) -> None:
        """Remove a file or directory of the client."""
        self._ask("client", "remove", path=path)

    def link(self, source: str, target: str) -> None:
        """Give the client directories of its own with links to the files below `source`."""
        self._ask("client", "link", source=source, target=target)

    def copy(self, source: str, target: str, *, without: Sequence[str], limit: float) -> str:
        """Make a directory of the client a copy of another; return why it is none, or ''."""
        asked = {"source": source, "target": target, "without": list(without)}
        return _checked(self._timed("copy", limit, limit, **asked), str)

    def run(self, command: Command) -> Completed:
        """Run a program as the client."""
        done = self._ask("client", "run", limit=command.limit, command=command)
        return _checked(done, Completed)

    def open(
        self, command: Command, *, terminal: tuple[int, int] | None, on_event: Event
    ) -> Running:
        """Start a program as the client, and follow it."""
        size = list(terminal) if terminal else None
        channel = self.channels["client"]
        return Running(channel.call("open", on_event=on_event, command=command, terminal=size))

    def has(self, program: str, path: str) -> bool:
        """Tell whether the client has this program."""
        if (program, path) not in self._programs:
            found = self._ask("client", "has", program=program, path=path)
            self._programs[program, path] = bool(found)
        return self._programs[program, path]

    def listing(self, folder: str) -> list[Listed]:
        """Return what is in a directory of the client."""
        found = _checked(self._ask("client", "listing", folder=folder), list)
        return [_checked(each, Listed) for each in found]

    def fetch(self, request: Request) -> Answer:
        """Make one HTTP request from where the client stands."""
        patience = request.limit + _GRACE
        found = self.channels["client"].ask("fetch", patience=patience, request=request)
        return _checked(found, Answer)

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each of the client's resolvers for `name`."""
        found = self._timed("resolve", limit, 4 * limit, name=name)
        answers: dict[Any, Any] = _checked(found, dict)
        return {str(resolver): str(answer) for resolver, answer in answers.items()}

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        """Try a TLS handshake."""
        asked = {"address": address, "server_name": server_name, "port": port}
        return _checked(self._timed("handshake", limit, limit, **asked), Handshake)

    def _timed(self, do: str, limit: float, patience: float, **arguments: Any) -> Any:
        channel = self.channels["client"]
        return channel.ask(do, patience=patience + _GRACE, limit=limit, **arguments)


def _checked(value: Any, kind: type[Kind]) -> Kind:
    """Return a value that came out of a lab if it is of this kind.

    Raises:
        LabError: it is not.
    """
    if not isinstance(value, kind):
        raise LabError("the client of the lab sent what is no answer")
    return value
