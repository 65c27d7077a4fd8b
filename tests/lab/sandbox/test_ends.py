"""Parts of a lab that are stopped or flooded: golab neither hangs nor fills its memory."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from lab.client import Client
from lab.errors import LabError
from lab.sandbox.agent.processes import WINDOW
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import Command, LabSpec
from lab.sandbox.local import backend
from lab.sandbox.local.backend import LocalLab


@pytest.mark.parametrize("part", ["pid", "launcher"])
@pytest.mark.timeout(60)
def test_a_lab_with_a_stopped_process_is_ended(
    lab_spec: LabSpec, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(backend, "_END_LIMIT", 1.0)
    with open_backend("local") as opened, opened.start(lab_spec) as lab:
        assert isinstance(lab, LocalLab)
        os.kill(int(lab._init.noted[part]), signal.SIGSTOP)
        lab.close()
        assert lab._init.wait(0)


def test_a_lab_does_not_outlive_what_started_it(lab_spec: LabSpec) -> None:
    with open_backend("local") as opened, opened.start(lab_spec) as lab:
        assert isinstance(lab, LocalLab)
        first = Path(f"/proc/{lab._init.noted['pid']}")
        assert first.exists()
        os.kill(int(lab._init.noted["launcher"]), signal.SIGKILL)
        end = time.monotonic() + 10
        while first.exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert not first.exists()
        with pytest.raises(LabError, match="the lab has ended"):
            lab.check()


def test_output_waits_for_who_follows_it(running_lab: LocalLab, client: Client) -> None:
    sizes: list[int] = []
    running = running_lab.open(
        Command(("yes",), client.env, "/", 30),
        terminal=None,
        on_event=lambda event: sizes.append(len(event.get("data", b""))),
    )
    time.sleep(1)
    first = sum(sizes)
    assert WINDOW < first < 2 * WINDOW
    running.follow("taken", size=first)
    time.sleep(1)
    assert first + WINDOW <= sum(sizes) < first + 2 * WINDOW
    running.follow("end")
    assert running.result() == -signal.SIGKILL
