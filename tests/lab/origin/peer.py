"""Go's own test proxy, and go's own script tests with our origin in its place.

Both stand in every toolchain as the test binary of cmd/go, which serves the archives in
src/cmd/go/testdata/mod and runs the scripts in src/cmd/go/testdata/script against them. We build
that binary once for each toolchain, with two changes laid over it: it can be told the address of
another proxy, and the checksum database has the key of ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.source import SourceError
from faults.validation import check as in_form
from lab.go.toolchain import Toolchain
from lab.paths import cache_root
from lab.world import tlog, txtar
from lab.world.check import faults
from lab.world.model import World
from lab.world.modpath import unescape

SUMDB = "localhost.localdev/sumdb"
_START = "proxyOnce.Do(func() {"
_ELSEWHERE = """
		if proxyURL = os.Getenv("GOLAB_ORIGIN"); proxyURL != "" {
			return
		}
"""


def archives(toolchain: Toolchain) -> Iterator[tuple[str, str, str]]:
    """Yield path, version and txtar text of the modules that Go's test proxy serves."""
    for file in sorted((toolchain.goroot / "src/cmd/go/testdata/mod").glob("*_v*.txt")):
        path, _, version = file.stem.rpartition("_v")
        module, tag = unescape(path.replace("_", "/")), unescape(f"v{version}")
        assert module
        assert tag
        name = f"{module}@{tag}"
        parts = txtar.sections(file.read_text())
        yield module, tag, "".join(f"-- {name}/{p.name} --\n{p.text}" for p in parts)


def world(toolchain: Toolchain) -> tuple[World, dict[str, str]]:
    """Return Go's test modules as a world, and why some cannot be in one.

    None has a repository: their commits are made up, and the test proxy has no VCS either.
    """
    fit, unfit = "", dict[str, str]()
    for module, version, text in archives(toolchain):
        try:
            wrong = [f.message for f in faults(_world(text))]
        except SourceError as error:
            wrong = [problem.message for problem in error.problems]
        if wrong:
            unfit[f"{module}@{version}"] = wrong[0]
        else:
            fit += text
    return _world(fit), unfit


def _world(text: str) -> World:
    source = txtar.parse(text, "testdata/mod")
    for module in source.data["modules"].values():
        module["vcs"] = False
    source.data["sumdb"] = {"name": SUMDB}
    return in_form(source, World)


def binary(toolchain: Toolchain) -> Path:
    """Return the test binary of cmd/go, built once for each toolchain (40 s on two cores)."""
    original = toolchain.goroot / "src/cmd/go/proxy_test.go"
    text = original.read_text()
    assert _START in text
    text = text.replace(_START, _START + _ELSEWHERE, 1)
    key = tlog.signer(SUMDB).verifier
    text = re.sub(r'(testSumDBVerifierKey += )"[^"]*"', rf'\g<1>"{key}"', text, count=1)
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    target = cache_root() / "peer" / f"go{toolchain.version}-{mark}.test"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            work = Path(name)
            (work / "proxy_test.go").write_text(text)
            overlay = {"Replace": {str(original): str(work / "proxy_test.go")}}
            (work / "overlay.json").write_text(json.dumps(overlay))
            command = ["go", "test", "-c", "-overlay", str(work / "overlay.json")]
            subprocess.run(
                [*command, "-o", str(work / "built"), "cmd/go"], check=True, timeout=300,
                cwd=original.parent, env=environment(toolchain, work),
            )  # fmt: skip
            (work / "built").rename(target)
    return target


def environment(toolchain: Toolchain, home: Path) -> dict[str, str]:
    """Return the environment of the test binary: nothing but a toolchain and a home."""
    return {
        "PATH": os.pathsep.join([str(toolchain.goroot / "bin"), os.environ["PATH"]]),
        "HOME": str(home),
        "GOCACHE": str(home / "gocache"),
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }


@contextmanager
def oracle(toolchain: Toolchain, home: Path) -> Iterator[str]:
    """Run Go's own test proxy; yield its URL."""
    with subprocess.Popen(
        [binary(toolchain), "-proxy=127.0.0.1:0"], text=True, stderr=subprocess.PIPE,
        cwd=toolchain.goroot / "src/cmd/go", env=environment(toolchain, home),
    ) as process:  # fmt: skip
        try:
            assert process.stderr
            line = next(line for line in process.stderr if "GOPROXY=" in line)
            yield line.strip().partition("GOPROXY=")[2]
        finally:
            process.kill()


def scripts(toolchain: Toolchain, home: Path, pattern: str, origin: str = "") -> dict[str, str]:
    """Run go's script tests whose names match `pattern`; return the outcome of each.

    Args:
        toolchain: whose scripts, and whose go command.
        home: a directory for everything that they write.
        pattern: a regular expression over names, such as `^mod_`.
        origin: the GOPROXY that they are given; Go's own test proxy if it is empty.

    Returns:
        script name to "PASS", "FAIL" or "SKIP".
    """
    done = subprocess.run(
        [binary(toolchain), "-test.short", f"-test.run=TestScript/{pattern}", "-test.v"],
        cwd=toolchain.goroot / "src/cmd/go", capture_output=True, text=True, timeout=300,
        env={**environment(toolchain, home), "GOLAB_ORIGIN": origin},
    )  # fmt: skip
    (home / "scripts.log").write_text(done.stdout + done.stderr)
    found = re.findall(r"^    --- (PASS|FAIL|SKIP): TestScript/(\S+)", done.stdout, re.MULTILINE)
    return {name: outcome for outcome, name in found}
