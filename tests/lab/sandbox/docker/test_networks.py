"""Fifty labs at once have their networks: own subnets, none twice, none that is in use."""

from __future__ import annotations

import ipaddress
from concurrent.futures import ThreadPoolExecutor

import docker
import pytest

from lab.sandbox.docker import labels, networks, sweep

pytestmark = [pytest.mark.docker, pytest.mark.slow]

LABS = 50


def test_fifty_labs_at_once(engine: docker.DockerClient) -> None:
    version = str(engine.version()["Version"])
    marks = {labels.LAB: "fifty", labels.OWNER: labels.owner()}
    before = len(engine.api.networks())

    def made(number: int) -> networks.Network:
        return networks.create(engine, f"golab-fifty-{number}", marks, version)

    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(made, range(2 * LABS)))
        subnets = [ipaddress.IPv4Network(network.subnet) for network in found]
        assert len(set(subnets)) == 2 * LABS
        assert all(subnet.subnet_of(networks.pool()) for subnet in subnets)
    finally:
        sweep.remove(engine, "fifty")
    assert len(engine.api.networks()) == before


def test_a_subnet_in_use_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(networks.VARIABLE, "10.212.0.0/26")
    taken = [ipaddress.IPv4Network(text) for text in ("10.212.0.0/27", "10.212.0.48/30")]
    assert str(networks._free(taken)) == "10.212.0.32/28"
