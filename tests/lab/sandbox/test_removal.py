"""Whatever a client leaves in its directory can be removed, and nothing else is."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lab.sandbox.removal import remove_tree

DEEP = 20_000


def deep(folder: Path, depth: int) -> None:
    """Make a chain of directories with a link out of the tree at its end."""
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.symlink("/", "link", dir_fd=here)
    os.close(here)


def descriptors() -> list[str]:
    return sorted(entry.name for entry in Path("/proc/self/fd").iterdir())


@pytest.fixture
def quick() -> Iterator[Path]:
    """A directory in memory, where there is one: a disk may take a minute to forget 20,000."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


def test_a_tree_20000_deep_goes_with_few_descriptors(quick: Path) -> None:
    tree = quick / "tree"
    deep(tree, DEEP)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = max(map(int, descriptors())) + 5
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, limits[1]))
    before = descriptors()
    try:
        remove_tree(tree)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert not tree.exists()
    assert set(descriptors()) <= set(before)  # pytest may have closed some of its own


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    outside.chmod(0o500)
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "out").symlink_to(outside)
    (tree / "up").symlink_to("..")
    (tree / "a" / "nowhere").symlink_to("/does/not/exist")
    os.mkfifo(tree / "pipe")
    remove_tree(tree)
    assert not tree.exists()
    link = tmp_path / "link"
    link.symlink_to(outside)
    remove_tree(link)
    assert not link.is_symlink()
    assert (outside / "kept").read_text() == "kept"
    assert outside.stat().st_mode & 0o777 == 0o500


def test_a_file_goes_and_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remove_tree(tmp_path / "file")
    remove_tree(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotADirectoryError):
        remove_tree("/proc/version/x")


def test_many_directories_side_by_side(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / "tree" / f"d{number}" / "e").mkdir(parents=True)
    remove_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="to make directories of somebody who is not root")
def test_directories_that_keep_their_owner_out(tmp_path: Path) -> None:
    """As root everything can be read, so it is tried as somebody else."""
    for above in (tmp_path, *tmp_path.parents):
        if above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    place = tmp_path / "theirs"
    place.mkdir()
    os.chown(place, 65534, 65534)
    script = """
import os, sys
from pathlib import Path
from lab.sandbox.removal import remove_tree
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
tree = Path(sys.argv[1])
(tree / "a" / "b" / "c").mkdir(parents=True)
(tree / "a" / "b" / "file").write_text("x")
(tree / "a" / "b" / "c").chmod(0)
(tree / "a" / "b").chmod(0o444)
(tree / "a").chmod(0o500)
remove_tree(tree)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(place / "tree")], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(place.iterdir()) == []


def test_what_is_moved_meanwhile_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`..` of a directory that somebody moves out of the tree leads out of the tree."""
    (tmp_path / "tree" / "a" / "b").mkdir(parents=True)
    (tmp_path / "tree" / "a" / "b" / "file").write_text("x")
    (tmp_path / "file").write_text("kept")
    unlink = os.unlink

    def moving(name: str, *, dir_fd: int) -> None:
        if name == "file":
            (tmp_path / "tree" / "a" / "b").rename(tmp_path / "b")
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", moving)
    with pytest.raises(OSError, match="moved while it was being removed"):
        remove_tree(tmp_path / "tree")
    assert (tmp_path / "file").read_text() == "kept"
