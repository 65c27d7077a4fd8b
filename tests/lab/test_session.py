"""Several runs, several labs at a time, one report: on labs in memory."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.errors import LabError, UnfitError, UsageError
from lab.go.toolchain import Progress, Toolchain
from lab.results.model import Report, RunResult
from lab.sandbox.interface import Completed, LabSpec
from lab.scenario.load import Run
from lab.session import Session
from tests.lab.replay.fake import SPEC, FakeLab, a_run, honest

GO = Toolchain("1.99.0", Path("/nowhere"))
OLD = Toolchain("1.21.13", Path("/nowhere"))


class FakeBackend:
    """Starts labs in memory; `trouble` is called with the name of each before it is there."""

    name = "fake"

    def __init__(self, trouble: Callable[[str], None] = lambda _: None) -> None:
        self.trouble = trouble
        self.specs: list[LabSpec] = []
        self.labs: list[FakeLab] = []
        self.closed = False

    def toolchain(self, version: str | None = None, progress: Progress | None = None) -> Toolchain:
        return GO

    def warm(self, toolchain: Toolchain, progress: Progress | None = None) -> None:
        raise NotImplementedError

    def start(self, spec: LabSpec) -> FakeLab:
        self.specs.append(spec)
        self.trouble(spec.name)
        self.labs.append(FakeLab(self.answers))
        return self.labs[-1]

    def answers(self, line: str, lab: FakeLab) -> Completed | str:
        return honest(line, lab)

    def close(self) -> None:
        self.closed = True


class Watcher:
    """Writes down what it is told of a session."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def started(self, run: Run) -> None:
        self.told.append(f"{run.name} starts")

    def arm(self, run: Run, arm: str) -> None:
        self.told.append(f"{run.name} {arm}")

    def finished(self, run: Run, result: RunResult) -> None:
        self.told.append(f"{run.name} {result.verdict}")


@pytest.fixture(autouse=True)
def _no_world_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.labs.build", lambda _: SPEC.tree)


def runs(*names: str) -> list[Run]:
    return [a_run(id=name) for name in names]


def reported(backend: FakeBackend, *names: str, jobs: int = 1) -> Report:
    return Session(backend, [GO], seed=5).run(runs(*names), Watcher(), jobs=jobs)


def failing(name: str, error: Exception) -> FakeBackend:
    def trouble(started: str) -> None:
        if started == name:
            raise error

    return FakeBackend(trouble)


def test_a_session_tells_what_it_does_and_reports_all_of_it() -> None:
    backend, watcher = FakeBackend(), Watcher()
    report = Session(backend, [GO], seed=5).run(runs("a"), watcher)
    assert watcher.told == ["a starts", "a healthy", "a broken", "a repaired", "a reproduced"]
    assert (report.backend, report.seed, report.totals.reproduced) == ("fake", 5, 1)
    assert report.started.endswith("Z")
    assert [spec.name for spec in backend.specs] == ["a"]
    assert set(backend.labs[0].rules.seeds) == {5}
    assert backend.labs[0].ended


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_keep_the_order_of_the_runs_and_of_the_toolchains(jobs: int) -> None:
    session = Session(FakeBackend(), [GO, OLD], seed=5)
    report = session.run(runs("a", "b", "c"), Watcher(), jobs=jobs)
    assert [(run.scenario, run.go) for run in report.runs] == [
        (name, go) for name in "abc" for go in ("1.99.0", "1.21.13")
    ]


def test_several_labs_are_up_at_a_time_and_no_more_than_asked_for() -> None:
    both = threading.Barrier(2, timeout=10)
    up: list[int] = []

    def trouble(name: str) -> None:
        up.append(sum(not lab.ended for lab in backend.labs))
        both.wait()  # passes two at a time, never one

    backend = FakeBackend(trouble)
    assert reported(backend, "a", "b", "c", "d", jobs=2).totals.reproduced == 4
    assert max(up) <= 1  # beside the one that is coming up


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LabError("the lab is not sealed", "look"), "the lab is not sealed; look"),
        (UsageError("a: two\n  lines"), "a: two lines"),
        (KeyError("go.mod"), "a defect of golab: KeyError: 'go.mod'"),
        (
            OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
            "golab itself: too many open files",
        ),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/cache/x"),
            "golab itself: /cache/x: no space left on device",
        ),
        (OSError("odd"), "a defect of golab: OSError: odd"),
    ],
)
def test_what_goes_wrong_with_one_run_is_its_error_and_the_others_go_on(
    error: Exception, reason: str, jobs: int
) -> None:
    report = reported(failing("b", error), "a", "b", "c", jobs=jobs)
    assert [run.verdict for run in report.runs] == ["reproduced", "error", "reproduced"]
    assert report.runs[1].reason == reason
    assert (report.runs[1].title, report.runs[1].go) == ("A proxy hides versions", "1.99.0")
    assert (report.totals.runs, report.totals.error) == (3, 1)


def test_an_exception_in_the_middle_of_a_run_ends_its_lab_and_no_other() -> None:
    class Broken(FakeBackend):
        def answers(self, line: str, lab: FakeLab) -> Completed | str:
            if lab is self.labs[0]:
                raise ZeroDivisionError("0")
            return honest(line, lab)

    backend = Broken()
    report = reported(backend, "a", "b")
    assert [run.verdict for run in report.runs] == ["error", "reproduced"]
    assert report.runs[0].reason == "a defect of golab: ZeroDivisionError: 0"
    assert backend.labs[0].ended


