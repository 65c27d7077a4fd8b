"""What a diagnostic is worth, from plain data."""

from __future__ import annotations

import pytest

from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Finding
from lab.replay.diagnostics import Look
from lab.replay.scoring import outcome, scored
from lab.results.model import ARMS, Outcome, State


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("quiet", "alarm", "quiet"), "detected"),
        (("quiet", "quiet", "quiet"), "miss"),
        (("alarm", "alarm", "quiet"), "false-alarm"),
        (("alarm", "quiet", "quiet"), "false-alarm"),
        (("quiet", "alarm", "alarm"), "false-alarm"),
        (("quiet", "quiet", "alarm"), "miss"),
        (("quiet", "unavailable", "quiet"), "unavailable"),
        (("quiet", "error", "quiet"), "error"),
        (("quiet", "alarm", "error"), "error"),
        (("unavailable", "error", "quiet"), "error"),
    ],
)
def test_what_a_diagnostic_is_worth(states: tuple[State, State, State], expected: Outcome) -> None:
    assert outcome(*states) == expected


def test_a_row_has_what_was_run_said_and_recorded_in_each_arm() -> None:
    looks = {
        arm: {"verify": Look(f"in {arm}", Finding(state, f"{arm} is {state}"), seconds)}
        for arm, state, seconds in zip(ARMS, STATES, (0.5, 1.5, 2.5), strict=True)
    }
    (row,) = scored([diagnostics()["verify"]], {"verify": "miss"}, looks)
    assert (row.id, row.origin, row.outcome, row.recorded) == (
        "verify",
        "documented",
        "detected",
        "miss",
    )
    assert row.command == "in broken"
    assert row.commands == {arm: f"in {arm}" for arm in ARMS}
    assert (row.healthy, row.broken, row.repaired) == STATES
    assert row.said["repaired"] == "repaired is quiet"
    assert row.seconds == {"healthy": 0.5, "broken": 1.5, "repaired": 2.5}


STATES: tuple[State, State, State] = ("quiet", "alarm", "quiet")
