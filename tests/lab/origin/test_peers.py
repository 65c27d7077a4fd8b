"""Our origin beside Go's own test proxy, with the modules and the scripts of go's own tests."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from lab.go.toolchain import Toolchain, ensure
from lab.world.build import build
from lab.world.modpath import escape
from lab.world.tree import Tree
from tests.lab.origin import peer
from tests.lab.origin.asking import Answer, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

# Modules of Go's tests that are broken on purpose; here a broken module is a fault's work.
UNFIT = {
    "example.com/downgrade@v2.0.0",
    "example.com/invalidpath/v1@v1.0.0",
    "rsc.io/badfile2@v1.0.0",
    "rsc.io/badfile3@v1.0.0",
    "rsc.io/badfile4@v1.0.0",
    "rsc.io/badzip@v1.0.0",
    "rsc.io/breaker@v2.0.0",
    "rsc.io/quote@v2.0.0",
}

# Scripts that need more than a GOPROXY, and what that is; test_scripts.py has the faults.
CANNOT = {
    "mod_bad_filenames": "a module that no world can have (rsc.io/badfile2)",
    "mod_download_too_many_redirects": "a fault: /redirect/N",
    "mod_download_toolchain_gosum": "a fault: /sumdb-wrong",
    "mod_get_nopkgs": "the words `404 page not found`",
    "mod_gonoproxy": "a fault: /sumdb-wrong",
    "mod_install_pkg_version": "the words `404 page not found`",
    "mod_list_pseudo": "a time in the zone of the committer; proxies, and we, say UTC",
    "mod_list_retract": "a fault: a version whose .mod is missing",
    "mod_list_update_nolatest": "a fault: /invalid",
    "mod_load_badzip": "a module that no world can have (rsc.io/badzip)",
    "mod_proxy_invalid": "a fault: /invalid",
    "mod_proxy_list": "a fault: /403",
    "mod_retract_replace": "a fault: a version whose .mod is missing",
    "mod_sum_absent": "a fault: /sumdb-redirect",
    "mod_sumdb": "a fault: /sumdb-wrong",
    "mod_sumdb_cache": "a fault: /sumdb-503",
    "mod_sumdb_proxy": "a fault: /sumdb-direct without a proxy's /sumdb",
}


_EMPTY = "its empty commit hash begins every hash there; ours names the commit's own version"
_DOT = "its checksum leaves out files that begin with a dot; the zip has them, and so have we"
_MISSING = "it has no .mod on purpose; a proxy makes one up for a module without, and so do we"
_LIST = "it lists incompatible versions beside ones with a go.mod; direct mode, and we, do not"
ON_PURPOSE = {
    "example.com/retract/incompatible/@v/list": _LIST,
    "example.com/pseudoupgrade/@v/30950c05.info": _EMPTY,
    "example.com/pseudoupgrade/@v/30950c05d534.info": _EMPTY,
    "github.com/dmitshur-test/modtest5/@v/197a620e.info": _EMPTY,
    "github.com/dmitshur-test/modtest5/@v/197a620e0c9a.info": _EMPTY,
    "golang.org/x/text/@v/14c0d48e.info": _EMPTY,
    "golang.org/x/text/@v/14c0d48ead0c.info": _EMPTY,
    f"sumdb/{peer.SUMDB}/lookup/example.com/dotname@v1.0.0": _DOT,
    f"sumdb/{peer.SUMDB}/lookup/rsc.io/badfile1@v1.0.0": _DOT,
    "example.com/retract/missingmod/@v/v1.9.0.mod": _MISSING,
    f"sumdb/{peer.SUMDB}/lookup/example.com/retract/missingmod@v1.9.0": _MISSING,
}


@pytest.fixture(scope="module")
def go() -> Toolchain:
    return ensure("1.27.3")


@pytest.fixture(scope="module")
def world(go: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, set[str]]:
    given, unfit = peer.world(go)
    return build(given, tmp_path_factory.mktemp("worlds")), set(unfit)


@pytest.fixture(scope="module")
def ours(world: tuple[Tree, set[str]]) -> Iterator[str]:
    with running(world[0]) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def theirs(go: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with peer.oracle(go, tmp_path_factory.mktemp("oracle")) as url:
        yield url


def fetch(url: str) -> Answer:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return Answer(response.status, dict(response.headers), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())


class Info(NamedTuple):
    """Version and time, in whatever zone; Go's proxy also has Name and Short."""

    version: str
    time: datetime | None


def info(answer: Answer) -> object:
    if answer.status != 200:
        return answer.status
    data = json.loads(answer.body)
    time = data.get("Time")
    return Info(data["Version"], datetime.fromisoformat(time) if time else None)


