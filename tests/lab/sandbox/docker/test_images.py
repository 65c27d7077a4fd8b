"""Images are what their Dockerfiles say, by golab's hand or by another's, and known again."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import docker
import pytest

from lab.errors import LabError, UnfitError
from lab.go.toolchain import DEFAULT
from lab.paths import images_root
from lab.sandbox.docker import images, labels

StrPath = str | Path
CLIENT = "/usr/bin/docker"  # Debian's, which knows both builders
CHECKOUT = Path(__file__).resolve().parents[4]


def dockerfile(role: str) -> str:
    return (images_root() / role / "Dockerfile").read_text()


def golab(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab", "images", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def test_the_client_is_built_with_the_go_that_golab_pins() -> None:
    assert re.search(r"^ARG GO_VERSION=(.*)$", dockerfile("client"), re.MULTILINE)[1] == DEFAULT  # type: ignore[index]


@pytest.mark.parametrize("role", images.ROLES)
def test_a_dockerfile_is_for_both_builders(role: str) -> None:
    text = dockerfile(role)
    assert "--mount" not in text
    assert "<<" not in text
    assert "# syntax" not in text
    assert text.count("apt-get update") == text.count("rm -rf /var/lib/apt/lists/*")


@pytest.mark.parametrize("role", images.ROLES)
def test_every_file_that_is_copied_makes_the_hash(
    role: images.Role, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = [name for name, _ in images._sources(role)]
    assert f"images/{role}/Dockerfile" in named
    assert "lab/sandbox/docker/agent.py" in named
    assert len(named) == len(set(named))
    before = images.content(role)
    for top in ("lab", "faults", "images"):
        shutil.copytree(CHECKOUT / top, tmp_path / top)
    monkeypatch.setattr(images, "_HERE", tmp_path)
    monkeypatch.setattr(images, "images_root", lambda: tmp_path / "images")
    assert images.content(role) == before
    for name in named:
        path = tmp_path / name
        body = path.read_bytes()
        path.write_bytes(body + b"\n")
        assert images.content(role) != before, name
        path.write_bytes(body)


def test_a_version_that_is_none_is_one_line() -> None:
    for version, said in (("1.x", "is no Go version; write it as"), ("1.20", "is too old")):
        done = golab("build", "--go", version)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert said in done.stderr


@pytest.mark.docker
@pytest.mark.whole
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("buildkit", "go"), [("0", DEFAULT), ("1", DEFAULT), ("0", "1.26.2")])
def test_a_build_by_hand_makes_the_same(
    engine: docker.DockerClient, buildkit: str, go: str
) -> None:
    if not Path(CLIENT).exists():
        pytest.skip(f"{CLIENT} is not installed")
    for role in images.ROLES:
        name = f"by-hand/{role}:{buildkit}"
        command = [CLIENT, "build", "--quiet", "--tag", name]
        command += ["--file", f"images/{role}/Dockerfile", "--build-arg", f"GO_VERSION={go}", "."]
        env = {**os.environ, "DOCKER_BUILDKIT": buildkit}
        done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        try:
            files = "find /opt/golab -name '*.py' -o -name '*.json' -o -name '*.yaml' | sort"
            told = f"{files} | xargs sha256sum"
            by_hand = _said(engine, name, told)
            assert by_hand == _said(engine, images.tag(role, DEFAULT), told)
            assert by_hand.count("\n") > 10
            if role == "client":
                assert f"go{go}" in _said(engine, name, "/lab/go/bin/go version")
        finally:
            engine.images.remove(name)


def _said(engine: docker.DockerClient, image: str, command: str) -> str:
    said: bytes = engine.containers.run(image, ["sh", "-c", command], remove=True, network="none")
    return said.decode()


@pytest.mark.docker
def test_an_image_in_use_does_not_stop_pruning(engine: docker.DockerClient) -> None:
    for name in ("used", "unused"):
        _stale(engine, name)
    holder = engine.api.create_container("golab/used:0", "true")
    try:
        done = golab("prune")
        assert done.returncode == 3
        assert "removed golab/unused:0" in done.stdout.splitlines()
        assert "golab/used" not in done.stdout
        assert done.stderr.startswith("golab: removing golab/used:0: conflict")
        assert done.stderr.count("\n") == 1
    finally:
        engine.api.remove_container(holder["Id"])
    assert golab("prune").stdout == "removed golab/used:0\n"


def _stale(engine: docker.DockerClient, name: str) -> None:
    text = f"FROM {images.BASE}\nLABEL {labels.CONTENT}={name}\n"
    engine.images.build(fileobj=io.BytesIO(text.encode()), tag=f"golab/{name}:0", rm=True)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_full_disk(engine: docker.DockerClient, tmp_path: Path) -> None:
    if os.geteuid() or not shutil.which("dockerd"):
        pytest.skip("an engine with a small disk is started by root, where dockerd is installed")
    with _small_engine(tmp_path, "260m") as small:
        small.images.load(b"".join(engine.api.get_image(images.BASE)))
        with pytest.raises(LabError, match=r"^building golab/edge.* the engine's disk is full"):
            images.build(small, "edge")
        with pytest.raises(UnfitError, match=r"golab/edge:.* is missing"):
            images.check(small, DEFAULT)
        assert small.api.containers(all=True) == []


@contextmanager
def _small_engine(place: Path, size: str) -> Iterator[docker.DockerClient]:
    """Start an engine with a disk of this size and a bridge of its own."""
    bridge, data, socket = "br-golab-small", place / "data", place / "engine.sock"
    data.mkdir()
    with ExitStack() as stack:

        def run(*command: StrPath) -> None:
            subprocess.run(command, check=True, capture_output=True)

        run("mount", "-t", "tmpfs", "-o", f"size={size}", "none", data)
        stack.callback(run, "umount", data)
        run("ip", "link", "add", bridge, "type", "bridge")
        stack.callback(run, "ip", "link", "del", bridge)
        run("ip", "addr", "add", "10.212.255.1/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
        command: list[StrPath] = ["dockerd", "--bridge", bridge, "--host", f"unix://{socket}"]
        command += ["--data-root", data]
        command += ["--exec-root", place / "exec", "--pidfile", place / "pid"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as dockerd:
            try:
                client = _answering(f"unix://{socket}", dockerd)
                yield client
                client.close()
            finally:
                dockerd.send_signal(signal.SIGTERM)
                dockerd.wait(30)


def _answering(host: str, dockerd: subprocess.Popen[bytes]) -> docker.DockerClient:
    """Wait for an engine: it resets connections after its socket is there, and before it is up."""
    end = time.monotonic() + 60
    while True:
        try:
            return docker.DockerClient(host, timeout=60)
        except docker.errors.DockerException:
            assert dockerd.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
