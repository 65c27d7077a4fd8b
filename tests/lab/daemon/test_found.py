"""How labs that are held are found: `ps`, names, and labs of other machines."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path

import pytest

from lab.daemon import registry
from lab.errors import LabError
from tests.lab.daemon.byhand import LAB, golab, labs, up


def test_ps_says_what_is_up(lab_id: str, backend: str) -> None:
    header, *rows = golab("ps").stdout.splitlines()
    assert header.split() == [
        "LAB",
        "SCENARIO",
        "ARM",
        "BACKEND",
        "GO",
        "UP",
        "SINCE",
        "HELD",
        "BY",
    ]
    (row,) = [row.split(maxsplit=6) for row in rows if row.startswith(lab_id)]
    assert row[1:4] == [LAB, "broken", backend]
    (known,) = [lab for lab in labs() if lab["lab"] == lab_id]
    assert (row[4], row[5], row[6]) == (known["go"], known["since"], known["holder"])
    assert re.fullmatch(r"process \d+", known["holder"])


@pytest.mark.slow  # it waits for the engine twice
def test_an_engine_that_does_not_answer_hides_no_local_lab() -> None:
    made = up("local")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for port, said in ((1, "connection refused"), (mute.getsockname()[1], "timed out")):
            place = f"tcp://127.0.0.1:{port}"
            started = time.monotonic()
            shown = golab("ps", DOCKER_HOST=place)
            assert time.monotonic() - started < 15
            assert (shown.returncode, shown.stderr.count("\n")) == (0, 1)
            assert made in shown.stdout
            assert f"{place} ({said})" in shown.stderr
    dead = {"DOCKER_HOST": "tcp://127.0.0.1:1"}
    for args, status in ((("down", "nope"), 2), (("prune",), 3), (("down", made), 0)):
        done = golab(*args, **dead)
        assert (done.returncode, done.stderr.count("\n")) == (status, min(status, 1)), args


def test_the_arm_is_known_to_whoever_sees_the_lab_from_elsewhere(
    lab_id: str, backend: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if backend == "local":
        pytest.skip("a local lab is seen from nowhere else")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (lab,) = [lab for lab in labs() if lab["lab"] == lab_id]
    assert (lab["scenario"], lab["arm"], lab["backend"]) == (LAB, "broken", "docker")


@pytest.mark.docker
def test_a_lab_of_another_machine_is_shown_and_removed_by_its_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lab.errors import UnfitError
    from lab.sandbox.docker import labels
    from lab.sandbox.docker.engine import connect

    try:
        engine = connect()
    except UnfitError as error:
        pytest.skip(str(error))
    name = f"far{os.getpid()}"
    marks = {labels.LAB: name, labels.SCENARIO: "stale-list", labels.OWNER: "elsewhere/b/4 77 1"}
    theirs = engine.networks.create(f"golab-{name}", internal=True, labels=marks)
    other = engine.networks.create(f"not-golabs-{name}", internal=True)
    try:
        golab("prune")  # its holder may be alive, over there
        (lab,) = [lab for lab in labs() if lab["lab"] == name]
        assert (lab["holder"], lab["scenario"]) == ("process 77 on elsewhere", "stale-list")
        assert golab("down", name[:-1]).stdout == f"{name}\n"
        left = {network.id for network in engine.networks.list()}
        assert theirs.id not in left
        assert other.id in left
    finally:
        for network in engine.networks.list(names=[f"golab-{name}", f"not-golabs-{name}"]):
            network.remove()
        engine.close()


def test_wrong_names_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for args, said in (
        (("up", "no-such"), "no-such"),
        (("up", "dns-failure"), "variants, and a lab has one: say dns-failure/nxdomain"),
        (("exec", "no-such", "true"), "`golab up SCENARIO` starts one"),
        (("exec", "-t", "no-such", "true"), "needs a terminal"),
        (("down",), "--all ends every one"),
    ):
        done = golab(*args, DOCKER_HOST="")
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_runtime_directory_that_others_may_look_into_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    ours = registry.folder()
    for mode in (0o710, 0o701, 0o720):
        ours.chmod(mode)
        with pytest.raises(LabError, match="is not ours alone; remove it"):
            registry.folder()
    ours.chmod(0o700)
    assert registry.folder() == ours


def test_what_a_killed_holder_has_left_is_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    note = registry.folder() / "aaaaaa.json"
    note.write_text("{}")
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(note.with_suffix(".sock")))
    assert registry.held() == []
    assert not list(registry.folder().iterdir())
