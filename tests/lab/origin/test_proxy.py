from __future__ import annotations

import json

import pytest

from lab.origin.app import Origin
from lab.origin.control import carry_out
from lab.origin.message import LONG, SHORT
from lab.origin.state import OriginState
from lab.world.tree import Tree
from tests.lab.origin.asking import ask, basic

PUBLIC = ["proxy.golang.org", "goproxy.cn", "proxy.corp.example", "localhost"]


@pytest.mark.parametrize("host", PUBLIC)
def test_list_has_the_tags_in_order_and_no_commits(origin: Origin, host: str) -> None:
    answer = ask(origin, f"{host}/github.com/gorilla/mux/@v/list")
    assert (answer.status, answer.text) == (200, "v1.7.3\nv1.7.4\nv1.8.0\nv1.8.1\n")
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"


def test_a_proxy_can_stand_below_a_path(origin: Origin) -> None:
    below = ask(origin, "mirrors.aliyun.com/goproxy/github.com/gorilla/mux/@v/list")
    assert below.text.endswith("v1.8.1\n")
    assert ask(origin, "mirrors.aliyun.com/github.com/gorilla/mux/@v/list").status == 404


def test_an_untagged_module_has_an_empty_list_and_an_unknown_one_none(origin: Origin) -> None:
    untagged = ask(origin, "proxy.golang.org/github.com/golang/example/@v/list")
    assert (untagged.status, untagged.body) == (200, b"")
    unknown = ask(origin, "proxy.golang.org/github.com/nobody/nothing/@v/list")
    assert unknown.status == 404
    assert unknown.text.startswith("not found: ")
    assert unknown.headers["content-type"] == "text/plain; charset=UTF-8"


def test_info_says_version_time_and_origin(origin: Origin) -> None:
    info = json.loads(ask(origin, "proxy.golang.org/github.com/gorilla/mux/@v/v1.8.0.info").body)
    assert info["Version"] == "v1.8.0"
    assert info["Time"] == "2020-07-12T00:05:02Z"
    assert info["Origin"]["VCS"] == "git"
    assert info["Origin"]["URL"] == "https://github.com/gorilla/mux"
    assert info["Origin"]["Ref"] == "refs/tags/v1.8.0"
    assert len(info["Origin"]["Hash"]) == 40


@pytest.mark.parametrize("length", [7, 12, 40])
def test_a_branch_and_its_commit_name_the_same_pseudo_version(origin: Origin, length: int) -> None:
    module = "proxy.golang.org/github.com/gorilla/mux/@v"
    branch = json.loads(ask(origin, f"{module}/master.info").body)
    assert branch["Version"].startswith("v1.8.2-0.20240610090000-")
    commit = branch["Origin"]["Hash"][:length]
    assert json.loads(ask(origin, f"{module}/{commit}.info").body) == branch
    assert ask(origin, f"{module}/{branch['Version']}.zip").status == 200
    assert ask(origin, f"{module}/master.zip").status == 404


def test_latest_prefers_releases_then_pre_releases_then_commits(origin: Origin) -> None:
    def latest(module: str) -> str:
        return str(json.loads(ask(origin, f"goproxy.cn/{module}/@latest").body)["Version"])

    assert latest("rsc.io/quote") == "v1.5.2"
    assert latest("github.com/golang/example").startswith("v0.0.0-20240205200139-")
    assert latest("github.com/example/retracted") == "v1.2.0"


def test_capitals_are_escaped_on_the_wire_in_either_form(origin: Origin) -> None:
    for path in ("github.com/!burnt!sushi/toml", "github.com/%21burnt%21sushi/toml"):
        answer = ask(origin, f"proxy.golang.org/{path}/@v/v1.3.2.info", escape=False)
        assert json.loads(answer.body)["Version"] == "v1.3.2"
    assert ask(origin, "proxy.golang.org/github.com/BurntSushi/toml/@v/list").status == 404
    assert ask(origin, "proxy.golang.org/github.com/burntsushi/toml/@v/list").status == 404


@pytest.mark.parametrize("plus", ["+", "%2B", "%2b"])
def test_a_plus_in_a_version_is_itself(origin: Origin, plus: str) -> None:
    path = f"proxy.golang.org/github.com/!azure/go-autorest/@v/v14.2.0{plus}incompatible"
    assert ask(origin, f"{path}.info", escape=False).status == 200
    mod = ask(origin, f"{path}.mod", escape=False)
    assert mod.text == "module github.com/Azure/go-autorest\n"


def test_private_modules_are_not_known_to_public_proxies(origin: Origin) -> None:
    for host in ("proxy.golang.org", "goproxy.cn"):
        answer = ask(origin, f"{host}/git.corp.example/lib/@v/list")
        assert answer.status == 404


