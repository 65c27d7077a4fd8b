"""The parts of a diagnosis: no secret is shown, no name told, known flaws are known."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from faults.goproto.signed_note import Signer
from lab.diagnose import advisories
from lab.diagnose.digest import digest, lesson, teaches
from lab.diagnose.discretion import Discretion
from lab.diagnose.secrets import secrets, without
from lab.diagnose.subjects import chosen, named
from lab.diagnose.watched import WatchedMachine
from lab.diagnostics.interface import Finding, Subject, alarm
from lab.diagnostics.project import Project
from lab.errors import UsageError
from lab.results.findings import Found, Looked
from lab.sandbox.interface import Answer
from lab.scenario.load import catalogue
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, ok, status, view
from tests.lab.diagnostics.published import KEY, M, V, record, served

LIB, MUX = "git.corp.example/Lib", "github.com/gorilla/mux"
NETRC = "machine a.b login gopher password hush-netrc\n"


@pytest.mark.parametrize(
    "leak",
    [
        "hush-netrc",
        "hush,url",
        "hush%2Curl",
        "hush-token",
        "hush-proxy",
        b64encode(b"gopher:hush-netrc").decode(),
        b64encode(b"gopher:hush,url").decode(),
    ],
)
def test_no_secret_of_the_machine_is_shown(leak: str) -> None:
    env = {"GITHUB_TOKEN": "hush-token", "HTTPS_PROXY": "http://me:hush-proxy@gateway:8080"}
    hidden = secrets(env, {"GOPROXY": "https://gopher:hush%2Curl@a.example,direct"}, NETRC)
    shown = without(Found("x", "error", f"a {leak} b", evidence=(leak,)), hidden)
    assert leak not in str(shown)
    assert shown.seen == "a … b"


@pytest.mark.parametrize("name", ["GOPROXY", "HTTPS_PROXY"])
@pytest.mark.parametrize("between", [*",|/?#@ \\"])
def test_half_a_password_is_one_whatever_splits_it(between: str, name: str) -> None:
    hidden = secrets({name: f"https://me:hu{between}sh@a.example:80"}, {}, "")
    for said in (
        f"https://me:hu{between}sh@a.example:80",
        'parse "https://me:hu": invalid port ":hu" after host',
        "could not be cast to integer value as 'hu'",
        json.dumps(f"https://me:hu{between}sh@a"),
    ):
        if between not in " \\" or "sh" in said:
            shown = without(Found("x", "error", said), hidden).seen
            assert "hu" not in shown
            assert "sh@" not in shown


def test_half_a_password_that_is_empty_hides_no_colon() -> None:
    hidden = secrets({"GOPROXY": "https://me:,x@a.example"}, {}, "")
    assert without(Found("x", "error", "a: b ''"), hidden).seen == "a: b ''"


def test_what_is_no_secret_stays() -> None:
    hidden = secrets({"HOME": "/root", "TOKEN_FILE": "/etc/token"}, {"GOPROXY": "https://a.b"}, "")
    assert without(Found("x", "error", "/root /etc/token https://a.b"), hidden).seen == (
        "/root /etc/token https://a.b"
    )


def allowed(url: str, **env: str) -> bool:
    return Discretion(view(FakeMachine(env=env)), [Subject(LIB), Subject(MUX)]).allows(url)


ESCAPED = "git.corp.example/!lib"


def test_a_name_goes_where_go_sends_it_and_nowhere_else() -> None:
    own = {"GOPROXY": "https://proxy.corp.example"}
    assert allowed(f"https://proxy.corp.example/{ESCAPED}/@v/list", **own)
    assert not allowed(f"https://proxy.golang.org/{ESCAPED}/@v/list", **own)
    assert allowed(f"https://proxy.golang.org/{ESCAPED}/@v/list")
    assert not allowed(f"https://proxy.golang.org/{ESCAPED}/@v/list", GOPRIVATE="*.corp.example")
    assert not allowed(f"https://proxy.golang.org/{ESCAPED}/@latest", GOPROXY="direct")
    lookup = f"lookup/{ESCAPED}@v1.0.0"
    assert allowed(f"https://sum.golang.org/{lookup}", **own)
    assert not allowed(f"https://sum.golang.org/{lookup}", GOSUMDB="off", **own)
    assert not allowed(f"https://sum.golang.org/{lookup}", GONOSUMDB="git.corp.example", **own)
    assert allowed("https://anybody.example/other/thing/@v/list", **own)


def test_what_a_public_proxy_has_served_is_no_secret() -> None:
    kept = Discretion(view(FakeMachine()), [Subject(MUX)])
    other = f"https://goproxy.cn/{MUX}/@v/list"
    assert not kept.allows(other)
    kept.learn(f"https://proxy.golang.org/{MUX}/@v/list", Answer("done", 404))
    assert not kept.allows(other)
    kept.learn(f"https://proxy.golang.org/{MUX}/@v/list", Answer("done", 200))
    assert kept.allows(other)


@pytest.mark.parametrize(
    ("env", "host"),
    [
        ({"GOPROXY": "https://proxy.corp.example"}, "proxy.corp.example"),
        ({"GOPRIVATE": "*.corp.example"}, "proxy.golang.org"),
    ],
)
def test_what_a_proxy_of_ones_own_has_served_stays_a_secret(env: dict[str, str], host: str) -> None:
    kept = Discretion(view(FakeMachine(env=env)), [Subject(LIB)])
    kept.learn(f"https://{host}/{ESCAPED}/@v/list", Answer("done", 200))
    assert not kept.allows(f"https://goproxy.cn/{ESCAPED}/@v/list")


OWN = "https://proxy.corp.example"
LOOKUP = f"/sumdb/sum.golang.org/lookup/{M}@{V}"


@pytest.mark.parametrize(
    ("env", "answer", "may"),
    [
        ({}, ok(record()), True),
        ({}, status(404), False),
        ({}, ok(record(Signer("sum.golang.org", b"x" * 32))), False),
        ({"GOPRIVATE": "example.com"}, ok(record()), False),
        ({"GONOSUMDB": "example.com"}, ok(record()), False),
        ({"GOSUMDB": Signer("sums.corp.example", b"k" * 32).verifier}, ok(record()), False),
        ({"GOSUMDB": "off"}, ok(record()), False),
    ],
)
def test_what_the_public_database_has_on_record_is_no_secret(
    env: dict[str, str], answer: Answer, *, may: bool
) -> None:
    answers = {f"{OWN}{path}": each for path, each in (served() | {LOOKUP: answer}).items()}
    machine = FakeMachine(answers, env={"GOPROXY": OWN, "GOSUMDB": KEY.verifier, **env})
    kept = Discretion(view(machine), [Subject(M)])
    assert kept.allows(f"{PUBLIC}/{M}/@v/list") is may
    assert all(url.startswith((OWN, "https://sum.golang.org/")) for url in machine.contacted)


def test_the_version_in_use_is_looked_up_where_no_proxy_knows_any() -> None:
    answers = {f"{OWN}{path}": each for path, each in served().items() if "/sumdb/" in path}
    env = {"GOPROXY": OWN, "GOSUMDB": KEY.verifier}
    for known in (V, ""):
        kept = Discretion(view(FakeMachine(answers, env=env)), [Subject(M, known)])
        assert kept.allows(f"{PUBLIC}/{M}/@v/list") is bool(known)


def test_a_redirect_is_followed() -> None:
    kept = Discretion(view(FakeMachine()), [Subject(MUX)])
    there = f"https://storage.example/{MUX}/@v/v1.zip"
    assert not kept.allows(there)
    kept.learn(
        f"https://proxy.golang.org/{MUX}/@v/v1.zip", Answer("done", 302, {"location": there})
    )
    assert kept.allows(there)


@pytest.mark.parametrize(
    ("go", "flaws"),
    [
        ("go1.27.3", []),
        ("go1.27rc1", []),  # older than 1.27.0, of which it is known
        ("go1.27.1", ["cve-2026-94447", "cve-2026-94444"]),
        ("go1.26.9", []),
        ("go1.26.2", ["cve-2026-94447", "cve-2026-94444", "cve-2026-56865", "cve-2026-42501"]),
        ("go1.21.13", ["cve-2026-94447", "cve-2026-94444", "cve-2026-56865"]),
        ("devel go1.28-abcdef", []),
        ("", []),
    ],
)
def test_known_flaws_of_a_go_version_are_notes(go: str, flaws: list[str]) -> None:
    found = advisories.known(go)
    assert ([one.id for one in found], {one.severity for one in found} <= {"note"}) == (flaws, True)


GO_MOD = """module a.example/b

