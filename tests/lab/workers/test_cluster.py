"""`golab run --workers` with a real scheduler of Dask and real workers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lab.golab import COMMAND, golab, interrupted


class Cluster(NamedTuple):
    """A scheduler, by its address, and the process groups of its workers."""

    address: str
    workers: list[subprocess.Popen[bytes]]


def dask(*args: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a part of a cluster in a process group of its own; its words go into a file."""
    log = folder / f"{len(list(folder.iterdir()))}.log"
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + args[0], *args[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def killed(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three workers on this machine."""
    folder = tmp_path / "dask"
    folder.mkdir()
    with ExitStack() as stack:
        place = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter"]
        scheduler = dask("scheduler", *options, "--scheduler-file", str(place), folder=folder)
        stack.callback(killed, scheduler)
        end = time.monotonic() + 60
        while not place.exists() and time.monotonic() < end:
            time.sleep(0.1)
        address = json.loads(place.read_text())["address"]
        workers = []
        for _ in range(3):
            options = [address, "--nthreads", "2", "--no-dashboard", "--host", "127.0.0.1"]
            workers.append(dask("worker", *options, folder=folder))
            stack.callback(killed, workers[-1])
        yield Cluster(address.removeprefix("tcp://"), workers)


def report(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    assert done.stdout, done.stderr
    runs = json.loads(done.stdout)["runs"]
    return {f"{run['scenario']}/{run['variant']}": (run["verdict"], run["reason"]) for run in runs}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_worker_that_dies_has_its_runs_done_elsewhere_and_the_report_is_the_same(
    cluster: Cluster,
) -> None:
    here = golab("run", "--family", "auth", "--json", "-", "--seed", "7", limit=120)
    where = ["--workers", f"dask://{cluster.address}", "--backend", "local"]
    with subprocess.Popen(
        [COMMAND, "run", "--family", "auth", *where, "--json", "-", "--seed", "7"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert process.stderr.readline().startswith("golab: 1 of ")
        killed(cluster.workers[0])
        out, err = process.communicate(timeout=200)
    done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    assert report(done) == report(here)
    assert done.returncode == here.returncode


@pytest.mark.whole
@pytest.mark.timeout(200)
def test_an_interrupt_ends_the_labs_everywhere(cluster: Cluster, tmp_path: Path) -> None:
    where = ["--workers", f"dask://{cluster.address}", "--backend", "local"]
    args = ["run", "--family", "transport", *where]
    done, rest = interrupted(*args, cwd=tmp_path, after="1 of ")
    assert done.returncode == 130
    assert rest.endswith("golab: interrupted; nothing is left behind\n")
    assert re.search(r"\nINTERRUPTED after \d+ of \d+ runs", done.stdout)
    end = time.monotonic() + 10
    while (left := zygotes(cluster)) and time.monotonic() < end:
        time.sleep(0.2)
    assert not left
    again = golab("run", "auth-fallback", *where, limit=60)
    assert again.returncode in (0, 1), again.stderr


def zygotes(cluster: Cluster) -> list[str]:
    """Return the processes of labs in the process groups of the workers."""
    groups = ",".join(str(worker.pid) for worker in cluster.workers)
    told = subprocess.run(
        ["ps", "-o", "pid=,args=", "-g", groups], capture_output=True, text=True, check=False
    )
    return [line for line in told.stdout.splitlines() if "lab.sandbox" in line]


@pytest.mark.whole
@pytest.mark.timeout(200)
def test_a_cluster_without_workers_or_that_is_none_is_one_line(cluster: Cluster) -> None:
    for worker in cluster.workers:
        killed(worker)
    time.sleep(1)
    done = golab("run", "auth-fallback", "--workers", f"dask://{cluster.address}")
    said = f"golab: the scheduler at dask://{cluster.address} has no workers; start one: "
    assert (done.returncode, done.stderr) == (3, f"{said}`dask worker {cluster.address}`\n")


@pytest.mark.parametrize("address", ["dask://", "tcp://a:1", "dask://a", "dask://a:b", "a:1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    done = golab("run", "auth-fallback", "--workers", address)
    said = f"golab: {address!r} is no address of workers; write it as dask://HOST:PORT\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_a_login_in_an_address_is_refused_and_not_shown() -> None:
    done = golab("run", "auth-fallback", "--workers", "dask://me:s3cret@a.example:1")
    said = "golab: an address of workers has no login; write it as dask://HOST:PORT\n"
    assert (done.returncode, done.stderr) == (2, said)
