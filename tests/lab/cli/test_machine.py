"""A machine that lacks something: golab works all the same, or gives the true reason in a line."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lab.daemon.registry import folder
from lab.errors import LabError, UnfitError
from lab.paths import cache_root
from lab.sandbox.docker import where
from lab.sandbox.interface import LabSpec
from tests.lab.golab import COMMAND, golab


@pytest.mark.parametrize("columns", ["0", "-3", "", "wide", "99999999999"])
def test_a_width_that_says_nothing_hides_nothing(columns: str) -> None:
    done = golab("list", COLUMNS=columns)
    assert (done.returncode, done.stderr) == (0, "")
    assert "auth-fallback" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 1000


@pytest.mark.parametrize("umask", ["777", "077"])
def test_a_umask_that_keeps_golab_out_of_its_own_files(tmp_path: Path, umask: str) -> None:
    cache = tmp_path / "cache"
    with subprocess.Popen(
        ["sh", "-c", f'umask {umask} && exec "$0" origin serve', COMMAND],
        env={**os.environ, "GOLAB_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
    assert first.startswith("export GOPROXY=")
    (world,) = (cache / "worlds").iterdir()
    for path in (world, *world.rglob("*")):
        assert path.stat().st_mode & 0o400, path


def on_a_full_disk(place: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run golab with a file system of 64 KB at `place`, full but for 8, that only it sees.

    What it leaves there is listed at the end of what it says on standard output.
    """
    mount = f"mount -t tmpfs -o size=64k tmpfs {place} && head -c 56k /dev/zero >{place}/full"
    run = f"{mount} && cd {place}; {COMMAND} {' '.join(command)}; status=$?; ls; exit $status"
    unshare = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    return subprocess.run(
        [*unshare, "sh", "-c", run],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_full_cache_is_said(tmp_path: Path) -> None:
    done = on_a_full_disk(tmp_path, "origin", "serve", GOLAB_CACHE=str(tmp_path))
    assert done.returncode == 3
    assert done.stderr == (
        f"golab: the world cannot be stored in {tmp_path}/worlds: No space left on device; "
        "make room there, or set GOLAB_CACHE to another directory\n"
    )


def test_half_a_report_is_none(tmp_path: Path) -> None:
    done = on_a_full_disk(tmp_path, "run", "auth-fallback", "--json", "r.json")
    said = "golab: the report cannot be written to r.json: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, said)
    assert "REPRODUCED" in done.stdout
    assert done.stdout.splitlines()[-1] == "full"


def test_a_full_runtime_directory_is_said(tmp_path: Path) -> None:
    mount = "head -c 8k /dev/zero >more; true"
    done = on_a_full_disk(
        tmp_path, f"ps >/dev/null; {mount}; {COMMAND}", "up", "auth-fallback",
        XDG_RUNTIME_DIR=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 3
    line = rf"golab: {tmp_path}/golab-\d+/\w+\.json cannot be written: No space left on device\n"
    assert re.fullmatch(line, done.stderr), done.stderr
    assert re.fullmatch(r"full golab-\d+ more", " ".join(done.stdout.split())), done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GOLAB_CACHE", "set GOLAB_CACHE to a directory you may write to"),
        ("XDG_RUNTIME_DIR", "set XDG_RUNTIME_DIR, or TMPDIR, to a directory you may write to"),
    ],
)
def test_a_place_that_nobody_may_write_to_is_to_be_changed(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv(name, "/sys/kernel")
    done = golab("up", "auth-fallback")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert done.stderr.endswith(f"; {said}\n"), done.stderr


@pytest.mark.parametrize("limit", [1, 3, 6, 10])
def test_a_limit_on_processes_is_said(lab_spec: LabSpec, limit: int) -> None:
    """Wherever it is reached: world and toolchain are there."""
    if os.getuid() == 0 and limit > 3:
        pytest.skip("root has no such limit, and others may not read its Python in a lab")
    limited = ["prlimit", f"--nproc={limit}", COMMAND, "run", "auth-fallback"]
    if os.getuid() == 0:  # root has no such limit: become somebody who may read root's files
        as_nobody = "--reuid=65534 --regid=65534 --clear-groups --inh-caps=+dac_read_search"
        limited = ["setpriv", *as_nobody.split(), "--ambient-caps=+dac_read_search", *limited]
    if not all(map(shutil.which, ("prlimit", "setpriv"))):
        pytest.skip("util-linux is missing")
    done = subprocess.run(
        limited,
        env={**os.environ, "XDG_RUNTIME_DIR": "", "GOLAB_CACHE": str(cache_root())},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 3, said
    reached = (
        r"no process or thread can be started: your limit \(`ulimit -u`\) is reached;? raise it"
    )
    assert len(re.findall(reached, said)) == 1, said
    assert "Traceback" not in said


@pytest.mark.parametrize("limit", ["nan", "inf", "-inf", "1e999"])
def test_a_limit_is_a_number_of_seconds(limit: str) -> None:
    done = golab("exec", "--limit", limit, "x", "true")
    assert done.returncode == 2
    assert done.stderr.startswith("golab: --limit: ")
    assert done.stderr.count("\n") == 1


def test_an_account_without_a_home_is_told_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nowhere(*_: object) -> str:
        raise KeyError("no such account")

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("GOLAB_CACHE", raising=False)
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nowhere)
    with pytest.raises(UnfitError, match="no home directory; set HOME, or GOLAB_CACHE, to a"):
        cache_root()
    monkeypatch.setenv("GOLAB_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
    assert where.context() == ""  # of Docker: nothing is set, so nothing is chosen


def test_a_machine_on_which_nothing_can_be_written_is_told_so() -> None:
    script = (
        "import tempfile, sys; tempfile._candidate_tempdir_list = lambda: ['/proc', '/sys']\n"
        "from lab.__main__ import main; sys.argv = ['golab', 'ps']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "XDG_RUNTIME_DIR": ""},
        capture_output=True,
        text=True,
    )
    said = "no directory for temporary files can be written to, of ['/proc', '/sys']; set TMPDIR"
    assert (done.returncode, done.stderr) == (3, f"golab: {said} to one that can\n")


def test_a_runtime_directory_too_long_for_sockets_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    long = tmp_path / ("x" * (130 - len(str(tmp_path))))
    long.mkdir()
    short = tempfile.mkdtemp()
    request.addfinalizer(lambda: shutil.rmtree(short))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    monkeypatch.setenv("TMPDIR", short)
    up = golab("up", "auth-fallback", "--arm", "healthy")
    assert (up.returncode, len(up.stdout.split())) == (0, 1), up
    lab = up.stdout.strip()
    assert golab("exec", lab, "go version").stdout.startswith("go version")
    assert golab("down", lab).stdout == up.stdout
    assert list(long.iterdir()) == []
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with pytest.raises(LabError, match="too long for a socket"):
        folder()
