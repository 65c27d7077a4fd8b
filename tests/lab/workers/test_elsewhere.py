"""A session of runs that an executor has replayed in other processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor

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
    place = Elsewhere(executor, ended.append, backend="local")
    runs = select(NAMES)
    toolchains = [place.toolchain()]
    session = Session(place, toolchains, seed=5, replay=place.replayer(seed=5))
    watcher = Watcher()
    report = session.run(runs, watcher, jobs=2)
    assert [run.name for run in report.runs] == [run.name for run in runs]
    assert {run.verdict for run in report.runs} == {"reproduced"}
    assert (report.backend, report.seed) == ("local", 5)
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
