"""Keys and notes as golang.org/x/mod/sumdb/note has them."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from faults.goproto import signed_note
from lab.world import tlog

# The key pair and the signed note of the documentation of x/mod/sumdb/note.
KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)


def test_signs_as_go_does() -> None:
    key = signed_note.signer(KEY)
    assert key.verifier == VERIFIER
    assert key.sign(TEXT) == f"{TEXT}\n\u2014 PeterNeumann {SIGNATURE}\n"


def test_the_origin_signs_with_the_same_code() -> None:
    key = tlog.signer("sum.golang.org")
    assert isinstance(key, signed_note.Signer)
    text, _, signature = key.tree_head(3, b"\0" * 32).partition("\n\n")
    assert text == f"go.sum database tree\n3\n{b64encode(bytes(32)).decode()}"
    raw = b64decode(signature.split()[-1])
    assert raw[:4] == key.number
    public = b64decode(key.verifier.split("+", 2)[2])[1:]
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], f"{text}\n".encode())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PUBLIC+KEY+x+00000000+AA==", "not a note signer's key"),
        ("PRIVATE+KEY+x+00000000", "not a note signer's key"),
        ("PRIVATE+KEY+x+00000000+AA==", "not an Ed25519 key"),
        (KEY.replace("c74f20a3", "c74f20a4"), "the key's number is c74f20a3, not c74f20a4"),
    ],
)
def test_what_is_no_key(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        signed_note.signer(text)


def test_only_a_tree_head_is_forked() -> None:
    key = tlog.signer("sum.golang.org")
    head = key.tree_head(7, b"\1" * 32)
    other = signed_note.forked(f"a record\n\n{head}", key)
    assert other is not None
    assert other.startswith("a record\n\ngo.sum database tree\n7\n")
    assert other.partition("\n7\n")[2] != head.partition("\n7\n")[2]
    assert signed_note.forked(TEXT, key) is None
