"""Every way in which a world file can be wrong, and the line that says where and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import ScenarioError
from lab.world.load import base_world, load_world

BAD = {
    "duplicate version in a mapping": (
        """
        modules:
          example.com/a:
            versions:
              v1.0.0: {}
              v1.0.0: {}
        """,
        "5:7: 'v1.0.0' is here twice; the first is on line 4",
    ),
    "duplicate version in a list": (
        """
        modules:
          example.com/a: {versions: [v1.0.0, v1.0.0]}
        """,
        "2:29: 'v1.0.0' is listed twice; drop one",
    ),
    "no semver": (
        """
        modules:
          example.com/a:
            versions: [v1.0.0, v1.2]
        """,
        "3:24: 'v1.2' is not a semantic version like v1.2.3",
    ),
    "no v": (
        """
        modules:
          example.com/a:
            versions:
              1.2.3: {}
        """,
        "4:7: '1.2.3' is not a semantic version like v1.2.3; write v in front",
    ),
    "leading zero": (
        """
        modules: {example.com/a: {versions: [v1.02.3]}}
        """,
        "1:38: 'v1.02.3' is not a semantic version",
    ),
    "build metadata": (
        """
        modules: {example.com/a: {versions: [v1.2.3+meta]}}
        """,
        "1:38: 'v1.2.3+meta' has build metadata, which Go drops; leave out '+meta'",
    ),
    "v2 without suffix": (
        """
        modules: {example.com/a: {versions: [v2.0.0]}}
        """,
        (
            "1:38: 'v2.0.0' does not fit the path; name the module example.com/a/v2, "
            "or the version v2.0.0+incompatible"
        ),
    ),
    "v3 under v2": (
        """
        modules: {example.com/a/v2: {versions: [v3.0.0]}}
        """,
        "1:41: 'v3.0.0' does not fit the path, which wants v2",
    ),
    "incompatible with go.mod": (
        """
        modules: {example.com/a: {versions: [v2.0.0+incompatible]}}
        """,
        "1:38: is +incompatible, so it has no go.mod; say go.mod: false",
    ),
    "no domain": (
        """
        modules: {lib/a: {versions: [v1.0.0]}}
        """,
        "1:11: the module path must begin with a domain name; 'lib' has no dot",
    ),
    "v1 suffix": (
        """
        modules: {example.com/a/v1: {versions: [v1.0.0]}}
        """,
        "1:11: the module path must not end in /v1; v0 and v1 have no suffix",
    ),
    "path with a space": (
        """
        modules: {"example.com/a b": {versions: [v1.0.0]}}
        """,
        "1:11: the module path has a character in 'a b' that only file names may have",
    ),
    "path with dots": (
        """
        modules: {example.com/../a: {versions: [v1.0.0]}}
        """,
        "1:11: the module path has an element made of dots, '..'",
    ),
    "capital host": (
        """
        modules: {Example.com/a: {versions: [v1.0.0]}}
        """,
        "1:11: the module path must begin with a domain name in lower case",
    ),
    "nothing in it": (
        """
        modules:
          example.com/a: {}
        """,
        "2:3: has neither versions nor commits on a branch; give it one",
    ),
    "requires a stranger": (
        """
        modules:
          example.com/a:
            versions:
              v1.0.0:
                require: {example.com/b: v1.0.0}
        """,
        (
            "5:34: requires example.com/b, which is not in this world; add it, or write out "
            "go.mod, which may say anything"
        ),
    ),
    "requires a missing version": (
        """
        modules:
          example.com/a:
            require: {github.com/gorilla/mux: v9.9.9}
            versions: [v1.0.0]
        """,
        (
            "3:39: requires github.com/gorilla/mux v9.9.9, but the world has v1.7.3, v1.7.4, "
            "v1.8.0, v1.8.1 of it"
        ),
    ),
    "cycle": (
        """
        modules:
          example.com/a:
            versions: {v1.0.0: {require: {example.com/b: v1.0.0}}}
          example.com/b:
            versions: {v1.0.0: {require: {example.com/c: v1.0.0}}}
          example.com/c:
            versions: {v1.0.0: {require: {example.com/a: v1.0.0}}}
        """,
        (
            "3:50: a cycle: example.com/a@v1.0.0 -> example.com/b@v1.0.0 -> example.com/c@v1.0.0 "
            "-> example.com/a@v1.0.0; drop one of these requires"
        ),
    ),
    "requires itself": (
        """
        modules:
          example.com/a: {require: {example.com/a: v1.0.0}, versions: [v1.0.0]}
        """,
        "2:44: a cycle: example.com/a@v1.0.0 -> example.com/a@v1.0.0",
    ),
    "LICENSE over Go's limit": (
        """
        modules:
          example.com/a:
            versions:
              v1.0.0:
                files: {LICENSE: {size: 16777217}}
        """,
        "5:26: is 16777217 bytes; Go takes LICENSE up to 16777216, make it smaller",
    ),
    "module over Go's limit": (
        """
        modules:
          example.com/a:
            versions:
              v1.0.0:
                files: {a.bin: {size: 300000000}, b.bin: {size: 300000000}}
        """,
        "5:16: the files are 600000000 bytes; Go takes modules up to 524288000",
    ),
    "file name": (
        """
        modules:
          example.com/a: {versions: {v1.0.0: {files: {"a/../../b": x}}}}
        """,
        "2:47: the file name has an element made of dots, '..'",
    ),
    "case fold": (
        """
        modules:
          example.com/a: {versions: {v1.0.0: {files: {a.go: x, A.go: y}}}}
        """,
        "2:56: 'A.go' and 'a.go' differ only in case; Go refuses both",
    ),
    "nested go.mod": (
        """
        modules:
          example.com/a: {versions: {v1.0.0: {files: {sub/go.mod: x}}}}
        """,
        "2:47: a go.mod makes sub a module of its own; declare it as one",
    ),
    "retract nothing": (
        """
        modules:
          example.com/a: {versions: {v1.0.0: {retract: [latest]}}}
        """,
        "2:49: 'latest' is neither a version nor an interval [v1.0.0, v1.2.0]",
    ),
    "time": (
        """
        modules:
          example.com/a: {versions: {v1.0.0: {time: yesterday}}}
        """,
        "2:45: 'yesterday' is not a time like 2024-01-31T12:00:00Z",
    ),
    "unknown key": (
        """
        modules:
          example.com/a: {version: [v1.0.0]}
        """,
        "2:19: unknown key 'version'; did you mean 'versions'?",
    ),
    "branch with a slash": (
        """
        modules:
          example.com/a: {branches: {feature/x: [{}]}}
        """,
        "2:30: 'feature/x' is not a branch that a proxy can be asked for (no slashes)",
    ),
    "two modules in one place": (
        """
        modules:
          example.com/a: {versions: [v1.0.0], repo: "https://github.com/gorilla/mux"}
        """,
        "2:3: is in the same place as github.com/gorilla/mux: https://github.com/gorilla/mux",
    ),
    "status": (
        """
        credentials: {me: {user: a, secret: b, status: stale}}
        """,
        "1:48: 'stale' is not known here; one of expired, revoked, valid",
    ),
    "credential with a blank": (
        """
        credentials: {me: {user: a, secret: b c}}
        """,
        "1:37: 'b c' is not one word, and .netrc, as go reads it, has no quotes",
    ),
    "user without a name": (
        """
        credentials: {me: {user: "", secret: b}}
        """,
        "1:26: '' is not one word, and .netrc, as go reads it, has no quotes",
    ),
    "fork of nothing": (
        """
        sumdb: {fork: [example.com/a@v1.0.0]}
        """,
        "1:16: 'example.com/a@v1.0.0' is not path@version of a module in this world",
    ),
    "host": (
        """
        hosts: {"Example.com/x": {proxy: /}}
        """,
        "1:9: 'Example.com/x' is not a host name",
    ),
    "toolchain": ("toolchains: [1.22]\n", "1:14: must be text; put quotes round 1.22"),
    "toolchain name": ("toolchains: [go2]\n", "1:14: 'go2' is not a toolchain name like go1.99.0"),
    "empty": ("", "1:1: the file is empty"),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.replace(" ", "-"))
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, case: str) -> None:
    text, expected = BAD[case]
    file = tmp_path / "world.yaml"
    lines = [line[8:] if line.startswith(" " * 8) else line for line in text.splitlines()]
    file.write_text("\n".join(lines).lstrip("\n"))
    with pytest.raises(ScenarioError) as raised:
        load_world(file)
    assert f"{file}:{expected}" in str(raised.value)


def test_each_problem_is_a_line_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(
        "modules:\n"
        "  example.com/a: {versions: [v1, v2]}\n"
        "  b: {versions: [v1.0.0]}\n"
        "  example.com/c: {}\n"
    )
    with pytest.raises(ScenarioError) as raised:
        load_world(file)
    assert [line.split(": ")[0].rpartition("world.yaml")[2] for line in raised.value.problems] == [
        ":2:30", ":2:34", ":3:3", ":4:3",
    ]  # fmt: skip


def test_a_cycle_of_paths_through_other_versions_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(
        "modules:\n"
        "  example.com/a: {versions: {v1.0.0: {}, v1.1.0: {require: {example.com/b: v1.0.0}}}}\n"
        "  example.com/b: {versions: {v1.0.0: {require: {example.com/a: v1.0.0}}}}\n"
    )
    assert "example.com/a" in load_world(file).modules


def test_the_base_world_has_no_fault() -> None:
    assert len(base_world().modules) > 20
