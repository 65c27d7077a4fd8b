"""Documented checks in a real lab: each is alone, and a form that works sees what others miss."""

from __future__ import annotations

from typing import Any

import pytest

from faults.rules import Rule
from lab.client import GOCACHE, PROJECT, Client, prepare
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.documented import load
from lab.diagnostics.interface import Finding, Target
from lab.results.model import State
from lab.sandbox.interface import LabSpec
from lab.sandbox.local.backend import LocalLab
from lab.spec.client import ClientSpec
from tests.programs import needed

MUX = Target("github.com/gorilla/mux", "v1.8.1", "v1.8.1", "https://proxy.golang.org")
PROJECT_FILES = {
    "go.mod": "module lab.example/project\n\ngo 1.21\n\nrequire github.com/gorilla/mux v1.8.1\n",
    "main.go": 'package main\n\nimport _ "github.com/gorilla/mux"\n\nfunc main() {}\n',
}
NEVER_QUIET = {
    "env-changed": "the project's proxy is itself a change",
    "traceroute-udp": "most machines have no traceroute",
}
FAULTS: dict[str, dict[str, Any]] = {
    "an empty list": {"where": {"endpoint": "list"}, "do": {"respond": {"body": ""}}},
    "503": {"where": {"host": "proxy.golang.org"}, "do": {"respond": 503}},
    "an old list": {
        "where": {"endpoint": ["list", "latest"]},
        "do": {"stale-list": {"without": ["v1.8.1"]}},
    },
    "HEAD alone is answered": {
        "where": {"host": "proxy.golang.org", "method": "GET"},
        "do": {"respond": 403},
    },
    "no zip": {"where": {"endpoint": "zip"}, "do": {"respond": 500}},
    "a foreign sumdb": {"where": {"host": "sum.golang.org"}, "do": {"respond": {"body": "hello"}}},
}


@pytest.fixture
def project(running_lab: LocalLab, lab_spec: LabSpec) -> Client:
    """A client whose project imports one module, and who has fetched it."""
    running_lab.edge.arm([])
    spec = ClientSpec(env={"GOPROXY": "https://proxy.golang.org"}, project=dict(PROJECT_FILES))
    client = prepare(running_lab, lab_spec, spec)
    assert client.run("go get github.com/gorilla/mux@v1.8.1", limit=20).exit == 0
    return client


def broken(client: Client, fault: str) -> None:
    client.lab.edge.arm([Rule.model_validate({"name": "it", **FAULTS[fault]})])


def look(client: Client, name: str, at: Target = MUX) -> Finding:
    return diagnostics()[name].check(client, at, 10)


@pytest.mark.parametrize("name", [name for name, one in load().items() if one.spec.instead_of])
def test_a_form_that_works_is_quiet_where_all_is_well(project: Client, name: str) -> None:
    found = look(project, name)
    assert found.state in ("quiet", "unavailable") or name in NEVER_QUIET, found


def test_a_check_leaves_neither_project_nor_cache_as_another_would_not_find_it(
    project: Client,
) -> None:
    everything = "find . ~/go -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum"
    before = project.run(everything, limit=20).stdout
    for name in ("vendor-listed", "get-latest", "direct-against-proxy", "download-zip", "tidy"):
        assert look(project, name).state in ("quiet", "unavailable")
    assert project.run(everything, limit=20).stdout == before
    assert look(project, "vendor-listed").said == "# github.com/gorilla/mux v1.8.1"


def test_a_check_finds_what_the_replay_has_left(project: Client) -> None:
    unpacked = "~/go/pkg/mod/github.com/gorilla/mux@v1.8.1"
    project.run(f"chmod -R u+w {unpacked} && echo >> {unpacked}/mux.go", limit=9)
    assert look(project, "verify").state == "alarm"
    assert "/lab/home/go/pkg/mod/" in look(project, "verify").said


@pytest.mark.parametrize(
    ("fault", "documented", "says", "mended", "instead"),
    [
        ("an empty list", "head-status", "quiet", "list-by-get", "alarm"),
        ("HEAD alone is answered", "head-status", "quiet", "list-by-get", "alarm"),
        ("an old list", "json-version", "quiet", "json-latest", "alarm"),
        ("an old list", "list-version", "quiet", "json-latest", "alarm"),
        ("503", "proxy-atomic-test", "quiet", "proxy-atomic-latest", "alarm"),
        ("503", "proxy-alive", "quiet", "proxy-answers", "alarm"),
        ("503", "get-pinned", "quiet", "get-pinned-cold", "alarm"),
        ("no zip", "godebug-httpclient", "quiet", "trace-x", "alarm"),
        ("a foreign sumdb", "sumdb-by-curl", "quiet", "sumdb-lookup", "alarm"),
    ],
)
def test_a_form_that_works_notices_what_the_documented_one_misses(
    project: Client, fault: str, documented: str, says: State, mended: str, instead: State
) -> None:
    broken(project, fault)
    for name in (documented, mended):
        for program in load()[name].spec.needs:
            needed(program)
    found = look(project, documented)
    assert found.state == says, found
    found = look(project, mended)
    assert found.state == instead, found


def test_what_compiles_is_left_where_go_would_have_to_compile_its_library(
    project: Client,
) -> None:
    found = look(project, "build-log")
    assert found.state == "unavailable"
    assert "compile Go's standard library" in found.said
    assert project.run(["ln", "-s", "/lab/go/VERSION", f"{GOCACHE}/a"], limit=9).exit == 0
    project.lab.remove(f"{PROJECT}/main.go")
    assert look(project, "build-log").said == "no Go files in /lab/home/project"


def test_what_no_client_can_do_is_said(project: Client) -> None:
    for name in ("ping", "traceroute", "packet-capture"):
        found = look(project, name)
        assert found == Finding("unavailable", load()[name].spec.unavailable or "")
    assert project.run(["cat", "/proc/sys/net/ipv4/ping_group_range"], limit=9).stdout.split() != [
        "0",
        "2147483647",
    ]