require (
	github.com/a/a v1.0.0 // indirect
	git.corp.example/lib v1.0.0
	github.com/b/b v1.0.0
	github.com/c/c v1.0.0
	github.com/d/d v1.0.0
	github.com/e/e v1.0.0
	x.example/here v1.0.0
)

replace x.example/here => ./here
"""


def test_of_many_modules_one_for_each_way_is_looked_at_first() -> None:
    machine = FakeMachine(env={"GOPRIVATE": "git.corp.example"})
    found = chosen(view(machine), Project("/p", GO_MOD, ""))
    paths = [one.module for one in found]
    assert paths[:2] == ["git.corp.example/lib", "github.com/b/b"]
    assert len(paths) == 4
    assert "x.example/here" not in paths


def test_thousands_of_modules_are_no_trouble() -> None:
    lines = "".join(f"require github.com/a/m{number} v1.0.0\n" for number in range(5000))
    assert len(chosen(view(FakeMachine()), Project("/p", f"module a.b/c\n{lines}", ""))) == 4


def test_what_go_would_not_ask_for_is_not_asked_for() -> None:
    names = ["-modfile=/home/me/x", "../../admin", "/etc", "http://h/x"]
    lines = "".join(f"require {name} v1.0.0\n" for name in names) + f"require {MUX} v1/../../x\n"
    text = f"module a.b/c\n{lines}require github.com/b/b v1.0.0\n"
    found = chosen(view(FakeMachine()), Project("/p", text, ""))
    assert [one.module for one in found] == ["github.com/b/b"]


def test_a_module_is_named_with_or_without_a_version() -> None:
    own = Project("/p", GO_MOD, "")
    found = named([f"{MUX}@v1.8.0", "github.com/b/b"], own)
    assert [(one.module, one.required) for one in found] == [
        (MUX, "v1.8.0"),
        ("github.com/b/b", "v1.0.0"),
    ]
    with pytest.raises(UsageError, match=r"--module 'https://x\.y/z': "):
        named(["https://x.y/z"], own)
    with pytest.raises(UsageError, match="more than 20"):
        named([f"a.example/m{number}" for number in range(21)], own)


def alarms(*names: str) -> dict[tuple[str, str], Finding]:
    return {(name, module): alarm("gone") for name in names for module in (LIB, MUX)}


def test_the_same_of_two_modules_is_one_finding() -> None:
    found = digest([], alarms("version-list-plausible"), offline=False, failed={})
    assert [(one.id, one.modules) for one in found] == [("version-list-plausible", (LIB, MUX))]
    assert found[0].why
    assert found[0].remedy
    assert found[0].scenario


@pytest.mark.parametrize("lines", [(), ("gone",), ("gone", "and more")])
def test_evidence_is_what_says_more_than_the_finding(lines: tuple[str, ...]) -> None:
    finding = Finding("alarm", "gone", evidence=lines)
    (found,) = digest([], {("version-list-plausible", LIB): finding}, offline=False, failed={})
    assert found.evidence == (lines if len(lines) > 1 else ())


def test_without_a_network_there_is_one_finding_and_what_is_local() -> None:
    found = digest(
        [Looked("sni-parity", LIB, "error", "KeyError: 'x'")],
        alarms("version-list-plausible", "module-cache"),
        offline=True,
        failed={"proxy.golang.org": "no such name"},
    )
    assert [one.id for one in found] == ["no-network", "module-cache", "sni-parity"]
    assert "version-list-plausible: gone" in found[0].evidence
    assert found[2].severity == "note"


def test_what_teaches_is_in_the_catalogue() -> None:
    known = catalogue()
    for name in ("auth-parity", "second-source"):
        assert teaches(name) in known
    assert lesson("auth-fallback").startswith("An empty version list")
    assert lesson("nowhere") == ""


def test_offline_is_where_nobody_could_be_reached(tmp_path: Path) -> None:
    machine = WatchedMachine(tmp_path)
    assert not machine.offline
    machine.failed["proxy.golang.org"] = "no such name"
    assert machine.offline
    machine.reached.add("goproxy.cn")
    assert not machine.offline
