"""The documented diagnostics run as written; what they need and do not find is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.client import HOME, Client
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Target
from lab.replay.diagnostics import diagnose
from lab.replay.scoring import outcome

MUX = Target("github.com/gorilla/mux", "v1.8.1", "v1.8.0", "https://proxy.golang.org")


def test_a_missing_program_is_unavailable_with_a_reason_and_never_a_miss(client: Client) -> None:
    bare = replace(client, env={**client.env, "PATH": "/lab/go/bin"})
    for name, program in (("json-version", "jq"), ("head-status", "curl")):
        finding = diagnostics()[name].check(bare, MUX, 5)
        assert finding.state == "unavailable"
        assert finding.said == f"{program} is not installed where the client runs"
    assert outcome("unavailable", "unavailable", "unavailable") == "unavailable"


def test_a_killed_curl_is_an_error_wherever_it_stands_in_the_line(client: Client) -> None:
    client.lab.write({f"{HOME}/bin/curl": "#!/bin/sh\nkill -KILL $$\n"})
    assert client.run(["chmod", "+x", f"{HOME}/bin/curl"], limit=5).exit == 0
    killed = replace(client, env={**client.env, "PATH": f"{HOME}/bin:{client.env['PATH']}"})
    names = ("head-status", "proxy-alive", "info-by-curl")
    looks = diagnose([diagnostics()[name] for name in names], killed, MUX, 5)
    assert {look.finding.state for look in looks.values()} == {"error"}
    assert all(look.finding.said.endswith("by SIGKILL") for look in looks.values())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("goproxy-env", "go env GOPROXY"),
        (
            "head-status",
            'curl -sI "https://proxy.golang.org/github.com/gorilla/mux/@v/list" | head -n 1',
        ),
        (
            "json-version",
            """go list -m -json github.com/gorilla/mux | jq -r '.Version // "MISSING"'""",
        ),
        (
            "proxy-atomic-test",
            "GOPROXY=https://proxy.golang.org,direct go list -m github.com/gorilla/mux",
        ),
        ("name-lookup", "nslookup proxy.golang.org"),
    ],
)
def test_the_command_is_the_articles(name: str, shown: str) -> None:
    assert diagnostics()[name].shown(MUX) == shown


@pytest.mark.parametrize(
    "name",
    [name for name, item in diagnostics().items() if item.origin == "golab"],
)
def test_golabs_own_probes_are_quiet_on_a_healthy_network(client: Client, name: str) -> None:
    finding = diagnostics()[name].check(client, MUX, 5)
    assert finding.state == "quiet", finding
