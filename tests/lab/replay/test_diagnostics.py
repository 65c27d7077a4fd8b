"""What the diagnostics of an arm find, and that none overlooks what it relies on being ended."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pytest

from lab.client import Client
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Finding, Target, quiet
from lab.errors import LabError
from lab.replay.diagnostics import diagnose, target
from lab.replay.replay import replay
from lab.sandbox.interface import Answer, Completed, Handshake
from lab.spec.client import ClientSpec
from tests.lab.replay.fake import SPEC, FakeLab, a_run, completed, honest

COBRA = Target("github.com/spf13/cobra", "v1.8.1", "v1.8.0", "https://proxy.golang.org")
ENV = {"PATH": "/bin", "GOPROXY": "https://proxy.golang.org"}


@dataclass
class Check:
    """A diagnostic that does as it is told."""

    look: Callable[[Client, Target], Finding]
    id: str = "check"
    origin: Literal["documented", "golab", "tool"] = "golab"

    def shown(self, target: Target) -> str:
        return f"compare with {target.required}"

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        return self.look(client, target)


def found(lab: FakeLab, name: str) -> Finding:
    looks = diagnose([diagnostics()[name]], Client(lab, ENV, {}), COBRA, 5)
    return looks[name].finding


def crash(*_: object) -> Finding:
    raise KeyError("versions")


def test_a_diagnostic_that_crashed_is_an_error_and_never_quiet() -> None:
    looks = diagnose([Check(crash)], Client(FakeLab(), ENV, {}), COBRA, 5)
    assert looks["check"].finding == Finding("error", "KeyError: 'versions'")


def test_diagnostics_look_side_by_side() -> None:
    together = threading.Barrier(4, timeout=10)

    def look(client: Client, _: Target) -> Finding:
        together.wait()
        return quiet("fine")

    checks = [Check(look, str(number)) for number in range(4)]
    looks = diagnose(checks, Client(FakeLab(), ENV, {}), COBRA, 5)
    assert {name: found.finding.state for name, found in looks.items()} == dict.fromkeys(
        "0123", "quiet"
    )


def test_a_lab_that_failed_is_no_finding() -> None:
    def look(client: Client, _: Target) -> Finding:
        raise LabError("the edge of the lab does not answer")

    with pytest.raises(LabError, match="does not answer"):
        diagnose([Check(look)], Client(FakeLab(), ENV, {}), COBRA, 5)


@pytest.mark.parametrize(
    ("name", "shown"), [("head-status", "curl -sI"), ("proxy-alive", "curl -I")]
)
def test_a_killed_curl_in_a_documented_line_is_an_error(name: str, shown: str) -> None:
    lab = FakeLab(lambda *_: completed(0, "", "  0  0\ngolab: curl exited with 137\n"))
    finding = found(lab, name)
    assert finding.state == "error"
    assert shown in finding.said
    assert finding.said.endswith("`: curl ended by SIGKILL")


@pytest.mark.parametrize("name", ["goproxy-env", "second-source", "verify"])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (completed(-9), "ended by SIGKILL"),
        (completed(143), "ended by SIGTERM"),
        (completed(1, hit="memory"), "hit the lab's limit on memory"),
    ],
)
def test_what_was_ended_says_neither_alarm_nor_quiet(
    name: str, answer: Completed, reason: str
) -> None:
    finding = found(FakeLab(lambda *_: answer), name)
    assert (finding.state, finding.said.rpartition("`: ")[2]) == ("error", reason)


def test_what_golab_ended_at_its_limit_is_the_diagnostics_to_judge() -> None:
    def mute(line: str, _: FakeLab) -> Completed:
        if not line.startswith(("curl", "go")):
            return completed()
        return completed(None, "", "\ngolab: curl exited with 137\n")

    lab = FakeLab(mute)
    assert found(lab, "head-status") == Finding("alarm", "still running after 5 s")
    assert found(lab, "goproxy-env") == Finding("error", "still running after 5 s")


def test_a_client_that_cannot_be_copied_is_an_error_and_nothing_is_run() -> None:
    lab = FakeLab(lambda *_: completed(0, "https://x\n"))
    lab.uncopied = "no space"
    said = "the client's home is not copied: no space"
    assert found(lab, "goproxy-env") == Finding("error", said)
    assert not [call for call in lab.calls if "go env" in call]


@pytest.mark.parametrize("name", ["version-list-plausible", "resolver-answers", "sni-parity"])
def test_a_request_of_golabs_own_that_ran_out_of_something_is_an_error(name: str) -> None:
    lab = FakeLab()
    lab.answer = Answer("connect", error=os.strerror(errno.EMFILE).lower())
    finding = found(lab, name)
    assert finding == Finding("error", "golab's own request: too many open files")


def test_a_handshake_that_ran_out_of_something_is_an_error() -> None:
    class Short(FakeLab):
        def handshake(
            self, address: str, server_name: str, limit: float, port: int = 443
        ) -> Handshake:
            return Handshake(os.strerror(errno.ENOMEM).lower())

    finding = found(Short(), "sni-parity")
    assert finding == Finding("error", "golab's own request: cannot allocate memory")


def test_the_witness_is_cold_where_the_client_is() -> None:
    seen: list[str] = []

    def look(client: Client, _: Target) -> Finding:
        cold = client.cold("check")
        seen.append(cold.project)
        cold.run("go env GOPROXY", limit=1)
        return quiet("never")

    lab = FakeLab(lambda *_: completed(-11))
    looks = diagnose([Check(look)], Client(lab, ENV, {}), COBRA, 5)
    assert looks["check"].finding == Finding("error", "`go env GOPROXY`: ended by SIGSEGV")
    assert seen == ["/lab/home/cold/check/nowhere"]


def test_a_crash_makes_the_run_an_error_and_the_row_of_the_right_arm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was required in each arm is in its command; none is that of another arm."""
    mod = "module x\n\nrequire github.com/spf13/cobra {}\n"

    def answers(line: str, lab: FakeLab) -> Completed | str:
        if lab.rules.acting:
            lab.write({"/lab/home/project/go.mod": mod.format("v1")})
        return honest(line, lab)

    def look(client: Client, at: Target) -> Finding:
        return crash() if at.required == "v1" else quiet("fine")

    monkeypatch.setattr("lab.replay.replay.diagnostics", lambda: {"check": Check(look)})
    record = {"subject": {"module": COBRA.module, "version": "v2"}, "miss": ["check"]}
    client = {
        "env": {"GOPROXY": "https://proxy.golang.org"},
        "project": {"go.mod": mod.format("v2")},
    }
    run = a_run(diagnostics=record, client=client)
    result = replay(run, FakeLab(answers), SPEC, backend="fake", seed=1)
    (row,) = result.diagnostics
    assert (row.healthy, row.broken, row.repaired) == ("quiet", "error", "quiet")
    assert row.command == "compare with v1"
    assert row.commands == {
        "healthy": "compare with v2",
        "broken": "compare with v1",
        "repaired": "compare with v2",
    }
    assert result.verdict == "error"
    assert result.reason == (
        "broken: the diagnostic check could not say anything: KeyError: 'versions'"
    )
    assert (result.missed_by, result.detected_by) == ([], [])


