"""What a person reads of a run that went wrong."""

from __future__ import annotations

from rich.console import Console

from lab.report.terminal import full
from lab.results import ArmResult, CommandResult, RunResult


def shown(**of_the_arm: object) -> list[str]:
    command = CommandResult(
        argv=["sh", "-c", "curl x | head"],
        exit=0,
        stdout="",
        stderr="",
        seconds=0.5,
        error="curl ended by SIGKILL",
    )
    result = RunResult(
        scenario="s",
        kind="failure",
        family="auth",
        title="t",
        go="1.26.0",
        backend="local",
        verdict="error",
        reason="healthy: something",
        seconds=1,
        arms={"healthy": ArmResult.model_validate({"commands": [command], **of_the_arm})},
    )
    console = Console(width=90, color_system=None)
    with console.capture() as captured:
        console.print(full(result, 90))
    return [line.strip() for line in captured.get().splitlines()]


def test_what_ended_a_command_stands_where_its_status_would() -> None:
    assert "$ curl x | head  curl ended by SIGKILL  0.50 s" in shown()


def test_what_could_not_be_read_and_what_failed_in_the_lab_is_said() -> None:
    lines = shown(unread={"go.mod": "not UTF-8"}, errors=["the edge of the lab: x"])
    assert "go.mod: not UTF-8" in lines
    assert "the edge of the lab: x" in lines
