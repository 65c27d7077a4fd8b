"""What the three arms of a scenario are, from plain data."""

from __future__ import annotations

from typing import Any

import pytest

from lab.client import environment, resolv_conf
from lab.replay.arms import Arm, arms, settings
from lab.spec.client import ClientSpec
from tests.lab.replay.fake import SPEC, a_run

BREAK = {
    "client": {
        "env": {"GOSUMDB": "off"},
        "netrc": {"proxy.corp.example": "expired"},
        "resolver": "timeout:1",
        "project": {"go.sum": ""},
    }
}


def named(**changes: Any) -> dict[str, Arm]:
    return {arm.name: arm for arm in arms(a_run(**changes).scenario)}


def test_what_is_particular_to_an_arm_is_said_in_words() -> None:
    found = named(**{"break": BREAK}, repair={"how": "It is\nset.", "faults": "remove"})
    assert list(found) == ["healthy", "broken", "repaired"]
    assert found["healthy"].conditions == []
    assert found["broken"].conditions == [
        "GOSUMDB=off",
        ".netrc: expired credential for proxy.corp.example",
        "resolv.conf: options timeout:1",
        "project: another go.sum",
    ]
    assert found["repaired"].conditions == ["It is set. (the fault is gone)"]


@pytest.mark.parametrize(("faults", "sumdb", "rules"), [("keep", "off", 1), ("remove", None, 0)])
def test_a_remedy_goes_where_the_damage_is_unless_it_removes_the_cause(
    faults: str, sumdb: str | None, rules: int
) -> None:
    remedy = {"how": "…", "faults": faults, "client": {"env": {"GOPROXY": "https://goproxy.cn"}}}
    found = named(**{"break": BREAK}, repair=remedy)
    healthy, broken, repaired = found.values()
    assert [len(arm.rules) for arm in found.values()] == [0, 1, rules]
    assert "GOSUMDB" not in healthy.client.env
    assert (broken.client.env["GOSUMDB"], broken.client.resolver) == ("off", "timeout:1")
    assert repaired.client.env.get("GOSUMDB") == sumdb
    assert repaired.client.env["GOPROXY"] == "https://goproxy.cn"


def test_a_variable_that_is_taken_away_is_as_the_lab_has_it() -> None:
    gone = ClientSpec.model_validate({"env": {"GOSUMDB": None, "GOPROXY": None, "HTTPS_PROXY": ""}})
    env = environment(SPEC, gone)
    assert env["GOSUMDB"] == SPEC.tree.gosumdb
    assert env["HTTPS_PROXY"] == ""
    assert "GOPROXY" not in env


def test_resolvers_are_asked_in_their_order_until_they_are_taken_away() -> None:
    two = ClientSpec.model_validate({"resolver": "timeout:1", "resolvers": ["192.0.2.1", "lab"]})
    text = "nameserver 192.0.2.1\nnameserver 198.18.0.2\noptions timeout:1\n"
    assert resolv_conf("198.18.0.2", two) == text
    assert settings(two)[-1] == "resolv.conf: asks 192.0.2.1, the lab's"
    one = two.overlaid(ClientSpec.model_validate({"resolvers": None}))
    assert resolv_conf("198.18.0.2", one) == "nameserver 198.18.0.2\noptions timeout:1\n"
    same = two.overlaid(ClientSpec.model_validate({"env": {"A": "b"}}))
    assert resolv_conf("198.18.0.2", same) == text


@pytest.mark.parametrize("wrong", [[], ["the lab"], ["300.1.1.1"], "lab"])
def test_resolvers_are_addresses_and_the_labs_own(wrong: object) -> None:
    with pytest.raises(ValueError, match="resolvers"):
        ClientSpec.model_validate({"resolvers": wrong})
