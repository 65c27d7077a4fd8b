"""A lab is started in one place, whoever wants it."""

from __future__ import annotations

import pytest

from lab.labs import hold, start
from lab.results.model import ARMS, ArmName
from lab.world.load import base_world
from lab.world.model import World
from lab.world.tree import Tree
from tests.lab.replay.fake import SPEC, a_run
from tests.lab.test_session import GO, FakeBackend


def test_a_lab_has_the_base_world_and_what_is_needed_beyond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[World] = []

    def build(world: World) -> Tree:
        built.append(world)
        return SPEC.tree

    monkeypatch.setattr("lab.labs.build", build)
    backend = FakeBackend()
    more = World.model_validate({"modules": {"m.example/m": {"versions": ["v1.0.0"]}}})
    with start(backend, GO, name="python", world=more) as (lab, spec):
        assert (spec.name, spec.arm, spec.toolchain) == ("python", "", GO)
        assert backend.specs == [spec]
        assert lab is backend.labs[0]
    assert backend.labs[0].ended
    assert set(built[0].modules) == {*base_world().modules, "m.example/m"}


@pytest.mark.parametrize("arm", ARMS)
def test_a_held_lab_stands_where_the_commands_of_its_arm_begin(
    arm: ArmName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.labs.build", lambda _: SPEC.tree)
    run = a_run(
        replay={"before": "go mod download"}, **{"break": {"client": {"env": {"GOSUMDB": "off"}}}}
    )
    with hold(run, arm, FakeBackend(), GO, seed=3) as (lab, spec, client):
        assert (spec.name, spec.arm) == ("hidden", arm)
        assert lab is client.lab
        assert client.env["GOSUMDB"] == ("off" if arm == "broken" else "sum.golang.org")
        rules = client.lab.edge
        assert list(rules.fired()) == ["gone"]  # all are there,
        assert rules.acting == (["gone"] if arm == "broken" else [])  # type: ignore[attr-defined]
        assert set(rules.seeds) == {3}  # type: ignore[attr-defined]
        assert "run go mod download" in client.lab.calls  # type: ignore[attr-defined]


def test_a_held_lab_is_that_of_its_go_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.labs.build", lambda _: SPEC.tree)
    older = {"until": "1.24", "replay": {"before": "go mod tidy"}}
    newer = {"since": GO.version, "replay": {"before": "go mod vendor"}}
    with hold(a_run(go=[older, newer]), "healthy", FakeBackend(), GO) as held:
        calls = held.client.lab.calls  # type: ignore[attr-defined]
    assert "run go mod vendor" in calls
    assert "run go mod tidy" not in calls
