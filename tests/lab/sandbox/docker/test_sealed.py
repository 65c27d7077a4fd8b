"""A Docker lab leads nowhere, may do next to nothing, and its proof fails where it should."""

from __future__ import annotations

import ipaddress
from typing import Any

import docker
import pytest

from lab.client import Client
from lab.errors import LabError
from lab.sandbox.channel import Channel
from lab.sandbox.docker import containers, images, labels, networks, sealed, sweep
from lab.sandbox.docker.attach import Attached
from lab.sandbox.docker.backend import DockerBackend, DockerLab
from lab.sandbox.interface import LabSpec

pytestmark = pytest.mark.docker


def out(client: Client, command: str) -> str:
    done = client.run(["sh", "-c", command], limit=20)
    return done.stdout + done.stderr


def inspected(lab: DockerLab, engine: docker.DockerClient) -> dict[str, dict[str, Any]]:
    found = sweep.every(engine, lab.id)[0].containers
    return {role: engine.api.inspect_container(row["Id"]) for role, row in found.items()}


def test_a_module_comes_through_edge_and_origin(docker_client: Client) -> None:
    done = docker_client.run("go list -m -versions github.com/spf13/cobra", limit=20)
    assert (done.exit, done.stdout.split()[0]) == (0, "github.com/spf13/cobra"), done.stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("192.0.2.1", "unreachable"),
        ("2001:db8::1", "annot assign|unreachable"),
        ("169.254.169.254", "unreachable"),
        ("127.0.0.53", "refused"),
    ],
)
def test_no_way_out(docker_client: Client, target: str, said: str) -> None:
    code = f"import socket; socket.create_connection(({target!r}, 443), 2)"
    text = out(docker_client, f'python3 -c "{code}" 2>&1 | grep -E "{said}"')
    assert text, out(docker_client, f'python3 -c "{code}"')


def test_the_host_does_not_answer_at_the_gateway(
    docker_client: Client, docker_lab: DockerLab
) -> None:
    gateway = str(ipaddress.IPv4Address(docker_lab.resolver) - 1)
    code = f"import socket; socket.create_connection(({gateway!r}, 22), 5)"
    assert "No route to host" in out(docker_client, f'python3 -c "{code}"')


def test_names_come_from_the_edge_alone(docker_client: Client, docker_lab: DockerLab) -> None:
    edge = docker_lab.resolver
    assert docker_client.resolve("example.com", 2) == {edge: "NXDOMAIN"}
    assert docker_client.resolve("proxy.golang.org", 2) == {edge: edge}
    outside = out(docker_client, "nslookup -timeout=2 -retry=0 example.com 127.0.0.11")
    assert "NXDOMAIN" in outside or "no servers" in outside, outside


def test_the_proof_fails_where_the_host_answers(
    engine: docker.DockerClient, docker_lab: DockerLab, lab_spec: LabSpec
) -> None:
    subnet = str(networks._free(networks._taken(engine.api.networks())))
    marks = {**docker_lab.marks, labels.LAB: "open"}
    made = engine.networks.create(
        "golab-open",
        labels=marks,
        ipam=docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet=subnet)]),
    )
    try:
        place = networks.Network(made.id or "", "golab-open", subnet)
        client = containers.create(
            engine,
            "client",
            "golab-open-client",
            image=images.tag("client", lab_spec.toolchain.version),
            place=(place, place.far),
            resolver=place.near,
            marks=marks,
            sets_routes=False,
        )
        name = "golab-open-client"
        channel = Channel(name, Attached(engine, client, name))
        engine.api.start(client)
        found = channel.ask(
            "leaks",
            subnet=subnet,
            own=place.far,
            edge=place.near,
            other=place.other,
            name="proxy.golang.org",
        )
        channel.close()
    finally:
        sweep.remove(engine, "open")
    gateway = ipaddress.IPv4Network(subnet)[1]
    assert f"the host answers at its gateway address {gateway}" in found
    assert "there is a route to 0.0.0.0/0" in found
    assert "TCP to 192.0.2.1 is not refused" in found
    assert "the resolver 127.0.0.11 is not the edge" in found
    assert "198.18.255.0/24 does not swallow what is sent there" in found


def test_a_black_hole_answers_nothing(docker_client: Client) -> None:
    silent = docker_client.handshake("198.18.255.1", "proxy.golang.org", 0.5)
    assert silent.error == "no answer within the limit"
    outside = docker_client.handshake("192.0.2.1", "proxy.golang.org", 0.5)
    assert "unreachable" in outside.error


