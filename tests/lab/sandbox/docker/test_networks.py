"""Fifty labs at once: own subnets, none twice, none that is in use, and every lab works."""

from __future__ import annotations

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import docker
import pytest

from lab.sandbox.docker import networks
from lab.sandbox.docker.backend import DockerBackend, DockerLab
from lab.sandbox.docker.labels import LAB
from lab.sandbox.interface import LabSpec, Request
from tests.lab.sandbox.docker.things import things

LABS = 50


@pytest.mark.docker
@pytest.mark.whole
@pytest.mark.timeout(600)
def test_fifty_labs_at_once(
    engine: docker.DockerClient, backend: DockerBackend, lab_spec: LabSpec
) -> None:
    before = things(engine)
    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        labs = list(pool.map(lambda _: stack.enter_context(backend.start(lab_spec)), range(LABS)))
        ours = {lab.id for lab in labs}
        rows = engine.api.containers()
        assert len([row for row in rows if row["Labels"].get(LAB) in ours]) == 3 * LABS
        subnets = {
            ipaddress.IPv4Network(config["Subnet"])
            for row in engine.api.networks()
            for config in row["IPAM"]["Config"] or []
            if row["Labels"].get(LAB) in ours
        }
        assert len(subnets) == 2 * LABS
        assert all(subnet.subnet_of(networks.pool()) for subnet in subnets)
        answers = list(pool.map(_latest, labs))
        assert len(set(answers)) == 1, answers
        assert answers[0].startswith("200 "), answers
        for lab in labs:
            pool.submit(lab.close)
    assert things(engine) <= before


def _latest(lab: DockerLab) -> str:
    lab.edge.arm([])
    answer = lab.fetch(Request("https://proxy.golang.org/github.com/spf13/cobra/@latest", 20))
    return f"{answer.status} {answer.body.decode()}"


def test_a_subnet_in_use_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLAB_DOCKER_SUBNETS", "10.212.0.0/26")
    taken = [ipaddress.IPv4Network(text) for text in ("10.212.0.0/27", "10.212.0.48/30")]
    assert str(networks._free(taken)) == "10.212.0.32/28"
