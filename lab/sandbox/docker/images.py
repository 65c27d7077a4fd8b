"""The images of a lab: built from a context that golab makes, and known again by its hash."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import docker

import lab
from lab.errors import LabError, UnfitError
from lab.paths import images_root
from lab.sandbox.docker import labels
from lab.sandbox.docker.engine import spoken
from lab.toolchain import Toolchain

Role = Literal["client", "edge", "origin"]
ROLES: tuple[Role, ...] = ("client", "edge", "origin")
BASE = "debian:bookworm-slim"

# What of the Go distribution a client needs to run any command of it.
_GO_PARTS = ("bin", "lib", "misc", "pkg", "src", "go.env", "VERSION")
_AGENT = (
    *("lab/__init__.py", "lab/errors.py", "lab/sandbox/__init__.py", "lab/sandbox/interface.py"),
    *("lab/sandbox/control.py", "lab/sandbox/docker/__init__.py", "lab/sandbox/docker/agent.py"),
    "lab/sandbox/docker/wire.py",
)
_PACKAGES: dict[Role, tuple[str, ...]] = {
    "client": (
        *_AGENT,
        *("lab/sandbox/network.py", "lab/sandbox/operations.py", "lab/sandbox/docker/sealed.py"),
        *("lab/sandbox/local/__init__.py", "lab/sandbox/local/sealed.py"),
    ),
    "edge": (*_AGENT, "lab/edge", "faults"),
    "origin": (*_AGENT, "lab/paths.py", "lab/origin", "lab/world"),
}

Progress = Callable[[str], None]
"""Called with each step of a build, in the engine's own words."""


@dataclass(frozen=True)
class Image:
    """An image of golab's that an engine has."""

    tag: str
    role: str
    go: str
    version: str
    content: str
    size: int

    @property
    def current(self) -> bool:
        """Whether it is what this golab would build."""
        return self.role in ROLES and self.content == content(self.role)


def tag(role: Role, go: str = "") -> str:
    """Return the name under which an image is kept."""
    return f"golab/client:{go}" if role == "client" else f"golab/{role}:{lab.__version__}"


def _sources(role: Role) -> Iterator[tuple[str, Path]]:
    """Yield every file of a context but Go: its name there, and where it is here."""
    for path in sorted((images_root() / role).iterdir()):
        yield path.name, path
    here = Path(__file__).resolve().parents[3]
    for name in _PACKAGES[role]:
        top = here / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in files:
            if path.is_file() and path.suffix in (".py", ".yaml", ".json"):
                yield f"golab/{path.relative_to(here)}", path


def content(role: Role) -> str:
    """Return the hash of what an image of this role is made of, Go apart."""
    sha = hashlib.sha256()
    for name, path in _sources(role):
        body = path.read_bytes()
        sha.update(f"{name} {len(body)}\n".encode() + body)
    return sha.hexdigest()[:16]


def build(
    engine: docker.DockerClient,
    role: Role,
    toolchain: Toolchain | None,
    *,
    base: str = BASE,
    progress: Progress = lambda _: None,
) -> str:
    """Build an image and return its tag; `toolchain` is what a client gets.

    Raises:
        LabError: the engine could not build it; the last line of the failed step says why.
    """
    go = toolchain.version if toolchain else ""
    name = tag(role, go)
    marks = {
        labels.VERSION: lab.__version__,
        labels.CONTENT: content(role),
        labels.ROLE: role,
        labels.GO: go,
    }
    with tempfile.TemporaryFile() as context, spoken(f"building {name}"):
        progress(f"{name}: packing")
        _pack(context, role, toolchain)
        context.seek(0)
        steps = engine.api.build(
            fileobj=context,
            custom_context=True,
            tag=name,
            labels=marks,
            buildargs={"BASE": base},
            rm=True,
            forcerm=True,
            decode=True,
        )
        lately: list[str] = []
        for step in steps:
            if "error" in step:
                raise LabError(f"building {name} failed: {_reason(step, lately, base)}")
            said = str(step.get("stream") or step.get("status") or "").strip()
            if said:
                lately += said.splitlines()
                progress(f"{name}: {lately[-1]}")
    return name


