"""A client can have other resolvers than that of its lab, in an order that matters."""

from __future__ import annotations

from lab.client import prepare
from lab.sandbox.interface import LabSpec
from lab.sandbox.local.backend import LocalLab
from lab.spec.client import ClientSpec

DEAD = "198.18.255.1"


def test_where_the_first_is_dead_the_second_answers_later(
    running_lab: LocalLab, lab_spec: LabSpec
) -> None:
    env = {"GOPROXY": "https://proxy.golang.org"}
    said = {"resolvers": [DEAD, "lab"], "resolver": "timeout:1 attempts:1", "env": env}
    client = prepare(running_lab, lab_spec, ClientSpec.model_validate(said))
    done = client.run("go list -m -versions github.com/gorilla/mux", limit=20)
    assert done.exit == 0
    assert done.seconds >= 1
    silent = "no answer within the limit"
    assert client.resolve("proxy.golang.org", 0.3) == {DEAD: silent, "198.18.0.2": "198.18.0.2"}
    alone = ClientSpec.model_validate({**said, "resolvers": [DEAD]})
    done = prepare(running_lab, lab_spec, alone).run("go list -m rsc.io/quote@latest", limit=20)
    assert done.exit == 1
    assert "i/o timeout" in done.stderr