@pytest.mark.parametrize(
    ("go_mod", "required"),
    [
        ("module x\n\nrequire github.com/spf13/cobra v1.8.0\n", "v1.8.0"),
        ("require (\n\tgithub.com/spf13/cobra v1.7.0 // indirect\n)\n", "v1.7.0"),
        ("require github.com/spf13/cobra/v2 v2.0.0\n", ""),
        ("exclude (\n\tgithub.com/spf13/cobra v1.6.0\n)\n", ""),
        ("", ""),
    ],
)
def test_the_diagnostics_are_pointed_at_what_the_project_requires(
    go_mod: str, required: str
) -> None:
    record = {"subject": {"module": "github.com/spf13/cobra", "version": "v1.8.1"}}
    scenario = a_run(diagnostics=record).scenario
    at = target(scenario, scenario.client, go_mod)
    assert at == Target("github.com/spf13/cobra", "v1.8.1", required, "https://proxy.golang.org")
    named = {"subject": {**record["subject"], "proxy": "https://goproxy.cn"}}
    assert target(a_run(diagnostics=named).scenario, scenario.client, go_mod).host == "goproxy.cn"


def test_the_diagnostics_are_pointed_at_the_proxy_of_the_arm() -> None:
    scenario = a_run().scenario
    for goproxy, host in (("https://goproxy.cn", "goproxy.cn"), ("off", "proxy.golang.org")):
        assert target(scenario, ClientSpec(env={"GOPROXY": goproxy}), "").host == host
