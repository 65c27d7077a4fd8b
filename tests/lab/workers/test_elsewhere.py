"""A session of runs that an executor has replayed in other processes."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import lab
from lab.errors import LabError, UsageError
from lab.scenario.load import select
from lab.session import Session
from lab.workers import job
from lab.workers.elsewhere import Elsewhere
from tests.lab.test_session import Watcher

NAMES = ["auth-fallback", "egress-blocked", "stale-list"]


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    """Two processes that know nothing but what is sent to them."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        yield pool


def test_runs_are_replayed_in_other_processes(executor: Executor) -> None:
    ended: list[str] = []
    place = Elsewhere(executor, ended.append)
    runs = select(NAMES)
    toolchains = [place.toolchain()]
    session = Session(place, toolchains, seed=5, replay=place.replayer(seed=5))
    watcher = Watcher()
    report = session.run(runs, watcher, jobs=2)
    assert [run.name for run in report.runs] == [run.name for run in runs]
    assert {run.verdict for run in report.runs} == {"reproduced"}
    assert (report.backend, report.seed) == (report.runs[0].backend, 5)
    assert {f"{run.name} reproduced" for run in runs} <= set(watcher.told)
    place.close()
    place.close()
    assert ended == [place.session]
    with pytest.raises(LabError, match="golab is ending"):
        place.replayer(seed=5)(runs[0], toolchains[0], lambda _: None)


def test_a_worker_with_another_golab_is_told_apart_before_anything_is_unpacked() -> None:
    with pytest.raises(UsageError, match=f"a worker has golab {lab.__version__}, and this is 9.9"):
        job.perform("9.9", b"no job")


def test_a_session_that_is_over_stays_over() -> None:
    (run,) = select(["auth-fallback"])
    task = job.packed(job.Job("over", run, "1.27.3", "local", 1, "none"))
    job.end("over")
    with pytest.raises(LabError, match="the session is over"):
        job.perform(lab.__version__, task)


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_has_not_begun_is_taken_back() -> None:
    (run,) = select(["auth-fallback"])
    free = threading.Event()
    with ThreadPoolExecutor(1) as workers, ThreadPoolExecutor(1) as asking:
        workers.submit(free.wait, 90)
        place = Elsewhere(workers, lambda _: None)
        try:
            replay = place.replayer(seed=5)
            waiting = asking.submit(replay, run, place.toolchain(), lambda _: None)
            until(lambda: place._pending)
            place.close()
            with pytest.raises(LabError, match="the workers have given the run back"):
                waiting.result(30)
        finally:
            free.set()


def test_a_run_whose_lab_was_ended_under_it_has_no_result() -> None:
    (run,) = select(["egress-blocked"])
    task = job.packed(job.Job("ending", run, "1.27.3", "local", 1, "none"))
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(job.perform, lab.__version__, task)
        until(lambda: (place := job._PLACES._found.get("ending")) and place._backend)
        job.end("ending")
        with pytest.raises(LabError, match="the session is over"):
            doing.result(60)


def test_what_is_kept_of_a_session_is_not_given_up_while_a_run_of_it_goes_on() -> None:
    places = job._Places()
    with places.of("long") as place:
        places._forget("long", place)
        assert places._found == {"long": place}
    places._forget("long", place)
    assert not places._found
    assert place.idle
    place.idle.cancel()
