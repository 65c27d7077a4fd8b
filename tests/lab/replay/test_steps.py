"""What the commands of a scenario, of its break and of its repair must do, in a lab in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.client import HOME, PROJECT
from lab.replay.replay import replay
from lab.results.model import RunResult
from lab.sandbox.interface import Completed
from tests.lab.replay.fake import LINE, RULE, SPEC, FakeLab, a_run, completed, honest

FAILING = ("false", "grep x f")


def answers(line: str, lab: FakeLab) -> Completed | str:
    return completed(1, "", "no\n") if line in FAILING else honest(line, lab)


def replayed(lab: FakeLab | None = None, /, **changes: Any) -> RunResult:
    return replay(a_run(**changes), lab or FakeLab(answers), SPEC, backend="fake", seed=7)


def test_a_command_that_is_not_the_last_must_succeed() -> None:
    result = replayed(replay={"run": ["false", LINE]})
    assert result.verdict == "changed"
    assert result.reason.startswith("healthy: `false`: exit 1, expected exit 0; broken: `false`:")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"exit": 1, "stderr": "^no$"}, ""),
        ({"exit": "failure", "stderr": "yes"}, "healthy: `false`: stderr lacks 'yes'"),
        ({"exit": 1, "broken": {"exit": 0}}, "broken: `false`: exit 1, expected exit 0"),
        ({"exit": 1, "broken": {"stderr": "yes"}}, "broken: `false`: stderr lacks 'yes'"),
        ({"exit": 1, "healthy": {"stderr": "a"}}, "healthy: `false`: stderr lacks 'a'; repaired:"),
        ({"exit": 1, "repaired": {"exit": 0}}, "repaired: `false`: exit 1, expected exit 0"),
        ({"exit": 1, "go.mod": "cobra"}, "healthy: `false`: go.mod lacks 'cobra'"),
    ],
)
def test_a_command_does_what_it_says_of_itself(step: dict[str, Any], reason: str) -> None:
    result = replayed(replay={"run": [{"run": "false", **step}, LINE]})
    assert result.verdict == ("changed" if reason else "reproduced")
    assert result.reason.startswith(reason)


def test_what_was_asked_is_counted_for_each_command_alone() -> None:
    def asking(line: str, lab: FakeLab) -> Completed | str:
        record = {"kind": "http", "scheme": "https", "host": "a.test", "endpoint": ""}
        lab.rules.records.append({**record, "method": "GET", "path": "/"})
        return answers(line, lab)

    steps = [{"run": "go version", "asked": {"a.test": 1}}] * 2
    assert replayed(FakeLab(asking), replay={"run": [*steps, LINE]}).verdict == "reproduced"
    none = {"run": "go version", "asked": {"a.test": 0}}
    reason = replayed(FakeLab(asking), replay={"run": [none, LINE]}).reason
    assert reason.startswith("healthy: `go version`: asked a.test ")


def test_a_command_has_a_limit_of_its_own_and_one_for_each_arm() -> None:
    limits: list[float] = []

    class Timed(FakeLab):
        def run(self, command: Any) -> Completed:
            limits.append(command.limit)
            return super().run(command)

    steps: list[Any] = [{"run": "go build", "limit": 60}, {"run": LINE, "limit": 5}]
    changes: dict[str, Any] = {"replay": {"run": steps, "limit": 9}}
    assert replayed(Timed(), **changes, **{"break": {"run": "go version"}}).verdict == "reproduced"
    assert limits == [60, 5, 9, 60, 5, 9, 60, 5]  # the broken one, and the repaired one, too

    limits.clear()
    steps = [{"run": "go build", "limit": 60, "broken": {"limit": 1}}, LINE]
    broken = {"exit": 0, "stdout": "^cobra$", "limit": 2}
    changes = {"replay": {"run": steps, "limit": 9, "broken": broken}}
    assert replayed(Timed(), **changes).verdict == "reproduced"
    assert limits == [60, 9, 1, 2, 60, 9]


def during(answer: Callable[[str], None]) -> FakeLab:
    def told(line: str, lab: FakeLab) -> Completed | str:
        answer(f"{line} {'with' if lab.rules.acting else 'without'} faults")
        return answers(line, lab)

    return FakeLab(told)


@pytest.mark.parametrize(("faults", "then"), [("keep", "with"), ("remove", "without")])
def test_what_break_and_repair_run_comes_before_the_replay(faults: str, then: str) -> None:
    seen: list[str] = []
    repair = {"how": "…", "faults": faults, "run": ["go clean -modcache"]}
    changes = {"break": {"run": "rm -r cache"}, "repair": repair, "replay": {"before": "go mod x"}}
    result = replayed(during(seen.append), **changes)
    assert seen == [
        *("go mod x without faults", f"{LINE} without faults"),
        *("go mod x without faults", "rm -r cache with faults", f"{LINE} with faults"),
        *("go mod x without faults", "rm -r cache with faults"),
        *(f"go clean -modcache {then} faults", f"{LINE} {then} faults"),
    ]
    shown = {arm: [one.argv for one in found.prepared] for arm, found in result.arms.items()}
    rm, clean = ["rm", "-r", "cache"], ["go", "clean", "-modcache"]
    assert shown == {"healthy": [], "broken": [rm], "repaired": [rm, clean]}


def test_what_break_and_repair_run_must_succeed_unless_they_say_otherwise() -> None:
    broken: dict[str, Any] = {"break": {"run": ["false"]}}
    result = replayed(**broken)
    said = "break: `false`: exit 1, expected exit 0"
    assert (result.verdict, result.reason) == ("changed", f"broken: {said}; repaired: {said}")
    broken["break"]["run"] = [{"run": "false", "exit": 1}]
    assert replayed(**broken).verdict == "reproduced"
    result = replayed(repair={"how": "…", "run": "false", "faults": "remove"})
    assert result.reason == "repaired: repair: `false`: exit 1, expected exit 0"


def test_what_break_runs_may_not_be_killed_and_counts_for_the_faults() -> None:
    def killed(line: str, lab: FakeLab) -> Completed | str:
        return completed(-9) if line == "rm cache" else answers(line, lab)

    result = replayed(FakeLab(killed), **{"break": {"run": "rm cache"}})
    assert result.verdict == "error"
    assert result.reason.startswith("broken: `rm cache`: ended by SIGKILL")

    def early(line: str, lab: FakeLab) -> Completed | str:
        if line == "go mod download":
            lab.rules.fire()
            lab.rules.records.append({"kind": "dns", "qname": "early"})
        return "cobra\n" if lab.rules.acting else "cobra v1 v2\n"

    result = replayed(FakeLab(early), **{"break": {"run": "go mod download"}})
    assert result.arms["broken"].fired == {"gone": 1}
    assert result.arms["broken"].requests == [], "what was asked before is not the replay's"


def files(lab: FakeLab, *names: str) -> list[str]:
    return [lab.files.get(f"{HOME}/{name}", b"-").decode() for name in names]


def test_the_files_of_an_arm_are_written() -> None:
    seen: list[list[str]] = []

    def looked(line: str, lab: FakeLab) -> Completed | str:
        if line == LINE:
            seen.append(files(lab, "project/a", "project/b", "project/go.mod", ".gitconfig"))
        return answers(line, lab)

    changes: dict[str, Any] = {
        "client": {"project": {"a": "healthy", "b": "healthy"}, "files": {".gitconfig": "x"}},
        "break": {"client": {"project": {"a": "broken", "b": None}, "files": {".gitconfig": "y"}}},
        "repair": {
            "how": "…",
            "client": {"project": {"go.mod": None}, "files": {".gitconfig": None}},
        },
    }
    replayed(FakeLab(looked), **changes)
    default = "module lab.example/project\n\ngo 1.21\n"
    healthy = ["healthy", "healthy", default, "x"]
    broken = ["broken", "-", default, "y"]
    assert seen == [healthy, broken, ["broken", "-", "-", "-"]]

    seen.clear()
    changes["repair"] = {"how": "…", "faults": "remove"}
    replayed(FakeLab(looked), **changes)
    assert seen == [healthy, broken, healthy]

    seen.clear()
    changes["break"]["run"] = "go version"
    replayed(FakeLab(looked), **changes)
    assert seen == [healthy, broken, healthy]


def test_what_a_command_has_done_to_a_file_stays_where_no_arm_says_otherwise() -> None:
    def did(line: str, lab: FakeLab) -> Completed | str:
        if line == "go mod tidy":
            lab.write({f"{PROJECT}/go.mod": "tidy"})
        if line == LINE:
            seen.extend(files(lab, "project/go.mod"))
        return answers(line, lab)

    seen: list[str] = []
    changes = {
        "client": {"project": {"go.mod": "m"}},
        "break": {"client": {"project": {"a": "b"}}},
        "replay": {"before": "go mod tidy"},
    }
    replayed(FakeLab(did), **changes)
    assert seen == ["tidy"] * 3


SLOW = {**RULE, "name": "slow", "always": True}


def test_a_rule_that_always_holds_is_in_every_arm_and_breaks_nothing() -> None:
    seen: list[str] = []

    def armed(line: str, lab: FakeLab) -> Completed | str:
        seen.append(" ".join(lab.rules.acting))
        return "cobra v1 v2\n" if lab.rules.acting == ["slow"] else honest(line, lab)

    lab = FakeLab(armed)
    replayed(lab, faults=[SLOW, RULE], replay={"before": "go mod x"})
    assert seen == ["slow", "slow", "slow", "slow gone", "slow", "slow"]
    with pytest.raises(ValueError, match="nothing breaks"):
        a_run(faults=[SLOW])
