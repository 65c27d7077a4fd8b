"""GOPROXY and the private patterns are read as go reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.gosettings import first_proxy, host_of, is_private, matches, not_asked, proxies

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


PROXY = {"GOPROXY": "https://proxy.golang.org"}


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"GOPROXY": "off"}, "GOPROXY names no proxy"),
        ({"GOPROXY": "file:///disk,direct"}, "file:///disk is not asked over a network"),
        ({**PROXY, "GOPRIVATE": "git.corp.example"}, "git.corp.example/lib from its own host"),
        ({**PROXY, "GONOPROXY": "*.corp.example"}, "git.corp.example/lib from its own host"),
        ({**PROXY, "HTTPS_PROXY": "http://gateway:8080"}, "go asks http://gateway:8080"),
        ({**PROXY, "https_proxy": "http://gateway:8080"}, "go asks http://gateway:8080"),
        ({**PROXY, "HTTPS_PROXY": "http://gateway", "NO_PROXY": "golang.com"}, "http://gateway"),
    ],
)
def test_where_asking_the_first_proxy_says_nothing_of_what_go_gets(
    env: dict[str, str], why: str
) -> None:
    assert why in not_asked("git.corp.example/lib", env)


@pytest.mark.parametrize(
    "env",
    [
        PROXY,
        {**PROXY, "GOPRIVATE": "git.corp.example", "GONOPROXY": "none"},
        {**PROXY, "GONOSUMDB": "git.corp.example"},
        {**PROXY, "HTTP_PROXY": "http://gateway"},
        {**PROXY, "HTTPS_PROXY": "http://gateway", "NO_PROXY": ".golang.org"},
        {**PROXY, "HTTPS_PROXY": "http://gateway", "no_proxy": "*"},
    ],
)
def test_where_it_does(env: dict[str, str]) -> None:
    assert not_asked("git.corp.example/lib", env) == ""


def test_a_host_is_without_credentials_and_port() -> None:
    assert host_of("https://gopher:secret@proxy.corp.example:8443/go") == "proxy.corp.example"