def equal(mine: object, peers: object) -> bool:
    """Compare two answers; the few modules without a time have one here, as the protocol asks."""
    if isinstance(mine, Info) and isinstance(peers, Info) and peers.time is None:
        return mine.version == peers.version
    return mine == peers


def lines(answer: Answer) -> object:
    """The same lines; Go's proxy has them in the order of its file names."""
    return answer.status if answer.status != 200 else sorted(answer.text.split())


def contents(answer: Answer) -> object:
    """The same names and contents; Go's proxy packs them with a clock and deflated."""
    if answer.status != 200:
        return answer.status
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def record(answer: Answer) -> object:
    """The same go.sum lines; the numbers of records and so the trees are another order's."""
    return answer.status if answer.status != 200 else answer.text.split("\n\n")[0].split("\n")[1:]


def exact(answer: Answer) -> object:
    return answer.status if answer.status != 200 else answer.body


def requests(tree: Tree) -> Iterator[tuple[str, str, Callable[[Answer], object]]]:
    """Yield every URL worth asking both: a kind, the path, what of the answer must be equal."""
    for path, module in tree.index.modules.items():
        base = escape(path)
        yield "list", f"{base}/@v/list", lines
        for version, row in module.versions.items():
            file = f"{base}/@v/{escape(version)}"
            yield "info", f"{file}.info", info
            yield "mod", f"{file}.mod", exact
            yield "zip", f"{file}.zip", contents
            yield "lookup", f"sumdb/{peer.SUMDB}/lookup/{base}@{escape(version)}", record
            if row.commit:
                yield "commit", f"{base}/@v/{row.commit}.info", info
                yield "commit", f"{base}/@v/{row.commit[:8]}.info", info
        yield "unknown", f"{base}/@v/v9.8.7.info", exact
        yield "unknown", f"{base}/@v/v9.8.7.zip", exact
        yield "unknown", f"{base}/x/@v/list", exact
        yield "unknown", f"{base}/x/@latest", exact
    for bad in ("rsc.io/QUOTE/@v/list", "rsc.io/!q!u!o!t!!/@v/list", "rsc.io/quote/@v/V1.5.2.info",
                "rsc.io/quote/@v/", "rsc.io/quote/@v/v1.5.2", "rsc.io/quote/", ""):  # fmt: skip
        yield "unknown", bad, exact
    yield "sumdb", f"sumdb/{peer.SUMDB}/supported", exact
    yield "sumdb", "sumdb/sum.elsewhere.example/supported", exact


def test_every_endpoint_answers_as_gos_own_proxy_does(
    world: tuple[Tree, set[str]], ours: str, theirs: str
) -> None:
    tree, unfit = world
    assert unfit == UNFIT
    asked: Counter[str] = Counter()
    differing: dict[str, tuple[object, object]] = {}
    for kind, path, comparable in requests(tree):
        asked[kind] += 1
        mine, peers = (comparable(fetch(f"{base}/{path}")) for base in (ours, theirs))
        if not equal(mine, peers):
            differing[path] = (mine, peers)
    print(f"asked both: {dict(asked)}; differing: {len(differing)}")
    for path in sorted(differing):
        print(f"  {path}: {ON_PURPOSE.get(path)}")
    assert set(differing) == set(ON_PURPOSE)
    assert asked["list"] > 100
    assert asked["zip"] > 250


def test_at_latest_we_differ_on_purpose(
    world: tuple[Tree, set[str]], ours: str, theirs: str
) -> None:
    """Go's test proxy answers @latest with the lowest version; real ones with the highest."""
    highest = other = 0
    for path, module in world[0].index.modules.items():
        mine, peers = (info(fetch(f"{base}/{escape(path)}/@latest")) for base in (ours, theirs))
        assert isinstance(mine, Info)
        assert mine.version == module.latest()
        highest += equal(mine, peers)
        other += not equal(mine, peers)
    print(f"@latest: {highest} the same, {other} where Go's test proxy has the lowest version")
    assert highest
    assert other


def test_gos_scripts_pass_with_our_origin_in_place_of_the_test_proxy(
    go: Toolchain, ours: str, tmp_path: Path
) -> None:
    found = peer.scripts(go, tmp_path, "^mod_", ours)
    failed = {name for name, outcome in found.items() if outcome == "FAIL"}
    passed = sum(outcome == "PASS" for outcome in found.values())
    print(f"{len(found)} scripts: {passed} pass, {len(failed)} cannot:")
    for name in sorted(failed):
        print(f"  {name}: {CANNOT.get(name)}")
    assert failed == set(CANNOT)
    assert passed >= 234
