"""Module-aware faults: what go and curl make of them."""

from __future__ import annotations

import io
import json
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.faults.clients import BOTH, CORP, LIST, ZIP, curl, go
from tests.faults.edge import Edge, arm
from tests.faults.origin import COBRA, SECRET, TRUE_LIST, Origin, answer, go_mod

AT = f"/{COBRA}/@v"


def download(edge: Edge, home: Path, command: str) -> str:
    return go(edge, home, command, "mod", "download", f"{COBRA}@v1.8.0").stderr


@BOTH
def test_a_list_as_of_a_time(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: [list, latest]}", "{stale-list: {as-of: 2023-06-01T00:00:00Z}}")
    assert curl(edge, LIST, *version).body == b"v1.6.1\nv1.7.0\n"
    assert json.loads(curl(edge, f"/{COBRA}/@latest", *version).body)["Version"] == "v1.7.0"
    arm(edge, "{endpoint: [list, latest]}", "{stale-list: {as-of: 2024-06-01T00:00:00Z}}")
    assert curl(edge, LIST, *version).body == TRUE_LIST
    assert edge.fired() == {"it": 0}


def test_nothing_was_published_yet(edge: Edge) -> None:
    arm(edge, "{endpoint: [list, latest]}", "{stale-list: ['>=v0.0.0']}")
    assert curl(edge, LIST).body == b""
    assert curl(edge, f"/{COBRA}/@latest").status == 404


def test_replicas_take_turns(edge: Edge) -> None:
    arm(edge, "{endpoint: list}", "{stale-list: {without: [v1.8.0], replicas: 3}}")
    stale = [b"v1.8.0" not in curl(edge, LIST).body for _ in range(6)]
    assert stale == [True, False, False, True, False, False]
    assert edge.fired() == {"it": 2}


def test_a_404_is_remembered_until_its_time_is_up(edge: Edge, origin: Origin) -> None:
    arm(edge, "{endpoint: info}", "{negative-cache: 300ms}")
    missing = f"{AT}/v9.9.9.info"
    first, second = curl(edge, missing), curl(edge, missing)
    assert (first.status, first.body) == (second.status, second.body) == (404, answer(missing)[2])
    assert origin.paths().count(missing) == 1
    time.sleep(0.3)
    curl(edge, missing)
    assert origin.paths().count(missing) == 2
    assert edge.fired() == {"it": 1}
    edge.call(lambda: edge.faults.ruleset.switch("it", on=False))
    curl(edge, missing)
    assert origin.paths().count(missing) == 3


def test_a_version_that_exists_is_still_missing(edge: Edge) -> None:
    arm(edge, "{endpoint: info}", "{negative-cache: {ttl: 400ms, primed: true}}")
    assert curl(edge, f"{AT}/v1.8.0.info").status == 404
    time.sleep(0.4)
    assert curl(edge, f"{AT}/v1.8.0.info").status == 200


def test_nobody_is_told_of_a_retraction(edge: Edge, tmp_path: Path, go_command: str) -> None:
    query = ("list", "-m", "-retracted", "-f", "{{.Retracted}}", f"{COBRA}@v1.7.0")
    healthy = go(edge, tmp_path / "healthy", go_command, *query)
    arm(edge, "{endpoint: mod}", "{drop-retractions: true}")
    broken = go(edge, tmp_path / "broken", go_command, *query)
    assert (healthy.stdout.strip(), broken.stdout.strip()) == ("[leaks goroutines]", "[]")


def test_a_phantom_is_listed_and_cannot_be_had(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: list}", "{phantom-version: v1.9.9}")
    seen = go(edge, tmp_path, go_command, "list", "-m", f"{COBRA}@latest")
    assert seen.returncode == 1
    assert "v1.9.9" in seen.stderr
    assert "not found" in seen.stderr


def test_info_of_another_version(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: info}", "{info: {version: v1.7.0}}")
    seen = go(edge, tmp_path, go_command, "list", "-m", f"{COBRA}@v1.8.0")
    assert "proxy returned info for version v1.7.0 instead of requested version" in seen.stderr


def test_a_version_from_the_future(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: info}", "{info: {time: 2038-01-19T03:14:07Z}}")
    seen = go(edge, tmp_path, go_command, "list", "-m", "-f", "{{.Time}}", f"{COBRA}@v1.8.0")
    assert seen.stdout.strip() == "2038-01-19 03:14:07 +0000 UTC"


