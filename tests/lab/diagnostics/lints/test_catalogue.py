"""What lints say of the settings of every scenario's arms: the broken ones, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lab.client import DEFAULT_GO_MOD, HOME, PROJECT, environment, netrc, placed
from lab.diagnostics.lints import problems
from lab.diagnostics.lints.model import Problem, Setup
from lab.replay.arms import arms
from lab.scenario.load import of_family
from lab.spec.client import ClientSpec, File
from tests.lab.replay.fake import SPEC

SEEN = {
    "dependency-confusion",
    "goinsecure/certificate",
    "goinsecure/checksum",
    "gonoproxy/alone",
    "gonoproxy/none",
    "goprivate-star/alone",
    "goprivate-star/as-printed",
    "goproxy-http-slash/password-over-http",
    "invented-variables/gonosum",
    "invented-variables/gonosumcheck",
    "netrc-port",
    "parent-prefix-leak",
    "policy-generator/a-star-too-many",
    "policy-generator/as-printed",
    "private-leak/blank-behind-comma",
    "private-leak/capitals",
    "private-leak/leading-dot",
    "private-leak/other-path",
    "private-leak/scheme",
    "private-leak/semicolon",
    "sumdb-alternatives/address-for-a-key",
    "sumdb-alternatives/misprinted-key",
    "system-proxy/glob",
    "system-proxy/noproxy",
}
"""Runs whose break is a setting that stands there before anything is run."""


def setup_of(client: ClientSpec, modules: tuple[str, ...]) -> Setup:
    files = {
        path: file.content.decode() if isinstance(file, File) else file
        for path, file in placed(client).items()
    }
    logins = dict.fromkeys(client.logins, "gopher:token")
    own = files.get(f"{HOME}/.netrc")
    return Setup(
        process=environment(SPEC, client),
        goenv=files.get(f"{HOME}/.config/go/env") or "",
        netrc=netrc(logins) if own is None else own,
        go_mod=files.get(f"{PROJECT}/go.mod") or DEFAULT_GO_MOD,
        modules=modules,
    )


@cache
def alarms() -> dict[tuple[str, str], list[Problem]]:
    return {place: found for place, found in _alarms() if found}


def _alarms() -> Iterator[tuple[tuple[str, str], list[Problem]]]:
    for loaded in of_family(None):
        for run in loaded.runs():
            looked = run.scenario.diagnostics.subject
            for arm in arms(run.scenario):
                setup = setup_of(arm.client, (looked.module,) if looked else ())
                found = [problem for problem in problems(setup) if problem.severity != "note"]
                yield (run.name, arm.name), found


def test_no_healthy_or_repaired_arm_and_no_control_alarms() -> None:
    assert {place: found for place, found in alarms().items() if place[1] != "broken"} == {}


def test_a_break_that_is_a_setting_is_seen() -> None:
    assert {name for name, arm in alarms() if arm == "broken"} >= SEEN
