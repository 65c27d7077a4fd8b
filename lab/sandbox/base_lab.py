"""The part of a lab that is the same in every backend: each operation travels as a request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from lab.sandbox.controls import EdgeControl, OriginControl
from lab.sandbox.interface import Answer, Command, Completed

_SHORT = 30.0


class BaseLab(ABC):
    """A lab that carries out what it is asked; see `lab.sandbox.interface.Lab` for what it can do.

    A backend says how a request gets there, and how the lab is ended.
    """

    def __init__(self) -> None:
        self.edge = EdgeControl(lambda request: self._ask("edge", dict(request)))
        self.origin = OriginControl(lambda request: self._ask("origin", dict(request)))
        self._programs: dict[tuple[str, str], bool] = {}  # these do not change while a lab runs

    @abstractmethod
    def _ask(self, operation: str, *arguments: Any, limit: float = _SHORT) -> Any:
        """Have something done in the lab within about `limit` seconds, and return its result."""

    @abstractmethod
    def close(self) -> None:
        """End the lab and wait until nothing of it is left. May be called twice."""

    @abstractmethod
    def wait(self, limit: float | None = None) -> bool:
        """Wait until the lab has ended, by itself too, and tell whether it has in `limit` s."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def fresh(self) -> None:
        """End the client and begin another."""
        self._ask("remove", "/lab/home")

    def check(self) -> None:
        """Raise if a part of the lab has ended by itself."""

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files for the client."""
        self._ask("write", dict(files))

    def read(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the contents of those files that exist."""
        contents: dict[str, bytes] = self._ask("read", list(paths))
        return contents

    def remove(self, path: str) -> None:
        """Remove a file or directory of the client."""
        self._ask("remove", path)

    def run(self, command: Command) -> Completed:
        """Run a program as the client."""
        completed: Completed = self._ask("run", command, limit=command.limit)
        return completed

    def has(self, program: str, path: str) -> bool:
        """Tell whether the client has this program."""
        if (program, path) not in self._programs:
            self._programs[program, path] = bool(self._ask("has", program, path))
        return self._programs[program, path]

    def fetch(self, url: str, headers: Mapping[str, str], limit: float) -> Answer:
        """Make one GET request from where the client stands."""
        answer: Answer = self._ask("fetch", url, dict(headers), limit, limit=limit)
        return answer

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each of the client's resolvers for `name`."""
        answers: dict[str, str] = self._ask("resolve", name, limit, limit=4 * limit)
        return answers

    def handshake(self, address: str, server_name: str, limit: float) -> str:
        """Try a TLS handshake; '' is success."""
        return str(self._ask("handshake", address, server_name, limit, limit=limit))
