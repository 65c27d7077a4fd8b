"""A client can have other resolvers than that of its lab, in an order that matters."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lab.client import prepare, resolv_conf
from lab.client_spec import ClientSpec
from lab.replay.arms import settings
from lab.sandbox.interface import LabSpec
from lab.sandbox.local.backend import LocalLab

DEAD = "198.18.255.1"


def spec(resolver: object) -> ClientSpec:
    return ClientSpec.model_validate({"resolver": resolver})


@pytest.mark.parametrize(
    ("resolver", "text", "said"),
    [
        ("timeout:1", "nameserver 1.2.3.4\noptions timeout:1\n", "options timeout:1"),
        (None, "nameserver 1.2.3.4\n", "plain"),
        ({"nameservers": ["edge"]}, "nameserver 1.2.3.4\n", "plain"),
        ({"nameservers": [DEAD]}, f"nameserver {DEAD}\n", f"nameservers {DEAD}"),
        (
            {"nameservers": [DEAD, "edge"], "options": "timeout:1  rotate"},
            f"nameserver {DEAD}\nnameserver 1.2.3.4\noptions timeout:1 rotate\n",
            f"nameservers {DEAD}, edge; options timeout:1 rotate",
        ),
    ],
)
def test_what_resolv_conf_says_and_what_is_said_of_it(
    resolver: object, text: str, said: str
) -> None:
    assert resolv_conf("1.2.3.4", spec(resolver)) == text
    assert settings(spec(resolver)) == [f"resolv.conf: {said}"]


@pytest.mark.parametrize(
    ("resolver", "said"),
    [
        ({"nameservers": []}, "at least 1 item"),
        ({"nameservers": ["edge"] * 4}, "at most 3 items"),
        ({"nameservers": ["resolver.example"]}, "is no resolver; write edge or an address"),
        ({"nameservers": ["edge"], "options": "timout:1"}, "no option of resolv.conf; did you"),
        ({"options": "timeout:1"}, "Field required"),
        ("timout:1", "no option of resolv.conf; did you"),
    ],
)
def test_what_is_no_resolver_is_refused(resolver: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        spec(resolver)


def test_where_the_first_is_dead_the_second_answers_later(
    running_lab: LocalLab, lab_spec: LabSpec
) -> None:
    both = {"nameservers": [DEAD, "edge"], "options": "timeout:1 attempts:1"}
    env = {"GOPROXY": "https://proxy.golang.org"}
    said = ClientSpec.model_validate({"resolver": both, "env": env})
    client = prepare(running_lab, lab_spec, said)
    done = client.run("go list -m -versions github.com/gorilla/mux", limit=20)
    assert done.exit == 0
    assert done.seconds >= 1
    silent = "no answer within the limit"
    assert client.resolve("proxy.golang.org", 0.3) == {DEAD: silent, "198.18.0.2": "198.18.0.2"}
    alone = ClientSpec.model_validate({"resolver": {**both, "nameservers": [DEAD]}, "env": env})
    done = prepare(running_lab, lab_spec, alone).run("go list -m rsc.io/quote@latest", limit=20)
    assert done.exit == 1
    assert "i/o timeout" in done.stderr
