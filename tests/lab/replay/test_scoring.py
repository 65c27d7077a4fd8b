"""What a diagnostic is worth, from plain data."""

from __future__ import annotations

import pytest

from lab.replay.scoring import outcome
from lab.results import Outcome, State


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
