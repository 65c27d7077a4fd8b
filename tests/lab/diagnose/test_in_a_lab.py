"""`golab diagnose` as an ordinary program in a lab's network finds what the probes find there."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab.api.warm import WarmLabs
from lab.client import HOME, Client
from lab.diagnostics.catalogue import Probe, diagnostics
from lab.labs import arm_of
from lab.replay.diagnostics import diagnose, target
from lab.replay.outcomes import recorded
from lab.scenario.load import single

ROOT = Path(__file__).resolve().parents[3]
GO = "1.27.3"
LOADED = """
import contextlib, io, sys
import cryptography.hazmat.backends.openssl, cryptography.x509
from cryptography.hazmat.primitives.asymmetric import ed25519
ed25519.Ed25519PublicKey.from_public_bytes(bytes(32))
from lab.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(*(getattr(each, "__file__", None) for each in list(sys.modules.values())), sep="\\n")
"""
QUIET = "netrc-of-many-hosts"
QUICK = ("private-leak/scheme", "auth-fallback", "vendor-drift/edited", QUIET)
PROBES = [one for one in diagnostics().values() if isinstance(one, Probe)]


def runs() -> Iterator[Any]:
    """All runs of the catalogue; the quick ones are in the gate."""
    for name in recorded().runs:
        mark = pytest.mark.slow if name in QUICK else pytest.mark.whole
        yield pytest.param(name, marks=mark)


@pytest.fixture(scope="module")
def python() -> str:
    """A Python that clients see, and that takes the compiled packages of this one."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    found = shutil.which(name, path="/usr/bin:/bin")
    if not found:
        pytest.skip(f"{name} is not in /usr/bin: apt-get install {name}")
    return found


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """golab and what it needs for this, in one file."""
    folder = tmp_path_factory.mktemp("packed")
    (folder / "go.mod").write_text("module a.example/b\n")
    command = [sys.executable, "-c", LOADED, "diagnose", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    file = folder / "golab.tar"
    with tarfile.open(file, "w") as archive:
        for line in done.stdout.splitlines():
            if "site-packages/" not in line:
                continue
            for each in (line, importlib.util.cache_from_source(line)):
                if Path(each).exists():
                    archive.add(each, each.partition("site-packages/")[2])
        for name in ("lab", "faults", "scenarios"):
            archive.add(ROOT / name, name)
    return file.read_bytes()


@pytest.fixture(scope="module")
def labs() -> Iterator[WarmLabs]:
    found = WarmLabs(go=GO)
    yield found
    found.close()


class Seen(NamedTuple):
    """Who alarmed, of the probes from outside and of golab inside; which of golab's crashed.

    `counted` is whether a fault counts or draws: it depends then on who asks first.
    """

    outside: set[str]
    inside: set[str]
    errors: list[str]
    counted: bool


def inside(client: Client, packed: bytes, python: str, module: str, limit: float) -> Any:
    """Return what golab says as a program of the client's."""
    client.lab.write({f"{HOME}/golab.tar": packed})
    unpack = "mkdir ~/golab && tar -xf ~/golab.tar -C ~/golab && rm ~/golab.tar"
    assert client.run(["sh", "-c", unpack], limit=60).exit == 0
    # without the packages of the machine, which may be older than golab takes
    command = [python, "-S", "-m", "lab", "diagnose", "--json", "--module", module]
    done = client.run([*command, f"--limit={limit}"], limit=200, PYTHONPATH=f"{HOME}/golab")
    assert done.exit in (0, 1), done.stderr
    data = json.loads(done.stdout)
    wrong = [one for one in data["findings"] if one["severity"] != "note"]
    assert done.exit == int(bool(wrong))
    return data


def seen(name: str, labs: WarmLabs, packed: bytes, python: str) -> Seen:
    """Ask both ways in one lab, after the scenario's own commands."""
    opened = labs.open(single(name))
    result, client, scenario = opened.replay(), opened._client, opened.scenario
    assert scenario
    assert client
    assert opened.arm
    arm = arm_of(single(name).with_go(GO), opened.arm)
    rules, limit = arm.rules, scenario.diagnostics.limit
    at = target(scenario, arm.client, result.project.get("go.mod", ""))
    opened.lab.edge.arm(rules)
    looks = diagnose(PROBES, client, at, limit)
    opened.lab.edge.arm(rules)
    data = inside(client, packed, python, at.module, limit)
    return Seen(
        {id_ for id_, look in looks.items() if look.finding.state == "alarm"},
        alarms(data),
        [f"{one['id']}: {one['said']}" for one in data["probes"] if one["state"] == "error"],
        any(rule.remembers for rule in rules),
    )


def alarms(data: Any) -> set[str]:
    """Return the probes that alarm; what a lint says is said by the probe of settings."""
    probes = {one["id"] for one in data["probes"]} | {"no-network"}
    lints = {one["id"] for one in data["findings"] if one["severity"] != "note"} - probes
    found = {one["id"] for one in data["probes"] if one["state"] == "alarm"}
    return found | ({"settings"} if lints else set())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("run", list(runs()))
def test_it_finds_what_the_probes_find(
    run: str, labs: WarmLabs, packed: bytes, python: str
) -> None:
    found = seen(run, labs, packed, python)
    if found.inside != found.outside:  # on a busy machine a request may have run out of time
        found = seen(run, labs, packed, python)
    assert not found.errors
    if found.counted:
        assert bool(found.inside) == bool(found.outside)
    else:
        assert found.inside == found.outside
    assert run not in QUICK or bool(found.inside) == (run != QUIET)
