"""The images of a lab: built from Dockerfiles, and known again by the hash of what they copy."""

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
from lab.go.toolchain import PINNED
from lab.paths import images_root
from lab.sandbox.docker import labels
from lab.sandbox.docker.engine import engine_errors

Role = Literal["client", "edge", "origin"]
ROLES: tuple[Role, ...] = ("client", "edge", "origin")
BASE = "debian:bookworm-slim"
_KINDS = (".py", ".yaml", ".json")  # of a directory that is copied, what counts
_ENGINES_OWN = ("Step ", "--->", "Removing intermediate container")
_HERE = Path(__file__).resolve().parents[3]

Progress = Callable[[str], None]
"""Called with each step of a build, in the engine's own words."""


@dataclass(frozen=True)
class Image:
    """An image of golab's that an engine has; one without a name has part of its id in it."""

    id: str
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


def _copied(dockerfile: str) -> Iterator[str]:
    """Yield what a Dockerfile copies from its context, in its words."""
    for line in dockerfile.replace("\\\n", " ").splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--from="):
            yield from words[1:-1]


def _sources(role: Role) -> Iterator[tuple[str, Path]]:
    """Yield every file of a context: its name there, as in a checkout, and where it is here."""
    own = f"images/{role}/Dockerfile"
    dockerfile = _place(own)
    yield own, dockerfile
    for name in _copied(dockerfile.read_text(encoding="utf-8")):
        top = _place(name)
        if not top.is_dir():
            yield name, top
            continue
        for path in sorted(top.rglob("*")):
            if path.suffix in _KINDS and path.is_file():
                yield f"{name}/{path.relative_to(top)}", path


def _place(name: str) -> Path:
    """Return where something of a checkout is, here or where golab is installed."""
    first, _, rest = name.partition("/")
    return (images_root() if first == "images" else _HERE / first) / rest


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
    go: str = "",
    *,
    base: str = BASE,
    cache: bool = True,
    progress: Progress = lambda _: None,
) -> str:
    """Build an image and return its tag.

    Args:
        engine: where.
        role: which.
        go: the version that a client gets. One that golab knows is accepted only under the hashes
            it knows; another is taken as the package index has it.
        base: the image to build on.
        cache: whether steps of earlier builds may be used again.
        progress: called with each step.

    Raises:
        LabError: the engine could not build it; the last line of the failed step says why.
    """
    name = tag(role, go)
    arguments = {"BASE": base}
    if role == "client":
        hashes = (f"--hash=sha256:{wheel.sha256}" for wheel in PINNED.get(go, {}).values())
        arguments |= {"GO_VERSION": go, "GO_HASHES": " ".join(hashes)}
    marks = {
        labels.VERSION: lab.__version__,
        labels.CONTENT: content(role),
        labels.ROLE: role,
        labels.GO: go,
    }
    with tempfile.TemporaryFile() as context, engine_errors(f"building {name}"):
        _pack(context, role)
        context.seek(0)
        steps = engine.api.build(
            fileobj=context,
            custom_context=True,
            dockerfile=f"images/{role}/Dockerfile",
            tag=name,
            labels=marks,
            buildargs=arguments,
            nocache=not cache,
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
    if lately and any(said in lately[-1] for said in ("FROM ${BASE}", "Trying to pull")):
        return f"the base image {base} cannot be pulled ({error[:120]}); `--base` takes another"
    if any("no space left" in line.lower() for line in [error, *lately]):
        return "the engine's disk is full; `golab images prune` makes room"
    said = [line for line in lately if not line.startswith(_ENGINES_OWN)]
    telling = [line for line in said if line.startswith(("ERROR", "E: "))] or said
    return f"{' '.join(telling[-1:])[:240]} ({error.splitlines()[0][:60]}…)"


def _pack(target: IO[bytes], role: Role) -> None:
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in _sources(role):
            _add(archive, name, path)


def _add(archive: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a file so that the same file always gives the same bytes: the build cache lives on it."""
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    member.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
    with path.open("rb") as body:
        archive.addfile(member, body)


def every(engine: docker.DockerClient) -> list[Image]:
    """Return every image of golab's that the engine has."""
    with engine_errors("listing images"):
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
        short = str(row["Id"]).removeprefix("sha256:")[:12]
        unnamed = f"golab/{marks.get(labels.ROLE, '')}@{short}"
        found += [_image(name, marks, row) for name in tags or [unnamed]]
    return sorted(found, key=lambda image: image.tag)


def _image(name: str, marks: Mapping[str, str], row: Mapping[str, Any]) -> Image:
    return Image(
        str(row["Id"]),
        name,
        role=marks.get(labels.ROLE, ""),
        go=marks.get(labels.GO, ""),
        version=marks.get(labels.VERSION, ""),
        content=marks.get(labels.CONTENT, ""),
        size=int(row["Size"]),
    )


def prune(engine: docker.DockerClient, *, everything: bool = False) -> Iterator[tuple[str, str]]:
    """Remove golab's images that are stale, or all of them; one in use does not stop the others.

    Yields:
        The name of each, and why it could not be removed, '' if it is gone.
    """
    for image in every(engine):
        if everything or not image.current:
            try:
                with engine_errors(f"removing {image.tag}"):
                    engine.api.remove_image(image.id if "@" in image.tag else image.tag)
            except LabError as error:
                yield image.tag, str(error)
            else:
                yield image.tag, ""
    with engine_errors("removing what images were built from"):
        engine.images.prune(filters={"dangling": True, "label": labels.STAGE})


def missing(engine: docker.DockerClient, go: str) -> list[str]:
    """Return what stands in the way of a lab with this Go, such as `golab/edge:0.1.0 is stale`."""
    found = {image.tag: image for image in every(engine)}
    problems = []
    for name in (tag(role, go) for role in ROLES):
        if name not in found:
            problems.append(f"{name} is missing")
        elif not found[name].current:
            problems.append(f"{name} is stale")
    return problems


def check(engine: docker.DockerClient, go: str) -> dict[Role, str]:
    """Make sure that the images of a lab are there and current, and return their ids.

    Raises:
        UnfitError: they are not; `golab images build` makes them.
    """
    problems = missing(engine, go)
    if problems:
        raise UnfitError(", ".join(problems), f"`golab images build --go {go}` builds it")
    ids = {image.tag: image.id for image in every(engine)}
    return {role: ids[tag(role, go)] for role in ROLES}
