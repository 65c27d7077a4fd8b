"""What is unusual and healthy is no alarm of any probe."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest

from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Subject
from lab.diagnostics.probes import auth_parity
from lab.diagnostics.view import GoView
from lab.sandbox.agent.network import OUT_OF_TIME
from lab.sandbox.interface import Answer
from lab.world.modzip import mod_sum, pack, sum_lines, zip_sum
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, ok, status
from tests.lab.diagnostics.published import (
    CN,
    FILES,
    KEY,
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

BARE = mod_sum(b"module example.com/m\n")
INFO = ok(f'{{"Version": "{V}", "Time": "{TIME}"}}')
RETRACTED = mod_sum(MOD + b"retract v1.2.0\n")
HEALTHY: dict[str, Callable[[], FakeMachine]] = {
    "plain": machine,
    "no go.mod in the zip": lambda: machine(
        {
            **version_file("mod", ok("module example.com/m\n")),
            **version_file("zip", ok(pack(M, V, {"m.go": b"package m\n"}))),
        },
        env={"GOSUMDB": "off", "GOPROXY": PUBLIC},
        answers={f"{CN}{path}": status(503) for path in served()},
    ),
    "pipe": lambda: machine(env={"GOPROXY": f"{PUBLIC}|{CN}"}),
    "own proxy first": lambda: machine(
        answers={"https://own.example": status(404)},
        env={"GOPROXY": f"https://own.example,{PUBLIC}"},
    ),
    "redirected": lambda: machine(
        version_file("zip", status(302, location=f"{CN}/{M}/@v/{V}.zip"))
    ),
    "database by itself": lambda: machine(
        {f"{SUMDB}/supported": status(404)},
        answers={f"https://sum.golang.org/lookup/{M}@{V}": ok(record())},
    ),
    "list with times and no end": lambda: machine(
        listed(f"v1.0.0 {TIME}\r\nv1.1.0 {TIME}"), listed("v1.1.0\nv1.0.0\n")
    ),
    "newest is retracted": lambda: machine(
        {
            **listed("v1.1.0\nv1.2.0\n"),
            f"/{M}/@v/v1.2.0.mod": ok(MOD + b"retract v1.2.0\n"),
            f"/{M}/@v/v1.2.0.info": ok('{"Version": "v1.2.0"}'),
            f"{SUMDB}/lookup/{M}@v1.2.0": ok(
                record(lines=f"{M} v1.2.0 h1:x=\n{M} v1.2.0/go.mod {RETRACTED}\n")
            ),
        },
        listed("v1.1.0\nv1.2.0\n"),
    ),
    "second source is down": lambda: machine(
        None, {path: Answer("connect", error="refused") for path in served()}
    ),
    "second source serves something else": lambda: machine(
        None, version_file("zip", ok(pack(M, V, OTHER)))
    ),
    "direct": lambda: machine(
        env={"GOPROXY": "direct"},
        answers={f"https://sum.golang.org/lookup/{M}@{V}": ok(record())},
    ),
    "slow": lambda: machine(
        version_file("zip", Answer("body", 200, error=OUT_OF_TIME, body=b"PK", pause=0.2))
    ),
    "gzip, as go asks for it": lambda: machine(
        {
            path: ok(gzip.compress(each.body), content_encoding="gzip")
            for path, each in served().items()
            if path.startswith(f"/{M}/@v/") and not path.endswith(".zip")
        }
    ),
    "late the first time": lambda: machine(
        {path: [replace(each, wait=3.0), each] for path, each in served().items()}
    ),
    "late for one file": lambda: machine(version_file("info", replace(INFO, wait=4.0))),
    "off, and all is there": lambda: machine(
        env={"GOPROXY": "off", "GOMODCACHE": "/cache"},
        files={
            "/home/me/project/go.mod": f"module x\nrequire {M} {V}\nrequire a.b/c v1.0.0\n"
            "replace a.b/c => ./c\n",
            "/home/me/project/c/go.mod": "module a.b/c\n",
            f"/cache/cache/download/{M}/@v/{V}.mod": "",
            f"/cache/cache/download/{M}/@v/{V}.zip": "",
        },
    ),
    "remembers the database": lambda: machine(
        files={
            "/home/me/go/pkg/sumdb/sum.golang.org/latest": KEY.tree_head(9, b"r" * 32)
            .encode()
            .decode("latin-1")
        }
    ),
    "the same in the module cache": lambda: machine(
        env={"GOMODCACHE": "/cache"},
        files={f"/cache/cache/download/{M}/@v/{V}.ziphash": zip_sum(M, V, FILES)},
    ),
    "a login by a program": lambda: machine(
        dict.fromkeys(served(), status(401)),
        env={"GOPROXY": PUBLIC, "GOAUTH": "corp-login", "GONOSUMDB": M},
    ),
    "private": lambda: machine(
        dict.fromkeys(served()),
        env={"GOPRIVATE": "example.com"},
        files={"/home/me/.netrc": "machine example.com login a password b"},
    ),
    "only go.sum knows the sums": lambda: machine(
        {f"{SUMDB}/lookup/": status(404), f"{SUMDB}/lookup/{M}@{V}": None},
        {f"{SUMDB}/lookup/{M}@{V}": None},
        files={"/home/me/project/go.sum": sum_lines(M, V, zip_sum(M, V, FILES), mod_sum(MOD))},
    ),
    "incompatible versions": lambda: machine(
        {
            **listed("v1.0.0\nv1.1.0\nv2.0.0+incompatible\n"),
            f"/{M}/@v/v2.0.0+incompatible.": ok("module example.com/m\n"),
            f"{SUMDB}/lookup/{M}@v2.0.0+incompatible": ok(
                record(
                    lines=f"{M} v2.0.0+incompatible/go.mod {BARE}\n{M} v2.0.0+incompatible h1:x=\n"
                )
            ),
        },
        listed("v1.0.0\nv1.1.0\nv2.0.0+incompatible\n"),
    ),
    "directory": lambda: machine(
        env={"GOPROXY": "file:///disk", "GONOSUMDB": "*"},
        files={
            f"/disk/{M}/@v/{V}.info": f'{{"Version": "{V}"}}',
            f"/disk/{M}/@v/{V}.mod": MOD.decode(),
            f"/disk/{M}/@v/{V}.zip": pack(M, V, FILES).decode("latin-1"),
        },
    ),
    "no checksums": lambda: machine(env={"GONOSUMDB": M}),
    "anybody may read": lambda: machine(
        files={"/home/me/.netrc": "machine proxy.golang.org login a password b"}
    ),
}


@pytest.mark.parametrize("probe", [n for n, d in diagnostics().items() if d.origin == "golab"])
@pytest.mark.parametrize("case", HEALTHY)
def test_what_is_unusual_and_healthy_is_no_alarm(probe: str, case: str) -> None:
    finding = found(probe, HEALTHY[case]())
    assert finding.state != "alarm", finding


@pytest.mark.parametrize("required", ["", "v0.0.0-20240205200139-0123456789ab"])
def test_the_list_of_an_untagged_module_is_empty_whoever_asks(required: str) -> None:
    commit = ok('{"Version": "v0.0.0-20240205200139-0123456789ab"}')
    untagged = machine(
        {**listed(""), f"/{M}/@v/{required}.info": commit, f"/{M}/@latest": commit},
        files={"/home/me/.netrc": "machine proxy.golang.org login a password b"},
    )
    assert auth_parity.check(GoView(untagged, 5), Subject(M, required), 5).state == "quiet"


@pytest.mark.parametrize("found_there", [True, False])
def test_a_module_in_use_by_its_commit_may_be_without_a_list(found_there: bool) -> None:
    on = machine(
        {f"/{M}/@v/list": None, **({} if found_there else {f"/{M}/@v/{P}.info": None})}, version=P
    )
    state = found("version-list-plausible", on, P).state
    assert state == ("quiet" if found_there else "alarm")


def test_a_refusal_is_no_finding_where_go_would_ask_a_program_for_a_login() -> None:
    on = machine(dict.fromkeys(served(), status(401)), env={"GOAUTH": "netrc; corp-login --fast"})
    finding = found("files-agree", on)
    assert finding.state == "unavailable"
    assert "HTTP 401, and golab does not run corp-login of GOAUTH" in finding.said
    public = machine({f"/{M}/@v/{V}.zip": None}, env={"GOAUTH": "corp-login"})
    assert found("files-agree", public).state == "alarm", "a 404 of who serves everybody is none"
