"""No probe of golab's own alarms in a healthy set-up, however unusual."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from faults.validation import strictly
from lab.diagnostics.catalogue import diagnostics
from lab.labs import start_for
from lab.replay.replay import replay
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import Backend
from lab.scenario.load import Run
from lab.scenario.model import Scenario
from lab.spec.patterns import Checker
from tests.lab.diagnostics.setups import setups

PROBES = [one for one in diagnostics().values() if one.origin == "golab"]
SOME, MANY = 12, 200


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with open_backend("local", labs=SOME) as place:
        yield place


def alarms(setup: dict[str, Any], backend: Backend) -> list[str]:
    """Replay a set-up with a rule that may fire, and return what its probes complain of."""
    faults = [{**fault, "fires": "may"} for fault in setup["faults"]]
    scenario = strictly({**setup, "faults": faults}, Scenario, Checker())
    run = Run(variant=None, scenario=scenario)
    with start_for(run, backend, backend.toolchain()) as (lab, spec):
        result = replay(run, lab, spec, backend="local", seed=1, looking="none", tools=PROBES)
    assert result.verdict == "reproduced", (result.reason, setup)
    return [
        f"{row.id}: {row.said['healthy']}" for row in result.diagnostics if row.healthy != "quiet"
    ]


def check(setup: dict[str, Any], backend: Backend) -> None:
    found = alarms(setup, backend)
    assert not found, "\n".join([*found, json.dumps(setup, indent=1)])


common = settings(
    deadline=None,
    derandomize=True,
    print_blob=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(common, max_examples=SOME)
@given(setup=setups())
def test_some_healthy_setups(backend: Backend, setup: dict[str, Any]) -> None:
    check(setup, backend)


@pytest.mark.whole
@pytest.mark.timeout(3600)
@settings(common, max_examples=MANY)
@given(setup=setups())
def test_two_hundred_healthy_setups(backend: Backend, setup: dict[str, Any]) -> None:
    check(setup, backend)
