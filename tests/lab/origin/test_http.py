"""What HTTP itself promises: validators, ranges, HEAD, caching, HTTP/2."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.origin.app import Origin
from lab.world.build import build
from lab.world.model import World
from lab.world.tree import Tree
from tests.lab.origin.asking import Internet, ask
from tests.programs import needed

MODULE = "proxy.golang.org/github.com/gorilla/mux"
ZIP = f"{MODULE}/@v/v1.8.0.zip"


@pytest.mark.parametrize(
    ("url", "cache"),
    [
        (f"{MODULE}/@v/v1.8.0.info", "public, max-age=10800"),
        (f"{MODULE}/@v/v1.8.0.mod", "public, max-age=10800"),
        (ZIP, "public, max-age=10800"),
        (f"{MODULE}/@v/list", "public, max-age=60"),
        (f"{MODULE}/@latest", "public, max-age=60"),
        (f"{MODULE}/@v/master.info", "public, max-age=60"),
        (f"{MODULE}/@v/v9.9.9.info", "public, max-age=60"),
        ("proxy.corp.example/git.corp.example/lib/@v/list", "no-store"),
    ],
)
def test_what_never_changes_may_be_kept_longer(origin: Origin, url: str, cache: str) -> None:
    assert ask(origin, url).headers["cache-control"] == cache


@pytest.mark.parametrize("url", [ZIP, f"{MODULE}/@v/list", "sum.golang.org/latest"])
def test_an_etag_saves_sending_it_again(origin: Origin, url: str) -> None:
    first = ask(origin, url)
    tag = first.headers["etag"]
    again = ask(origin, url, headers={"if-none-match": f'"other", {tag}'})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert ask(origin, url, headers={"if-none-match": '"other"'}).body == first.body


def test_the_etag_changes_with_the_content(origin: Origin) -> None:
    assert ask(origin, ZIP).headers["etag"] != ask(origin, f"{ZIP[:-10]}v1.8.1.zip").headers["etag"]


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-999999", 206, slice(5, None)),
        ("bytes=999999-", 416, slice(0, 0)),
        ("bytes=7-3", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_ranges(origin: Origin, asked: str, status: int, part: slice) -> None:
    whole = ask(origin, ZIP).body
    answer = ask(origin, ZIP, headers={"range": asked})
    assert (answer.status, answer.body) == (status, whole[part])
    if status == 206:
        start, stop, _ = part.indices(len(whole))
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
        assert answer.headers["content-length"] == str(stop - start)


def test_a_range_of_something_that_has_changed_is_the_whole(origin: Origin) -> None:
    answer = ask(origin, ZIP, headers={"range": "bytes=0-3", "if-range": '"old"'})
    assert answer.status == 200


@pytest.mark.parametrize(
    "url",
    [ZIP, f"{MODULE}/@v/list", f"{MODULE}/@v/v9.9.9.info", "sum.golang.org/latest",
     "git.corp.example/lib?go-get=1", "proxy.corp.example/git.corp.example/lib/@v/list"],
)  # fmt: skip
def test_head_is_get_without_the_body(origin: Origin, url: str) -> None:
    got, head = ask(origin, url), ask(origin, url, method="HEAD")
    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")


def test_a_large_file_goes_out_in_pieces(tmp_path: Path) -> None:
    size = 3_000_000
    files = {"big.bin": {"size": size}}
    modules = {"example.com/big": {"versions": {"v1.0.0": {"files": files}}}}
    tree = build(World.model_validate({"modules": modules}), tmp_path)
    answer = ask(Origin(tree), "localhost/example.com/big/@v/v1.0.0.zip")
    assert answer.body == tree.file("example.com/big", "v1.0.0", "zip").read_bytes()
    assert len(answer.body) > size


@pytest.mark.parametrize(("option", "version"), [("--http2", "2"), ("--http1.1", "1.1")])
def test_tls_speaks_both_versions(net: Internet, tree: Tree, option: str, version: str) -> None:
    done = subprocess.run(
        [needed("curl"), "-sS", option, "-w", "%{http_version}",
         "--cacert", net.env["SSL_CERT_FILE"], "--proxy", net.env["HTTPS_PROXY"],
         f"https://{ZIP}", "-o", "-"],
        capture_output=True, timeout=20,
    )  # fmt: skip
    expected = tree.file("github.com/gorilla/mux", "v1.8.0", "zip").read_bytes()
    assert done.stdout == expected + version.encode()
