"""GOPROXY and the private patterns are read as go reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.go.settings import (
    GoproxyError,
    entries,
    first_proxy,
    forward_proxy,
    host_of,
    is_private,
    matches,
    proxies,
)

ELEMENT = st.text("abcdefgh.-", min_size=1, max_size=8)
PATH = st.lists(ELEMENT, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("patterns", "module", "expected"),
    [  # measured with go 1.27.3: claims C01 to C07, C17
        ("*.corp.com", "git.corp.com/lib", True),
        ("*.corp.com", "corp.com", False),
        ("*.corp.com", "git.api.corp.com", True),
        ("corp.com/*", "corp.com/internal/log", True),
        ("corp.com/*", "corp.com", False),
        ("corp.com/*", "sub.corp.com", False),
        ("corp.com", "corp.com/deep/below", True),
        ("corp.com", "sub.corp.com", False),
        ("corp.com/", "corp.com/lib", True),
        ("a.com, corp.com", "corp.com/lib", False),
        ("https://corp.com", "corp.com/lib", False),
        (".corp.com", "git.corp.com/lib", False),
        ("[", "corp.com", False),
        ("*", "anything.at/all", True),
        ("", "corp.com", False),
    ],
)
def test_patterns(patterns: str, module: str, expected: bool) -> None:
    assert matches(patterns, module) is expected


@given(PATH, PATH)
def test_a_path_covers_itself_and_what_is_below_it(path: str, below: str) -> None:
    assert matches(path, path)
    assert matches(path, f"{path}/{below}")
    assert matches(f"other.example,{path}", path)
    assert not matches(path, f"x{path}")


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_can_be_a_pattern(pattern: str, module: str) -> None:
    assert matches(pattern, module) in (True, False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ["https://proxy.golang.org", "direct"]),
        ("https://a,https://b|direct,https://never", ["https://a", "https://b", "direct"]),
        (" https://a , , off", ["https://a", "off"]),
        (",", []),
    ],
)
def test_the_list_of_proxies(value: str, expected: list[str]) -> None:
    assert proxies({"GOPROXY": value}) == expected


def test_the_first_proxy() -> None:
    assert first_proxy({"GOPROXY": "direct,https://a"}) == ""
    assert first_proxy({"GOPROXY": "https://a/,direct"}) == "https://a"
    assert is_private("git.corp.example/lib", {"GONOSUMDB": "git.corp.example"})


GATEWAY = "http://gateway:8080"


@pytest.mark.parametrize(
    ("env", "via"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": GATEWAY}, GATEWAY),
        ({"https_proxy": "gateway:8080"}, GATEWAY),
        ({"HTTP_PROXY": GATEWAY}, ""),
        ({"HTTPS_PROXY": GATEWAY, "NO_PROXY": "golang.com, 192.0.2.0/24"}, GATEWAY),
        ({"HTTPS_PROXY": GATEWAY, "NO_PROXY": "proxy.golang.org:8443"}, GATEWAY),
        ({"HTTPS_PROXY": GATEWAY, "NO_PROXY": "proxy.golang.*"}, GATEWAY),
        ({"HTTPS_PROXY": GATEWAY, "NO_PROXY": ".golang.org"}, ""),
        ({"HTTPS_PROXY": GATEWAY, "NO_PROXY": "*.golang.org:443"}, ""),
        ({"HTTPS_PROXY": GATEWAY, "NO_PROXY": "Golang.org"}, ""),
        ({"HTTPS_PROXY": GATEWAY, "no_proxy": "*"}, ""),
    ],
)
def test_who_is_asked_for_the_way(env: dict[str, str], via: str) -> None:
    assert forward_proxy("https://proxy.golang.org/m/@v/list", env) == via


@pytest.mark.parametrize("url", ["https://127.0.0.2/", "https://localhost/", "https://[::1]:8443/"])
def test_this_machine_itself_is_asked_directly(url: str) -> None:
    assert forward_proxy(url, {"HTTPS_PROXY": GATEWAY}) == ""


def test_an_address_can_be_excepted() -> None:
    env = {"HTTPS_PROXY": GATEWAY, "NO_PROXY": "192.0.2.0/24,198.51.100.7"}
    assert forward_proxy("https://192.0.2.9/", env) == ""
    assert forward_proxy("https://198.51.100.7/", env) == ""
    assert forward_proxy("https://198.51.100.8/", env) == GATEWAY


@pytest.mark.parametrize(
    ("goproxy", "said"),
    [
        (",", "contains no entries"),
        ("Direct", "Direct has no scheme"),
        ("ftp://a.example", "neither https, http nor file"),
        ("file://host/disk", "more than file:// and a path"),
        ("https://me:secret,word@proxy.example", "https://me:xxxxx has a bad port"),
        ("https://a.example https://b.example", "has a host that is none"),
        ("https://me:%zz@a.example", "https://me:xxxxx@a.example has a % that escapes nothing"),
    ],
)
def test_what_go_refuses_as_a_whole(goproxy: str, said: str) -> None:
    with pytest.raises(GoproxyError, match=said):
        entries(goproxy)


def test_the_entries_say_when_go_goes_on() -> None:
    found = entries("a.example/go/ |https://b.example, file:///disk,direct|https://never")
    assert [(entry.text, entry.any_error, entry.kind) for entry in found] == [
        ("https://a.example/go/", True, "http"),
        ("https://b.example", False, "http"),
        ("file:///disk", False, "file"),
        ("direct", False, "direct"),
    ]


def test_a_host_is_without_credentials_and_port() -> None:
    assert host_of("https://gopher:secret@proxy.corp.example:8443/go") == "proxy.corp.example"
