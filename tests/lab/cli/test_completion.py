"""What a shell completes: in a real bash, zsh and fish, through the script that golab prints."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

from lab.cli import COMMANDS
from lab.go.toolchain import PINNED
from lab.scenario.load import catalogue
from tests.lab.golab import COMMAND, golab

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
PREPARE = {
    "bash": 'eval "$(golab completion bash)"',
    "zsh": 'autoload -Uz compinit; compinit -D -u; eval "$(golab completion zsh)"',
    "fish": "set -g fish_autosuggestion_enabled 0; golab completion fish | source",
}


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    path = f"{Path(COMMAND).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(tmp_path), "TERM": "dumb", **more}


def of_bash(tmp_path: Path, *lines: tuple[str, ...]) -> list[list[str]]:
    """Return what one bash would offer for the last word of each of these lines."""
    script = [f'{PREPARE["bash"]}; compopt() {{ echo "files:$2"; }}'] + [
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; COMPREPLY=()"
        "; _golab_completion golab; printf '%s\\n' \"${COMPREPLY[@]}\"; echo ---"
        for words in lines
    ]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        env=environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return [offered.split("\n")[:-1] for offered in done.stdout.split("---\n")[:-1]]


@pytest.mark.slow
def test_bash_offers_the_right_words(tmp_path: Path) -> None:
    ids = sorted(catalogue())
    expected: dict[tuple[str, ...], list[str]] = {
        ("",): list(COMMANDS),
        ("f",): ["faults", "fault"],
        ("run", ""): ids,
        ("run", "s"): [one for one in ids if one.startswith("s")],
        ("run", "dns-f"): ["dns-failure", *(f"dns-failure/{v}" for v in variants("dns-failure"))],
        ("run", "dns-failure/n"): ["dns-failure/nxdomain", "dns-failure/no-data"],
        ("run", "mine"): ["files:default", ""],
        ("run", "--se"): ["--seed"],
        ("run", "--family", ""): sorted({one.scenario.family for one in catalogue().values()}),
        ("run", "--family", "=", "tr"): ["transport"],
        ("run", "--backend", "d"): ["docker"],
        ("run", "--go", ""): ["all", *PINNED],
        ("toolchain", ""): ["install", "list", "prune", "remove"],
        ("toolchain", "install", "1.2"): list(PINNED),
        ("run", "--json", "x"): ["files:default", ""],
        ("run", "--artifacts", "x"): ["files:dirnames", ""],
        ("show", "auth-fa"): ["auth-fallback"],
        ("help", "fa"): ["faults", "fault"],
        ("help", "fault", "o"): ["off", "on"],
        ("help", "ps", ""): [""],
        ("faults", "che"): ["check"],
        ("faults", "check", ""): ["files:default", ""],
        ("completion", ""): ["bash", "zsh", "fish"],
        ("exec", ""): [""],
        ("fault", "on", "nowhere", ""): [""],
        ("nonsense", ""): list(COMMANDS),
    }
    offered = of_bash(tmp_path, *(("golab", *words) for words in expected))
    assert dict(zip(expected, offered, strict=True)) == expected


def variants(id_: str) -> list[str]:
    return catalogue()[id_].variants


@pytest.mark.parametrize("shell", list(START))
def test_a_key_completes_the_line(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "mine.yaml").touch()
    child = pexpect.spawn(
        START[shell][0],
        START[shell][1:],
        env=environment(tmp_path),
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 200),
    )
    child.sendline(f"{PREPARE[shell]}; echo rea''dy")
    child.expect_exact("ready")
    for typed, completed in {
        "golab vali": "golab validate",
        "golab run auth-f": "golab run auth-fallback",
        "golab show dns-failure/nx": "golab show dns-failure/nxdomain",
        "golab run egress-blocked --fam": "golab run egress-blocked --family",
        "golab run --backend=lo": "golab run --backend=local",
        "golab run mi": "golab run mine.yaml",
        "golab help fault li": "golab help fault list",
    }.items():
        child.send(f"{typed}\t\x01echo '[\x05]'\r")
        child.expect(r"\n\[([^\r\n]*)\]")
        assert isinstance(child.match, re.Match)
        assert child.match[1].rstrip() == completed
    child.sendline("exit")
    child.close(force=True)


def test_labs_and_their_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    lab = golab("up", "auth-fallback").stdout.strip()
    try:
        commands = ("exec", "shell", "logs", "down", "fault list", "fault on")
        expected = {f"{command} ": [lab] for command in commands} | {
            f"down {lab} ": [""],
            "exec zz": [""],
            f"fault off {lab} ": ["auth-fallback"],
            f"fault on {lab} ": [""],
        }
        offered = of_bash(tmp_path, *(("golab", *line.split(" ")) for line in expected))
        assert dict(zip(expected, offered, strict=True)) == expected
    finally:
        golab("down", lab)


def test_what_goes_wrong_stays_quiet(tmp_path: Path) -> None:
    taken = tmp_path / f"golab-{os.getuid()}"
    taken.touch()
    for asked in ("bash_complete", "nonsense", "bash_source"):
        done = golab(_GOLAB_COMPLETE=asked, COMP_WORDS="golab exec ", COMP_CWORD="2",
                     XDG_RUNTIME_DIR=str(tmp_path))  # fmt: skip
        assert (done.stdout.strip(), done.stderr) == ("", ""), asked
