"""What is done in which order in the three arms, and what is made of what the lab answers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lab.client import PROJECT
from lab.errors import LabError
from lab.replay.replay import replay
from lab.results.model import RunResult
from lab.sandbox.interface import Answer, Completed
from tests.lab.replay.fake import LINE, SPEC, FakeLab, a_run, completed, honest

GO_MOD = f"{PROJECT}/go.mod"


def replayed(lab: FakeLab, **changes: Any) -> RunResult:
    return replay(a_run(**changes), lab, SPEC, backend="fake", seed=7)


def test_a_run_as_recorded_is_reproduced() -> None:
    result = replayed(FakeLab())
    assert (result.verdict, result.reason, result.silent) == ("reproduced", "", True)
    assert [result.arms[arm].judged.stdout for arm in ("healthy", "broken", "repaired")] == [
        "cobra v1 v2\n",
        "cobra\n",
        "cobra v1 v2\n",
    ]
    assert result.arms["broken"].fired == {"gone": 1}
    assert result.faults == {"gone": "where {endpoint: list} do {respond: {status: 410}}"}
    assert (result.backend, result.go, result.story) == ("fake", "1.99.0", "All versions are gone.")


def test_what_was_seen_is_in_the_result() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        time.sleep(0.01)
        lab.rules.records.append({"kind": "dns", "qname": "proxy.golang.org"})
        return honest(line, lab)

    lab = FakeLab(answers)
    lab.answer = Answer("connect", error="no route to host")
    record = {"subject": {"module": "m.example/m", "version": "v1"}}
    result = replayed(lab, diagnostics={**record, "false-alarm": ["resolver-answers"]})
    assert result.arms["broken"].requests == [{"kind": "dns", "qname": "proxy.golang.org"}]
    assert result.arms["broken"].asked == ["DNS proxy.golang.org"]
    assert result.seconds >= 0.03
    assert result.false_alarms == ["resolver-answers"]
    assert (result.detected_by, result.missed_by) == ([], [])
    assert result.verdict == "reproduced"


def test_no_rule_acts_while_a_fresh_client_is_made_and_does_what_it_did_before() -> None:
    lab = FakeLab()
    replayed(lab, repair={"how": "…", "faults": "keep"}, replay={"before": "go mod download"})
    before = [lab.calls[: place + 1] for place, call in enumerate(lab.calls) if call == "fresh"]
    assert len(before) == 3
    for calls in before:
        assert [call for call in calls if call.startswith("arm")][-1] == "arm"
    for place, call in enumerate(lab.calls):
        if call == "run go mod download":
            armed = [call for call in lab.calls[:place] if call.startswith("arm")]
            assert armed[-1] == "arm"


def test_the_healthy_arm_is_set_up_once() -> None:
    lab = FakeLab()
    replayed(lab)
    assert lab.calls[:4] == ["arm", "fresh", "arm", f"run {LINE}"]


def test_each_arm_has_the_rules_that_belong_to_it_and_the_seed_of_the_run() -> None:
    def armed(faults: str) -> list[str]:
        seen: list[str] = []

        def answers(line: str, lab: FakeLab) -> Completed | str:
            seen.append(" ".join(lab.rules.acting))
            return honest(line, lab)

        lab = FakeLab(answers)
        replayed(lab, repair={"how": "…", "faults": faults})
        assert set(lab.rules.seeds) == {7}
        return seen

    assert armed("remove") == ["", "gone", ""]
    assert armed("keep") == ["", "gone", "gone"]


def test_the_diagnostics_meet_the_faults_as_fresh_as_the_replay_did() -> None:
    met: list[int] = []

    def answers(line: str, lab: FakeLab) -> Completed | str:
        if line == "go env GOPROXY" and lab.rules.acting:
            met.append(lab.rules.hits["gone"])
        return honest(line, lab)

    record = {"subject": {"module": "m.example/m", "version": "v1"}, "miss": ["goproxy-env"]}
    result = replayed(FakeLab(answers), diagnostics=record)
    assert met == [0]
    assert result.missed_by == ["goproxy-env"]


def test_the_broken_arm_has_its_settings_and_the_repaired_one_those_of_the_remedy() -> None:
    lab = FakeLab()
    result = replayed(
        lab,
        **{"break": {"client": {"env": {"GOSUMDB": "off"}}}},
        repair={"how": "It is set again.", "client": {"env": {"GOSUMDB": "sum.golang.org"}}},
    )
    assert [env["GOSUMDB"] for env in lab.environments] == [
        "sum.golang.org",
        "off",
        "sum.golang.org",
    ]
    assert result.arms["broken"].conditions == ["GOSUMDB=off"]
    assert result.arms["repaired"].conditions == [
        "It is set again. (the fault is still there)",
        "GOSUMDB=sum.golang.org",
    ]


@pytest.mark.parametrize("during", [LINE, "go env GOPROXY"])
def test_a_rule_that_raised_makes_the_run_an_error(during: str) -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        if line == during and lab.rules.acting:
            record = {"kind": "error", "rule": "gone", "do": "respond", "error": "ValueError: x"}
            lab.rules.records.append(record)
        return honest(line, lab)

    record = {"subject": {"module": "m.example/m", "version": "v1"}, "miss": ["goproxy-env"]}
    result = replayed(FakeLab(answers), diagnostics=record)
    said = "broken: a fault rule failed: rule gone (respond): ValueError: x"
    assert (result.verdict, result.reason) == ("error", said)


def test_an_origin_that_failed_makes_the_run_an_error_and_a_fault_that_says_500_does_not() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        asked = {"kind": "http", "host": "goproxy.cn", "path": "/m/@v/list", "status": 500}
        rest = {"method": "GET", "scheme": "https", "endpoint": "list", "connection": 1}
        origin = {"origin_status": origins[len(lab.rules.acting)]}
        lab.rules.records.append({**asked, **rest, **origin})
        return honest(line, lab)

    origins: list[int | None] = [200, 500]
    result = replayed(FakeLab(answers))
    assert (result.verdict, result.reason) == (
        "error",
        "broken: the origin of the lab: it answered 500 to goproxy.cn/m/@v/list",
    )
    origins = [404, None]
    assert replayed(FakeLab(answers)).verdict == "reproduced"


def test_what_the_edge_itself_failed_at_makes_the_run_an_error() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        lab.rules.records.append({"kind": "error", "part": "edge", "error": "too many open files"})
        return honest(line, lab)

    result = replayed(FakeLab(answers))
    assert result.verdict == "error"
    assert result.reason.startswith("healthy: the edge of the lab: too many open files; broken:")


@pytest.mark.parametrize("part", ["edge", "origin", "client"])
@pytest.mark.parametrize("line", [LINE, "go env GOPROXY"])
def test_a_part_that_ended_in_any_arm_is_named_and_nothing_is_believed(
    part: str, line: str
) -> None:
    def answers(asked: str, lab: FakeLab) -> Completed | str:
        if asked == line and lab.rules.acting:
            lab.dead = part
        return honest(asked, lab)

    record = {"subject": {"module": "m.example/m", "version": "v1"}, "miss": ["goproxy-env"]}
    with pytest.raises(LabError, match=f"^broken: the {part} of the lab has ended$"):
        replayed(FakeLab(answers), diagnostics=record)


def test_nothing_is_asked_of_a_lab_that_has_lost_a_part() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        lab.dead = "origin"
        return honest(line, lab)

    lab = FakeLab(answers)
    record = {"subject": {"module": "m.example/m", "version": "v1"}, "miss": ["goproxy-env"]}
    with pytest.raises(LabError, match=r"^healthy: the origin"):
        replayed(lab, diagnostics=record)
    assert [call for call in lab.calls if call.startswith("run")] == [f"run {LINE}"]


def test_a_call_that_failed_because_a_part_ended_names_the_part() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        lab.dead = "client"
        raise LabError("run: no answer")

    with pytest.raises(LabError, match=r"^healthy: the client of the lab has ended$") as caught:
        replayed(FakeLab(answers))
    assert str(caught.value.__cause__) == "run: no answer"


def test_a_call_that_failed_while_all_parts_live_says_so_itself() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        raise LabError("run: no answer")

    with pytest.raises(LabError, match=r"^healthy: run: no answer$"):
        replayed(FakeLab(answers))


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LabError, match=r"^healthy: `go list .*`: there is no such program"):
        replayed(FakeLab(lambda *_: completed(127)))


def test_what_fails_before_anything_is_broken_is_an_error() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        failed = completed(1, "", "warning: x\ngo: unknown command\n")
        return failed if line == "go mod no-such" else honest(line, lab)

    said = "^healthy: `go mod no-such`, before anything was broken, failed: go: unknown command$"
    with pytest.raises(LabError, match=said):
        replayed(FakeLab(answers), replay={"before": ["go env", "go mod no-such"]})
    with pytest.raises(LabError, match=r"failed: ended by SIGKILL$"):
        replayed(FakeLab(lambda *_: completed(-9)), replay={"before": "go mod download"})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (completed(-9), "ended by SIGKILL"),
        (completed(-34), "ended by SIGRTMIN"),
        (completed(-40), "ended by signal 40"),
        (completed(137), "ended by SIGKILL"),
        (completed(139), "ended by SIGSEGV"),
        (completed(0, hit="output"), "hit the lab's limit on output"),
        (completed(None, hit="processes"), "hit the lab's limit on processes"),
        (completed(1, "", "go: open /x: too many open files\n"), "too many open files"),
    ],
)
def test_a_command_that_was_ended_or_ran_out_is_an_error_and_no_failure(
    answer: Completed, reason: str
) -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        return answer if lab.rules.acting else honest(line, lab)

    broken = {"replay": {"broken": {"exit": "failure"}}, "silent": False}
    result = replayed(FakeLab(answers), **broken)
    assert (result.verdict, result.reason) == ("error", f"broken: `{LINE}`: {reason}")
    assert result.arms["broken"].judged.error == reason


def test_an_exit_status_that_the_scenario_expects_is_its_own_doing() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        lab.rules.fire()
        return completed(137) if lab.rules.acting else honest(line, lab)

    result = replayed(FakeLab(answers), replay={"broken": {"exit": 137}}, silent=False)
    assert (result.verdict, result.reason) == ("reproduced", "")


def test_a_command_before_the_judged_one_may_not_be_ended_either() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        return completed(137) if line == "go mod tidy" else honest(line, lab)

    result = replayed(FakeLab(answers), replay={"run": ["go mod tidy", LINE]})
    assert result.verdict == "error"
    assert result.reason.startswith("healthy: `go mod tidy`: ended by SIGKILL; broken: ")


def test_an_arm_carries_what_could_not_be_read() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        if lab.rules.acting:
            lab.remove(GO_MOD)
            lab.write({f"{PROJECT}/go.sum": b"caf\xe9\n"})
        return honest(line, lab)

    expected = {"broken": {"exit": 0, "go.mod": ["cobra", "!mux"]}}
    result = replayed(FakeLab(answers), replay=expected)
    arm = result.arms["broken"]
    assert arm.project == {"go.sum": "caf\\xe9\n"}
    assert arm.unread == {
        "go.mod": "it is gone",
        "go.sum": "not UTF-8; other bytes are shown as \\xNN",
    }
    assert (result.verdict, result.reason) == ("changed", "broken: there is no go.mod")
    assert list(result.arms["healthy"].project) == ["go.mod"]
    assert result.arms["healthy"].unread == {}


def test_a_file_that_a_command_removed_comes_back_with_the_next_client() -> None:
    def answers(line: str, lab: FakeLab) -> Completed | str:
        lab.remove(GO_MOD)
        return honest(line, lab)

    result = replayed(FakeLab(answers), replay={"run": ["rm go.mod", LINE]})
    assert result.verdict == "reproduced"
    assert all("go.mod" in arm.unread for arm in result.arms.values())


def test_who_was_asked_is_compared_with_the_record_and_makes_a_failure_silent() -> None:
    """The same exit, the same output, the same project: and a private name has leaked."""

    def answers(line: str, lab: FakeLab) -> Completed | str:
        if line == "go mod download":
            lab.rules.records.append({"kind": "dns", "qname": "before.example"})
        for name in ["proxy.golang.org", *(["git.corp.example"] if lab.rules.acting else [])]:
            lab.rules.records.append({"kind": "dns", "qname": name})
        lab.rules.fire()
        return "cobra v1 v2\n"

    seen = {"stdout": "^cobra v1 v2$", "asked": {"DNS git.corp.example": 0, "DNS before.*": 0}}
    leaked = {**seen, "asked": {"DNS git.corp.example": 1}}
    commands = {"before": "go mod download", "healthy": seen}
    result = replayed(FakeLab(answers), replay={**commands, "broken": leaked})
    assert (result.verdict, result.reason, result.silent) == ("reproduced", "", True)
    result = replayed(FakeLab(answers), replay={**commands, "broken": seen}, silent=False)
    assert result.reason == (
        "broken: asked DNS git.corp.example 1 time, expected 0; "
        "measured silent, recorded not silent"
    )
