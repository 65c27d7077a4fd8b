"""Files that are copied into a lab that is held, and out of it; faults that are added to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.lab.daemon.byhand import GOLAB, golab

RULES = "- {name: gone, where: {endpoint: list}, do: {respond: 410}}\n"


def test_a_file_keeps_its_bytes_and_its_run_bit_both_ways(lab_id: str, tmp_path: Path) -> None:
    program = tmp_path / "canary"
    program.write_bytes(b"#!/bin/sh\necho hello\n#\xff\0")
    program.chmod(0o755)
    assert golab("cp", str(program), f"{lab_id}:").returncode == 0
    assert golab("exec", lab_id, "./canary").stdout == "hello\n"
    assert golab("cp", str(program), f"{lab_id}:/lab/home/bin/other").returncode == 0
    assert golab("exec", lab_id, "other", "--").stdout == "hello\n"
    back = golab("cp", f"{lab_id}:canary", str(tmp_path / "back"))
    assert (back.returncode, back.stdout, back.stderr) == (0, "", "")
    assert (tmp_path / "back").read_bytes() == program.read_bytes()
    out = subprocess.run([*GOLAB, "cp", f"{lab_id}:../bin/other", "-"], capture_output=True)
    assert out.stdout == program.read_bytes()


def test_a_folder_comes_without_the_links_that_leave_it(lab_id: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").write_text("text")
    (folder / "link").symlink_to("/etc/passwd")
    done = golab("cp", str(folder), f"{lab_id}:here")
    assert done.returncode == 0
    said = f"golab: {folder}/link is left out: a link that leaves the folder\n"
    assert done.stderr == said
    assert golab("exec", lab_id, "cd here && find . -type f").stdout == "./sub/file\n"


def test_the_clients_links_are_followed_with_its_own_rights(lab_id: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    tmp_path.chmod(0o755)
    golab("exec", lab_id, f"ln -s {secret} out; ln -s /etc/hostname own; mkfifo pipe; ln -s / top")
    for name, why in (("out", "there is no such file"), ("pipe", "it is no file"),
                      ("top", "it is a directory"), ("none", "there is no such file")):  # fmt: skip
        done = golab("cp", f"{lab_id}:{name}", "-")
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == f"golab: the client's {name} cannot be read: {why}\n"
    assert golab("cp", f"{lab_id}:own", "-").stdout != Path("/etc/hostname").read_text()
    given = tmp_path / "given"
    given.write_text("given")
    done = golab("cp", str(given), f"{lab_id}:out")
    assert done.returncode == 3
    assert (secret.read_text(), done.stderr.count("\n")) == ("s3cret", 1)
    golab("exec", lab_id, "head -c 5000000 /dev/zero >long")
    long = golab("cp", f"{lab_id}:long", str(tmp_path / "long"))
    assert (long.returncode, (tmp_path / "long").exists()) == (3, False)
    assert "longer than the 4 MB" in long.stderr


def test_what_cannot_be_copied_is_said_in_a_line(lab_id: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for words, status, said in (
        ((str(file), "elsewhere"), 2, "one of the two is in a lab"),
        ((f"{lab_id}:a", f"{lab_id}:b"), 2, "one of the two is in a lab"),
        ((str(tmp_path / "none"), f"{lab_id}:"), 2, "none cannot be read: No such file"),
        ((str(file), "no-such:"), 2, "no lab 'no-such' is up"),
        ((str(file), f"{lab_id}:/etc/file"), 3, "/etc/file cannot be written: "),
        ((str(file), f"{lab_id}:/file"), 3, "/file cannot be written: "),
        ((f"{lab_id}:go.mod", "/no/such/place"), 2, "/no/such/place cannot be written: No such"),
    ):
        done = golab("cp", *words)
        assert (done.returncode, done.stderr.count("\n")) == (status, 1), done.stderr
        assert said in done.stderr


def test_faults_are_added_and_removed(lab_id: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    assert golab("fault", "add", lab_id, str(file)).stdout == "gone\n"
    asked = golab("exec", lab_id, "go list -m -versions git.corp.example/other")
    assert "410 Gone" in asked.stderr
    assert golab("fault", "remove", lab_id, "gone").returncode == 0
    assert "gone" not in golab("fault", "list", lab_id).stdout
    assert golab("fault", "add", "--off", lab_id, str(file)).returncode == 0
    assert "gone                     off" in golab("fault", "list", lab_id).stdout
    golab("fault", "remove", lab_id, "gone")
    again = golab("fault", "remove", lab_id, "gone")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    file.write_text(RULES.replace("respond", "respnd"))
    wrong = golab("fault", "add", lab_id, str(file))
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(f"golab: {file}:1:")
    assert "did you mean 'respond'" in wrong.stderr
    file.write_text(RULES.replace("list}", "list, chance: 0}"))
    never = golab("fault", "add", lab_id, str(file))
    assert (never.returncode, never.stdout) == (0, "gone\n")
    assert "rule gone can never act" in never.stderr
    golab("fault", "remove", lab_id, "gone")
