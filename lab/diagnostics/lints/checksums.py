"""GOSUMDB, and what else decides whether anything is compared with anything."""

from __future__ import annotations

import hashlib
import re
import shlex
from base64 import b64decode
from collections.abc import Iterator

from lab.diagnostics.lints.model import Problem, Setup
from lab.diagnostics.lints.routes import fetches
from lab.go.settings import masked
from lab.results.findings import Severity

_KNOWN = ("sum.golang.org", "sum.golang.google.cn")
_ED25519 = 1
_KEY_BYTES = 32


def database(setup: Setup) -> Iterator[Problem]:
    """GOSUMDB that go refuses, and GOSUMDB=off (modfetch/sumdb.go, dbDial)."""
    setting = setup.setting("GOSUMDB")
    place = (setting.line, "GOENV" if setting.line else "")
    if setting.value == "off":
        if fetches(setup):
            yield Problem(
                "sumdb-off",
                "note",
                f"GOSUMDB=off of {setting.source}",
                "what comes first is right for ever: a module that is new to go.sum is compared "
                "with nothing",
                "unset it, and name your own hosts in GOPRIVATE",
                "go env GOSUMDB GONOSUMDB",
                "sumdb-off",
                *place,
            )
        return
    if why := _refused(setting.value):
        yield Problem(
            "sumdb-invalid",
            "error",
            f"GOSUMDB of {setting.source}: {masked(setting.value)[:80]}",
            f"{why}: go refuses every module that is not in go.sum",
            "unset it, or write the key, a blank, and the address to ask",
            "go env GOSUMDB",
            "sumdb-alternatives",
            *place,
        )


def _refused(value: str) -> str:
    """Say why go takes no database from this value; '' if it does."""
    fields = value.split()
    if not fields:
        return "it names no database"
    if len(fields) > 2:
        return "it has more than a key and an address"
    key, *rest = fields
    if rest and ":" in rest[0] and "://" not in rest[0]:
        return "what stands behind the blank is no address: https:// is missing"
    return "" if key in _KNOWN[: 1 if rest else 2] else _bad_key(key)


def _bad_key(key: str) -> str:
    """Check a verifier key, `name+8 digits+base64` (x/mod/sumdb/note, NewVerifier)."""
    name, _, rest = key.partition("+")
    number, _, encoded = rest.partition("+")
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        raw = b""
    if not name or not raw or not re.fullmatch(r"[0-9a-fA-F]{8}", number):
        return "it is neither a database that go knows nor a key (name+number+base64)"
    if hashlib.sha256(f"{name}\n".encode() + raw).digest()[:4].hex() != number.lower():
        return "the key's number is not its own: a letter of it is wrong"
    if raw[0] != _ED25519 or len(raw) != 1 + _KEY_BYTES:
        return "the key is not of a kind that go knows"
    return ""


def flags(setup: Setup) -> Iterator[Problem]:
    """GOFLAGS that go refuses, and those that hide something (cmd/go/internal/base/goflags.go)."""
    setting = setup.setting("GOFLAGS")
    place = (setting.line, "GOENV" if setting.line else "")

    def problem(rule: str, severity: Severity, seen: str, why: str, remedy: str) -> Problem:
        said = f"GOFLAGS of {setting.source}: {seen}"
        return Problem(rule, severity, said, why, remedy, "go env GOFLAGS", "", *place)

    try:
        words = shlex.split(setting.value)
    except ValueError:
        yield problem(
            "goflags-quotes",
            "error",
            "a quotation mark that is not closed",
            "every go command but `go env` fails",
            "close it",
        )
        return
    for word in words:
        name, _, value = word.removeprefix("-").removeprefix("-").partition("=")
        if not word.startswith("-") or not name:
            yield problem(
                "goflags-no-flag",
                "error",
                f"{masked(word)} is no flag",
                "every go command but `go env` fails; a value belongs to its flag, with =",
                "write -flag=value, without a blank",
            )
        elif name == "insecure":
            yield problem(
                "goflags-insecure",
                "error",
                "-insecure is a flag no more",
                "go get refuses to do anything with it, whatever it is to get",
                "remove it; GOINSECURE names hosts that have no valid certificate",
            )
        elif name == "e" and value in ("", "true", "1"):
            yield problem(
                "goflags-errors-hidden",
                "warning",
                "-e",
                "go list and go mod tidy exit with 0 whatever fails, and tidy drops what it could "
                "not load",
                "remove it, and give -e by hand where you mean it",
            )
        elif name == "modfile":
            yield problem(
                "goflags-modfile",
                "note",
                f"-modfile={masked(value)}",
                "go reads that file in the place of go.mod, and the go.sum beside it",
                "remove it where go.mod is to count",
            )
        elif (name, value) == ("mod", "mod"):
            yield problem(
                "goflags-mod-mod",
                "note",
                "-mod=mod",
                "any command may change go.mod and go.sum, and vendor is not used",
                "remove it where builds are to be repeatable",
            )
