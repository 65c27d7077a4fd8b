"""A release can be published while a client fills its cache, and be withdrawn after that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.errors import ScenarioError
from lab.replay.arms import arms
from lab.replay.replay import replay
from lab.sandbox.controls import OriginControl
from lab.scenario.load import load
from tests.lab.replay.fake import LINE, SPEC, FakeLab, a_run
from tests.lab.replay.test_real import judged

GONE = "github.com/spf13/cobra@v1.8.1"


class Lab(FakeLab):
    """A lab that lists the changes of its origin among its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.origin = OriginControl(self._asked)

    def _asked(self, request: Any) -> None:
        state = request["state"]
        self.calls.append(f"origin {','.join(state['absent'])} {state['credentials']}")


def changes(**parts: Any) -> list[str]:
    """Replay with these parts; return the changes of the origin, and the runs between them."""
    lab = Lab()
    repair = {"how": "…", "faults": "remove", **parts.pop("repair", {})}
    commands = {"before": "go mod download"}
    replay(a_run(**parts, repair=repair, replay=commands), lab, SPEC, backend="fake", seed=7)
    return [call for call in lab.calls if call.startswith(("origin", "run"))]


def test_the_origin_changes_between_what_was_done_before_and_what_is_judged() -> None:
    assert changes(**{"break": {"origin": {"absent": [GONE]}}}) == [
        "origin  {}",
        "run go mod download",
        f"run {LINE}",
        "origin  {}",
        "run go mod download",
        f"origin {GONE} {{}}",
        f"run {LINE}",
        "origin  {}",
        "run go mod download",
        f"run {LINE}",
    ]


def test_an_origin_that_nobody_changes_is_left_alone() -> None:
    assert not [call for call in changes() if call.startswith("origin")]


@pytest.mark.parametrize(
    ("faults", "repaired"),
    [("keep", ([GONE], {"valid": "expired"})), ("remove", ([], {"valid": "expired"}))],
)
def test_a_remedy_stands_on_the_break_unless_it_removes_the_cause(
    faults: str, repaired: tuple[list[str], dict[str, str]]
) -> None:
    scenario = a_run(
        origin={"credentials": {"valid": "revoked"}},
        repair={"how": "…", "faults": faults, "origin": {"credentials": {"valid": "expired"}}},
        **{"break": {"origin": {"absent": [GONE]}}},
    ).scenario
    _, broken, fixed = arms(scenario)
    assert broken.stages[-1].origin.state.credentials == {"valid": "revoked"}
    assert broken.conditions == [f"not published: {GONE}"]
    state = fixed.stages[-1].origin.state
    assert (list(state.absent), state.credentials) == repaired
    assert fixed.conditions[-1] == "the credential valid is expired"


SCENARIO = """
id: withdrawn
title: A release is withdrawn
family: cache
sources: [{article: silent-symptoms, section: "1"}]
story: It was there when the cache was filled.
client:
  env: {GOPROXY: "https://proxy.golang.org"}
break: {origin: {absent: [github.com/gorilla/mux@v1.8.1]}}
replay:
  before: go list -m github.com/gorilla/mux@latest
  run: go list -m github.com/gorilla/mux@latest
  healthy: {stdout: v1.8.1}
  broken: {stdout: v1.8.0}
silent: true
repair: {how: It is published again., faults: remove}
diagnostics: {subject: {module: github.com/gorilla/mux, version: v1.8.1}}
lesson: What was published may be gone.
"""


def test_a_release_is_published_and_then_withdrawn(tmp_path: Path) -> None:
    file = tmp_path / "withdrawn.yaml"
    file.write_text(SCENARIO)
    status, (run,) = judged(str(file))
    assert (status, run["verdict"], run["reason"]) == (0, "reproduced", "")


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("{absent: [github.com/gorilla/mox@v1.8.1]}", "no module github.com/gorilla/mox; did you"),
        ("{absent: [github.com/gorilla/mux@v1.8.9]}", "no v1.8.9 of github.com/gorilla/mux; did"),
        ("{absent: [github.com/gorilla/mux]}", "mux"),
        ("{credentials: {valit: expired}}", "no credential 'valit'; did you mean 'valid'"),
        ("{frozen: {proxy.golnag.org: 2024-01-01T00:00:00Z}}", "no host 'proxy.golnag.org'; did"),
        ("{frozen: {proxy.golang.org: yesterday}}", "yesterday"),
        ("{forked: [nobody.example]}", "no host 'nobody.example'"),
    ],
)
def test_what_the_world_does_not_have_is_refused(tmp_path: Path, origin: str, said: str) -> None:
    file = tmp_path / "withdrawn.yaml"
    file.write_text(SCENARIO.replace("{absent: [github.com/gorilla/mux@v1.8.1]}", origin))
    with pytest.raises(ScenarioError) as refused:
        load(file)
    assert said in str(refused.value)
    assert f"{file}:9:" in str(refused.value)
