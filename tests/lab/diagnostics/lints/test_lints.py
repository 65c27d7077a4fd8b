"""What lints say of settings, on plain data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.diagnostics.lints import problems
from lab.diagnostics.lints.model import Problem, Setup
from lab.go.settings import masked

LIB = "module a.example/b\n\nrequire git.corp.example/lib v1.0.0\n"
NETRC = "machine {} login gopher password token\n"
KEY = "sum.golang.org+9db8d6ba+AclteJG4MFjzpDgSIevYuDT7ltbTwhpAXg71mcph3Bl/"


def alarms(setup: Setup) -> list[str]:
    return [problem.rule for problem in problems(setup) if problem.severity != "note"]


def notes(setup: Setup) -> list[str]:
    return [problem.rule for problem in problems(setup) if problem.severity == "note"]


WRONG: dict[str, tuple[str, dict[str, str]]] = {
    "a typo": ("variable-unknown", {"GOPRIVTE": "git.corp.example"}),
    "an invention": ("variable-unknown", {"GO_PROXY": "https://goproxy.cn"}),
    "a plural": ("variable-unknown", {"GOPROXIES": "https://goproxy.cn"}),
    "small letters": ("variable-unknown", {"goproxy": "https://goproxy.cn"}),
    "NOPROXY": ("variable-unknown", {"NOPROXY": "git.corp.example"}),
    "a path at each depth": ("pattern-misses-module", {"GOPRIVATE": "git.corp.example/*/*"}),
    "a domain without its hosts": ("pattern-misses-module", {"GOPRIVATE": "corp.example"}),
    "host and star": ("pattern-leaves-host-out", {"GOPRIVATE": "git.corp.example/*"}),
    "everything": ("pattern-covers-everything", {"GOPRIVATE": "*"}),
    "a top-level domain": ("pattern-covers-everything", {"GOPRIVATE": "*.com"}),
    "any host insecure": ("pattern-covers-everything", {"GOINSECURE": "*"}),
    "a star without a dot": ("pattern-star-without-dot", {"GOPRIVATE": "*corp.example"}),
    "direct first": ("goproxy-unreached", {"GOPROXY": "direct,https://goproxy.cn"}),
    "off first": ("goproxy-unreached", {"GOPROXY": "off|https://goproxy.cn"}),
    "http without sums": (
        "goproxy-plain-http",
        {"GOPROXY": "http://mirror.example", "GOSUMDB": "off"},
    ),
    "no exception from the proxy": (
        "private-name-told",
        {"GOPRIVATE": "git.corp.example", "GONOPROXY": "none"},
    ),
    "the public proxy first": (
        "private-name-told",
        {
            "GOPRIVATE": "git.corp.example",
            "GONOPROXY": "none",
            "GOPROXY": "https://goproxy.cn,https://u:p@modules.corp.example",
        },
    ),
    "errors hidden": ("goflags-errors-hidden", {"GOFLAGS": "-e"}),
    "an old flag": ("goflags-insecure", {"GOFLAGS": "-insecure"}),
    "a glob in NO_PROXY": (
        "no-proxy-entry",
        {"HTTPS_PROXY": "http://gateway:8080", "NO_PROXY": "git.*"},
    ),
    "a blank in no_proxy": (
        "no-proxy-entry",
        {"https_proxy": "http://gateway:8080", "no_proxy": "a.example b.example"},
    ),
    "modules off": ("modules-off", {"GO111MODULE": "off"}),
}


@pytest.mark.parametrize(("rule", "process"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(rule: str, process: dict[str, str]) -> None:
    found = problems(Setup(process=process, go_mod=LIB))
    assert rule in [problem.rule for problem in found if problem.severity != "note"]
    assert all(problem.why and problem.remedy and problem.command for problem in found)


HEALTHY: dict[str, Setup] = {
    "nothing": Setup(),
    "a directory as proxy": Setup(process={"GOPROXY": "file:///disk", "GOSUMDB": "off"}),
    "off with a warm cache": Setup(
        process={"GOPROXY": "off", "GOSUMDB": "off", "GOPRIVATE": "*"}, go_mod=LIB
    ),
    "no database": Setup(process={"GOPROXY": "https://modules.corp.example", "GOSUMDB": "off"}),
    "a mirror of the database": Setup(process={"GOSUMDB": f"{KEY} https://sum.golang.google.cn"}),
    "its alias": Setup(process={"GOSUMDB": "sum.golang.google.cn"}),
    "a private host": Setup(process={"GOPRIVATE": "git.corp.example"}, go_mod=LIB),
    "a whole domain": Setup(process={"GOPRIVATE": "corp.example,*.corp.example"}, go_mod=LIB),
    "an organisation": Setup(process={"GOPRIVATE": "github.com/our-company/*"}),
    "capitals behind the host": Setup(process={"GOPRIVATE": "github.com/OurCompany"}),
    "a private proxy for all": Setup(
        process={
            "GOPROXY": "https://modules.corp.example",
            "GOPRIVATE": "git.corp.example",
            "GONOPROXY": "none",
        },
        netrc=NETRC.format("modules.corp.example"),
        go_mod=LIB,
    ),
    "a proxy of the same company": Setup(
        process={
            "GOPROXY": "https://modules.corp.example,direct",
            "GOPRIVATE": "git.corp.example",
            "GONOPROXY": "none",
        },
        netrc=NETRC.format("git.corp.example"),
        go_mod=LIB,
    ),
    "a public module past the proxy": Setup(
        process={"GONOPROXY": "github.com/gorilla/mux"},
        netrc=NETRC.format("github.com"),
        go_mod="module a.example/b\n\nrequire github.com/gorilla/mux v1.8.0\n",
    ),
    "others' variables": Setup(
        process={
            "GO_ENV": "production",
            "GOLANG_VERSION": "1.27.3",
            "GOENV_ROOT": "/opt/goenv",
            "GOMAXPROCS": "2",
            "GOGC": "100",
            "GOPROXY1": "https://a.example",
            "FTP_PROXY": "http://gateway:3128",
            "GOOGLE_CLOUD_PROJECT": "x",
        }
    ),
    "a script's own name": Setup(
        process={"GO_PROXY": "https://goproxy.cn", "GOPROXY": "https://goproxy.cn"}
    ),
    "blanks and an empty entry": Setup(process={"GOPROXY": " https://goproxy.cn/ , ,direct"}),
    "http on this machine": Setup(process={"GOPROXY": "http://localhost:3000", "GOSUMDB": "off"}),
    "exceptions of the forward proxy": Setup(
        process={
            "HTTPS_PROXY": "http://gateway:8080",
            "NO_PROXY": "localhost, 127.0.0.1,10.0.0.0/8,.a.example,*.b.example,c.example:443",
        }
    ),
    "comments in the GOENV file": Setup(goenv="# mine\n\nGOPROXY=https://goproxy.cn\n"),
    "the same twice": Setup(
        process={"GOPROXY": "https://goproxy.cn"}, goenv="GOPROXY=https://goproxy.cn\n"
    ),
    "a login with its port": Setup(
        process={"GOPROXY": "https://modules.corp.example:8443"},
        netrc=NETRC.format("modules.corp.example:8443") + NETRC.format("modules.corp.example"),
    ),
}


@pytest.mark.parametrize("setup", HEALTHY.values(), ids=HEALTHY)
def test_what_is_unusual_and_healthy_is_no_alarm(setup: Setup) -> None:
    assert alarms(setup) == []


def test_a_setting_that_the_environment_hides_is_named_with_its_line() -> None:
    setup = Setup(
        process={"GOPROXY": "direct"}, goenv="GOSUMDB=off\nGOPROXY=https://u:secret@goproxy.cn\n"
    )
    (found,) = [problem for problem in problems(setup) if problem.rule == "setting-shadowed"]
    assert (found.file, found.line) == ("GOENV", 2)
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("export GOPROXY=https://goproxy.cn", "goenv-line-ignored"),
        (" GOPRIVATE=git.corp.example", "goenv-line-ignored"),
        ("GONOSUMDB = git.corp.example", "goenv-name-unknown"),
        ("GOPRIVTE=git.corp.example", "goenv-name-unknown"),
        ("HTTPS_PROXY=http://gateway:8080", "goenv-name-unknown"),
        ("GOPRIVATE='git.corp.example'", "goenv-quotes"),
        ("GOPRIVATE=git.corp.example\r", "goenv-line-end"),
        ("GOPRIVATE=a.example\nGOPRIVATE=b.example", "goenv-line-overridden"),
    ],
)
def test_a_line_that_go_does_not_see_is_named(line: str, rule: str) -> None:
    found = [p for p in problems(Setup(goenv=f"# settings\n{line}\n")) if p.rule == rule]
    assert [(problem.file, problem.line) for problem in found] == [("GOENV", 2)]


@pytest.mark.parametrize(
    ("machine", "goproxy", "rule"),
    [
        ("modules.corp.example", "https://modules.corp.example:8443", "netrc-port"),
        ("modules.corp.example:443", "https://modules.corp.example", "netrc-port"),
        ("https://modules.corp.example", "https://modules.corp.example", "netrc-address"),
        ("modules.corp.example", "http://modules.corp.example", "netrc-plain-http"),
    ],
)
def test_a_login_that_is_not_sent_is_found(machine: str, goproxy: str, rule: str) -> None:
    setup = Setup(process={"GOPROXY": goproxy}, netrc=f"machine a.b\n{NETRC.format(machine)}")
    found = [problem for problem in problems(setup) if problem.rule == rule]
    assert [(problem.file, problem.line) for problem in found] == [(".netrc", 2)]
    assert "token" not in str(found)
    assert "gopher" not in str(found)


def test_an_entry_without_password_counts_where_it_is_needed() -> None:
    bare = "machine modules.corp.example login gopher\n"
    needed = Setup(process={"GOPROXY": "https://modules.corp.example"}, netrc=bare)
    assert alarms(needed) == ["netrc-incomplete"]
    assert (alarms(Setup(netrc=bare)), notes(Setup(netrc=bare))) == ([], ["netrc-incomplete"])


@pytest.mark.parametrize(
    ("value", "noted"),
    [("corp-login --fast", True), ("netrc; git /home/me", True), ("netrc", False), ("off", False)],
)
def test_programs_that_go_asks_for_a_login_are_noted(value: str, noted: bool) -> None:
    found = notes(Setup(process={"GOAUTH": value}))
    assert ("goauth-program" in found) is noted


def test_goauth_without_netrc_leaves_the_login_out() -> None:
    setup = Setup(
        process={"GOPROXY": "https://modules.corp.example", "GOAUTH": "git /home/me"},
        netrc=NETRC.format("modules.corp.example"),
    )
    assert alarms(setup) == ["netrc-not-asked"]


def test_the_database_would_be_told_a_private_name() -> None:
    setup = Setup(
        process={"GONOPROXY": "git.corp.example"},
        netrc=NETRC.format("git.corp.example"),
        go_mod=LIB,
    )
    assert alarms(setup) == ["private-name-told-to-database"]
    known = replace(setup, go_sum="git.corp.example/lib v1.0.0 h1:x=\n")
    assert alarms(known) == []


def test_a_pattern_that_matches_nothing_is_one_problem_and_not_two() -> None:
    setup = Setup(process={"GOPRIVATE": "https://git.corp.example", "GONOPROXY": "none"})
    assert alarms(setup) == ["pattern-matches-nothing"]


def test_what_go_env_says_counts_before_what_is_worked_out() -> None:
    setup = Setup(go={"GOPROXY": "direct,https://goproxy.cn"})
    assert alarms(setup) == ["goproxy-unreached"]


def found_in(setup: Setup) -> list[Problem]:
    return [problem for problem in problems(setup) if problem.file in ("go.mod", "go.sum")]


def test_a_replacement_that_brings_an_excluded_version_back_is_found() -> None:
    go_mod = """module a.example/b

