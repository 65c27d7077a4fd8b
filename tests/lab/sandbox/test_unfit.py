"""Where the kernel gives no namespaces, the line names the smallest thing that helps there."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lab.sandbox import unfit
from lab.sandbox.unfit import Machine, remedy
from tests.lab import denied
from tests.lab.golab import COMMAND, golab

USERS = "user.max_user_namespaces"
APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
CLONE = "kernel.unprivileged_userns_clone"
PROFILE = (
    "AppArmor lets only programs with a profile use them, and `golab doctor --apparmor-profile | "
    "sudo tee /etc/apparmor.d/golab && sudo apparmor_parser -r /etc/apparmor.d/golab` gives this "
    "Python one"
)
SECCOMP = "start the container with --security-opt seccomp=unconfined"
OUTSIDE = "start golab outside of what has put a seccomp filter on it (a systemd unit with"


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (Machine(), "run it as root: `sudo golab`"),
        (Machine(sudo=False), "run it as root, with all of root's rights"),
        (Machine(no_new_privileges=True), "run it as root, with all of root's rights"),
        (Machine(engine=True), "run it as root: `sudo golab`; or use --backend docker"),
        (Machine({USERS: "0"}), f"`sudo sysctl -w {USERS}=10000` allows them"),
        (
            Machine({USERS: "0"}, root=True, privileged=True),
            f"`sysctl -w {USERS}=10000`, as root, allows them",
        ),
        (
            Machine({"user.max_net_namespaces": "0"}, sudo=False),
            "`sysctl -w user.max_net_namespaces=10000`, as root, allows them",
        ),
        (
            Machine({USERS: "0"}, container=True, filtered=True),
            f"`sysctl -w {USERS}=10000`, as root, allows them on the host",
        ),
        (Machine({CLONE: "0", USERS: "9"}), f"`sudo sysctl -w {CLONE}=1` allows them"),
        (Machine({CLONE: "1", USERS: "9"}), "run it as root: `sudo golab`"),
        (Machine({APPARMOR: "1"}), f"{PROFILE}; or run it as root: `sudo golab`"),
        (Machine({APPARMOR: "0"}), "run it as root: `sudo golab`"),
        (
            Machine({APPARMOR: "1"}, engine=True),
            f"{PROFILE}; or run it as root: `sudo golab`; or use --backend docker",
        ),
        (
            Machine(container=True, filtered=True),
            SECCOMP,
        ),
        (
            Machine(container=True, filtered=True, masked=True),
            f"{SECCOMP} --security-opt systempaths=unconfined",
        ),
        (
            Machine(container=True, masked=True, privileged=True),
            "start the container with --security-opt systempaths=unconfined",
        ),
        (
            Machine(container=True, filtered=True, confined=True, root=True),
            f"{SECCOMP} --security-opt apparmor=unconfined",
        ),
        (
            Machine({APPARMOR: "1"}, container=True, filtered=True, confined=True),
            f"{SECCOMP} --security-opt apparmor=unconfined --cap-add SYS_ADMIN",
        ),
        (Machine(container=True, root=True), "start the container with --privileged"),
        (Machine(root=True, privileged=True), "run golab on another machine, or in a virtual one"),
    ],
)
def test_the_smallest_thing_that_helps(machine: Machine, said: str) -> None:
    assert remedy(machine) == said


def test_a_filter_without_a_container() -> None:
    assert remedy(Machine(filtered=True)).startswith(OUTSIDE)
    assert remedy(Machine({APPARMOR: "1"}, filtered=True)).startswith(OUTSIDE)


def test_what_this_machine_is() -> None:
    machine = unfit.this()
    assert machine.root == (os.geteuid() == 0)
    for name, value in machine.switches.items():
        assert value == Path("/proc/sys", *name.split(".")).read_text().strip()
    shown = subprocess.run(
        [sys.executable, "-c", "from lab.sandbox import unfit; print(unfit.this())"],
        capture_output=True,
        text=True,
    ).stdout
    assert shown.strip() == str(replace(machine, golab=f"{sys.executable} -m golab"))


@pytest.mark.skipif(platform.machine() not in denied.NUMBERS, reason="knows x86_64 and aarch64")
@pytest.mark.parametrize(
    ("number", "names", "said"),
    [
        ("EPERM", "unshare,mount", "the kernel refuses: Operation not permitted"),
        ("EACCES", "mount", "a user namespace comes up, but without any rights in it"),
    ],
)
def test_under_a_seccomp_filter_as_dockers(number: str, names: str, said: str) -> None:
    under = [sys.executable, denied.__file__, number, names, COMMAND, "doctor"]
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", *under]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "COLUMNS": ""}
    )
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    place = lines.index(f"NO  namespaces {said}")
    helps = "start the container with --security-opt" if unfit.in_container() else OUTSIDE
    assert lines[place + 1].strip().startswith(f"-> {helps}")
    assert lines[-1] == "This machine cannot run labs."
    run = [*command[:-1], "run", "egress-blocked"]
    done = subprocess.run(run, capture_output=True, text=True)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (3, "")
    assert line.startswith("golab: the kernel refuses the lab its namespaces: ")
    assert f"; {helps}" in line


def test_the_profile_is_for_the_real_interpreter(tmp_path: Path) -> None:
    printed = golab("doctor", "--apparmor-profile")
    assert (printed.returncode, printed.stderr) == (0, "")
    python = Path(sys.executable).resolve()
    assert f'\nprofile golab "{python}" flags=(unconfined) {{\n  userns,\n' in printed.stdout
    link = tmp_path / "python"
    (tmp_path / "odd [1]").touch()
    link.symlink_to(tmp_path / "odd [1]")
    assert rf'"{tmp_path}/odd \[1\]"' in unfit.apparmor_profile(link)


def test_apparmor_takes_the_profile(tmp_path: Path) -> None:
    parser = shutil.which("apparmor_parser", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if not parser or not Path("/etc/apparmor.d/abi/4.0").exists():
        pytest.skip("AppArmor 4 is not installed")
    file = tmp_path / "golab"
    for name in ("python3", 'odd [x] dir{1}/py*thon?"q" a@b^c'):
        file.write_text(unfit.apparmor_profile(tmp_path / name))
        command = [parser, "--skip-kernel-load", "--skip-cache", str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
