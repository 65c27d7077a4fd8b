"""A program's folder is read once, bounded, and no link leads golab out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab import carried
from lab.errors import UsageError
from tests.lab.replay.fake import FakeLab


def a_folder(tmp_path: Path) -> Path:
    top = tmp_path / "tool"
    (top / "sub").mkdir(parents=True)
    (top / "run.sh").write_text("#!/bin/sh\n")
    (top / "run.sh").chmod(0o755)
    (top / "sub" / "data.bin").write_bytes(b"\xff\0")
    return top


def test_a_folder_is_carried_with_its_run_bits_and_without_what_is_hidden(tmp_path: Path) -> None:
    top = a_folder(tmp_path)
    for name in (".netrc", ".git/config", "__pycache__/run.pyc", "sub/.env"):
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text("secret")
    found = carried.folder(top)
    assert found.files == {"run.sh": b"#!/bin/sh\n", "sub/data.bin": b"\xff\0"}
    assert set(found.programs) == {"run.sh"}
    assert not found.left_out
    lab = FakeLab()
    found.placed(lab, "/lab/home/tools/run.sh", {})
    assert lab.files["/lab/home/tools/run.sh/sub/data.bin"] == b"\xff\0"
    assert lab.calls == ["run chmod +x -- /lab/home/tools/run.sh/run.sh"]


def test_links_that_lead_elsewhere_are_left_out_and_so_said(tmp_path: Path) -> None:
    top = a_folder(tmp_path)
    (tmp_path / "secret").write_text("s3cret")
    (top / ".hidden").write_text("s3cret")
    links = {
        "absolute": "/etc/passwd",
        "above": "../secret",
        "circle": "circle",
        "concealed": ".hidden",
        "directory": "sub",
        "inside": "sub/data.bin",
        "nowhere": "no-such",
    }
    for name, target in links.items():
        (top / name).symlink_to(target)
    os.mkfifo(top / "pipe")
    found = carried.folder(top)
    assert set(found.files) == {"run.sh", "sub/data.bin", "inside"}
    assert found.files["inside"] == b"\xff\0"
    said = {line.partition(" is left out: ")[0].rpartition("/")[2]: line for line in found.left_out}
    assert set(said) == {*links, "pipe"} - {"inside"}
    assert said["absolute"].endswith("/absolute is left out: a link that leaves the folder")
    assert said["above"].endswith("a link that leaves the folder")
    assert said["directory"].endswith("it is a folder")
    assert said["pipe"].endswith("it is no file")


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = a_folder(tmp_path)
    monkeypatch.setattr(carried, "MOST_FILES", 3)
    assert len(carried.folder(top).files) == 2  # and a folder
    (top / "third").touch()
    with pytest.raises(UsageError, match=r"tool has more than 3 files, and .*; give the program a"):
        carried.folder(top)
    monkeypatch.setattr(carried, "MOST_FILES", 9)
    monkeypatch.setattr(carried, "MOST_BYTES", 12)
    assert len(carried.folder(top).files) == 3
    (top / "third").write_text("x")
    with pytest.raises(UsageError, match="more than 0 MB"):
        carried.folder(top)


def test_one_file_is_read_wherever_a_link_leads(tmp_path: Path) -> None:
    top = a_folder(tmp_path)
    (tmp_path / "link").symlink_to(top / "run.sh")
    found = carried.file(tmp_path / "link")
    assert found == carried.Carried({"link": b"#!/bin/sh\n"}, frozenset({"link"}))
    for name, why in (("no-such", "No such file"), ("tool", "it is a folder")):
        with pytest.raises(UsageError, match=f"{name} cannot be read: {why}"):
            carried.file(tmp_path / name)
