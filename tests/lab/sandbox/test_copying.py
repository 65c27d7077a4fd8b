"""A directory of the client's is copied as it is, follows nothing, and cannot take for ever."""

from __future__ import annotations

import os
import socket
import stat
import time
from pathlib import Path

import pytest

from lab.client import HOME, Client
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Target
from lab.replay.diagnostics import diagnose
from lab.sandbox.agent import copying
from lab.sandbox.agent.copying import copy

MUX = Target("github.com/gorilla/mux", "v1.8.1", "v1.8.0", "https://proxy.golang.org")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def copied(home: Path, *without: str, limit: float = 20) -> tuple[Path, str]:
    target = home / "apart" / "check"
    return target, copy(str(home), str(target), ["apart", *without], limit)


def test_files_and_links_are_as_they_were(home: Path) -> None:
    (home / "go/pkg").mkdir(parents=True)
    (home / "go/pkg/x.mod").write_text("module x\n")
    (home / "big").write_bytes(os.urandom(200_000))
    (home / "go/link").symlink_to("/etc/passwd")
    (home / "big").chmod(0o4755)
    os.utime(home / "go/pkg/x.mod", ns=(1, 2))
    (home / "go/pkg").chmod(0o555)  # as go leaves its cache
    (home / "tmp").mkdir()
    target, why = copied(home, "tmp")
    assert why == ""
    assert sorted(path.name for path in target.iterdir()) == ["big", "go"]
    assert (target / "go/pkg/x.mod").read_text() == "module x\n"
    assert (target / "big").read_bytes() == (home / "big").read_bytes()
    assert (target / "go/link").readlink() == Path("/etc/passwd")
    assert (target / "go/pkg/x.mod").stat().st_mtime_ns == 2
    assert stat.S_IMODE((target / "go/pkg").stat().st_mode) == 0o555
    assert stat.S_IMODE((target / "big").stat().st_mode) == 0o755


def test_what_is_at_the_target_goes_first(home: Path) -> None:
    old = home / "apart/check/old"
    old.mkdir(parents=True)
    old.chmod(0o500)
    (home / "new").touch()
    target, why = copied(home)
    assert (why, [path.name for path in target.iterdir()]) == ("", ["new"])


def test_what_is_at_the_target_does_not_keep_it_for_ever(home: Path) -> None:
    (home / "apart/check/old").mkdir(parents=True)
    assert copied(home, limit=0)[1] == "old: it takes too long to remove"


def test_a_link_at_the_target_is_removed_and_what_it_leads_to_stays(
    home: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").touch()
    (home / "apart").mkdir()
    (home / "apart/check").symlink_to(victim)
    (home / "new").touch()
    assert copied(home)[1] == ""
    assert [path.name for path in victim.iterdir()] == ["precious"]


def test_pipes_and_sockets_are_left_out_and_nobody_waits_for_them(home: Path) -> None:
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as served:
        here = Path.cwd()
        os.chdir(home)  # the name of a socket is short
        try:
            served.bind("socket")
        finally:
            os.chdir(here)
        target, why = copied(home)
    assert (why, list(target.iterdir())) == ("", [])


@pytest.mark.parametrize("instead", ["link", "pipe"])
def test_a_file_that_is_exchanged_is_not_followed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instead: str
) -> None:
    """Between the look at a file and its opening a client can put anything in its place."""
    (tmp_path / "secret").write_text("secret")
    file = home / "file"
    file.touch()
    looked = os.stat

    def exchanged(*args: object, **keywords: object) -> os.stat_result:
        status = looked(*args, **keywords)  # type: ignore[arg-type]
        if args == ("file",):
            file.unlink()
            file.symlink_to(tmp_path / "secret") if instead == "link" else os.mkfifo(file)
        return status

    monkeypatch.setattr(os, "stat", exchanged)
    target, why = copied(home)
    assert why == ("file: too many levels of symbolic links" if instead == "link" else "")
    assert not (target / "file").exists()


def test_a_directory_that_is_exchanged_for_a_link_is_not_followed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/secret").touch()
    folder = home / "folder"
    folder.mkdir()
    looked = os.stat

    def exchanged(*args: object, **keywords: object) -> os.stat_result:
        status = looked(*args, **keywords)  # type: ignore[arg-type]
        if args == ("folder",):
            folder.rmdir()
            folder.symlink_to(tmp_path / "victim")
        return status

    monkeypatch.setattr(os, "stat", exchanged)
    target, why = copied(home)
    assert why == "folder: not a directory"
    assert not (target / "folder").exists()


def test_a_huge_file_with_nothing_in_it_is_refused_at_once(home: Path) -> None:
    with (home / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    began = time.monotonic()
    assert copied(home)[1] == "more than 256 MB"
    assert time.monotonic() - began < 5


def test_a_file_that_grows_while_it_is_copied_ends_at_the_bound(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MOST_BYTES", 1 << 20)
    (home / "file").touch()
    monkeypatch.setattr(os, "read", lambda *_: bytes(1 << 16))
    assert copied(home)[1] == "more than 1 MB"


def test_many_files_deep_trees_and_slow_ones_end_at_the_bound(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = home / "/".join(["d"] * (copying.DEEPEST + 1))
    deep.mkdir(parents=True)
    assert copied(home)[1] == "more than 100 directories in one another"
    deep.rmdir()
    assert copied(home)[1] == ""
    (home / "file").touch()
    slow = copy(str(home), f"{home}/apart/other", ["apart"], 0)
    assert slow == "more than could be copied in 0 s"
    monkeypatch.setattr(copying, "MOST_ENTRIES", 50)
    assert copied(home)[1] == "more than 50 files"


def test_what_cannot_be_copied_is_named_whatever_its_name_is(home: Path) -> None:
    assert copy(f"{home}/none", f"{home}/copy", [], 5) == f"{home}/none: no such file or directory"
    assert copy(os.fsdecode(b"/\xff"), f"{home}/copy", [], 5) == "/�: no such file or directory"


def test_a_hostile_home_makes_errors_of_the_checks_and_nothing_else(client: Client) -> None:
    """With the client's own rights: what it keeps from itself, and more than fits anywhere."""
    hostile = (
        f"cd {HOME}; echo x > closed; chmod 0 closed; mkdir apart; ln -s /etc apart/goproxy-env"
    )
    assert client.run(["sh", "-c", hostile], limit=20).exit == 0
    checks = [diagnostics()[name] for name in ("goproxy-env", "verify")]
    said = "the client's home is not copied: closed: permission denied"
    looks = diagnose(checks, client, MUX, 20)
    assert {look.finding.said for look in looks.values()} == {said}
    fill = f"cd {HOME}; chmod 600 closed; truncate -s 1500M closed; ln -s /proc/1/root/ root"
    assert client.run(["sh", "-c", fill], limit=20).exit == 0
    looks = diagnose(checks, client, MUX, 20)
    assert {look.finding.state for look in looks.values()} == {"error"}
    assert client.run(["sh", "-c", f"cd {HOME}; rm closed; mkfifo pipe"], limit=20).exit == 0
    looks = diagnose(checks, client, MUX, 20)
    assert looks["goproxy-env"].finding.state == "quiet"
