"""Each network probe is quiet where all is well, and alarms where its contract is broken."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from faults.goproto.signed_note import Signer
from lab.sandbox.interface import Answer
from lab.world.modzip import mod_sum, pack, sum_lines, zip_sum
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, ok, status
from tests.lab.diagnostics.published import (
    FILES,
    MOD,
    OTHER,
    SUMDB,
    TIME,
    M,
    P,
    V,
    found,
    listed,
    machine,
    record,
    served,
    version_file,
)

NOBODYS = "/golab.invalid/no/such/module/@v/"
BROKEN: dict[str, tuple[str, Callable[[], FakeMachine], str]] = {
    "empty list": ("version-list-plausible", lambda: machine(listed("")), "without any version"),
    "page": (
        "version-list-plausible",
        lambda: machine(listed("<html>log in</html>", content_type="text/html")),
        "a page in the place",
    ),
    "byte order mark": (
        "version-list-plausible",
        lambda: machine(listed(b"\xef\xbb\xbfv1.0.0\nv1.1.0\n")),
        "byte order mark of UTF-8",
    ),
    "UTF-16": (
        "version-list-plausible",
        lambda: machine(listed("\ufeffv1.0.0\nv1.1.0\n".encode("utf-16-le"))),
        "byte order mark of UTF-16",
    ),
    "gzip": (
        "version-list-plausible",
        lambda: machine(listed(b"v1.0.0\nv1.1.0\n", content_encoding="gzip")),
        "it says that it is gzip, and is none",
    ),
    "half of a gzip": (
        "version-list-plausible",
        lambda: machine(listed(gzip.compress(b"v1.0.0\nv1.1.0\n")[:-9], content_encoding="gzip")),
        "the gzip ends too early",
    ),
    "another encoding": (
        "version-list-plausible",
        lambda: machine(listed(b"v1.0.0\nv1.1.0\n", content_encoding="br")),
        "encoded as br, which was not asked for",
    ),
    "no v": ("version-list-plausible", lambda: machine(listed("1.0.0\n1.1.0\n")), "2 lines"),
    "cut": (
        "version-list-plausible",
        lambda: machine({f"/{M}/@v/list": Answer("done", 200, {}, b"v1.0.0\nv1.1.0\nv1.2")}),
        "ends within a line",
    ),
    "required is missing": (
        "version-list-plausible",
        lambda: machine(listed("v1.0.0\n")),
        "v1.1.0 of go.mod is not there",
    ),
    "behind": (
        "second-source",
        lambda: machine(None, listed("v1.0.0\nv1.1.0\nv1.2.0\n")),
        "does not know v1.2.0",
    ),
    "ahead": (
        "second-source",
        lambda: machine(listed("v1.0.0\nv1.1.0\nv9.9.9\n")),
        "has v9.9.9, of which https://goproxy.cn has never heard",
    ),
    "replicas differ": (
        "second-source",
        lambda: machine({f"/{M}/@v/list": [ok("v1.0.0\nv1.1.0\n"), ok("v1.0.0\n")]}),
        "another list when it is asked again",
    ),
    "@latest is behind": (
        "latest-agrees",
        lambda: machine({f"/{M}/@latest": ok('{"Version": "v1.0.0"}')}),
        "@latest is v1.0.0, and the list has v1.1.0",
    ),
    "@latest is not listed": (
        "latest-agrees",
        lambda: machine({f"/{M}/@latest": ok('{"Version": "v2.0.0"}')}),
        "which is not in the list",
    ),
    "@latest is a commit": (
        "latest-agrees",
        lambda: machine({f"/{M}/@latest": ok(f'{{"Version": "{P}"}}')}),
        "is the commit",
    ),
    "info of another": (
        "files-agree",
        lambda: machine(version_file("info", ok('{"Version": "v1.0.0"}'))),
        'about the version "v1.0.0"',
    ),
    "time that is none": (
        "files-agree",
        lambda: machine(version_file("info", ok(f'{{"Version": "{V}", "Time": "yesterday"}}'))),
        "a Time that is none",
    ),
    "time of the future": (
        "files-agree",
        lambda: machine(
            version_file("info", ok(f'{{"Version": "{V}", "Time": "2999-01-01T00:00:00Z"}}'))
        ),
        "of the future",
    ),
    "mod of another": (
        "files-agree",
        lambda: machine(version_file("mod", ok("module example.com/other\n"))),
        "is that of example.com/other",
    ),
    "mod is not the zip's": (
        "files-agree",
        lambda: machine(version_file("mod", ok(MOD + b"require a.b/c v1.0.0\n"))),
        "differ in ['require a.b/c v1.0.0']",
    ),
    "zip of another": (
        "files-agree",
        lambda: machine(version_file("zip", ok(pack(M, "v1.0.0", FILES)))),
        "the zip has example.com/m@v1.0.0/go.mod",
    ),
    "no zip": (
        "files-agree",
        lambda: machine(version_file("zip", ok("<html>"))),
        "the zip is none",
    ),
    "altered zip": (
        "content-known",
        lambda: machine(version_file("zip", ok(pack(M, V, OTHER)))),
        "the checksum database has h1:",
    ),
    "altered zip, sums off": (
        "content-known",
        lambda: machine(
            version_file("zip", ok(pack(M, V, OTHER))),
            {f"{SUMDB}/lookup/{M}@{V}": None},
            env={"GOSUMDB": "off"},
        ),
        "https://goproxy.cn has h1:",
    ),
    "altered zip, go.sum": (
        "content-known",
        lambda: machine(
            version_file("zip", ok(pack(M, V, OTHER))),
            version_file("zip", status(404)) | {f"{SUMDB}/lookup/{M}@{V}": None},
            env={"GOSUMDB": "off"},
            files={"/home/me/project/go.sum": sum_lines(M, V, zip_sum(M, V, FILES), mod_sum(MOD))},
        ),
        "go.sum has h1:",
    ),
    "altered mod": (
        "content-known",
        lambda: machine(version_file("mod", ok(MOD + b"// altered\n"))),
        "/go.mod is h1:",
    ),
    "database not to be had": (
        "checksum-database",
        lambda: machine({f"{SUMDB}/supported": status(403)}),
        "whether a proxy serves sum.golang.org cannot be told",
    ),
    "not in the database": (
        "checksum-database",
        lambda: machine({f"{SUMDB}/lookup/": status(404), f"{SUMDB}/lookup/{M}@{V}": None}),
        "HTTP 404",
    ),
    "record of another": (
        "checksum-database",
        lambda: machine({f"{SUMDB}/lookup/{M}@{V}": ok(record(lines="a.b/c v1.0.0 h1:x=\n"))}),
        "the record has no line for example.com/m v1.1.0",
    ),
    "foreign key": (
        "checksum-database",
        lambda: machine(
            {f"{SUMDB}/lookup/{M}@{V}": ok(record(Signer("sum.golang.org", b"x" * 32)))}
        ),
        "is not signed by sum.golang.org",
    ),
    "altered head": (
        "checksum-database",
        lambda: machine({f"{SUMDB}/lookup/{M}@{V}": ok(record().replace("tree\n9", "tree\n8"))}),
        "is not that of its key",
    ),
    "record outside the tree": (
        "checksum-database",
        lambda: machine({f"{SUMDB}/lookup/{M}@{V}": ok(record(size=3))}),
        "record 7 is not in a tree of 3",
    ),
    "GOSUMDB that is none": (
        "checksum-database",
        lambda: machine(env={"GOSUMDB": "https://sum.golang.org"}),
        "GOSUMDB names no database",
    ),
    "502 for 404": (
        "entry-contract",
        lambda: machine({NOBODYS: status(502)}),
        "a module that nobody has: HTTP 502",
    ),
    "page for 404": (
        "entry-contract",
        lambda: machine({NOBODYS: ok("<html>")}),
        "HTTP 200 and b'<html>'",
    ),
    "403 before another": (
        "entry-contract",
        lambda: machine({NOBODYS: status(403)}, env={"GOPROXY": f"{PUBLIC},direct"}),
        "go never asks the next entry",
    ),
    "error before a pipe": (
        "masked-failure",
        lambda: machine(
            answers={"https://a.example": Answer("tls", error="certificate: expired")},
            env={"GOPROXY": f"https://a.example|{PUBLIC}"},
        ),
        "certificate: expired, and go goes on",
    ),
    "404 before direct": (
        "masked-failure",
        lambda: machine(dict.fromkeys(served()), env={"GOPROXY": f"{PUBLIC},direct"}),
        "HTTP 404 for a public module in use",
    ),
    "expired token, empty": (
        "auth-parity",
        lambda: machine(
            listed(""), files={"/home/me/.netrc": "machine proxy.golang.org login a password b"}
        ),
        "the same 0 bytes",
    ),
    "mute": (
        "whole-within-limit",
        lambda: machine(version_file("zip", Answer("body", 200, error="no answer", body=b"x"))),
        "no answer, after 1 byte",
    ),
    "expired token, not there": (
        "auth-parity",
        lambda: machine(
            {f"/{M}/@v/list": None},
            files={"/home/me/.netrc": "machine proxy.golang.org login a password b"},
            env={"GONOSUMDB": M},
        ),
        "HTTP 404 for a private module in use, with and without",
    ),
    "newest is promised": (
        "files-agree",
        lambda: machine(listed("v1.1.0\nv1.2.0\n")),
        "v1.2.0.info is not there (HTTP 404), though the list has v1.2.0",
    ),
    "newest is not in the database": (
        "checksum-database",
        lambda: machine(listed("v1.1.0\nv1.2.0\n")),
        "v1.2.0: HTTP 404",
    ),
    "a private path at a public proxy": (
        "told-outside",
        lambda: machine(files={"/home/me/.netrc": "machine example.com login a password b"}),
        "https://proxy.golang.org is told of example.com/m, which is at example.com, for which",
    ),
    "a private path at the database": (
        "told-outside",
        lambda: machine(env={"GONOPROXY": "example.com"}),
        "the checksum database sum.golang.org is told of example.com/m, which is named in GONOP",
    ),
    "a resolver fails": (
        "resolver-answers",
        lambda: machine(resolvers={"a": "192.0.2.1", "b": "SERVFAIL"}),
        "b: SERVFAIL",
    ),
    "name is blocked": (
        "sni-parity",
        lambda: machine(shakes={"proxy.golang.org": "connection reset"}),
        "as example.com, but not as proxy.golang.org",
    ),
    "not decoded": (
        "escapes",
        lambda: machine(
            {
                "/github.com/%21burnt%21sushi/toml/@v/list": None,
                "/github.com/!burnt!sushi/toml/@v/list": ok("v1.0.0\n"),
            }
        ),
        "HTTP 404 with %21, HTTP 200 with !",
    ),
    "no toolchain": (
        "toolchain-entry",
        lambda: machine(
            {"/golang.org/toolchain/": None},
            runs={
                "go env -json": '{"GOVERSION": "go1.21.0", "GOTOOLCHAIN": "auto", "GOPROXY": '
                f'"{PUBLIC}", "GOHOSTOS": "linux", "GOHOSTARCH": "amd64"}}'
            },
            files={"/home/me/project/go.mod": "module x\n\ngo 1.30\n"},
        ),
        "go1.30.0 is not to be had",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_contract_is_noticed(case: str) -> None:
    probe, on, said = BROKEN[case]
    finding = found(probe, on())
    assert (finding.state, said in finding.said) == ("alarm", True), finding
    assert finding.evidence


@pytest.mark.parametrize("time", [TIME, "2024-01-02T04:04:05+01:00", "2024-01-02T03:04:06Z"])
def test_the_time_of_a_commit_is_in_its_version(time: str) -> None:
    info = ok(f'{{"Version": "{P}", "Time": "{time}"}}')
    on = machine({f"/{M}/@v/{P}.info": info}, version=P)
    state = found("files-agree", on, P).state
    assert state == ("alarm" if time.endswith("06Z") else "quiet")


def test_an_old_commit_of_a_branch_is_noticed() -> None:
    old = ok('{"Version": "v1.0.1-0.20230101000000-0123456789ab"}')
    assert found("branch-fresh", machine(version=P), P).state == "quiet"
    on = machine({f"/{M}/@v/master.info": old}, version=P)
    assert found("branch-fresh", on, P).state == "alarm"
