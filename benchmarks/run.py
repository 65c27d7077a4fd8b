"""What `golab run` costs, against its own client commands run bare.

    python3 -m benchmarks.run [ROUNDS]

Prints medians of ROUNDS rounds (default 7) and their ratios.

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.toolchain import ensure

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


def golab(*args: str) -> dict[str, object]:
    """Run `golab run` with these arguments and return its report."""
    done = subprocess.run([GOLAB, "run", *args, "--json", "-"], capture_output=True, check=True)
    report: dict[str, object] = json.loads(done.stdout)
    return report


def client_seconds(report: dict[str, object]) -> float:
    """Sum up what the client's commands and the diagnostics of a report took by themselves."""
    total = 0.0
    for run in report["runs"]:  # type: ignore[attr-defined]
        for arm in run["arms"].values():
            total += sum(command["seconds"] for command in arm["commands"])
        total += sum(sum(row["seconds"].values()) for row in run["diagnostics"])
    return total


def main(rounds: int) -> None:
    """Measure and print."""
    path = f"{ensure().goroot}/bin:{os.environ['PATH']}"
    with origin() as env:
        alone = median(lambda: bare({**env, "PATH": path}), rounds)
    single = median(lambda: golab("auth-fallback"), rounds)
    print(f"bare client commands        {alone:6.2f} s")
    print(f"golab run auth-fallback     {single:6.2f} s   {single / alone:4.1f} x bare")
    started = time.perf_counter()
    report = golab("--all", "--jobs", "2")
    whole = time.perf_counter() - started
    inside = client_seconds(report)
    print(f"golab run --all --jobs 2    {whole:6.2f} s   {len(report['runs'])} runs")  # type: ignore[arg-type]
    print(
        f"  its clients, one by one   {inside:6.2f} s   {whole / (inside / 2):4.2f} x half of that"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
