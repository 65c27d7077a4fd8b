"""URLs of Go's protocols, read and written."""

from __future__ import annotations

import fnmatch
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.goproto import urls
from faults.goproto.urls import GoRequest

COBRA = "github.com/spf13/cobra"
AZURE = "github.com/Azure/sdk"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/{COBRA}/@v/list", GoRequest("list", COBRA)),
        (f"/{COBRA}/@latest", GoRequest("latest", COBRA)),
        (f"/{COBRA}/@v/v1.8.0.info", GoRequest("info", COBRA, "v1.8.0")),
        (f"/{COBRA}/@v/v1.8.0.mod", GoRequest("mod", COBRA, "v1.8.0")),
        (f"/{COBRA}/@v/v1.8.0.zip?x=1", GoRequest("zip", COBRA, "v1.8.0")),
        (f"/{COBRA}/@v/master.info", GoRequest("info", COBRA, "master")),
        ("/github.com/%21azure/sdk/@v/v1.0.0.info", GoRequest("info", AZURE, "v1.0.0")),
        ("/github.com/!azure/sdk/@v/list", GoRequest("list", "github.com/Azure/sdk")),
        ("/a.b/c/@v/v2.0.0+incompatible.zip", GoRequest("zip", "a.b/c", "v2.0.0+incompatible")),
        ("/a.b/c/@v/v1.0.0-!r!c1.mod", GoRequest("mod", "a.b/c", "v1.0.0-RC1")),
        (f"/artifactory/api/go/{COBRA}/@v/list", GoRequest("list", COBRA)),
        ("/gopkg.in/yaml.v3/@v/list", GoRequest("list", "gopkg.in/yaml.v3")),
        ("/corp/lib/@v/list", GoRequest("list", "corp/lib")),
        ("/sumdb/sum.golang.org/supported", GoRequest("sumdb-supported")),
        ("/sumdb/sum.golang.org/latest", GoRequest("sumdb-latest")),
        ("/go/sumdb/sum.golang.org/tile/8/0/x001/234.p/5", GoRequest("sumdb-tile")),
        ("/tile/8/data/000", GoRequest("sumdb-tile")),
        ("/latest", GoRequest("sumdb-latest")),
        ("/lookup/github.com/!azure/sdk@v1.0.0", GoRequest("sumdb-lookup", AZURE, "v1.0.0")),
        ("/lib?go-get=1", GoRequest("go-import", "h.example/lib")),
        ("/lib.git/info/refs?service=git-upload-pack", GoRequest("git", "h.example/lib")),
        ("/lib/git-upload-pack", GoRequest("git", "h.example/lib")),
        ("/", None),
        ("/supported", None),
        ("/favicon.ico", None),
        ("/x/@v/v1.0.0.ziphash", None),
    ],
)  # fmt: skip
def test_what_a_url_asks_for(path: str, expected: GoRequest | None) -> None:
    assert urls.parse("h.example", path) == expected
    if expected:
        shape = urls.PATHS[expected.endpoint]
        assert fnmatch.fnmatchcase(unquote(path.partition("?")[0]), shape)


def test_every_endpoint_has_a_shape() -> None:
    assert tuple(urls.PATHS) == urls.ENDPOINTS


@given(st.text(max_size=60), st.text(max_size=80))
def test_any_url_is_read_without_a_crash(host: str, path: str) -> None:
    found = urls.parse(host, path)
    assert found is None or found.endpoint in urls.ENDPOINTS


@given(st.from_regex(r"[A-Za-z0-9]{1,8}\.com(/[A-Za-z0-9._-]{1,8}){0,3}", fullmatch=True))
def test_escapes_go_there_and_back(module: str) -> None:
    assert urls.unescape(urls.escape(module)) == module
    path = urls.quoted(f"/{urls.escape(module)}/@v/list")
    assert urls.parse("h", path) == GoRequest("list", module)
    assert urls.sibling(path, "@v/v1.0.0.info").endswith("/@v/v1.0.0.info")


def test_siblings_keep_what_stands_before() -> None:
    for name in ("@v/list", "@latest", "@v/v1.0.0.zip"):
        path = f"/api/go/github.com/%21azure/sdk/{name}"
        assert urls.sibling(path, "@v/list") == "/api/go/github.com/%21azure/sdk/@v/list"
