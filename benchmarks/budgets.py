"""What golab is to cost at most, and what it does: python -m benchmarks.budgets [ROUNDS]

Three ratios, of medians over ROUNDS rounds (default 7), and the memory of a held lab. In each round
both sides of a ratio run in turn, so that a busy machine is as slow for one as for the other.

`one of twenty` is a twentieth of a `golab run --jobs 2` of twenty copies of auth-fallback. The
download is timed inside the lab, and directly on loopback with the same Go, HTTPS and checksum
database in both. The memory is the proportional set size of the process that holds the lab and of
all below it (proc(5), smaps_rollup).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml

from lab.go.toolchain import ensure
from lab.paths import scenarios_root

GOLAB = str(Path(sys.executable).with_name("golab"))
IMPORT = [sys.executable, "-c", "import mitmproxy.tools.dump"]
TEXT = (scenarios_root() / "auth" / "auth-fallback.yaml").read_text(encoding="utf-8")
LABS = 20
MODULES = [f"bench.example/m{number:03}" for number in range(200)]
GO_MOD = "module lab.example/project\n\ngo 1.21\n\n" + "".join(
    f"require {module} v1.0.0\n" for module in MODULES
)
DOWNLOAD = (
    'go clean -modcache && rm -rf "$GOPATH/pkg/sumdb"; began=$(date +%s%N); '
    'go mod download && echo "$(($(date +%s%N) - began))"'
)
Timed = Callable[[], float]


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_RUNTIME_DIR"] = name  # no `golab down --all` of somebody else's ends it
        measure(rounds, Path(name))


def measure(rounds: int, folder: Path) -> None:
    """Measure in a folder that is removed, and print."""
    with held(folder) as lab, origin(folder) as env:
        twenty = copies(folder)
        bare, cold = in_turn(
            rounds, lambda: seconds(*IMPORT), lambda: seconds(GOLAB, "run", "auth-fallback")
        )
        show("import mitmproxy.tools.dump", bare)
        show("golab run auth-fallback", cold, bare, budget=1.6)
        bare, whole = in_turn(
            max(rounds // 3, 1),
            lambda: seconds(*IMPORT),
            lambda: seconds(GOLAB, "run", "--jobs", "2", *twenty),
        )
        show("one of twenty, --jobs 2", whole / LABS, bare, budget=0.5)
        direct, through = in_turn(rounds, lambda: downloaded(env), lambda: downloaded_in(lab))
        show("go mod download of 200, directly", direct)
        show("  through the edge", through, direct, budget=2.0)
        show_memory(lab)


def show(what: str, took: float, base: float = 0, *, budget: float = 0) -> None:
    """Print a time in seconds and, where there is a budget, its ratio to another."""
    ratio = f"   {took / base:5.2f} x   at most {budget} x" if base else ""
    print(f"{what:<34}{took:7.2f} s{ratio}", flush=True)


def in_turn(rounds: int, first: Timed, second: Timed) -> tuple[float, float]:
    """Return the medians of two measures, taken one after the other; a first round warms up."""
    pairs = [(first(), second()) for _ in range(rounds + 1)][1:]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def seconds(*command: str) -> float:
    """Run a command, which must succeed; return how long it took."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def copies(folder: Path) -> list[str]:
    """Write twenty scenarios that differ from auth-fallback in their names alone."""
    files = [folder / f"copy-{number:02}.yaml" for number in range(LABS)]
    for file in files:
        file.write_text(TEXT.replace("id: auth-fallback", f"id: {file.stem}", 1), encoding="utf-8")
    return [str(file) for file in files]


@contextmanager
def held(folder: Path) -> Iterator[Mapping[str, str]]:
    """Hold a lab open whose project requires 200 modules; yield what `golab ps` knows of it."""
    world = {"modules": {module: {"versions": ["v1.0.0"]} for module in MODULES}}
    client = {"env": {"GOPROXY": "https://proxy.golang.org"}, "project": {"go.mod": GO_MOD}}
    scenario = {**yaml.safe_load(TEXT), "id": "two-hundred", "world": world, "client": client}
    file = folder / "two-hundred.yaml"
    file.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    (folder / "world.yaml").write_text(yaml.safe_dump(world), encoding="utf-8")
    up = [GOLAB, "up", str(file), "--arm", "healthy", "--backend", "local"]
    name = subprocess.run(up, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    try:
        listed = subprocess.run([GOLAB, "ps", "--json"], check=True, stdout=subprocess.PIPE).stdout
        yield next(lab for lab in json.loads(listed) if lab["lab"] == name)
    finally:
        subprocess.run([GOLAB, "down", name], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def origin(folder: Path) -> Iterator[dict[str, str]]:
    """Serve the same modules on loopback over HTTPS; yield the environment of a client."""
    serve = [GOLAB, "origin", "serve", "--json", "--tls", "--world", str(folder / "world.yaml")]
    (folder / "project").mkdir()
    (folder / "project" / "go.mod").write_text(GO_MOD, encoding="utf-8")
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        text = ""
        while not text.rstrip().endswith("}"):
            text += server.stdout.readline()
        try:
            yield {
                "PATH": f"{ensure().goroot}/bin:{os.environ['PATH']}",
                "HOME": str(folder),
                "PWD": str(folder / "project"),
                "GOTOOLCHAIN": "local",
                **json.loads(text),
                "GOPATH": str(folder / "go"),
                "GOMODCACHE": str(folder / "go/pkg/mod"),
            }
        finally:
            server.terminate()


def downloaded(env: dict[str, str]) -> float:
    """Download from the origin itself."""
    done = subprocess.run(
        ["sh", "-c", DOWNLOAD], cwd=env["PWD"], env=env, check=True, stdout=subprocess.PIPE
    )
    return int(done.stdout) / 1e9


def downloaded_in(lab: Mapping[str, str]) -> float:
    """Download as the client of a lab."""
    command = [GOLAB, "exec", lab["lab"], DOWNLOAD]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout) / 1e9


def show_memory(lab: Mapping[str, str]) -> None:
    """Print what each process of a held lab takes, and all of them."""
    children: dict[str, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            children[status.read_text().rpartition(")")[2].split()[1]].append(
                int(status.parent.name)
            )
    todo = [int(lab["holder"].split()[1])]
    total = 0.0
    for pid in todo:
        todo += children[str(pid)]
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().split()
        size = int(rollup[rollup.index("Pss:") + 1]) / 1024
        total += size
        command, *rest = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        command = " ".join([Path(command).name, *rest])[:30]
        print(f"{f'  {command}':<34}{size:7.1f} MB")
    print(f"{f'a held lab, {len(todo)} processes':<34}{total:7.1f} MB            at most 60 MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