exclude (
	a.example/lib v1.1.0 // a defect
)
require a.example/lib v1.0.0
replace a.example/lib => a.example/lib v1.1.0
"""
    (found,) = found_in(Setup(go_mod=go_mod))
    assert (found.rule, found.line) == ("replaced-by-excluded", 7)
    (other,) = found_in(Setup(go_mod=go_mod.replace("v1.0.0", "v1.1.0").partition("replace")[0]))
    assert (other.rule, other.line) == ("required-and-excluded", 6)


def test_two_sums_of_one_module_are_found() -> None:
    (found,) = found_in(Setup(go_sum="a.b/c v1.0.0 h1:x=\na.b/c v1.0.0 h1:y=\n"))
    assert (found.rule, found.line) == ("gosum-contradicts", 2)
    assert not found_in(Setup(go_sum="a.b/c v1.0.0 h1:x=\na.b/c v1.0.0/go.mod h1:y=\n"))


@pytest.mark.parametrize(
    "value",
    [
        "https://gopher:sec,ret@goproxy.cn,direct",
        "https://gopher:sec%ret@goproxy.cn",
        "https://gopher:sec/ret@goproxy.cn|https://other.example",
        "http://gopher:sec ret@goproxy.cn",
        "https://secret@goproxy.cn",
    ],
)
def test_no_password_is_ever_shown(value: str) -> None:
    said = masked(value) + str(problems(Setup(process={"GOPROXY": value}, go_mod=LIB)))
    assert not [part for part in ("sec", "ret@", "gopher:") if part in said.replace("secret-", "")]


def test_what_go_reads_beside_go_mod_is_a_note() -> None:
    other = {"GOFLAGS": "-modfile=tools.mod", "GOWORK": "/home/me/go.work"}
    assert notes(Setup(go=other, go_mod=LIB)) == ["goflags-modfile", "workspace"]
    assert notes(Setup(go={"GOWORK": "off"}, go_mod=LIB)) == []


def test_a_scripts_own_name_for_what_it_gives_go_is_nobodys_mistake() -> None:
    assert problems(HEALTHY["a script's own name"]) == []
