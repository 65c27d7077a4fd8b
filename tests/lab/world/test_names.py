"""Versions, module paths, escaping and go.mod, as golang.org/x/mod has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
