"""A local lab shows its client the host's programs and nothing else of the host."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faults.rules import from_data
from lab.client import Client, prepare, resolv_conf
from lab.sandbox.interface import LabSpec
from lab.sandbox.local import sealed
from lab.sandbox.local.backend import LocalLab
from lab.spec.client import ClientSpec


def out(client: Client, command: str) -> str:
    done = client.run(["sh", "-c", command], limit=10)
    return done.stdout + done.stderr


def test_nothing_of_the_callers_environment_leaks_in(client: Client) -> None:
    names = {line.partition("=")[0] for line in out(client, "env").splitlines()}
    assert not names & {"GOFLAGS", "HTTP_PROXY", "HTTPS_PROXY", "PYTHONPATH", "VIRTUAL_ENV"}
    assert "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" in out(client, "env")
    assert out(client, "pwd").strip() == "/lab/home/project"


def test_the_hosts_files_cannot_be_written_and_its_homes_not_be_read(client: Client) -> None:
    assert "Read-only file system" in out(client, "touch /usr/bin/golab-was-here")
    for path in ("/root", "/home", "/run", "/var", str(Path.cwd())):
        assert "No such file" in out(client, f"ls {path}"), path


def test_the_client_has_no_capabilities(client: Client) -> None:
    status = out(client, "grep ^Cap /proc/self/status").split()
    assert set(status[1::2]) == {"0000000000000000"}
    assert "superuser" in out(client, "mount -t tmpfs none /tmp")


def test_the_client_sees_only_its_own_processes_and_interfaces(client: Client) -> None:
    assert str(os.getpid()) not in out(client, "ls /proc").split()
    lines = out(client, "cat /proc/net/dev").splitlines()[2:]
    interfaces = [line.split(":")[0].strip() for line in lines]
    assert interfaces == ["lo"]


def test_every_way_out_is_closed(running_lab: LocalLab) -> None:
    assert running_lab._ask("client", "leaks") == []


def test_a_black_hole_answers_nothing_and_all_else_outside_is_refused_at_once(
    client: Client,
) -> None:
    silent = "no answer within the limit"
    for address in ("198.18.255.1", "198.18.255.254"):
        assert client.handshake(address, "proxy.golang.org", 0.3).error == silent
    for address in ("192.0.2.1", "198.18.254.1", "198.18.0.9"):
        assert "unreachable" in client.handshake(address, "proxy.golang.org", 5).error
    client.lab.resolv_conf("nameserver 198.18.255.1\n")
    assert client.resolve("proxy.golang.org", 0.3) == {"198.18.255.1": silent}  # UDP, too
    client.lab.resolv_conf(resolv_conf(client.lab.resolver, ClientSpec()))


def test_a_dial_into_the_black_hole_waits_for_as_long_as_go_dials(client: Client) -> None:
    rule = {"name": "hole", "where": {"query": "proxy.golang.org"}}
    client.lab.edge.arm(from_data([{**rule, "do": {"dns": {"address": "198.18.255.1"}}}]))
    done = client.run("go list -m -versions github.com/gorilla/mux", limit=2)
    assert done.timed_out
    records = client.lab.edge.ledger().records
    client.lab.edge.arm([])
    assert {record["kind"] for record in records} == {"dns"}
    done = client.run("go list -m -versions github.com/gorilla/mux", limit=20)
    assert done.exit == 0


@pytest.mark.parametrize("bad", ["127.0.0.2", "192.0.2.1"])
def test_one_of_several_addresses_is_bad(client: Client, bad: str) -> None:
    rule = {"name": "two", "where": {"query": "proxy.golang.org"}}
    client.lab.edge.arm(from_data([{**rule, "do": {"dns": {"address": [bad, "here"]}}}]))
    assert client.run("go list -m -versions github.com/gorilla/mux", limit=20).exit == 0
    assert client.handshake(bad, "proxy.golang.org", 2).error
    client.lab.edge.arm([])


def test_names_can_lead_to_ipv6(client: Client) -> None:
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this kernel has no IPv6")
    rule = {"name": "six", "where": {"query": "proxy.golang.org"}}
    client.lab.edge.arm(from_data([{**rule, "do": {"dns": {"address": "fd00:c612::2"}}}]))
    done = client.run("go list -m -versions github.com/gorilla/mux", limit=20)
    records = client.lab.edge.ledger().records
    assert (done.exit, done.stderr) == (0, "")
    assert {record["client"] for record in records if record["kind"] == "http"} == {"fd00:c612::2"}
    client.lab.edge.arm([])


def test_the_proof_fails_where_it_should() -> None:
    found = sealed.leaks(sealed.host())
    assert [text for text in found if "namespace is the host's" in text]


def test_a_name_of_the_outside_does_not_resolve(client: Client) -> None:
    assert client.resolve("example.com", 2) == {"198.18.0.2": "NXDOMAIN"}
    assert client.resolve("proxy.golang.org", 2) == {"198.18.0.2": "198.18.0.2"}


def test_a_command_that_does_not_end_is_ended_with_its_children(client: Client) -> None:
    done = client.run(["sh", "-c", "sleep 300 & sleep 300"], limit=0.3)
    assert done.timed_out
    assert done.seconds < 5
    assert "sleep" not in out(client, "cat /proc/[0-9]*/comm")


def test_a_program_that_is_not_there_is_said_so(client: Client) -> None:
    done = client.run(["no-such-program"], limit=5)
    assert (done.exit, done.stderr) == (127, "no-such-program: not found in the lab\n")


def test_an_arm_starts_without_anything_of_the_one_before(
    running_lab: LocalLab, lab_spec: LabSpec, client: Client
) -> None:
    out(client, "go mod download golang.org/x/text@v0.14.0; touch ~/left; chmod 000 ~/left")
    assert "v0.14.0" in out(client, "ls $GOMODCACHE/cache/download/golang.org/x/text/@v")
    fresh = prepare(running_lab, lab_spec, ClientSpec())
    assert out(fresh, "ls ~/left $GOMODCACHE").count("No such file") == 2
