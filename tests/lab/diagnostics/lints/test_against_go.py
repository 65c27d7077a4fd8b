"""Lints and a real go agree on what go refuses, matches and reads; no network is used."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from lab.diagnostics.lints import problems
from lab.diagnostics.lints.model import Setup
from lab.go.settings import matches

MODULE = "x.example/y.git/z"  # go takes it for a git repository without asking its host


def go(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-modcacherw",
        "GOVCS": "*:off",
        "GOPROXY": "off",
        **env,
    }
    return subprocess.run(["go", *words], env=settings, cwd=folder, capture_output=True, text=True)


def errors(**process: str) -> list[str]:
    return [found.rule for found in problems(Setup(process=process)) if found.severity == "error"]


REFUSED = ("GOPROXY list is", "invalid ", "parse ", "refusing to pass", "no Host in")


@pytest.mark.parametrize(
    "value",
    [
        ",",
        "Direct",
        "none",
        "ftp://127.0.0.1",
        "http://u:p@127.0.0.1:9",
        "https://u:100%@127.0.0.1:9",
        "https://u:p,w@127.0.0.1:9",
        "https://127.0.0.1:9;direct",
        "https://127.0.0.1:9 direct",
        '"https://127.0.0.1:9"',
        "file://disk",
        "/disk",
        "https:/127.0.0.1",
        "off",
        "127.0.0.1:9",
        "file:///disk",
        "http://127.0.0.1:9, direct,,ftp://never.read",
        "https://u:100%25@127.0.0.1:9/base/",
    ],
)
def test_goproxy_is_an_error_where_go_refuses_it(tmp_path: Path, value: str) -> None:
    said = go(tmp_path, "list", "-m", f"{MODULE}@v1.0.0", GOPROXY=value).stderr
    assert bool(errors(GOPROXY=value)) == any(word in said for word in REFUSED), said


@pytest.mark.parametrize(
    "pattern",
    [
        "x.example",
        "x.example/",
        "x.example/*",
        "x.example/*/*/*",
        "*.example",
        "[x].example",
        "x.exampl?",
        "x.example/y.git",
        "X.example",
        "https://x.example",
        "x.example:443",
        ".example",
        " x.example",
        "x.example ",
        "a.b;x.example",
        "a.b x.example",
        "/x.example",
        "x.example//",
        "[",
        "x",
    ],
)
def test_a_pattern_that_matches_nothing_is_an_error(tmp_path: Path, pattern: str) -> None:
    said = go(tmp_path, "list", "-m", f"{MODULE}@v1.0.0", GOPRIVATE=pattern).stderr
    private = "GOVCS disallows using git for private" in said
    assert private or "disabled by GOPROXY=off" in said, said
    assert private == matches(pattern, MODULE)
    assert bool(errors(GOPRIVATE=pattern)) == (not private and pattern != "x.example/*/*/*")


def test_the_goenv_file_is_read_as_go_reads_it(tmp_path: Path) -> None:
    text = (
        '# mine\nexport GOPROXY=https://a.example\n GOPRIVATE=x.y\nGONOSUMDB = z\nGOSUMDB="off"\n'
        "GOINSECURE=a\nGOINSECURE=b\nGONOPROXY\nGOFLAGS=-modcacherw\r\nGOVCS="
    )
    (tmp_path / "env").write_bytes(text.encode())
    names = ["GOPROXY", "GOPRIVATE", "GONOSUMDB", "GOSUMDB", "GOINSECURE", "GONOPROXY", "GOFLAGS"]
    unset = dict.fromkeys([*names, "GOVCS"], "")
    said = go(tmp_path, "env", "-json", *names, **{**unset, "GOENV": str(tmp_path / "env")})
    setup = Setup(goenv=text)
    assert {name: setup.value(name) for name in names} == json.loads(said.stdout)


@pytest.mark.parametrize(
    ("value", "commands"),
    [
        ("-mod=mod", ()),
        ("mod=mod", ("list",)),
        ("-mod mod", ("list",)),
        ('"-x', ("list",)),
        ("-insecure", ("get",)),
        ("'-ldflags=-s -w' -trimpath", ()),
    ],
)
def test_goflags_are_an_error_where_a_command_refuses_them(
    tmp_path: Path, value: str, commands: tuple[str, ...]
) -> None:
    (tmp_path / "go.mod").write_text("module a.example/b\n\ngo 1.21\n")
    asked = {"list": ("list", "-m"), "get": ("get", "a.example/b")}
    said = {name: go(tmp_path, *words, GOFLAGS=value).stderr for name, words in asked.items()}
    failed = {name for name, text in said.items() if "$GOFLAGS" in text or "-insecure" in text}
    assert set(commands) <= failed
    assert bool(errors(GOFLAGS=value)) == bool(failed)


KEY = "sum.golang.org+9db8d6ba+AclteJG4MFjzpDgSIevYuDT7ltbTwhpAXg71mcph3Bl/"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that is a proxy with one module."""
    root = tmp_path_factory.mktemp("disk")
    folder = root / "x.example" / "y" / "@v"
    folder.mkdir(parents=True)
    (folder / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (folder / "v1.0.0.mod").write_text("module x.example/y\n")
    with zipfile.ZipFile(folder / "v1.0.0.zip", "w") as archive:
        archive.writestr("x.example/y@v1.0.0/go.mod", "module x.example/y\n")
    return root


@pytest.mark.parametrize(
    "value",
    [
        "off",
        "a b c",
        "nonsense",
        " ",
        "sum.golang.org+insecure",
        "sum.golang.org http://127.0.0.1:9",
        "sum.golang.org 127.0.0.1:9",
        "sum.golang.org 127.0.0.1",
        "sum.golang.google.cn http://127.0.0.1:9",
        f"{KEY} http://127.0.0.1:9",
        f"{KEY.replace('ba+', 'bb+')} http://127.0.0.1:9",
    ],
)
def test_gosumdb_is_an_error_where_go_refuses_it(tmp_path: Path, disk: Path, value: str) -> None:
    (tmp_path / "go.mod").write_text("module a.example/b\n\nrequire x.example/y v1.0.0\n")
    asked = ("mod", "download", "x.example/y@v1.0.0")
    said = go(tmp_path, *asked, GOSUMDB=value, GOPROXY=f"file://{disk}").stderr
    refused = "GOSUMDB" in said
    assert bool(errors(GOSUMDB=value)) == refused, said
    assert refused or value == "off" or "connection refused" in said, said


def test_of_two_sums_go_sees_the_first(tmp_path: Path, disk: Path) -> None:
    settings = {"GOSUMDB": "off", "GOPROXY": f"file://{disk}"}
    (tmp_path / "go.mod").write_text("module a.example/b\n\ngo 1.21\n")
    assert go(tmp_path, "get", "x.example/y@v1.0.0", **settings).returncode == 0
    good = (tmp_path / "go.sum").read_text()
    bad = f"x.example/y v1.0.0 h1:{'A' * 43}=\n"
    for text, failed in ((good + bad, False), (bad + good, True)):
        (tmp_path / "go.sum").write_text(text)
        done = go(tmp_path, "mod", "download", **settings, GOMODCACHE=str(tmp_path / "cold"))
        assert (done.returncode != 0) == failed, done.stderr
        assert [found.rule for found in problems(Setup(go_sum=text))] == ["gosum-contradicts"]
