"""What a person reads of a run that went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from lab.report.terminal import full
from lab.results.model import ArmName, ArmResult, CommandResult, RunResult


def shown(**of_the_arm: object) -> list[str]:
    return lines_of({"healthy": of_the_arm})


def lines_of(
    arms: Mapping[ArmName, Mapping[str, object]], *, silent: bool | None = None
) -> list[str]:
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
        silent=silent,
        arms={
            name: ArmResult.model_validate({"commands": [command], **arm})
            for name, arm in arms.items()
        },
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


def request(host: str, method: str = "GET") -> dict[str, object]:
    return {"kind": "http", "host": host, "method": method}


def test_who_was_asked_how_often_is_said_of_each_arm() -> None:
    asked = [request("a.example"), request("b.example"), request("a.example")]
    lines = shown(requests=[*asked, request("c.example", "CONNECT"), {"kind": "dns"}])
    assert "asked a.example 2 times, b.example once" in lines
    assert not [line for line in shown() if line.startswith("asked")]


def test_who_else_was_asked_is_picked_out() -> None:
    """A trainee sees where the private name went, when nothing else shows it."""
    asked = {"asked": ["DNS a.example", "https://a.example/lib"]}
    leaked = {"asked": ["DNS a.example", "DNS b.example", "https://b.example/lib"]}
    lines = lines_of({"healthy": asked, "broken": leaked}, silent=True)
    assert [line for line in lines if line.startswith("asked")] == [
        "asked: - https://a.example/lib",
        "asked: + DNS b.example",
        "asked: + https://b.example/lib",
    ]
    assert any("the same exit status and result, and others were asked" in line for line in lines)


def test_another_result_is_said_before_who_was_asked() -> None:
    other = {"asked": ["DNS b.example"], "project": {"go.mod": "m"}}
    lines = lines_of({"healthy": {}, "broken": other}, silent=True)
    assert any(line.endswith("silent: the same exit status, another result") for line in lines)


def test_of_very_many_who_were_asked_only_some_are_shown() -> None:
    many = {"asked": [f"DNS {number}.example" for number in range(100)]}
    lines = lines_of({"healthy": {}, "broken": many})
    assert len([line for line in lines if line.startswith("asked: + ")]) == 8
    assert "asked: … 92 more" in lines
