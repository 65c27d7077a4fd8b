"""What every backend offers: a sealed lab in which commands run and traffic is recorded."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:  # a sandbox starts before the rest of golab is loaded
    from lab.go.toolchain import Progress, Toolchain
    from lab.sandbox.controls import EdgeControl, OriginControl
    from lab.sandbox.running import Event, Running
    from lab.world.tree import Tree

EDGE = "198.18.0.2"
"""The address of the edge in the lab's own network (RFC 2544: it is nobody's)."""

OTHER = "198.18.0.4"
"""Its second address there."""

EDGE6 = "fd00:c612::2"
"""The edge's address by IPv6, where a lab has IPv6: a local one, on a kernel that has it."""

ORIGIN = "198.18.0.3"
"""The address of the origin; only the edge talks to it."""

BLACK_HOLE = "198.18.255.0/24"
"""Addresses of a lab at which nothing answers, not even "unreachable": what goes there is lost."""

GOROOT = "/lab/go"
"""Where a client finds Go."""

WARM_GOCACHE = "/lab/gocache"
"""Where a client finds Go's standard library compiled, which it cannot write to."""

CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""The certificates a client trusts: the edge's authority, and no other."""


@dataclass(frozen=True)
class Command:
    """A program to run as the client.

    `limit` is in seconds, 0 for none; a command that is still running then is killed with all its
    children.
    A relative program is looked up on the client's PATH.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    limit: float
    stdin: str = ""


@dataclass(frozen=True)
class Completed:
    """What a command did.

    `exit` is None when the lab's own limit ended it, and -N when signal N did.
    """

    argv: tuple[str, ...]
    exit: int | None
    stdout: str
    stderr: str
    seconds: float
    hit: str = ""
    """What of a client's allowance it has used up: processes, files, output; '' if nothing."""

    @property
    def signal(self) -> str:
        """The signal that ended it, such as SIGKILL; '' if none did, or the lab's limit."""
        if self.exit is None or self.exit >= 0:
            return ""
        try:
            return signal.Signals(-self.exit).name
        except ValueError:  # those of real time have no names
            return f"signal {-self.exit}"

    @property
    def timed_out(self) -> bool:
        """Whether the lab, not the command, ended it."""
        return self.exit is None


@dataclass(frozen=True)
class Files:
    """Files of a client: contents by path, and why others that are there could not be read."""

    found: Mapping[str, bytes]
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One HTTP request of a probe.

    `limit` is in seconds, for all of it. `via` is the URL of a forward proxy, '' for none; `ca`, a
    file of the certificates that are trusted, '' for the machine's own.
    """

    url: str
    limit: float
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    via: str = ""
    ca: str = ""


@dataclass(frozen=True)
class Answer:
    """What one HTTP request of a probe came to: a response, or the error that stood in its way.

    `stage` is how far it got: `dns`, `connect`, `proxy`, `tls`, `headers`, `body` or `done`. Times
    are in seconds: `first` to the first byte, `wait` of that once it was asked, `seconds` in all,
    `pause` the longest wait within the body. `cut`: the body goes on behind what is kept of it.
    """

    stage: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    seconds: float = 0.0
    first: float = 0.0
    pause: float = 0.0
    protocol: str = ""
    cut: bool = False
    wait: float = 0.0


@dataclass(frozen=True)
class Handshake:
    """What a TLS handshake came to: `error` is '' if it got through, whatever the certificate.

    `certificate` is that of the server (DER), b'' if none was shown.
    """

    error: str = ""
    certificate: bytes = b""


@dataclass(frozen=True)
class Listed:
    """A name in a directory: `kind` is `file`, `folder`, `link` or `other`, `size` in bytes."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True)
class LabSpec:
    """What a lab is made of.

    `arm` is that in which it is held open, '' if it goes through all; `warm`, whether its clients
    begin with a build cache that has Go's standard library.
    """

    name: str
    tree: Tree
    toolchain: Toolchain
    arm: str = ""
    warm: bool = False


class Lab(Protocol):
    """A running, sealed lab."""

    resolver: str
    """The address of the only resolver the client has."""

    edge: EdgeControl
    """Its rules and its ledger."""

    origin: OriginControl
    """Its state and its access log."""

    def fresh(self) -> None:
        """End the client, with all that it started and wrote, and begin another."""

    def check(self) -> None:
        """Raise a LabError that names the part if edge, origin or client ended by themselves."""

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files for the client; directories are made as needed."""

    def read(self, paths: Sequence[str]) -> Files:
        """Return the contents of those of the client's files that exist and can be read."""

    def remove(self, path: str) -> None:
        """Remove one of the client's files or directories, if it is there."""

    def link(self, source: str, target: str) -> None:
        """Give the client, at `target`, directories of its own with links to the files below."""

    def copy(self, source: str, target: str, *, without: Sequence[str], limit: float) -> str:
        """Make one of the client's directories a copy of another; return why it is none, or ''.

        Args:
            source: a directory, of which nothing is followed.
            target: what is there is removed; it may lie below `source`.
            without: names in `source` that are left out.
            limit: in seconds.
        """

    def run(self, command: Command) -> Completed:
        """Run a program as the client. May be called from several threads at once."""

    def resolv_conf(self, text: str) -> None:
        """Replace the client's /etc/resolv.conf."""

    def open(
        self, command: Command, *, terminal: tuple[int, int] | None, on_event: Event
    ) -> Running:
        """Start a program as the client and follow it.

        Args:
            command: what to run.
            terminal: rows and columns of the terminal that it gets; None for pipes.
            on_event: see `lab.sandbox.running.Event`.
        """

    def has(self, program: str, path: str) -> bool:
        """Tell whether the client has this program on this PATH."""

    def listing(self, folder: str) -> list[Listed]:
        """Return what is in one of the client's directories, sorted; nothing if it is none."""

    def fetch(self, request: Request) -> Answer:
        """Make one HTTP request from where the client stands. Redirects are not followed."""

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each of the client's resolvers for `name`: resolver -> answer or what went wrong."""

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        """Try a TLS handshake with `address` under this SNI."""


class Backend(Protocol):
    """A place where labs can run."""

    name: str

    def toolchain(self, version: str | None = None, progress: Progress | None = None) -> Toolchain:
        """Return the Go that a client of this version has here, fetched if it must be."""

    def warm(self, toolchain: Toolchain, progress: Progress | None = None) -> None:
        """Have the standard library of a toolchain compiled for labs that are `warm`."""

    def start(self, spec: LabSpec) -> LabHandle:
        """Start a lab and prove that it is sealed."""

    def close(self) -> None:
        """End every lab that is still running."""


class LabHandle(Lab, Protocol):
    """A lab with a lifetime: leaving the `with` block removes everything."""

    def wait(self, limit: float | None = None) -> bool:
        """Wait until the lab has ended, by itself too, and tell whether it has in `limit` s."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
