"""The checksum database, checked as a client would: every record against the signed tree."""

from __future__ import annotations

import hashlib
from base64 import b64decode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from lab.origin.app import Origin
from lab.origin.state import OriginState
from lab.world import tlog
from lab.world.build import build
from lab.world.load import base_world
from lab.world.model import Sumdb, World
from lab.world.tree import Tree
from tests.lab.origin.asking import ask


def merkle(leaves: list[bytes]) -> bytes:
    """Return the tree hash straight from its definition (RFC 6962 section 2.1)."""
    if len(leaves) < 2:
        return tlog.leaf_hash(leaves[0]) if leaves else hashlib.sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return tlog.node_hash(merkle(leaves[:split]), merkle(leaves[split:]))


def open_head(note: str, verifier: str) -> tuple[int, bytes]:
    """Check the signature of a tree head; return its size and root."""
    text, _, signature = note.partition("\n\n")
    name, key_hash, key = verifier.split("+", 2)
    raw = b64decode(key)
    assert hashlib.sha256(f"{name}\n".encode() + raw).digest()[:4].hex() == key_hash
    dash, signed_by, blob = signature.split()
    assert (dash, signed_by) == ("\u2014", name)
    assert b64decode(blob)[:4].hex() == key_hash
    public = Ed25519PublicKey.from_public_bytes(raw[1:])
    public.verify(b64decode(blob)[4:], f"{text}\n".encode())
    first, size, root = text.split("\n")
    assert first == "go.sum database tree"
    return int(size), b64decode(root)


@given(st.lists(st.binary(max_size=8), max_size=70), st.data())
def test_the_log_hashes_as_the_rfc_defines_it(records: list[bytes], data: st.DataObject) -> None:
    log = tlog.Tree(records)
    size = data.draw(st.integers(0, len(records)))
    assert log.root(size) == merkle(records[:size])


def test_tiles_are_what_the_tree_is_made_of() -> None:
    records = [b"%d\n" % n for n in range(600)]
    log = tlog.Tree(records)
    whole = log.tile(0, 1, 256, 600)
    assert whole == b"".join(map(tlog.leaf_hash, records[256:512]))
    assert log.tile(0, 2, 88, 600) == b"".join(map(tlog.leaf_hash, records[512:]))
    assert log.tile(0, 2, 89, 600) is None
    assert log.tile(1, 0, 2, 600) == merkle(records[:256]) + merkle(records[256:512])
    assert log.tile(1, 0, 3, 600) is None
    assert log.tile(2, 0, 1, 600) is None


def records_of(origin: Origin, host: str, size: int) -> list[bytes]:
    tile = ask(origin, f"{host}/tile/8/data/000.p/{size}")
    assert tile.status == 200
    return [part + b"\n" for part in tile.body.split(b"\n\n")[:-1]]


@pytest.mark.parametrize(
    "address",
    [
        "sum.golang.org",
        "sum.golang.google.cn",
        "proxy.golang.org/sumdb/sum.golang.org",
        "proxy.corp.example/sumdb/sum.golang.org",
    ],
)
def test_every_record_is_in_the_signed_tree(origin: Origin, tree: Tree, address: str) -> None:
    size, root = open_head(ask(origin, f"{address}/latest").text, tree.gosumdb)
    records = records_of(origin, address, size)
    assert merkle(records) == root
    hashes = ask(origin, f"{address}/tile/8/0/000.p/{size}").body
    assert hashes == b"".join(map(tlog.leaf_hash, records))
    module, version = "github.com/BurntSushi/toml", "v1.3.2"
    lookup = ask(origin, f"{address}/lookup/github.com/!burnt!sushi/toml@{version}").text
    number, _, rest = lookup.partition("\n")
    record, _, head = rest.partition("\n\n")
    assert records[int(number)].decode() == record + "\n"
    assert open_head(head, tree.gosumdb) == (size, root)
    zip_sum, mod_sum = tree.sums(module, version)
    assert record == f"{module} {version} {zip_sum}\n{module} {version}/go.mod {mod_sum}"


