"""Private modules through a proxy: every way in which the go command shows credentials."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from lab.world.tree import Tree
from tests.lab.origin.asking import Client, Internet

MODULE = "git.corp.example/lib@v1.1.0"
PROXY = "https://proxy.corp.example"


def fetch(client: Client, proxy: str = PROXY, **env: str) -> str:
    done = client("mod", "download", MODULE, GOPROXY=proxy, GONOSUMDB="git.corp.example", **env)
    return "" if done.returncode == 0 else done.stderr


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("valid", ""),
        ("expired", "401 Unauthorized"),
        ("revoked", "401 Unauthorized"),
        ("other-team", "403 Forbidden"),
    ],
)
def test_netrc(client: Client, tree: Tree, name: str, says: str) -> None:
    assert "no credentials" in fetch(client)
    client.netrc("proxy.corp.example", tree.index.credentials[name])
    told = fetch(client)
    assert says in told
    assert bool(says) == bool(told)


def test_netrc_must_name_the_port_if_the_url_does(client: Client, tree: Tree) -> None:
    valid = tree.index.credentials["valid"]
    proxy = "https://proxy.corp.example:8443"
    client.netrc("proxy.corp.example", valid)
    assert "401 Unauthorized" in fetch(client, proxy)
    client.netrc("proxy.corp.example:8443", valid)
    assert fetch(client, proxy) == ""


def test_credentials_in_the_proxy_url(client: Client, tree: Tree) -> None:
    valid = tree.index.credentials["valid"]
    assert fetch(client, f"https://{valid.user}:{valid.secret}@proxy.corp.example") == ""


@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
def test_goauth_command(client: Client, tree: Tree, tmp_path: Path, scheme: str) -> None:
    valid = tree.index.credentials["valid"]
    basic = b64encode(f"{valid.user}:{valid.secret}".encode()).decode()
    header = f"Authorization: {scheme} {valid.secret if scheme == 'Bearer' else basic}"
    command = tmp_path / "auth"
    command.write_text(f"#!/bin/sh\nprintf '{PROXY}\\n\\n{header}\\n\\n'\n")
    command.chmod(0o755)
    assert fetch(client, GOAUTH=str(command)) == ""
    assert "401 Unauthorized" in fetch(client.elsewhere(), GOAUTH="off")


@pytest.mark.usefixtures("git")
def test_goauth_git(client: Client, tree: Tree, tmp_path: Path) -> None:
    valid = tree.index.credentials["valid"]
    stored = tmp_path / "credentials"
    stored.write_text(f"https://{valid.user}:{valid.secret}@proxy.corp.example\n")
    (tmp_path / ".gitconfig").write_text(f"[credential]\n\thelper = store --file={stored}\n")
    folder = tmp_path / "repository"
    folder.mkdir()
    assert fetch(client, GOAUTH=f"git {folder}") == ""


def test_the_same_module_from_a_registry_below_a_path(client: Client, tree: Tree) -> None:
    client.netrc("git.corp.example", tree.index.credentials["valid"])
    assert fetch(client, "https://git.corp.example/goproxy") == ""


def test_permissions_are_per_module(client: Client, tree: Tree, net: Internet) -> None:
    client.netrc("proxy.corp.example", tree.index.credentials["valid"])
    query = "git.corp.example/payments@v1.0.0"
    done = client("mod", "download", query, GOPROXY=PROXY, GONOSUMDB="git.corp.example")
    assert "403 Forbidden" in done.stderr
    assert fetch(client) == ""
    seen = {(entry["status"], entry["user"]) for entry in net.control.log()[-6:]}
    assert {(403, "gopher"), (200, "gopher")} <= seen
