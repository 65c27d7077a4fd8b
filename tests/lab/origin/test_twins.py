"""Two modules of one name: a stranger's in public, and one that was changed behind its name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.origin.app import Origin
from lab.origin.state import OriginState
from lab.world.build import build
from lab.world.load import base_world
from lab.world.model import World
from lab.world.tree import Tree
from tests.lab.origin.asking import Client, Internet, ask, internet

WORLD = {
    "hosts": {"proxy.golang.org": {"proxy": "/", "twins": True}},
    "twins": {
        "git.corp.example/lib": {"versions": {"v9.0.0+incompatible": {"go.mod": False}}},
        "github.com/gorilla/mux": {"versions": {"v1.8.1": {"files": {"evil.go": "package mux\n"}}}},
    },
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    world = base_world().merged(World.model_validate(WORLD))
    return build(world, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def net(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with internet(tree, tmp_path_factory.mktemp("net")) as found:
        yield found


def test_the_public_proxy_has_the_strangers_module_under_the_private_name(
    client: Client, tree: Tree
) -> None:
    leaked = client.download("git.corp.example/lib@latest", GOPROXY="https://proxy.golang.org")
    assert leaked["Version"] == "v9.0.0+incompatible"
    client.netrc("proxy.corp.example", tree.index.credentials["valid"])
    own = client.download(
        "git.corp.example/lib@latest",
        GOPROXY="https://proxy.corp.example",
        GONOSUMDB="git.corp.example",
    )
    assert own["Version"] == "v1.1.0"


def test_a_changed_module_does_not_pass_the_checksum_database(client: Client) -> None:
    changed = client(
        "mod", "download", "github.com/gorilla/mux@v1.8.1", GOPROXY="https://proxy.golang.org"
    )
    assert "SECURITY ERROR" in changed.stderr
    client.elsewhere().download(
        "github.com/gorilla/mux@v1.8.1", GOPROXY="https://proxy.golang.org", GONOSUMDB="github.com"
    )


def test_a_host_can_begin_to_have_the_twins(tree: Tree) -> None:
    origin = Origin(tree)
    url = "goproxy.cn/github.com/gorilla/mux/@v/v1.8.1.zip"
    before = ask(origin, url).body
    origin.state = OriginState(twins=("goproxy.cn",))
    assert b"evil.go" in ask(origin, url).body
    assert b"evil.go" not in before
    assert ask(origin, "goproxy.cn/github.com/gorilla/mux/@v/list").text == "v1.8.1\n"


def test_twins_have_no_place_in_direct_mode(client: Client, tree: Tree) -> None:
    direct = client.download("github.com/gorilla/mux@v1.8.1", GOPROXY="direct")
    assert direct["Sum"] == tree.sums("github.com/gorilla/mux", "v1.8.1")[0]
