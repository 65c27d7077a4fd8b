"""What the files of documented diagnostics say, held against the claims and against themselves."""

from __future__ import annotations

import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from faults.source import SourceError
from lab.claims.load import families
from lab.diagnostics.catalogue import Probe, diagnostics
from lab.diagnostics.documented import DATA, Documented, load, read
from lab.diagnostics.interface import Target
from lab.spec.sources import articles

MUX = Target("github.com/gorilla/mux", "v1.8.1", "v1.8.0", "https://proxy.golang.org")
PROGRAMS = (
    *("curl", "diff", "git", "go", "iptables", "jq", "kubectl", "mysqlbinlog", "netstat"),
    *("nslookup", "openssl", "ping", "strace", "sudo", "tcpdump", "telnet", "traceroute", "unzip"),
)


def test_every_claim_about_a_check_has_its_diagnostic() -> None:
    claims = {claim.id for family in families() for claim in family.claims}
    named = {claim for one in load().values() for claim in one.spec.claims}
    assert named <= claims
    of_checks = {id_ for id_ in claims if id_.startswith("F")}
    assert len(of_checks) >= 32
    assert of_checks <= named


def test_what_is_broken_as_documented_has_a_form_that_works_and_the_two_are_linked() -> None:
    known = {name: one.spec for name, one in load().items()}
    mended = {name for spec in known.values() for name in spec.instead_of}
    assert {name for name, spec in known.items() if spec.defect} <= mended
    for name in mended:
        spec = known[name]
        assert spec.defect or spec.unavailable, f"{name} has a form that works, and no defect"
    for name, spec in known.items():
        assert (diagnostics()[name].origin == "mended") == bool(spec.instead_of)


@pytest.mark.parametrize("one", load().values(), ids=load().keys())
def test_a_command_is_complete(one: Documented) -> None:
    shown = one.shown(MUX)
    assert not re.search(r"(?<!\{)\{[a-z]+\}", shown), "a placeholder that there is not"
    assert not one.spec.source.article or one.spec.source.article in articles()
    called = {name for name in PROGRAMS if re.search(rf"(^|[\s(|;]){name}( |$)", shown)}
    if "GOPROXY=direct go list" in shown or "GOPROXY=direct go mod" in shown:
        called.add("git")
    assert called <= set(one.spec.needs)


def test_no_name_stands_in_two_files() -> None:
    paths = sorted(DATA.glob("*.yaml"))
    assert sum(len(read([path])) for path in paths) == len(read(paths)) == len(load())


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("", "say either what is `quiet`"),
        ("quiet: {exit: 0}, unavailable: no raw sockets", "say either what is `quiet`"),
        ("quiet: {exit: 0}, instead_of: [verify], defect: none", "has no `defect`"),
        ("quiet: {exit: 0}, claims: [f1]", "must match the pattern"),
        ("quiet: {stdout: '('}", "regular expression"),
    ],
)
def test_an_entry_that_cannot_be_decided_is_refused(says: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    entry = "source: {article: silent-symptoms}, run: go env, needs: [go], alarm: it fails"
    file.write_text(f"mine: {{{entry}{', ' if says else ''}{says}}}\n")
    with pytest.raises(SourceError, match=why):
        read([file])


def test_probes_may_be_loaded_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that needs a module of its own, and that module, each in a thread."""
    package = tmp_path / "probes_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("QUESTION = 'a'\nfrom probes_of_a_test import inner\n")
    (package / "inner.py").write_text("QUESTION = 'b'\n")
    looking = threading.Event()

    class Slow:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == package.name:
                looking.set()
                time.sleep(0.3)

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [Slow, *sys.meta_path])
    outer, inner = Probe("a", package.name), Probe("b", f"{package.name}.inner")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: outer.question)
        assert looking.wait(20)
        second = pool.submit(lambda: inner.question)
        assert (first.result(), second.result()) == ("a", "b")