@BOTH
def test_another_go_mod(edge: Edge, version: tuple[str]) -> None:
    true = go_mod(COBRA, "v1.8.0")
    path = f"{AT}/v1.8.0.mod"
    arm(edge, "{endpoint: mod}", "{mod: stripped}")
    assert curl(edge, path, *version).body.decode() == f"module {COBRA}\n\ngo 1.21\n"
    arm(edge, "{endpoint: mod}", "{mod: {without: example.org/dep}}")
    expected = true.replace("require example.org/dep v1.0.0\n", "")
    assert curl(edge, path, *version).body.decode() == expected
    arm(edge, "{endpoint: mod}", "{mod: {add: 'require evil.example/x v1.0.0'}}")
    expected = true + "require evil.example/x v1.0.0\n"
    assert curl(edge, path, *version).body.decode() == expected


def test_the_code_of_another_version(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: zip, version: v1.8.0}", "{zip: {of: v1.6.1}}")
    assert download(edge, tmp_path, go_command) == ""
    source = tmp_path / "go/pkg/mod/github.com/spf13/cobra@v1.8.0/cobra.go"
    assert 'const Version = "v1.6.1"' in source.read_text()


def test_tampered_and_valid(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: zip}", "{zip: {patch: {'const Version': 'const Evil'}}}")
    assert download(edge, tmp_path, go_command) == ""
    source = tmp_path / "go/pkg/mod/github.com/spf13/cobra@v1.8.0/cobra.go"
    assert "const Evil" in source.read_text()


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("{truncate: 200}", "not a valid zip file"),
        ("wrong-prefix", "has unexpected file"),
    ],
)
def test_a_zip_that_go_refuses(
    edge: Edge, tmp_path: Path, go_command: str, do: str, said: str
) -> None:
    arm(edge, "{endpoint: zip}", f"{{zip: {do}}}")
    assert said in download(edge, tmp_path, go_command)


def test_one_bit_and_the_seed_says_which(edge: Edge) -> None:
    true = answer(ZIP)[2]
    bits = []
    for seed in (1, 1, 2):
        arm(edge, "{endpoint: zip}", "{zip: bit-flip}", seed)
        broken = curl(edge, ZIP).body
        changed = [
            (place, was ^ now)
            for place, (was, now) in enumerate(zip(true, broken, strict=True))
            if was != now
        ]
        assert len(changed) == 1
        assert changed[0][1].bit_count() == 1
        bits.append(changed)
        assert not whole(broken)
    assert bits[0] == bits[1] != bits[2]


def whole(data: bytes) -> bool:
    """Say whether every file of a zip can be read and has its checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError):
        return False


AZURE = "/github.com/%21azure/sdk/@v/v1.8.0.info"
INCOMPATIBLE = f"{AT}/v2.0.0+incompatible.info"


@BOTH
@pytest.mark.parametrize(
    ("path", "how", "asked"),
    [
        (AZURE, "capitals-kept-escaped", "/github.com/%21%21azure/sdk/@v/v1.8.0.info"),
        (AZURE, "lower-case", "/github.com/azure/sdk/@v/v1.8.0.info"),
        (INCOMPATIBLE, "no-incompatible", f"{AT}/v2.0.0.info"),
        (INCOMPATIBLE, "plus-is-space", f"{AT}/v2.0.0%20incompatible.info"),
    ],
)
def test_the_path_is_misread(
    edge: Edge, origin: Origin, version: tuple[str], path: str, how: str, asked: str
) -> None:
    assert curl(edge, path, *version).status == 200
    arm(edge, "{endpoint: info}", f"{{decoding: {how}}}")
    assert curl(edge, path, *version).status == 404
    assert origin.paths()[-1] == asked


@BOTH
@pytest.mark.parametrize(
    ("into", "status", "body"),
    [("empty", 200, b""), ("not-found", 404, b"not found\n"), ("anonymous", 401, None)],
)
def test_401_into_something_else(
    edge: Edge, origin: Origin, version: tuple[str], into: str, status: int, body: bytes | None
) -> None:
    arm(edge, "{host: proxy.golang.org}", f"{{auth-fallback: {into}}}")
    expired = ("--header", "Authorization: Basic b2xk")
    seen = curl(edge, CORP, *version, *expired)
    assert (seen.status, body is None or seen.body == body) == (status, True)
    assert edge.fired() == {"it": 1}
    if into == "anonymous":
        assert "authorization" not in origin.asked[-1][2]
        assert len(origin.asked) == 2
    assert curl(edge, CORP, *version, "--header", f"Authorization: {SECRET}").status == 200
    assert edge.fired() == {"it": 1}
