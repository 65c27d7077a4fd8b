"""Starts labs in a Docker engine and speaks with them."""

from __future__ import annotations

import io
import itertools
import os
import re
import secrets
import tarfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker

import lab
from lab.errors import LabError
from lab.go.toolchain import Progress, Toolchain, named
from lab.sandbox.base_lab import BaseLab
from lab.sandbox.channel import Channel
from lab.sandbox.docker import containers, images, labels, networks, sealed, sweep
from lab.sandbox.docker.attach import Attached
from lab.sandbox.docker.engine import connect, engine_errors
from lab.sandbox.docker.networks import Network
from lab.sandbox.interface import CA_BUNDLE, GOROOT, LabSpec

_WRITE = 'while [ $# -gt 0 ]; do printf %s "$2" >"$1"; shift 2; done'
_END_LIMIT = 60.0
_START_LIMIT = 60.0
ALLOW_GATEWAY = "GOLAB_DOCKER_ALLOW_GATEWAY"


class DockerBackend:
    """Runs labs as containers of the engine that the environment names.

    Raises:
        UnfitError: there is no such engine, or it is not usable.
    """

    name = "docker"

    def __init__(self, engine: docker.DockerClient | None = None) -> None:
        self.engine = engine or connect()
        with engine_errors("asking the engine"):
            self.version = str(self.engine.version()["Version"])
        self.session = secrets.token_hex(4)
        self._labs: set[DockerLab] = set()
        self._images: dict[str, dict[images.Role, str]] = {}
        self._closed = False
        self._lock = threading.Lock()
        sweep.sweep(self.engine)

    def toolchain(self, version: str | None = None, progress: Progress | None = None) -> Toolchain:
        """Return the Go of a client image, by default the version that golab pins.

        Raises:
            UsageError: that is no version, or one that golab cannot use.
            UnfitError: there is no current image with it.
        """
        go = named(version)
        self.image_ids(go)
        return Toolchain(go, Path(GOROOT))

    def warm(self, toolchain: Toolchain, progress: Progress | None = None) -> None:
        """Do nothing: the image of a client has its standard library compiled."""

    def image_ids(self, go: str) -> Mapping[images.Role, str]:
        """Return the ids of the images of a lab: the same for all, whatever is built meanwhile.

        Raises:
            UnfitError: they are missing or stale.
        """
        with self._lock:
            if go not in self._images:
                self._images[go] = images.check(self.engine, go)
            return self._images[go]

    def start(self, spec: LabSpec) -> DockerLab:
        """Start a lab; it is sealed, or this raises.

        Raises:
            UnfitError: its images are missing or stale.
            LabError: the lab did not come up, or leads somewhere.
        """
        started = DockerLab(self, spec, on_close=self._labs.discard)
        with self._lock:
            if self._closed:
                raise LabError("golab is ending, and starts no more labs")
            self._labs.add(started)
        try:
            started.begin()
        except BaseException:
            started.close()
            raise
        return started

    def close(self) -> None:
        """End every lab that is still running; may be called from any thread."""
        with self._lock:
            self._closed = True
            labs = list(self._labs)
        with ThreadPoolExecutor(4) as pool:
            for closed in [pool.submit(lab.close) for lab in labs]:
                closed.result()
        self.engine.close()


