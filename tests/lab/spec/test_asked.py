"""Who was asked, from the records of an edge as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from faults.goproto import urls
from lab.errors import ScenarioError
from lab.paths import scenarios_root
from lab.sandbox.interface import Completed
from lab.scenario.load import load
from lab.spec.asked import connections, hosts, subjects, times
from lab.spec.expectations import Expected, differences

Record = dict[str, Any]
PROXY, PRIVATE = "proxy.golang.org", "git.corp.example"


def got(url: str, method: str = "GET", connection: int = 1) -> Record:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    asked = urls.parse(host, f"/{path}")
    return {
        "kind": "http",
        "connection": connection,
        "method": method,
        "scheme": scheme,
        "host": host,
        "path": f"/{path}",
        "endpoint": asked.endpoint if asked else "",
        "module": asked.module if asked else "",
    }


def looked_up(name: str, qtype: str = "A") -> Record:
    return {"kind": "dns", "qname": name, "qtype": qtype}


def shook_hands(name: str, connection: int = 1) -> Record:
    return {"kind": "tls", "sni": name, "connection": connection, "outcome": "established"}


RECORDS = [
    looked_up(PROXY),
    looked_up(PROXY, "AAAA"),
    looked_up("Git.Corp.Example"),
    {"kind": "tcp", "port": 443},
    {"kind": "error", "part": "edge", "error": "no file"},
    shook_hands(PROXY),
    got(f"https://{PROXY}/git.corp.example/lib/@v/list"),
    got(f"https://{PROXY}/rsc.io/quote/@v/v1.5.2.info"),
    got(f"http://{PROXY}/rsc.io/quote/@v/v1.5.2.zip"),
    got(f"https://{PRIVATE}/lib?go-get=1", connection=2),
    got(f"https://{PRIVATE}/lib.git/git-upload-pack", "POST", connection=3),
    got(f"https://{PRIVATE}/", "CONNECT", connection=4),
    shook_hands("other.example", connection=5),
]


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        (PROXY, 3),
        (f"GET {PROXY}", 3),
        (f"POST {PROXY}", 0),
        (f"http://{PROXY}", 1),
        (f"GET https://{PROXY}", 2),
        (f"{PROXY}/git.corp.example/**", 1),
        (f"{PROXY}/*/@v/*.info", 1),
        (f"{PROXY}/git.corp.example/lib", 0),
        (f"{PRIVATE}/lib", 1),
        (PRIVATE, 2),
        ("*.corp.example", 2),
        ("GIT.corp.example", 2),
        (f"POST {PRIVATE}/lib.git/*", 1),
        (f"CONNECT {PRIVATE}", 1),
        (f"DNS {PROXY}", 2),
        (f"DNS {PRIVATE}", 1),
        (f"TLS {PROXY}", 1),
        (f"TLS {PRIVATE}", 0),
        ("DNS *", 3),
        ("*", 5),
    ],
)
def test_a_pattern_counts_what_it_means(pattern: str, count: int) -> None:
    assert times(pattern, RECORDS) == count


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("DSN git.corp.example", "'DSN' is no kind of request; did you mean 'DNS'"),
        ("DNS git.corp.example/lib", "DNS is about a name, without a scheme or a path"),
        ("TLS https://git.corp.example", "TLS is about a name"),
        ("get proxy.golang.org", "names nobody"),
        ("", "names nobody"),
        ("/lib", "names nobody"),
        ("proxy[.golang.org", "bad glob"),
    ],
)
def test_what_means_nobody_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Expected.model_validate({"asked": {pattern: 0}})
    assert said in str(refused.value)


@pytest.mark.parametrize("count", [-1, True, "0", 1.5, "==2", None])
def test_what_is_no_count_is_refused(count: object) -> None:
    with pytest.raises(ValidationError):
        Expected.model_validate({"asked": {PROXY: count}})


def test_connections_are_those_on_which_a_host_was_spoken_to() -> None:
    assert connections(PROXY, RECORDS) == 1
    assert connections(PRIVATE, RECORDS) == 3
    assert connections("other.example", RECORDS) == 1
    assert connections("*", RECORDS) == 5
    assert connections("nobody.example", RECORDS) == 0


def test_what_differs_is_said_with_both_counts() -> None:
    wanted = {
        "asked": {PROXY: 0, f"DNS {PRIVATE}": ">=1", PRIVATE: "3..4"},
        "connections": {PRIVATE: "<=2", PROXY: 1},
    }
    done = Completed(("go",), 0, "", "", 0.1)
    found = differences(done, Expected.model_validate(wanted), {}, records=RECORDS)
    assert found == [
        "asked proxy.golang.org 3 times, expected 0",
        "asked git.corp.example 2 times, expected 3 to 4",
        "connected to git.corp.example 3 times, expected at most 2",
    ]


def test_hosts_are_counted_in_their_order() -> None:
    assert hosts(RECORDS) == {PROXY: 3, PRIVATE: 2}


def test_a_subject_is_a_name_a_server_or_what_a_host_was_asked_about() -> None:
    assert subjects(RECORDS) == [
        "CONNECT git.corp.example",
        "DNS git.corp.example",
        "DNS proxy.golang.org",
        "TLS other.example",
        "TLS proxy.golang.org",
        "http://proxy.golang.org/rsc.io/quote",
        "https://git.corp.example/lib",
        "https://proxy.golang.org/git.corp.example/lib",
        "https://proxy.golang.org/rsc.io/quote",
    ]


def test_what_depends_on_timing_or_caches_makes_no_other_subjects() -> None:
    """Order, repetition, files of one module, tiles of the checksum database."""
    once = [looked_up(PROXY), got(f"https://{PROXY}/rsc.io/quote/@v/list")]
    again = [
        got(f"https://{PROXY}/rsc.io/quote/@latest"),
        got(f"https://{PROXY}/rsc.io/quote/@v/v1.5.2.zip", connection=2),
        looked_up(PROXY, "AAAA"),
        *(
            got(f"https://{PROXY}/sumdb/sum.golang.org/{path}")
            for path in ("supported", "latest", "tile/8/0/000.p/59", "tile/8/1/000")
        ),
    ]
    assert subjects(once) == subjects(again)


@pytest.mark.parametrize(
    "other",
    [
        got(f"https://{PROXY}/git.corp.example/lib/@v/list"),  # a private path leaks
        got("https://goproxy.cn/rsc.io/quote/@v/list"),  # another proxy
        got(f"http://{PROXY}/rsc.io/quote/@v/list"),  # in clear text
        got(f"https://{PROXY}/sumdb/sum.golang.org/lookup/rsc.io/quote@v1.5.2"),
        got("https://sum.golang.org/lookup/rsc.io/quote@v1.5.2"),
        looked_up(PRIVATE),
        shook_hands(PRIVATE),
        got(f"https://{PRIVATE}/", "CONNECT"),
        got(f"https://{PROXY}/login"),
    ],
)
def test_another_one_asked_or_about_another_module_is_another_subject(other: Record) -> None:
    before = [looked_up(PROXY), shook_hands(PROXY), got(f"https://{PROXY}/rsc.io/quote/@v/list")]
    assert len(subjects([*before, other])) == len(subjects(before)) + 1


def test_checksums_are_looked_up_for_a_module_not_for_a_version() -> None:
    lookups = [got(f"https://sum.golang.org/lookup/rsc.io/quote@v1.5.{n}") for n in range(3)]
    assert subjects(lookups) == ["https://sum.golang.org/lookup/rsc.io/quote"]


FILE = (scenarios_root() / "auth" / "auth-fallback.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("asked: {proxy.golang.org: 0}", ""),
        ("asked: {'DNS *.corp.example': 0}", ""),
        ("asked: {'DNS 198.18.255.1': 0}", "nobody here is called '198.18.255.1'"),
        ("asked: {proxy.golnag.org: 0}", "'proxy.golnag.org'; did you mean 'proxy.golang.org'?"),
        ("asked: {GET https://sum.golang.og/lookup/*: 0}", "'sum.golang.og'; did you mean 'sum.g"),
        ("connections: {'*.crop.example': 0}", "nobody here is called '*.crop.example'"),
    ],
)
def test_a_host_that_nobody_could_ask_is_no_proof(tmp_path: Path, asked: str, said: str) -> None:
    """`asked: {TYPO: 0}` would hold for ever."""
    file = tmp_path / "mine.yaml"
    file.write_text(FILE.replace("broken: {exit: 0,", f"broken: {{{asked}, exit: 0,"))
    if not said:
        assert load(file).scenario.replay.broken
        return
    with pytest.raises(ScenarioError) as refused:
        load(file)
    (problem,) = refused.value.problems
    assert said in problem
    assert problem.endswith("so it would never be asked")
