"""What a case comes to: a replay on a lab in memory, and what was seen of it."""

from __future__ import annotations

from typing import Any

import pytest

from lab.claims.measure import _replayed, pieces
from lab.claims.results import Proven
from lab.errors import LabError
from lab.sandbox.interface import Completed
from tests.lab.claims.sample import FAULT, HIDDEN, SHOWN, a_claim
from tests.lab.replay.fake import LINE, SPEC, Answers, FakeLab, completed, honest


def measured(answers: Answers = honest, **changes: Any) -> Proven:
    (case,) = a_claim(**changes).replays
    return _replayed(case, FakeLab(answers), SPEC, 0)


def test_what_is_seen_decides_and_is_shown() -> None:
    found = measured()
    assert (found.outcome, found.silent) == ("holds", "silent")
    assert (found.command, found.line) == (LINE, "exit 0; cobra")


def test_the_verdict_is_that_of_the_lab_whatever_the_claim_hopes_for() -> None:
    found = measured(holds=SHOWN, refuted=HIDDEN)
    assert (found.outcome, found.line) == ("refuted", "exit 0; cobra")


def test_another_exit_status_is_loud() -> None:
    def loud(line: str, lab: FakeLab) -> Completed | str:
        seen = honest(line, lab)
        return completed(1, "", "go: 410 Gone\n") if seen == "cobra\n" else seen

    found = measured(loud, holds={"exit": 0}, refuted={"exit": 1, "stderr": "410"})
    assert (found.outcome, found.silent) == ("refuted", "loud")
    assert found.line == "exit 1; go: 410 Gone"


def test_without_a_fault_nothing_is_silent() -> None:
    found = measured(where=None, do=None, holds=SHOWN, refuted=HIDDEN)
    assert (found.outcome, found.silent) == ("holds", "-")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"holds": {"exit": 3}, "refuted": {"exit": 4}}, "not holds: exit 0, expected exit 3"),
        ({"holds": {"exit": 0}, "refuted": {"exit": 0}}, "what was seen fits both"),
    ],
)
def test_what_fits_neither_or_both_decides_nothing(changes: dict[str, Any], reason: str) -> None:
    found = measured(**changes)
    assert found.outcome == "undecided"
    assert found.reason.startswith(reason)


def test_a_fault_that_never_fires_proves_nothing() -> None:
    def deaf(line: str, lab: FakeLab) -> Completed | str:
        return "cobra\n"

    found = measured(deaf)
    assert (found.outcome, found.reason) == ("undecided", "fault never fired")
    may = {**FAULT, "name": "deaf", "fires": "may"}
    assert measured(deaf, where=None, do=None, faults=[may]).outcome == "holds"


@pytest.mark.parametrize("where", ["before", "run"])
def test_a_command_on_the_way_that_fails_is_an_error(where: str) -> None:
    def failing(line: str, lab: FakeLab) -> Completed | str:
        return completed(1, "", "no such thing\n") if line == "go first" else honest(line, lab)

    changes = {"before": "go first"} if where == "before" else {"run": ["go first", LINE]}
    found = measured(failing, **changes)
    assert found.outcome == "error"
    assert "no such thing" in found.reason


def test_a_signal_is_an_error_and_no_verdict() -> None:
    def killed(line: str, lab: FakeLab) -> Completed | str:
        return completed(-9) if line == LINE else "x\n"

    found = measured(killed)
    assert (found.outcome, found.reason) == ("error", f"{LINE}: ended by SIGKILL")


def test_what_waits_is_a_piece_of_its_own_and_so_is_each_world() -> None:
    claim = a_claim(
        cases={
            "a": {},
            "b": {},
            "slow": {"limit": 40},
            "other": {"world": {"modules": {"m.example/m": {"versions": ["v1.0.0"]}}}},
            "scenario": {"scenario": "stale-list", "run": None},
        }
    )
    assert [[case.name for case in piece] for piece in pieces(claim)] == [
        ["a", "b"],
        ["slow"],
        ["other"],
        ["scenario"],
    ]


def test_what_failed_in_the_lab_itself_is_an_error() -> None:
    def broken(line: str, lab: FakeLab) -> Completed | str:
        record = {"kind": "error", "rule": "fault", "do": "respond", "error": "KeyError: 'x'"}
        lab.rules.records.append(record)
        return honest(line, lab)

    found = measured(broken)
    assert (found.outcome, found.reason) == (
        "error",
        "a fault rule failed: rule fault (respond): KeyError: 'x'",
    )


@pytest.mark.parametrize("answer", ["cobra\n", completed(127)])
def test_a_lab_that_has_died_decides_nothing_whatever_was_seen(answer: Completed | str) -> None:
    def dying(line: str, lab: FakeLab) -> Completed | str:
        lab.dead = "edge"
        return answer

    with pytest.raises(LabError, match="the edge of the lab has ended"):
        measured(dying)