def test_a_changed_head_does_not_verify(origin: Origin, tree: Tree) -> None:
    head = ask(origin, "sum.golang.org/latest").text
    size = head.split("\n")[1]
    with pytest.raises(InvalidSignature):
        open_head(head.replace(f"\n{size}\n", f"\n{int(size) + 1}\n"), tree.gosumdb)


def test_only_a_proxy_that_relays_says_supported(tree: Tree) -> None:
    origin = Origin(tree)
    assert ask(origin, "goproxy.cn/sumdb/sum.golang.org/supported").status == 200
    assert ask(origin, "goproxy.cn/sumdb/sum.other.example/supported").status == 404


def test_private_modules_are_not_in_it(origin: Origin) -> None:
    answer = ask(origin, "sum.golang.org/lookup/git.corp.example/lib@v1.0.0")
    assert answer.status == 404


@pytest.mark.parametrize(
    "path",
    ["lookup/x", "lookup/a.b/c@1.0.0", "lookup/a.b/C@v1.0.0", "tile/8/0/1", "tile/9/0/001",
     "tile/8/data/000.p/0", "tile/8/0/000.p/9999"],
)  # fmt: skip
def test_bad_syntax_is_a_400(origin: Origin, path: str) -> None:
    assert ask(origin, f"sum.golang.org/{path}").status == 400


@pytest.mark.parametrize("path", ["tile/8/0/000", "tile/8/9/000.p/1", "tile/8/data/001.p/1", "x"])
def test_what_is_not_there_is_a_404(origin: Origin, path: str) -> None:
    assert ask(origin, f"sum.golang.org/{path}").status == 404


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    sumdb = Sumdb(size=10, fork=["github.com/gorilla/mux@v1.8.0"])
    return build(base_world().merged(World(sumdb=sumdb)), tmp_path_factory.mktemp("worlds"))


def test_the_tree_grows_when_it_is_told_or_asked_and_stays_consistent(growing: Tree) -> None:
    origin = Origin(growing)
    heads = []

    def look() -> None:
        heads.append(open_head(ask(origin, "sum.golang.org/latest").text, growing.gosumdb))

    look()
    assert ask(origin, "sum.golang.org/lookup/github.com/gorilla/mux@v1.8.1").status == 200
    look()
    ask(origin, "sum.golang.org/lookup/github.com/gorilla/mux@v1.8.1")
    look()
    origin.state = OriginState(sumdb_size=20)
    look()
    assert [size for size, _ in heads] == [10, 11, 11, 20]
    records = records_of(origin, "sum.golang.org", 20)
    for size, root in heads:
        assert merkle(records[:size]) == root


def test_a_second_database_disagrees_under_the_same_key(growing: Tree) -> None:
    origin = Origin(growing)
    origin.state = OriginState(forked=("goproxy.cn",), sumdb_size=1000)
    lookup = "lookup/github.com/gorilla/mux@v1.8.0"
    true = ask(origin, f"sum.golang.org/{lookup}").text
    false = ask(origin, f"goproxy.cn/sumdb/sum.golang.org/{lookup}").text
    assert true.split("\n")[1] != false.split("\n")[1]
    assert true.split("\n")[2] == false.split("\n")[2]
    assert (
        open_head(true.partition("\n\n")[2], growing.gosumdb)[1]
        != open_head(false.partition("\n\n")[2], growing.gosumdb)[1]
    )
    same = "lookup/github.com/gorilla/mux@v1.8.1"
    assert (
        ask(origin, f"sum.golang.org/{same}").text.split("\n")[1:3]
        == ask(origin, f"goproxy.cn/sumdb/sum.golang.org/{same}").text.split("\n")[1:3]
    )


def test_the_key_is_the_same_on_every_machine() -> None:
    key = tlog.signer("sum.golang.org")
    assert key.verifier.startswith("sum.golang.org+9db8d6ba+")
    assert key.tree_head(0, merkle([]))
