"""Go's settings are asked for by name, of a real go, and cost no call of the C compiler."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab.diagnostics.goenv import READ, goenv
from lab.diagnostics.own import OwnMachine


def test_the_c_compiler_is_not_called(tmp_path: Path) -> None:
    called = tmp_path / "called"
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\necho called >> {called}\nexit 1\n")
    compiler.chmod(0o755)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CC": str(compiler),
        "GOPROXY": "https://goproxy.cn",
    }
    machine = OwnMachine(tmp_path, env)
    found = goenv(machine)
    assert found.source == "go env"
    assert found["GOPROXY"] == "https://goproxy.cn"
    assert found["GOMODCACHE"] == f"{tmp_path}/go/pkg/mod"
    assert not called.exists()
    with pytest.raises(KeyError, match="CC is not among what go is asked for"):
        _ = found["CC"]

    every = goenv(machine, every=True).values
    assert called.exists(), "this is what costs: all that go has"
    whole = json.loads(
        subprocess.run(
            ["go", "env", "-json"], env=env, cwd=tmp_path, check=True, capture_output=True
        ).stdout
    )
    assert set(every) >= set(whole)
    alike = [name for name in READ if name in whole and name != "GOTOOLCHAIN"]
    assert [found[name] for name in alike] == [whole[name] for name in alike]
