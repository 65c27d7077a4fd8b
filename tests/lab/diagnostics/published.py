"""One module on two proxies, with its record in a database: as it should be, or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faults.goproto.signed_note import Signer
from lab.diagnostics.interface import Finding
from lab.sandbox.interface import Answer
from lab.world.modzip import mod_sum, pack, sum_lines, zip_sum
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, look, ok

M, V, P = "example.com/m", "v1.1.0", "v1.1.1-0.20240102030405-0123456789ab"
CN = "https://goproxy.cn"
MOD = b"module example.com/m\n\ngo 1.21\n"
FILES = {"go.mod": MOD, "m.go": b"package m\n"}
KEY = Signer("sum.golang.org", b"k" * 32)
SUMDB = "/sumdb/sum.golang.org"
TIME = "2024-01-02T03:04:05Z"
Changes = Mapping[str, Any]


def record(signer: Signer = KEY, *, lines: str | None = None, size: int = 9) -> str:
    own = sum_lines(M, V, zip_sum(M, V, FILES), mod_sum(MOD))
    return f"7\n{own if lines is None else lines}\n{signer.tree_head(size, b'r' * 32)}"


def served(version: str = V, files: Mapping[str, bytes] = FILES) -> dict[str, Answer]:
    """What a proxy has of the module, by the path below it."""
    return {
        f"/{M}/@v/v1.1.0.info": ok('{"Version": "v1.1.0"}'),
        f"/{M}/@v/v1.1.0.mod": ok(MOD),
        f"{SUMDB}/lookup/{M}@v1.1.0": ok(record()),
        f"/{M}/@v/list": ok("v1.0.0\nv1.1.0\n", content_type="text/plain"),
        f"/{M}/@latest": ok(f'{{"Version": "v1.1.0", "Time": "{TIME}"}}'),
        f"/{M}/@v/{version}.info": ok(f'{{"Version": "{version}", "Time": "{TIME}"}}'),
        f"/{M}/@v/{version}.mod": ok(files.get("go.mod", b"module example.com/m\n")),
        f"/{M}/@v/{version}.zip": ok(pack(M, version, files)),
        f"/{M}/@v/master.info": ok(f'{{"Version": "{P}", "Time": "{TIME}"}}'),
        "/golang.org/toolchain/": ok("module golang.org/toolchain\n"),
        "/github.com/%21burnt%21sushi/toml/@v/list": ok("v1.0.0\n"),
        f"{SUMDB}/supported": ok(""),
        f"{SUMDB}/lookup/{M}@{version}": ok(record()),
    }


def machine(
    own: Changes | None = None, other: Changes | None = None, /, **more: Any
) -> FakeMachine:
    """A machine whose own proxy and whose second source are as they should be, but for this."""
    version = more.pop("version", V)
    answers = {
        f"{PUBLIC}{path}": each for path, each in (served(version) | dict(own or {})).items()
    }
    answers |= {f"{CN}{path}": each for path, each in (served(version) | dict(other or {})).items()}
    answers |= more.pop("answers", {})
    env = {"GOSUMDB": KEY.verifier, **more.pop("env", {})}
    return FakeMachine({k: v for k, v in answers.items() if v}, env=env, **more)


def listed(body: str | bytes, **headers: str) -> dict[str, Answer]:
    return {f"/{M}/@v/list": ok(body, **headers)}


def version_file(kind: str, answer: Answer) -> dict[str, Answer]:
    return {f"/{M}/@v/{V}.{kind}": answer}


OTHER = {**FILES, "m.go": b"package m // altered\n"}


def found(name: str, on: FakeMachine, required: str = V) -> Finding:
    """What a probe says of the module."""
    return look(name, on, M, required)
