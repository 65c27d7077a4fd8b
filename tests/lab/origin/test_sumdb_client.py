"""Go's own checksum client against databases that grow, fork and learn on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from lab.go.toolchain import ensure
from lab.origin.state import OriginState
from lab.world.build import build
from lab.world.load import base_world
from lab.world.model import Sumdb, World
from tests.lab.origin.asking import Client, Internet, internet

Fetch = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    world = base_world().merged(World(sumdb=Sumdb(size=5)))
    tree = build(world, tmp_path_factory.mktemp("worlds"))
    with internet(tree, tmp_path_factory.mktemp("net")) as found:
        yield found


@pytest.fixture(params=[pytest.param("1.21.13", marks=pytest.mark.slow), "1.27.3"])
def client(
    request: pytest.FixtureRequest, net: Internet, tmp_path: Path, project: Path
) -> Iterator[Client]:
    goroot = ensure(request.param).goroot
    yield Client(goroot, tmp_path, project, {**net.env, "GOPROXY": "https://proxy.golang.org"})
    net.control.set(OriginState())


def latest(client: Client) -> int:
    """Return the size of the tree that the client has seen last."""
    note = client.home / "go/pkg/sumdb/sum.golang.org/latest"
    return int(note.read_text().split("\n")[1])


def test_the_client_follows_a_tree_that_grows(client: Client, net: Internet) -> None:
    client.download("github.com/gorilla/mux@v1.8.0")
    first = latest(client)
    net.control.set(OriginState(sumdb_size=first + 20))
    client.download("github.com/gorilla/mux@v1.8.1")
    assert latest(client) >= first + 20
    client.download("github.com/spf13/cobra@v1.8.1")


@pytest.mark.parametrize("through", ["a proxy", "its own host"])
def test_a_fork_is_noticed_by_whoever_saw_the_other_tree(
    client: Client, net: Internet, through: str
) -> None:
    host = "proxy.golang.org" if through == "a proxy" else "sum.golang.org"
    env = {} if through == "a proxy" else {"GOPROXY": "direct"}
    client.download("rsc.io/quote@v1.5.1", **env)
    net.control.set(OriginState(sumdb_size=1000, forked=(host,)))
    done = client("mod", "download", "github.com/BurntSushi/toml@v1.2.1", **env)
    assert done.returncode == 1
    assert "SECURITY ERROR\ngo.sum database server misbehavior detected!" in done.stderr
    fresh = client.elsewhere()("mod", "download", "github.com/BurntSushi/toml@v1.2.1", **env)
    assert "checksum mismatch" in fresh.stderr


def test_a_version_published_later_gets_its_record_when_it_is_looked_up(
    client: Client, net: Internet
) -> None:
    name = "github.com/BurntSushi/toml@v1.3.2"
    net.control.set(OriginState(absent=(name,)))
    refused = client("mod", "download", name)
    assert "404 Not Found" in refused.stderr
    net.control.set(OriginState())
    client.download(name)


def test_a_toolchain_comes_from_the_proxy_and_is_checked(client: Client) -> None:
    told = {"GOTOOLCHAIN": "go1.99.0"}
    done = client("version", **told)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:3] == ["go", "version", "go1.99.0"]
    refused = client.elsewhere()("version", **told, GOSUMDB="off")
    assert refused.returncode == 1
    assert "checksum database disabled by GOSUMDB=off" in refused.stderr
