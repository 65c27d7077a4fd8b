"""Labs that stay up from test to test: which are shared, and what each use begins with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lab.api import warm
from lab.api.warm import WarmLabs
from lab.errors import UsageError
from lab.origin.state import OriginState
from lab.sandbox.controls import OriginControl
from tests.lab.replay.fake import LINE, RULE, SPEC, a_run
from tests.lab.test_session import FakeBackend


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> FakeBackend:
    found = FakeBackend()

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[FakeBackend]:
        yield found
        found.close()

    monkeypatch.setattr("lab.api.warm.open_backend", opened)
    monkeypatch.setattr("lab.labs.build", lambda _: SPEC.tree)
    return found


def world(name: str) -> dict[str, Any]:
    return {"modules": {f"m.example/{name}": {"versions": ["v1.0.0"]}}}


def test_scenarios_of_one_world_share_a_lab_that_each_finds_fresh(backend: FakeBackend) -> None:
    labs = WarmLabs()
    first = labs.open(a_run(), "broken")
    assert (first.arm, first.run(LINE).stdout) == ("broken", "cobra\n")
    other = labs.open(a_run(id="other"), "healthy")
    assert (other.arm, other.run(LINE).stdout) == ("healthy", "cobra v1 v2\n")
    bare = labs.open()
    assert (bare.arm, bare.scenario, bare.run(LINE).stdout) == ("", None, "cobra v1 v2\n")
    (lab,) = backend.labs
    assert labs.started == 1
    assert lab.calls.count("fresh") == 3
    assert lab.rules.hits == {}
    labs.close()
    assert lab.ended
    assert backend.closed


def test_what_one_use_did_to_the_origin_is_not_for_the_next(backend: FakeBackend) -> None:
    labs = WarmLabs()
    labs.open()
    sent: list[Any] = []
    backend.labs[0].origin = OriginControl(lambda request: sent.append(request["state"]))
    withdrawn = {"origin": {"absent": ["github.com/spf13/cobra@v1.8.1"]}}
    labs.open(a_run(**{"break": withdrawn}), "broken")
    assert list(sent[-1]["absent"]) == ["github.com/spf13/cobra@v1.8.1"]
    labs.open(a_run(), "broken")
    assert sent[-1] == OriginState().to_json()


def test_another_world_is_another_lab_and_the_oldest_makes_room(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "MOST", 2)
    labs = WarmLabs()
    for name in ("a", "b", "a", "c", "a", "b"):
        labs.open(world=world(name))
    assert [lab.ended for lab in backend.labs] == [False, True, True, False]
    labs.close()
    assert all(lab.ended for lab in backend.labs)


def test_a_lab_of_which_a_part_has_ended_is_replaced(backend: FakeBackend) -> None:
    labs = WarmLabs()
    labs.open()
    backend.labs[0].dead = "edge"
    labs.open()
    assert [lab.ended for lab in backend.labs] == [True, False]
    assert labs.started == 2


def test_an_arm_has_the_rules_that_were_added_and_a_tool_meets_its_faults_afresh(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[list[str]] = []

    def add(rules: Any, *, on: bool = True) -> list[str]:
        assert not on
        added.append([rule.name for rule in rules])
        return []

    made = backend.start(SPEC)
    monkeypatch.setattr(made.rules, "add", add)
    monkeypatch.setattr(backend, "start", lambda _: made)
    opened = WarmLabs().open(a_run(), "broken", faults=[{**RULE, "name": "mine"}])
    assert added == [["mine"], ["mine"]]  # and once more in the arm
    assert opened.replay() is opened.replay()
    before = len(made.calls)
    assert opened.check("go version").state == "quiet"
    assert made.calls[before:] == ["arm gone", "run go version"]
    with pytest.raises(UsageError, match="cannot be read"):
        opened.check("./no-such.sh")
    opened.client()
    with pytest.raises(UsageError, match="in no arm of a scenario; `enter` takes it into one"):
        opened.replay()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            {"world": {"modules": {"m.example/m": {"versions": ["1.0"]}}}},
            "world: modules.m.example",
        ),
        ({"world": "/no/such.yaml"}, "/no/such.yaml:1:1: cannot be read"),
        ({"faults": [{"do": {"respnd": 1}}]}, "did you mean 'respond'"),
        ({"run": a_run(since="1.100")}, "hidden: go 1.99.0 is not of those it is about"),
    ],
)
def test_what_is_wrong_is_said_before_a_lab_is_used(
    backend: FakeBackend, wish: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        WarmLabs().open(**wish)
    assert said in str(caught.value)
    assert "fresh" not in [call for lab in backend.labs for call in lab.calls]
