"""The standard library is compiled once for each toolchain, whole, and for nobody to write to."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lab.errors import ToolchainError
from lab.go import buildcache
from lab.go.toolchain import Toolchain

GO = """#!/bin/sh
echo "$*" >>"{log}"
case "$1 $2" in
"list std") printf 'fmt\\nnet/http\\ninternal/abi\\nvendor/golang.org/x/net\\n' ;;
"build std")
    {then}
    mkdir -p "$GOCACHE/00" && echo compiled >"$GOCACHE/00/fmt-d"
    echo log >"$GOCACHE/log.txt" ;;
"vet .") cat main.go >>"{log}" ;;
esac
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "log"


def toolchain(log: Path, then: str = "true") -> Toolchain:
    """Return a toolchain whose go writes down what it is asked to do."""
    goroot = log.parent / "go"
    (goroot / "bin").mkdir(parents=True, exist_ok=True)
    go = goroot / "bin" / "go"
    go.write_text(GO.format(log=log, then=then))
    go.chmod(0o755)
    return Toolchain("1.99.0", goroot)


def builds(log: Path) -> int:
    return log.read_text().splitlines().count("build std")


def test_it_is_compiled_once_and_shown_how_far_it_is(log: Path) -> None:
    said: list[tuple[str, int, int]] = []
    go = toolchain(log)
    place = buildcache.ensure(go, lambda *step: said.append(step))
    assert place == buildcache.place(go)
    assert buildcache.ensure(go) == place
    assert builds(log) == 1
    assert {what for what, _, _ in said} == {"compiling the standard library of Go 1.99.0, once"}
    assert said[-1][1] == said[-1][2] > 0
    looked_through = log.read_text()
    assert 'import _ "net/http"' in looked_through
    assert "internal" not in looked_through
    assert "vendor" not in looked_through
    assert "test ." in looked_through.splitlines()


def test_nobody_writes_to_it_and_go_never_finds_it_old(log: Path) -> None:
    place = buildcache.ensure(toolchain(log))
    entry = place / "00" / "fmt-d"
    assert entry.stat().st_mode & 0o777 == 0o444
    assert (place / "00").stat().st_mode & 0o055 == 0o055
    assert entry.stat().st_mtime > time.time() + 50 * 365 * 86_400
    assert [path.name for path in place.iterdir()] == ["00"]


def test_two_golabs_at_once_compile_it_once(log: Path) -> None:
    go = toolchain(log, "sleep 0.3")
    found: list[Path] = []
    both = [threading.Thread(target=lambda: found.append(buildcache.ensure(go))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(set(found)) == 1
    assert builds(log) == 1


def test_what_fails_is_said_in_a_line_leaves_nothing_and_is_tried_again(log: Path) -> None:
    broken = toolchain(log, "echo 'fmt: no space left on device' >&2; exit 1")
    with pytest.raises(ToolchainError) as failed:
        buildcache.ensure(broken)
    assert str(failed.value) == (
        "the standard library of Go 1.99.0 could not be compiled: fmt: no space left on device"
    )
    assert [path.name for path in buildcache.store().iterdir()] == [".lock"]
    assert buildcache.ensure(toolchain(log)).is_dir()


def test_an_interrupt_ends_the_compiler_and_leaves_nothing(log: Path) -> None:
    go = toolchain(log, f'echo $$ >"{log}.pid"; sleep 60')

    def interrupt(*_: object) -> None:
        if Path(f"{log}.pid").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        buildcache.ensure(go, interrupt)
    process = Path("/proc", Path(f"{log}.pid").read_text().strip())
    end = time.monotonic() + 10
    while process.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not process.exists()
    assert [path.name for path in buildcache.store().iterdir()] == [".lock"]


def test_what_a_killed_golab_left_is_removed_by_the_next(log: Path) -> None:
    left = buildcache.store() / ".build-x" / "cache"
    left.mkdir(parents=True)
    buildcache.ensure(toolchain(log))
    assert not left.exists()


def test_a_place_that_cannot_be_written_is_named(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.touch()
    monkeypatch.setenv("GOLAB_CACHE", str(log))
    with pytest.raises(ToolchainError, match="Not a directory; make room there, or set GOLAB_C"):
        buildcache.ensure(toolchain(log))


def test_another_go_of_the_same_version_has_another_cache(log: Path) -> None:
    go = toolchain(log)
    before = buildcache.place(go)
    toolchain(log, "echo other")
    assert buildcache.place(go) != before


def test_what_belongs_to_no_toolchain_is_pruned(log: Path) -> None:
    assert buildcache.prune() == []
    go = toolchain(log)
    kept = buildcache.ensure(go)
    old = buildcache.store() / "go1.0.0-0123"
    old.mkdir()
    assert buildcache.prune([go]) == ["go1.0.0-0123"]
    assert kept.is_dir()
    assert buildcache.prune() == [kept.name]


@pytest.mark.parametrize(
    ("command", "compiles"),
    [
        ("go build ./...", True),
        ("go  run .", True),
        ("cd x && go vet .", True),
        ("timeout 5 go test -run X", True),
        ("go install example.com/cmd@latest", True),
        ("go -C sub build", True),
        ("go list -export -f '{{.Export}}' fmt", True),
        ("go list -m all", False),
        ("go mod tidy", False),
        ("go get example.com/build", False),
        ("gogo build", False),
        ("", False),
    ],
)
def test_which_commands_compile(command: str, compiles: bool) -> None:
    assert buildcache.compiles(["true", command]) is compiles
