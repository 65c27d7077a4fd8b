"""What a client finds compiled it can use, and can change for nobody but itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.client import Client, prepare
from lab.go import buildcache
from lab.go.toolchain import DEFAULT, ensure
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import LabSpec
from lab.sandbox.local.backend import LocalBackend, LocalLab
from lab.spec.client import ClientSpec

ENTRY = "00/fmt-d"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    entry = tmp_path / "compiled" / ENTRY
    entry.parent.mkdir(parents=True)
    entry.write_text("compiled\n")
    monkeypatch.setattr(buildcache, "ensure", lambda *_: tmp_path / "compiled")
    return tmp_path / "compiled"


@pytest.fixture
def warm(cache: Path, lab_spec: LabSpec) -> Iterator[tuple[LocalLab, LabSpec]]:
    spec = replace(lab_spec, warm=True)
    with open_backend("local") as backend:
        assert isinstance(backend, LocalBackend)
        with backend.start(spec) as lab:
            lab.edge.arm([])
            yield lab, spec


def sh(client: Client, text: str) -> str:
    done = client.run(["sh", "-c", f"cd $GOCACHE && {text}"], limit=10)
    return done.stdout + done.stderr


def test_a_client_that_poisons_its_cache_poisons_no_other(
    warm: tuple[LocalLab, LabSpec], cache: Path
) -> None:
    client = prepare(*warm, ClientSpec())
    assert sh(client, f"cat {ENTRY}") == "compiled\n"
    for attempt in (
        f"echo poison > {ENTRY}",
        "echo poison > /lab/gocache/00/new-d",
        "chmod 777 /lab/gocache/00",
        f"rm -f /lab/gocache/{ENTRY}",
        f"mv /lab/gocache/{ENTRY} /lab/gocache/00/other-d",
        f"ln -f /lab/gocache/{ENTRY} 00/hard && echo poison > 00/hard",
    ):
        said = sh(client, attempt)
        assert any(word in said for word in ("Read-only", "denied", "cross-device")), attempt
    assert sh(client, f"rm {ENTRY} && echo poison > {ENTRY} && cat {ENTRY}") == "poison\n"
    assert (cache / ENTRY).read_text() == "compiled\n"
    assert [path.name for path in (cache / "00").iterdir()] == ["fmt-d"]
    other = prepare(*warm, ClientSpec())
    assert sh(other, f"cat {ENTRY}") == "compiled\n"


def test_a_client_writes_beside_what_it_found(warm: tuple[LocalLab, LabSpec], cache: Path) -> None:
    client = prepare(*warm, ClientSpec())
    assert (
        sh(client, "echo mine > 00/mine-d && mkdir 01 && ls 00 01") == "00:\nfmt-d\nmine-d\n\n01:\n"
    )
    assert sh(prepare(*warm, ClientSpec()), "ls") == "00\n"


def test_a_client_of_a_lab_that_is_not_warm_begins_with_nothing(client: Client) -> None:
    assert "No such file" in client.run(["sh", "-c", "ls $GOCACHE /lab/gocache"], limit=5).stderr


MAIN = 'package main\n\nimport "net/http"\n\nfunc main() { println(http.MethodGet) }\n'
TEST = 'package main\n\nimport "testing"\n\nfunc TestX(*testing.T) { main() }\n'


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", [DEFAULT, "1.21.13"])
def test_nothing_of_the_standard_library_is_compiled_again(lab_spec: LabSpec, version: str) -> None:
    spec = replace(lab_spec, warm=True, toolchain=ensure(version))
    with open_backend("local") as backend:
        backend.warm(spec.toolchain)
        with backend.start(spec) as lab:
            for command in ("build", "run", "vet", "test"):
                files = {"main.go": MAIN, "main_test.go": TEST}
                client = prepare(lab, spec, ClientSpec(project=files))
                done = client.run(["go", command, "-x", "."], limit=300)
                assert done.exit == 0, done.stderr
                compiled = [line for line in done.stderr.splitlines() if "/compile -o" in line]
                own = [line for line in compiled if "-p main" in line or "lab.example" in line]
                assert compiled == own, command
