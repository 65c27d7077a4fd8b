"""Probes of what a machine keeps, of replicas that differ, and of servers that are late."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from faults.goproto.signed_note import Signer
from lab.diagnostics.versions import required
from lab.sandbox.agent.network import OUT_OF_TIME
from lab.sandbox.interface import Answer
from lab.world.modzip import pack, zip_sum
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, ok, status, view
from tests.lab.diagnostics.published import (
    FILES,
    KEY,
    MOD,
    OTHER,
    SUMDB,
    TIME,
    M,
    V,
    found,
    machine,
    record,
    served,
)

INFO = ok(f'{{"Version": "{V}", "Time": "{TIME}"}}')
BROKEN: dict[str, tuple[str, Callable[[], FakeMachine], str]] = {
    "late": (
        "first-byte",
        lambda: machine({path: replace(each, wait=2.5) for path, each in served().items()}),
        "https://proxy.golang.org: 2.5 s before each answer begins",
    ),
    "it crawls": (
        "whole-within-limit",
        lambda: machine(
            {
                f"/{M}/@v/{V}.zip": Answer(
                    "body", 200, error=OUT_OF_TIME, body=b"PK", pause=1.0, seconds=5.0
                )
            }
        ),
        "no answer within the limit, after 2 bytes",
    ),
    "not there when asked again": (
        "files-agree",
        lambda: machine({f"/{M}/@v/{V}.info": [INFO, status(404)]}),
        "is there, and not when it is asked for again",
    ),
    "another when asked again": (
        "files-agree",
        lambda: machine({f"/{M}/@v/{V}.mod": [ok(MOD), ok(MOD + b"// other\n")]}),
        "v1.1.0.mod is another when it is asked for again",
    ),
    "another time when asked again": (
        "files-agree",
        lambda: machine({f"/{M}/@v/{V}.info": [INFO, ok(f'{{"Version": "{V}"}}')]}),
        "v1.1.0.info is another when it is asked for again",
    ),
    "a late database": (
        "first-byte",
        lambda: machine({f"{SUMDB}/lookup/{M}@{V}": replace(ok(record()), wait=3.0)}),
        "3.0 s before the answer begins, twice",
    ),
    "another in the module cache": (
        "content-known",
        lambda: machine(
            env={"GONOSUMDB": M, "GOPROXY": "https://own.example", "GOMODCACHE": "/cache"},
            files={f"/cache/cache/download/{M}/@v/{V}.ziphash": zip_sum(M, V, OTHER)},
            answers={f"https://own.example{path}": each for path, each in served().items()},
        ),
        f"the module cache has {zip_sum(M, V, OTHER)}",
    ),
    "replicas have other zips": (
        "content-known",
        lambda: machine(
            env={"GONOSUMDB": M, "GOPROXY": "https://own.example"},
            answers={f"https://own.example{path}": each for path, each in served().items()}
            | {
                f"https://own.example/{M}/@v/{V}.zip": [
                    ok(pack(M, V, FILES)),
                    ok(pack(M, V, OTHER)),
                ]
            },
        ),
        "the same proxy, asked again, has",
    ),
    "a gap in the cache, and off": (
        "offline-complete",
        lambda: machine(
            env={"GOPROXY": "off", "GOMODCACHE": "/cache"},
            files={
                "/home/me/project/go.mod": f"module x\nrequire {M} {V}\n",
                f"/cache/cache/download/{M}/@v/{V}.mod": "",
            },
        ),
        f"{V}.zip is not in the module cache",
    ),
    "what is remembered is no tree": (
        "sumdb-state",
        lambda: machine(files={"/home/me/go/pkg/sumdb/sum.golang.org/latest": "\0\0\0"}),
        "without the signed head of a tree",
    ),
    "what is remembered is another's": (
        "sumdb-state",
        lambda: machine(
            files={
                "/home/me/go/pkg/sumdb/sum.golang.org/latest": Signer("sum.golang.org", b"x" * 32)
                .tree_head(9, b"r" * 32)
                .encode()
                .decode("latin-1")
            }
        ),
        "is not signed by sum.golang.org",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_it_is_noticed(case: str) -> None:
    probe, on, said = BROKEN[case]
    finding = found(probe, on())
    assert (finding.state, said in finding.said) == ("alarm", True), finding


def test_what_is_fetched_is_what_go_mod_comes_to_line_by_line() -> None:
    go_mod = (
        "module x\nrequire a.b/one v1.0.0 // indirect\nrequire a.b/two v1.0.0\n"
        "require (\n\ta.b/three v1.0.0 // ours\n\ta.b/four v1.0.0\n\ta.b/five v1.0.0\n)\n"
        "replace a.b/three => ./three\nreplace a.b/four v1.0.0 => c.d/four v1.2.0\n"
        "replace a.b/two v1.1.0 => ./two\nexclude (\n\ta.b/five v1.0.0\n)\n"
    )
    on = machine(files={"/home/me/project/go.mod": go_mod})
    assert required(view(on)) == ["a.b/two@v1.0.0", "c.d/four@v1.2.0", "a.b/one@v1.0.0"]


def test_what_is_too_large_to_keep_is_fetched_by_go_and_hashed() -> None:
    cut = replace(ok(pack(M, V, FILES)), cut=True)
    said = json.dumps({"Sum": zip_sum(M, V, OTHER), "Dir": "/scratch/mod/m"})
    env = json.dumps({"GOPROXY": PUBLIC, "GOSUMDB": KEY.verifier, "GOVERSION": "go1.27.3"})
    on = machine(
        {f"/{M}/@v/{V}.zip": cut},
        runs={"go env -json": env, "go mod download -json": said},
        files={"/scratch/mod/m/go.mod": MOD.decode() + "require a.b/c v1.0.0\n"},
    )
    assert (
        f"is {zip_sum(M, V, OTHER)}; the checksum database has" in found("content-known", on).said
    )
    assert "they differ in ['require a.b/c v1.0.0']" in found("files-agree", on).said
    unknown = machine({f"/{M}/@v/{V}.zip": cut})
    assert found("files-agree", unknown).state == "quiet", "without go nothing is made up"
