"""Versions, module paths, escaping and go.mod, as golang.org/x/mod has them."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.goproto import semver
from lab.world import gomod
from lab.world.content import package_name
from lab.world.model import Module
from lab.world.modpath import (
    escape,
    file_problem,
    path_problem,
    split_major,
    unescape,
    version_problem,
)
from lab.world.repos import place

# From semver.org section 11 and x/mod/semver's own table: each line is lower than the next.
ASCENDING = [
    "v0.0.0-20170915032832-14c0d48ead0c", "v0.0.1", "v1.0.0-alpha", "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2", "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0",
    "v1.0.1-0.20190101000000-abcdefabcdef", "v1.0.1-pre", "v1.0.1", "v1.2.0", "v1.10.0",
    "v1.10.1-0.20200101000000-abcdefabcdef", "v2.0.0+incompatible",
]  # fmt: skip


def test_versions_are_ordered_as_semver_says() -> None:
    shuffled = random.Random(1).sample(ASCENDING, len(ASCENDING))
    assert sorted(shuffled, key=semver.key) == ASCENDING


@pytest.mark.parametrize(
    "bad", ["", "1.2.3", "v1", "v1.2", "v1.2.3.4", "v01.2.3", "v1.2.3-01", "v1.2.3-", "v1.2.3+",
            "v1.2.3-a..b", "v1.2.3-é", "v1.2.3\n", "V1.2.3", "v1.2.x"],
)  # fmt: skip
def test_what_is_no_version(bad: str) -> None:
    assert semver.parse(bad) is None
    with pytest.raises(ValueError, match="is not a semantic version"):
        semver.key(bad)


@pytest.mark.parametrize(
    ("base", "major", "expected"),
    [
        ("", 1, "v0.0.0-20240102030405-0123456789ab"),
        ("", 3, "v3.0.0-20240102030405-0123456789ab"),
        ("v1.2.3", 1, "v1.2.4-0.20240102030405-0123456789ab"),
        ("v1.2.3-pre", 1, "v1.2.3-pre.0.20240102030405-0123456789ab"),
        ("v2.0.0+incompatible", 1, "v2.0.1-0.20240102030405-0123456789ab+incompatible"),
    ],
)
def test_pseudo_versions_follow_their_base(base: str, major: int, expected: str) -> None:
    time = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    made = semver.pseudo(major, base, time, "0123456789abcdef0123")
    assert made == expected
    assert semver.is_pseudo(made)
    assert semver.pseudo_commit(made) == (time, "0123456789ab")
    assert not base or semver.key(base) < semver.key(made)


@pytest.mark.parametrize("tag", ["v1.2.3", "v1.2.3-pre", "v1.0.0-20240102030405", "v1.2.3-0.1-a"])
def test_tags_are_not_taken_for_commits(tag: str) -> None:
    assert not semver.is_pseudo(tag)
    assert semver.pseudo_commit(tag) is None


@pytest.mark.parametrize(
    "path", ["example.com/a", "rsc.io/quote/v3", "github.com/BurntSushi/toml", "gopkg.in/yaml.v3",
             "gopkg.in/yaml.v0", "a.b", "example.com/v1.2x", "example.com/a/v10", "a.b/c_d~e-f.g",
             "gopkg.in/check.v1-unstable"],
)  # fmt: skip
def test_module_paths(path: str) -> None:
    assert path_problem(path) == ""


@pytest.mark.parametrize(
    "path", ["", "a", "a/b", "/a.b", "a.b/", "a.b//c", "a.b/..", "a.b/.c", "a.b/c.", "A.b/c",
             "a.b/c d", "a.b/c@d", "a.b/é", "a.b/con", "a.b/COM1.x", "a.b/v1", "a.b/v0", "a.b/v02",
             "a.b/v1.2", "a.b/c~1", "-a.b/c", "gopkg.in/yaml", "gopkg.in/yaml/v3"],
)  # fmt: skip
def test_what_is_no_module_path(path: str) -> None:
    assert path_problem(path)


@pytest.mark.parametrize("name", ["a.go", "a b/c+d.txt", "é.go", ".gitignore", "x/!/[a]{b}.txt"])
def test_file_names(name: str) -> None:
    assert file_problem(name) == ""


@pytest.mark.parametrize("name", ["", "/a", "a/", "a/../b", "a:b", "a\\b", "aux.go", 'a"b', "a\0b"])
def test_what_is_no_file_name(name: str) -> None:
    assert file_problem(name)


@pytest.mark.parametrize(
    ("path", "version"),
    [("a.b/c", "v1.0.0"), ("a.b/c", "v2.0.0+incompatible"), ("a.b/c/v2", "v2.1.0-rc.1"),
     ("gopkg.in/c.v2", "v2.0.0"), ("gopkg.in/c.v1", "v0.0.0-20161208181325-20d25e280405")],
)  # fmt: skip
def test_versions_that_fit_their_path(path: str, version: str) -> None:
    assert version_problem(path, version) == ""


@pytest.mark.parametrize(
    ("path", "version"),
    [("a.b/c", "v2.0.0"), ("a.b/c/v2", "v1.0.0"), ("a.b/c/v2", "v2.0.0+incompatible"),
     ("a.b/c", "v1.0.0+incompatible"), ("gopkg.in/c.v2", "v3.0.0"), ("a.b/c", "v1.0.0+x")],
)  # fmt: skip
def test_versions_that_do_not_fit_their_path(path: str, version: str) -> None:
    assert version_problem(path, version)


@given(st.text(st.characters(codec="ascii", exclude_characters="!"), max_size=30))
def test_escaping_is_undone_and_has_no_capitals(text: str) -> None:
    escaped = escape(text)
    assert escaped == escaped.lower()
    assert unescape(escaped) == text


@given(st.text(st.sampled_from("aB!zé1/"), max_size=8))
def test_only_one_escaped_form_is_accepted(text: str) -> None:
    plain = unescape(text)
    assert plain is None or escape(plain) == text


@pytest.mark.parametrize(
    ("path", "url", "root", "directory", "branch"),
    [
        ("github.com/a/b", "https://github.com/a/b", "github.com/a/b", "", "master"),
        ("github.com/a/b/c/v2", "https://github.com/a/b", "github.com/a/b", "c", "v2"),
        ("golang.org/x/net", "https://go.googlesource.com/net", "golang.org/x/net", "", "master"),
        ("gopkg.in/yaml.v3", "https://gopkg.in/yaml.v3", "gopkg.in/yaml.v3", "", "master"),
        ("corp.example/x/y", "https://corp.example/x", "corp.example/x", "y", "master"),
        ("corp.example/x/v2", "https://corp.example/x", "corp.example/x", "", "v2"),
    ],
)
def test_where_modules_live(path: str, url: str, root: str, directory: str, branch: str) -> None:
    others = ["corp.example/x", "corp.example/xy", "github.com/a"]
    assert place(path, Module(), [path, *others]) == (url, root, directory, branch)


def test_packages_are_called_what_people_call_them() -> None:
    paths = ["gopkg.in/yaml.v3", "rsc.io/quote/v3", "github.com/a/go-redis", "a.b/go", "a.b/2fa"]
    assert [package_name(p) for p in paths] == ["yaml", "quote", "redis", "pkggo", "pkg2fa"]
    assert split_major("gopkg.in/yaml.v3") == ("gopkg.in/yaml", 3)


def test_what_a_made_up_go_mod_says() -> None:
    text = gomod.write(
        "a.b/x",
        go="1.20",
        require={"a.b/d": "v0.1.0", "a.b/c": "v1.0.0"},
        retract={"v1.0.0": "broken", "[v1.1.0, v1.2.0]": ""},
        deprecated="gone",
    )
    assert text == (
        "// Deprecated: gone\nmodule a.b/x\n\ngo 1.20\n\n"
        "require (\n\ta.b/c v1.0.0\n\ta.b/d v0.1.0\n)\n\n"
        "retract (\n\tv1.0.0 // broken\n\t[v1.1.0, v1.2.0]\n)\n"
    )
    assert gomod.retractions(text) == (("v1.0.0", "v1.0.0"), ("v1.1.0", "v1.2.0"))


def test_the_retractions_of_a_go_mod_by_hand() -> None:
    text = (
        '// a comment\nmodule "a.b/x" // retract v9.0.0\n\nrequire "a.b/c" v1.0.0 // indirect\n'
        "retract [v1.0.0,v1.9.9]\nretract (\n\tv2.0.0 // oops\n)\nreplace a.b/c => ./c\n"
    )
    assert gomod.retractions(text) == (("v1.0.0", "v1.9.9"), ("v2.0.0", "v2.0.0"))
