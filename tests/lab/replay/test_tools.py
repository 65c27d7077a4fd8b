"""Tools look after golab's diagnostics, each at a client that nobody else has used."""

from __future__ import annotations

import pytest

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet
from lab.replay.replay import replay
from tests.lab.replay.fake import LINE, SPEC, FakeLab, a_run
from tests.lab.replay.test_diagnostics import Check


def a_tool(name: str) -> Check:
    def look(client: Client, _: Target) -> Finding:
        done = client.run(["ask", name], limit=1)
        client.run(LINE, limit=1)
        return quiet("fine") if "v1" in done.stdout else alarm("it is gone")

    return Check(look, name, origin="tool")


def answers(line: str, lab: FakeLab) -> str:
    if lab.rules.acting and line != "ask blind":
        lab.rules.fire()
        return "cobra\n"
    return "cobra v1 v2\n"


def test_each_tool_meets_the_arm_as_the_first_one_did() -> None:
    lab = FakeLab(answers)
    tools = [a_tool("keen"), a_tool("blind")]
    result = replay(a_run(), lab, SPEC, backend="fake", seed=1, looking="none", tools=tools)
    assert [(row.id, row.origin, row.outcome) for row in result.diagnostics] == [
        ("keen", "tool", "detected"),
        ("blind", "tool", "miss"),
    ]
    assert (result.verdict, result.detected_by) == ("reproduced", ["keen"])
    seen = [call for call in lab.calls if call == "fresh" or call.startswith("run ")]
    assert seen == ["fresh", f"run {LINE}", "run ask keen", f"run {LINE}",
                    "fresh", f"run {LINE}", "run ask blind", f"run {LINE}"] * 3  # fmt: skip


def test_a_tool_alone_needs_no_second_replay_and_beside_others_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = FakeLab(answers)
    replay(a_run(), lab, SPEC, backend="fake", seed=1, looking="none", tools=[a_tool("keen")])
    assert lab.calls.count("fresh") == 3
    lab = FakeLab(answers)
    other = Check(lambda *_: quiet("fine"), "other")
    monkeypatch.setattr("lab.replay.replay.diagnostics", lambda: {"other": other})
    record = {"subject": {"module": "m.example/m", "version": "v1"}, "miss": ["other"]}
    result = replay(
        a_run(diagnostics=record), lab, SPEC, backend="fake", seed=1, tools=[a_tool("keen")]
    )
    assert lab.calls.count("fresh") == 6
    assert [row.id for row in result.diagnostics] == ["other", "keen"]


def test_a_tool_that_crashed_changes_no_verdict() -> None:
    def look(*_: object) -> Finding:
        return Finding("error", "ended by SIGKILL")

    tools = [Check(look, "bad", origin="tool")]
    lab = FakeLab(answers)
    result = replay(a_run(), lab, SPEC, backend="fake", seed=1, looking="none", tools=tools)
    assert (result.verdict, result.diagnostics[0].outcome) == ("reproduced", "error")