def test_the_toolchain_module_is_there(origin: Origin) -> None:
    answer = ask(origin, "proxy.golang.org/golang.org/toolchain/@v/list")
    assert "v0.0.1-go1.99.0.linux-amd64\n" in answer.text


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("valid", 200, "v1.0.0\nv1.1.0\n"),
        ("expired", 401, "the token has expired"),
        ("revoked", 401, "the token was revoked"),
        ("other-team", 403, "stranger may not read"),
    ],
)
def test_the_corporate_proxy_knows_who_asks(
    origin: Origin, tree: Tree, name: str, status: int, says: str
) -> None:
    known = tree.index.credentials[name]
    url = "proxy.corp.example/git.corp.example/lib/@v/list"
    for headers in (
        basic(known.user, known.secret),
        {"authorization": f"Bearer {known.secret}"},
    ):
        answer = ask(origin, url, headers=headers)
        assert answer.status == status
        assert says in answer.text
        assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic Zm9v"},
        {"authorization": "Negotiate abc"},
        basic("gopher", "wrong"),
        basic("wrong", "token-that-works"),
    ],
)
def test_whoever_is_not_known_is_challenged(origin: Origin, headers: dict[str, str]) -> None:
    answer = ask(origin, "proxy.corp.example/git.corp.example/lib/@v/list", headers=headers)
    assert answer.status == 401
    assert 'Basic realm="proxy.corp.example"' in answer.headers["www-authenticate"]
    public = ask(origin, "proxy.corp.example/github.com/gorilla/mux/@v/list", headers=headers)
    assert public.status == 200


def test_permission_is_for_each_module(origin: Origin, tree: Tree) -> None:
    known = tree.index.credentials["valid"]
    answer = ask(
        origin,
        "proxy.corp.example/git.corp.example/payments/@v/list",
        headers=basic(known.user, known.secret),
    )
    assert answer.status == 403


def test_a_token_can_expire_and_come_back_while_the_origin_runs(origin: Origin, tree: Tree) -> None:
    known = tree.index.credentials["valid"]
    url = "proxy.corp.example/git.corp.example/lib/@v/list"

    def status() -> int:
        return ask(origin, url, headers=basic(known.user, known.secret)).status

    assert status() == 200
    origin.state = OriginState(credentials={"valid": "expired"})
    assert status() == 401
    origin.state = OriginState()
    assert status() == 200


def test_a_version_can_be_unpublished_and_published(origin: Origin) -> None:
    module = "proxy.golang.org/github.com/gorilla/mux"
    origin.state = OriginState(absent=("github.com/gorilla/mux@v1.8.1",))
    assert ask(origin, f"{module}/@v/list").text == "v1.7.3\nv1.7.4\nv1.8.0\n"
    assert json.loads(ask(origin, f"{module}/@latest").body)["Version"] == "v1.8.0"
    for kind in ("info", "mod", "zip"):
        assert ask(origin, f"{module}/@v/v1.8.1.{kind}").status == 404
    lookup = "sum.golang.org/lookup/github.com/gorilla/mux@v1.8.1"
    assert ask(origin, lookup).status == 404
    origin.state = OriginState()
    assert ask(origin, f"{module}/@v/list").text.endswith("v1.8.1\n")
    assert ask(origin, lookup).status == 200


def test_a_frozen_proxy_has_seen_nothing_since(origin: Origin) -> None:
    origin.state = OriginState(frozen={"goproxy.cn": "2020-12-31T00:00:00Z"})
    module = "github.com/gorilla/mux"
    assert ask(origin, f"goproxy.cn/{module}/@v/list").text == "v1.7.3\nv1.7.4\nv1.8.0\n"
    assert json.loads(ask(origin, f"goproxy.cn/{module}/@latest").body)["Version"] == "v1.8.0"
    assert ask(origin, f"goproxy.cn/{module}/@v/v1.8.1.info").status == 404
    assert ask(origin, f"proxy.golang.org/{module}/@v/list").text.endswith("v1.8.1\n")


def test_what_was_published_at_the_very_moment_of_a_freeze_is_seen(origin: Origin) -> None:
    origin.state = OriginState(frozen={"goproxy.cn": "2020-07-12T00:05:02Z"})
    assert ask(origin, "goproxy.cn/github.com/gorilla/mux/@v/list").text.endswith("v1.8.0\n")


def test_a_version_may_be_kept_for_long_and_what_a_branch_is_may_not(origin: Origin) -> None:
    module = "proxy.golang.org/github.com/gorilla/mux/@v"
    kept = {
        query: ask(origin, f"{module}/{query}").headers["cache-control"]
        for query in ("v1.8.0.info", "v1.8.0.zip", "master.info", "v1.info")
    }
    assert kept["v1.8.0.info"] == kept["v1.8.0.zip"] == LONG
    assert kept["master.info"] == kept["v1.info"] == SHORT


def test_the_access_log_says_who_asked_for_what(origin: Origin, tree: Tree) -> None:
    known = tree.index.credentials["expired"]
    url = "proxy.corp.example/git.corp.example/lib/@v/list"
    ask(origin, url)
    ask(origin, url, headers=basic(known.user, known.secret))
    log = carry_out(origin, {"do": "log"})["records"]
    assert [(e["host"], e["path"], e["status"], e["user"]) for e in log] == [
        ("proxy.corp.example", "/git.corp.example/lib/@v/list", 401, None),
        ("proxy.corp.example", "/git.corp.example/lib/@v/list", 401, "gopher"),
    ]
    assert all(e["bytes"] > 0 and e["method"] == "GET" for e in log)
    assert 0 <= log[0]["t"] <= log[1]["t"]
    new = carry_out(origin, {"do": "log", "after": 1})
    assert new == {"records": log[1:], "total": 2}
