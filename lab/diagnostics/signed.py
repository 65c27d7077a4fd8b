"""What a checksum database says of a version, and who signed it (x/mod/sumdb/note, tlog)."""

from __future__ import annotations

import re
from base64 import b64decode

from lab.diagnostics.sumdb import hashes

_SIGNATURE = re.compile(r"\u2014 (\S+) (\S+)")


def record_problems(text: str, module: str, version: str, key: str) -> list[str]:
    """Say what is wrong with the answer to a lookup: its number, its lines, the head of the tree.

    Args:
        text: what was answered.
        module: what was looked up.
        version: which of its versions.
        key: the verifier's key, `name+hash+base64`.
    """
    record, _, note = text.partition("\n\n")
    number, _, lines = record.partition("\n")
    if not number.isdigit():
        return [f"what is answered is no record: {text[:60]!r}"]
    said = hashes(lines, module, version)
    missing = [name for name in (version, f"{version}/go.mod") if name not in said]
    wrong = [f"the record has no line for {module} {missing[0]}"] if missing else []
    if problem := head_problem(note, key, int(number)):
        wrong.append(problem)
    return wrong


def head_problem(note: str, key: str, record: int) -> str:
    """Say what is wrong with the signed head of a tree; '' if nothing is.

    Args:
        note: the text and its signatures.
        key: the verifier's key, `name+hash+base64`.
        record: the number of a record, which must be in the tree.
    """
    text, blank, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3 or lines[0] != "go.sum database tree":
        return "the record is without the signed head of a tree"
    if not lines[1].isdigit() or int(lines[1]) <= record:
        return f"record {record} is not in a tree of {lines[1]}"
    name, number, encoded = key.split("+", 2)
    try:
        public = b64decode(encoded, validate=True)
        for found in _SIGNATURE.finditer(signatures):
            signature = b64decode(found[2], validate=True)
            if found[1] == name and signature[:4].hex() == number:
                good = _verifies(public[1:], f"{text}\n".encode(), signature[4:])
                return "" if good else f"the signature of {name} is not that of its key"
    except ValueError:
        return "the key or a signature is no base64"
    return f"the head of the tree is not signed by {name}"


def _verifies(public: bytes, text: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature:
        return False
    return True