class DockerLab(BaseLab):
    """A lab in containers."""

    def __init__(
        self,
        backend: DockerBackend,
        spec: LabSpec,
        on_close: Callable[[DockerLab], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._engine = backend.engine
        self._version = backend.version
        self._spec = spec
        self._on_close = on_close
        self.id = secrets.token_hex(3)
        self.name = f"golab-{re.sub(r'[^a-z0-9]+', '-', spec.name.lower()).strip('-')}-{self.id}"
        self.marks = {
            labels.VERSION: lab.__version__,
            labels.SESSION: backend.session,
            labels.LAB: self.id,
            labels.SCENARIO: spec.name,
            labels.ARM: spec.arm,
            labels.OWNER: labels.owner(),
        }
        self.resolver = ""
        self._containers: dict[images.Role, str] = {}
        self._networks: list[Network] = []
        self._written: dict[str, str] = {}
        self._images = backend.image_ids(spec.toolchain.version)
        self._ending = threading.Event()
        self._at_rest = threading.Event()  # nothing more is being made
        self._at_rest.set()
        self._ended = threading.Event()
        self._closing = threading.Lock()
        self._closed = False

    def begin(self) -> None:
        """Make networks and containers, side by side, and prove that they lead nowhere.

        Raises:
            LabError: it did not come up, leads somewhere, or was closed meanwhile.
        """
        self._at_rest.clear()
        try:
            self._begin()
        finally:
            self._at_rest.set()

    def _begin(self) -> None:
        token = secrets.token_hex(16)
        with ThreadPoolExecutor(4, thread_name_prefix=self.name) as pool:
            world = pool.submit(_packed, self._spec.tree.path)
            inner, outer = list(pool.map(self._network, ("inner", "outer")))
            self.resolver = inner.near
            places: dict[images.Role, tuple[Network, str]] = {
                "edge": (inner, inner.near),
                "origin": (outer, outer.far),
                "client": (inner, inner.far),
            }
            started = {
                role: pool.submit(self._container, role, place, outer)
                for role, place in places.items()
            }
            for future in started.values():
                future.result()
            edge = self.channels["edge"].call(
                "start",
                address=inner.near,
                other=inner.other,
                names=self._spec.tree.hosts,
                origin=outer.far,
                home="/lab",
                token=token,
            )
            origin = self.channels["origin"].call(
                "start", address=outer.far, world="/lab/world", tar=world.result(), token=token
            )
            origin.result(_START_LIMIT)
            certificate = edge.result(_START_LIMIT)["certificate"]
            resolv_conf = f"nameserver {self.resolver}\n"
            self._etc({"/etc/resolv.conf": resolv_conf, CA_BUNDLE: certificate})
            self._prove_sealed(inner)

    def _go_on(self) -> None:
        if self._ending.is_set():
            raise LabError(f"{self.name} is being ended")

    def _network(self, kind: str) -> Network:
        self._go_on()
        marks = {**self.marks, labels.ROLE: kind}
        made = networks.create(self._engine, f"{self.name}-{kind}", marks, self._version)
        self._networks.append(made)
        return made

    def _container(self, role: images.Role, place: tuple[Network, str], outer: Network) -> None:
        self._go_on()
        name = f"{self.name}-{role}"
        container = containers.create(
            self._engine,
            role,
            name,
            image=self._images[role],
            place=place,
            resolver=self.resolver,
            marks={**self.marks, labels.ROLE: role},
        )
        self._containers[role] = container
        attached = Attached(self._engine, container, name)
        self.channels[role] = Channel(name, attached, self._ended.set)
        self._go_on()
        with engine_errors(f"starting {name}"):
            if role == "edge":
                self._engine.api.connect_container_to_network(
                    container, outer.id, ipv4_address=outer.near
                )
            self._engine.api.start(container)

    def _prove_sealed(self, inner: Network) -> None:
        name = next(iter(self._spec.tree.hosts))
        found = [
            str(way)
            for way in self.channels["client"].ask(
                "leaks",
                subnet=inner.subnet,
                own=inner.far,
                edge=inner.near,
                other=inner.other,
                name=name,
            )
        ]
        by_gateway = [way for way in found if way.startswith(sealed.GATEWAY)]
        if os.environ.get(ALLOW_GATEWAY, "").lower() in ("1", "true", "yes"):
            found = [way for way in found if way not in by_gateway]
        if found:
            hint = ""
            if by_gateway:
                hint = f" (Engine {self._version}; {ALLOW_GATEWAY}=1 accepts the gateway)"
            raise LabError(f"the lab is not sealed and was not used: {'; '.join(found)}{hint}")

    def close(self) -> None:
        """End the lab and wait until nothing of it is left. May be called twice.

        Raises:
            LabError: something could not be removed.
        """
        self._ending.set()
        self._hang_up()
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._at_rest.wait(_END_LIMIT)
            self._hang_up()
            self._on_close(self)
            sweep.remove(self._engine, self.id)

    def wait(self, limit: float | None = None) -> bool:
        """Wait until one of the lab's containers has ended, and so the lab."""
        return self._ended.wait(limit)

    def _hang_up(self) -> None:
        for channel in list(self.channels.values()):
            channel.close()

    def fresh(self) -> None:
        """End what runs in the client's container but its agent, and remove all its files."""
        self.channels["client"].ask("fresh")

    def resolv_conf(self, text: str) -> None:
        """Replace the client's /etc/resolv.conf."""
        self._etc({"/etc/resolv.conf": text})

    def _etc(self, files: Mapping[str, str]) -> None:
        """Write files that belong to root, where a client can neither write nor make links."""
        changed = {name: text for name, text in files.items() if self._written.get(name) != text}
        if changed:
            words = itertools.chain.from_iterable(changed.items())
            containers.as_root(self._engine, self._containers["client"], _WRITE, *words)
            self._written |= changed


def _packed(directory: Path) -> bytes:
    """Return a built world as a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(directory, ".")
    return buffer.getvalue()