def test_where_no_lab_comes_up_at_all_there_is_no_report() -> None:
    with pytest.raises(UnfitError, match="no namespaces"):
        reported(failing("a", UnfitError("no namespaces")), "a", "b")


def test_where_labs_have_come_up_one_that_does_not_is_its_runs_error() -> None:
    report = reported(failing("b", UnfitError("no namespaces left")), "a", "b", "c")
    assert [run.verdict for run in report.runs] == ["reproduced", "error", "reproduced"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_is_nobodys_error(jobs: int) -> None:
    def trouble(name: str) -> None:
        if name == "b":
            raise KeyboardInterrupt

    backend, watcher = FakeBackend(trouble), Watcher()
    with pytest.raises(KeyboardInterrupt):
        Session(backend, [GO], seed=5).run(runs("a", "b", "c", "d"), watcher, jobs=jobs)
    assert not [told for told in watcher.told if told.endswith("error")]
    assert backend.closed == (jobs > 1)  # labs of other threads are ended, too


def test_what_an_interrupt_ends_in_other_threads_is_told_to_nobody() -> None:
    up, closed = threading.Event(), threading.Event()

    def trouble(name: str) -> None:
        if name == "a":
            assert up.wait(10)
            raise KeyboardInterrupt
        up.set()
        assert closed.wait(10)
        raise LabError("the lab was ended")

    backend, watcher = FakeBackend(trouble), Watcher()
    backend.close = closed.set  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        Session(backend, [GO], seed=5).run(runs("a", "b", "c"), watcher, jobs=2)
    assert [told for told in watcher.told if not told.endswith("starts")] == []


def test_a_single_run_is_in_the_thread_that_an_interrupt_reaches() -> None:
    threads: list[threading.Thread] = []
    reported(FakeBackend(lambda _: threads.append(threading.current_thread())), "a", jobs=4)
    assert threads == [threading.main_thread()]


def test_how_long_a_run_took_is_reported_if_it_failed_too() -> None:
    def trouble(name: str) -> None:
        time.sleep(0.02)
        raise LabError(name)

    report = reported(FakeBackend(trouble), "a")
    assert 0.02 <= report.runs[0].seconds <= report.seconds


def test_a_scenario_that_is_not_about_this_go_is_skipped_and_starts_no_lab() -> None:
    backend = FakeBackend()
    (one,) = runs("a")
    new = one.model_copy(
        update={"scenario": one.scenario.model_copy(update={"since": "999.0"})},
    )
    report = Session(backend, [GO], seed=5).run([new], Watcher())
    (run,) = report.runs
    assert (run.verdict, report.totals.skipped) == ("skipped", 1)
    assert run.reason == f"go {GO.version} is not of those it is about: since 999.0"
    assert backend.specs == []


def test_another_way_to_replay_has_no_lab_of_ours() -> None:
    backend = FakeBackend()
    seen: list[str] = []

    def elsewhere(run: Run, toolchain: Toolchain, observe: Callable[[str], None]) -> RunResult:
        observe("healthy")
        seen.append(f"{run.name} {toolchain.version}")
        if run.name == "b":
            raise LabError("it did not come up")
        return session._unseen(run, toolchain, "reproduced", "")

    watcher = Watcher()
    session = Session(backend, [GO], seed=5, replay=elsewhere)
    report = session.run(runs("a", "b"), watcher)
    assert [run.verdict for run in report.runs] == ["reproduced", "error"]
    assert report.runs[1].reason == "it did not come up"
    assert seen == [f"a {GO.version}", f"b {GO.version}"]
    assert any("healthy" in told for told in watcher.told)


def test_repeated_runs_keep_the_first_result_and_those_that_differ() -> None:
    class Moody(FakeBackend):
        def answers(self, line: str, lab: FakeLab) -> Completed | str:
            odd = len(self.labs) == 3
            return "something else" if odd else honest(line, lab)

    session = Session(Moody(), [GO], seed=1, repeat=5)
    watcher = Watcher()
    report = session.run([a_run(id="one")], watcher)
    assert len([said for said in watcher.told if said.endswith("starts")]) == 5
    assert [run.verdict for run in report.runs] == ["reproduced", "invalid"]
    (again,) = report.repeated
    assert (again.verdicts, again.differing) == ({"reproduced": 4, "invalid": 1}, 1)
    assert (report.totals.runs, report.totals.invalid) == (5, 1)


def test_the_slow_begin_first_beside_the_others() -> None:
    began: list[str] = []
    all_slow = threading.Barrier(3)

    def wait(name: str) -> None:
        began.append(name)
        if name.startswith("slow"):
            all_slow.wait(20)  # with one job they would never meet

    runs = [a_run(id=name, slow=name.startswith("slow")) for name in ("a", "slow-1", "b", "slow-2")]
    session = Session(FakeBackend(wait), [GO], seed=1)

    def quick() -> None:
        while len([name for name in began if not name.startswith("slow")]) < 2:
            time.sleep(0.01)
        all_slow.wait(20)  # the others have run meanwhile

    threading.Thread(target=quick).start()
    report = session.run(runs, Watcher(), jobs=2)
    assert [run.name for run in report.runs] == ["a", "slow-1", "b", "slow-2"]
    assert all(run.verdict == "reproduced" for run in report.runs)
    one_by_one: list[str] = []
    Session(FakeBackend(one_by_one.append), [GO], seed=1).run(runs, Watcher(), jobs=1)
    assert one_by_one == ["slow-1", "slow-2", "a", "b"]
