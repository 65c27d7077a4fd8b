"""Real go commands against a real origin over plain HTTP, GOSUMDB on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.go.toolchain import Toolchain
from lab.world.tree import Tree
from tests.lab.origin.asking import Client, running


@pytest.fixture(scope="module")
def address(tree: Tree) -> Iterator[str]:
    with running(tree) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client(toolchain: Toolchain, tree: Tree, address: str, project: Path, tmp_path: Path) -> Client:
    env = {"GOPROXY": address, "GOSUMDB": tree.gosumdb}
    return Client(toolchain.goroot, tmp_path, project, env)


def test_get_list_verify_with_the_checksum_database(client: Client, tree: Tree) -> None:
    def run(*argv: str) -> str:
        done = client(*argv)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("get", "github.com/spf13/cobra@v1.8.0", "github.com/BurntSushi/toml", "rsc.io/quote/v3",
        "github.com/golang/example@master", "github.com/Azure/go-autorest")  # fmt: skip
    assert run("list", "-m", "-versions", "github.com/gorilla/mux").split() == [
        "github.com/gorilla/mux", "v1.7.3", "v1.7.4", "v1.8.0", "v1.8.1",
    ]  # fmt: skip
    assert run("mod", "verify") == "all modules verified\n"
    sums = (client.project / "go.sum").read_text()
    zip_sum, mod_sum = tree.sums("github.com/spf13/cobra", "v1.8.0")
    assert f"github.com/spf13/cobra v1.8.0 {zip_sum}\n" in sums
    assert f"github.com/spf13/cobra v1.8.0/go.mod {mod_sum}\n" in sums
    latest = client.home / "go/pkg/sumdb/sum.golang.org/latest"
    assert latest.read_text().startswith("go.sum database tree\n")


def test_retractions_and_deprecations_are_heard_of(client: Client) -> None:
    done = client(
        "get", "github.com/example/retracted@v1.1.0", "github.com/example/deprecated@latest"
    )
    assert done.returncode == 0
    assert "retracted by module author: loses data on restart" in done.stderr
    assert "deprecated: use github.com/example/lib" in done.stderr