@pytest.mark.parametrize("value", ["", "0", "no", "1", "true"])
def test_a_gateway_that_answers_is_accepted_only_where_that_is_said(
    docker_lab: DockerLab, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    inner = next(network for network in docker_lab._networks if network.name.endswith("inner"))
    found = [f"{sealed.GATEWAY} {inner.near}"]
    monkeypatch.setattr(docker_lab.channels["client"], "ask", lambda *_, **__: found)
    monkeypatch.setenv("GOLAB_DOCKER_ALLOW_GATEWAY", value)
    if value in ("1", "true"):
        docker_lab._prove_sealed(inner)
        found.append("the resolver 127.0.0.11 is not the edge")
    with pytest.raises(LabError, match=r"not sealed and was not used: "):
        docker_lab._prove_sealed(inner)


def test_two_labs_do_not_see_each_other(
    backend: DockerBackend, docker_client: Client, lab_spec: LabSpec
) -> None:
    with backend.start(lab_spec) as other:
        code = f"import socket; socket.create_connection(({other.resolver!r}, 53), 2)"
        assert "unreachable" in out(docker_client, f'python3 -c "{code}"')


def test_a_client_is_nobody(docker_client: Client) -> None:
    status = out(docker_client, "grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status")
    words = status.split()
    assert set(words[1:-2:2]) == {"0000000000000000"}, status
    assert words[-2:] == ["NoNewPrivs:", "1"]
    assert out(docker_client, "id -u").strip() == "1000"
    assert "ermission denied" in out(docker_client, "touch /usr/bin/golab-was-here")
    assert "ermission denied" in out(docker_client, "echo nameserver 8.8.8.8 > /etc/resolv.conf")


def test_no_process_is_root_or_has_a_capability(
    engine: docker.DockerClient, docker_lab: DockerLab, docker_client: Client
) -> None:
    """Client and edge start as root, and have given that up before anything else runs."""
    for role, row in inspected(docker_lab, engine).items():
        command = ["sh", "-c", "cat /proc/[0-9]*/status"]
        made = engine.api.exec_create(row["Id"], command, user="1000:1000")
        lines = engine.api.exec_start(made["Id"]).decode().splitlines()
        fields = [line.split() for line in lines]
        assert sum(words[0] == "Pid:" for words in fields) >= 2, role
        for words in fields:
            if words[0] in ("Uid:", "Gid:"):
                assert set(words[1:]) == {"1000"}, role
            if words[0] in ("CapInh:", "CapPrm:", "CapEff:", "CapAmb:"):
                assert int(words[1], 16) == 0, role


def test_containers_are_hardened(engine: docker.DockerClient, docker_lab: DockerLab) -> None:
    for role, row in inspected(docker_lab, engine).items():
        host = row["HostConfig"]
        assert host["CapDrop"] == ["ALL"], role
        assert set(host["CapAdd"] or []) <= set(containers._TO_SET_NETWORK), role
        assert role != "origin" or not host["CapAdd"], role
        assert host["SecurityOpt"] == ["no-new-privileges"], role
        assert not host["Privileged"], role
        assert not host["Binds"], role
        assert not row["Mounts"], role
        assert not host["PortBindings"], role
        assert not any(row["NetworkSettings"]["Ports"].values()), role
        assert min(host["Memory"], host["PidsLimit"], host["CpuQuota"]) > 0, role
        assert host["AutoRemove"], role
        assert role == "client" or host["ReadonlyRootfs"], role


def test_an_engine_that_can_isolate_is_had_to(
    engine: docker.DockerClient, docker_lab: DockerLab
) -> None:
    """From Engine 28 on; an older one has the bridge without an address instead."""
    rows = sweep.every(engine, docker_lab.id)[0].networks
    isolates = networks.isolates(str(engine.version()["Version"]))
    for row in rows:
        options = {name.rpartition(".")[2]: value for name, value in row["Options"].items()}
        expected = {"gateway_mode_ipv4": "isolated", "gateway_mode_ipv6": "isolated"}
        assert options == (expected if isolates else {"inhibit_ipv4": "true"})
    client = inspected(docker_lab, engine)["client"]
    assert set(client["HostConfig"]["CapAdd"]) == set(containers._TO_SET_NETWORK)


def test_everything_is_labelled(engine: docker.DockerClient, docker_lab: DockerLab) -> None:
    lab = sweep.every(engine, docker_lab.id)[0]
    assert set(lab.containers) == {"client", "edge", "origin"}
    assert len(lab.networks) == 2
    assert not lab.abandoned
    for row in [*lab.containers.values(), *lab.networks]:
        for label in (labels.SESSION, labels.LAB, labels.OWNER, labels.VERSION):
            assert row["Labels"][label]
    for row in lab.networks:
        assert row["Internal"]