def _reason(step: dict[str, Any], lately: list[str], base: str) -> str:
    error = str(step["error"])
    if lately and "FROM ${BASE}" in lately[-1]:
        return f"the base image {base} cannot be pulled ({error[:120]}); `--base` takes another"
    if "no space left" in error:
        return "the engine's disk is full; `golab images prune` makes room"
    telling = [line for line in lately if line.startswith(("ERROR", "E: "))] or lately
    return f"{' '.join(telling[-1:])[:240]} ({error.splitlines()[0][:60]}…)"


def _pack(target: IO[bytes], role: Role, toolchain: Toolchain | None) -> None:
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in _sources(role):
            _add(archive, name, path)
        if toolchain is not None and role == "client":
            root = toolchain.goroot.resolve()
            for part in _GO_PARTS:
                top = root / part
                files = sorted(top.rglob("*")) if top.is_dir() else [top]
                for path in files:
                    if path.is_file():
                        _add(archive, f"go/{path.relative_to(root)}", path)


def _add(archive: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a file so that the same file always gives the same bytes: the build cache lives on it."""
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    member.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
    with path.open("rb") as body:
        archive.addfile(member, body)


def every(engine: docker.DockerClient) -> list[Image]:
    """Return every image of golab's that the engine has."""
    with spoken("listing images"):
        # The summaries, not `images.list`: that inspects each, and one may go meanwhile.
        rows: list[dict[str, Any]] = engine.api.images(filters={"label": labels.CONTENT})
    found: list[Image] = []
    for row in rows:
        marks = row.get("Labels") or {}
        tags = [
            name.removeprefix("docker.io/")  # as Podman has it
            for name in row.get("RepoTags") or []
            if "<none>" not in name
        ]
        found += [_image(name, marks, row) for name in tags or [row["Id"]]]
    return sorted(found, key=lambda image: image.tag)


def _image(name: str, marks: Mapping[str, str], row: Mapping[str, Any]) -> Image:
    return Image(
        name,
        role=marks.get(labels.ROLE, ""),
        go=marks.get(labels.GO, ""),
        version=marks.get(labels.VERSION, ""),
        content=marks.get(labels.CONTENT, ""),
        size=int(row["Size"]),
    )


def prune(engine: docker.DockerClient, *, everything: bool = False) -> list[str]:
    """Remove golab's images that are stale, or all of them, and return their names."""
    removed = []
    for image in every(engine):
        if everything or not image.current:
            with spoken(f"removing {image.tag}"):
                engine.api.remove_image(image.tag)
            removed.append(image.tag)
    return removed


def missing(engine: docker.DockerClient, go: str | None) -> list[str]:
    """Return what stands in the way of a lab; without `go`, any client image does."""
    found = every(engine)
    problems = []
    for role in ROLES:
        if role == "client" and go is None:
            mine = [image for image in found if image.role == "client"]
        else:
            mine = [image for image in found if image.tag == tag(role, go or "")]
        name = "golab/client" if role == "client" and go is None else tag(role, go or "")
        if not mine:
            problems.append(f"{name} is missing")
        elif not any(image.current for image in mine):
            problems.append(f"{name} is stale")
    return problems


def check(engine: docker.DockerClient, go: str) -> None:
    """Make sure that the images of a lab are there and current.

    Raises:
        UnfitError: they are not; `golab images build` makes them.
    """
    problems = missing(engine, go)
    if problems:
        raise UnfitError(f"{', '.join(problems)}; `golab images build --go {go}` builds it")


def machine(engine: docker.DockerClient) -> str:
    """Return the engine's architecture as Go calls it."""
    with spoken("asking the engine"):
        name = str(engine.version().get("Arch", ""))
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(name, name)
