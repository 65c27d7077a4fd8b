"""What `golab run` costs, against its own client commands run bare.

    python3 -m benchmarks.run [ROUNDS]

Prints medians of ROUNDS rounds (default 7) and their ratios.

Also how long a lab takes to start and end where many are, what the whole catalogue takes against
its clients' own seconds, and the ten slowest runs.

`bare` is what the client of auth-fallback runs in three arms (replay and documented diagnostics),
one command after the other, against the same origin over plain HTTP on loopback: no sandbox, no
edge, no DNS, no verdict, and a public module in place of the private one, since go sends no
credentials over plain HTTP.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.go.toolchain import ensure
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import LabSpec
from lab.world.build import build
from lab.world.load import base_world

GOLAB = str(Path(sys.executable).with_name("golab"))
MODULE = "github.com/gorilla/mux"
COMMANDS = (
    "go mod download",
    f"go list -m -versions {MODULE}",
    "go env GOPROXY",
    f'curl -sI "$GOPROXY/{MODULE}/@v/list" | head -n 1',
    f"""go list -m -json {MODULE} | jq -r '.Version // "MISSING"'""",
    f"go list -m {MODULE}",
)


@contextmanager
def origin() -> Iterator[dict[str, str]]:
    """Serve the base world on loopback; yield what a client has to export."""
    with subprocess.Popen([GOLAB, "origin", "serve", "--json"], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        text = ""
        while not text.rstrip().endswith("}"):
            text += server.stdout.readline().decode()
        try:
            yield json.loads(text)
        finally:
            server.terminate()


def bare(env: dict[str, str]) -> None:
    """Run the commands of the three arms, each arm with an empty cache."""
    for _ in range(3):
        with tempfile.TemporaryDirectory() as home:
            Path(home, "go.mod").write_text(f"module m\n\ngo 1.21\n\nrequire {MODULE} v1.8.0\n")
            own = {**env, "HOME": home, "GOPATH": f"{home}/go", "GOMODCACHE": f"{home}/mod"}
            own |= {"GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local"}
            for command in COMMANDS:
                subprocess.run(
                    ["sh", "-c", command], cwd=home, env=own, check=True, capture_output=True
                )


def median(work: Callable[[], object], rounds: int) -> float:
    """Return the median time of `work` in seconds; a first round warms the caches."""
    times = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def golab(*args: str) -> dict[str, Any]:
    """Run `golab run` with these arguments and return its report."""
    done = subprocess.run([GOLAB, "run", *args, "--json", "-"], capture_output=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def client_seconds(report: Mapping[str, Any]) -> tuple[float, float]:
    """Sum up what the client's commands and the diagnostics of a report took by themselves.

    Returns: seconds of those that came to an end, and of those that waited: that the lab ended, or
        that took a second and more where a fault had them wait.
    """
    busy = waiting = 0.0
    for run in report["runs"]:
        for name, arm in run["arms"].items():
            took = [(command["seconds"], command["exit"]) for command in arm["commands"]]
            took += [(row["seconds"][name], 0) for row in run["diagnostics"]]
            for seconds, exit_ in took:
                waits = exit_ is None or (name != "healthy" and seconds > 1)
                waiting += seconds if waits else 0
                busy += 0 if waits else seconds
    return busy, waiting


def starts(rounds: int) -> float:
    """Return the median of the seconds that a lab takes to start where many are started."""
    with open_backend("local", labs=rounds) as backend:
        spec = LabSpec("bench", build(base_world()), backend.toolchain())

        def started() -> None:
            with backend.start(spec):
                pass

        return median(started, rounds)


def main(rounds: int) -> None:
    """Measure and print."""
    path = f"{ensure().goroot}/bin:{os.environ['PATH']}"
    with origin() as env:
        alone = median(lambda: bare({**env, "PATH": path}), rounds)
    single = median(lambda: golab("auth-fallback"), rounds)
    print(f"bare client commands        {alone:6.2f} s")
    print(f"golab run auth-fallback     {single:6.2f} s   {single / alone:4.1f} x bare")
    print(f"start and end of a lab      {starts(5 * rounds):6.3f} s   where many are started")
    began = time.perf_counter()
    report = golab("--all", "--jobs", "2")
    whole = time.perf_counter() - began
    busy, waiting = client_seconds(report)
    print(f"golab run --all --jobs 2    {whole:6.1f} s   {len(report['runs'])} runs")
    print(f"  its clients at work       {busy:6.1f} s   {whole / (busy / 2):4.2f} x half of that")
    print(f"  its clients waiting       {waiting:6.1f} s")
    longest = max(run["seconds"] for run in report["runs"])
    floor = max(busy / 2 + waiting / 6, longest)
    print(f"  at work, two at a time, and waiting, six: {floor:.1f} s; {whole / floor:4.2f} x that")
    for run in sorted(report["runs"], key=lambda run: -float(run["seconds"]))[:10]:
        variant = f"/{run['variant']}" if run["variant"] else ""
        print(f"  {run['scenario'] + variant:<40}{run['seconds']:6.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
