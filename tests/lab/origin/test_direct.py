"""Direct mode: real go and real git under the real names, over TLS and HTTP/2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.origin.state import OriginState
from lab.world.tree import Tree
from tests.lab.origin.asking import Client, Internet

pytestmark = pytest.mark.usefixtures("git")


@pytest.mark.parametrize(
    "query",
    [
        "github.com/gorilla/mux@v1.8.0",
        "github.com/gorilla/mux@master",
        "github.com/golang/example@latest",
        "github.com/Azure/go-autorest@v14.2.0+incompatible",
        "github.com/golang-jwt/jwt/v5@v5.2.0",
        "github.com/example/mono/api@v0.2.0",
        "github.com/example/mono@master",
        "golang.org/x/net@v0.25.0",
        "gopkg.in/yaml.v3@latest",
        "rsc.io/quote@latest",
        "rsc.io/quote/v3@v3.1.0",
    ],
)
def test_direct_gives_what_a_proxy_gives(client: Client, query: str) -> None:
    direct = client.download(query)
    proxied = client.elsewhere().download(query, GOPROXY="https://proxy.golang.org")
    for key in ("Version", "Sum", "GoModSum"):
        assert direct[key] == proxied[key], key
    here, there = (json.loads(Path(found["Info"]).read_text()) for found in (direct, proxied))
    assert here["Time"] == there["Time"]
    for key in ("VCS", "URL", "Subdir", "Hash", "Ref"):
        assert here["Origin"].get(key) == there["Origin"].get(key), key


def test_a_module_that_no_proxy_has_is_reached_by_falling_through(client: Client) -> None:
    lonely = "github.com/example/unproxied@v1.0.0"
    both = "https://proxy.golang.org,direct"
    refused = client("mod", "download", lonely, GOPROXY="https://proxy.golang.org")
    assert "404 Not Found" in refused.stderr
    assert client.download(lonely, GOPROXY=both)["Version"] == "v1.0.0"


def test_git_sees_tags_and_branches_and_fetches_any_commit(client: Client) -> None:
    url = "https://github.com/gorilla/mux"
    listed = client.git("ls-remote", url).stdout
    for ref in ("HEAD", "refs/heads/master", "refs/tags/v1.8.0"):
        assert f"\t{ref}\n" in listed
    commit = next(line for line in listed.splitlines() if line.endswith("v1.7.4")).split()[0]
    client.git("init", "-q", ".")
    client.git("fetch", "-q", "--depth=1", f"{url}.git", commit)
    assert 'const Version = "v1.7.4"' in client.git("show", "FETCH_HEAD:mux.go").stdout


def test_git_cannot_push(client: Client) -> None:
    client.git("init", "-q", ".")
    client.git("commit", "-q", "--allow-empty", "-m", "x")
    pushed = client.git("push", "https://github.com/gorilla/mux", "HEAD:refs/heads/x", check=False)
    assert pushed.returncode != 0
    assert "403" in pushed.stderr


def test_an_unpublished_tag_is_not_there_for_git_either(client: Client, net: Internet) -> None:
    net.control.set(OriginState(absent=("github.com/gorilla/mux@v1.8.1",)))
    try:
        assert client.download("github.com/gorilla/mux@latest")["Version"] == "v1.8.0"
    finally:
        net.control.set(OriginState())
    assert client.elsewhere().download("github.com/gorilla/mux@latest")["Version"] == "v1.8.1"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("valid", ""),
        (None, "could not read Username"),
        ("expired", "could not read Username"),
        ("revoked", "could not read Username"),
        ("other-team", "403"),
    ],
)
def test_private_repositories_want_credentials(
    client: Client, tree: Tree, name: str | None, says: str
) -> None:
    if name:
        client.netrc("git.corp.example", tree.index.credentials[name])
    done = client("mod", "download", "git.corp.example/lib@v1.1.0", GOPRIVATE="git.corp.example")
    assert (done.returncode == 0) == (not says)
    assert says in done.stderr


def test_a_token_is_as_good_as_a_password(client: Client, tree: Tree) -> None:
    def listed(name: str) -> str:
        header = f"http.extraHeader=Authorization: Bearer {tree.index.credentials[name].secret}"
        url = "https://git.corp.example/lib"
        done = client.git("-c", header, "ls-remote", url, check=False)
        return done.stdout or done.stderr

    assert "refs/tags/v1.1.0" in listed("valid")
    assert "could not read Username" in listed("expired")
    assert "403" in listed("other-team")


def test_a_hidden_repository_looks_like_none(client: Client, tree: Tree) -> None:
    def clone(name: str) -> str:
        done = client.git("ls-remote", f"https://git.corp.example/{name}", check=False)
        assert done.returncode != 0
        return done.stderr.replace(name, "X")

    assert "could not read Username" in clone("secret")
    assert clone("secret") == clone("nothing")
    client.netrc("git.corp.example", tree.index.credentials["other-team"])
    assert "not found" in clone("secret")
    assert clone("secret") == clone("nothing")
    client.netrc("git.corp.example", tree.index.credentials["valid"])
    assert "refs/tags/v1.0.0" in client.git("ls-remote", "https://git.corp.example/secret").stdout
