"""Without a lab: plain mitmdump loads the rules, in its own process and modes."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from faults.control import Control
from lab.cli.faults_ import command
from tests.faults.clients import LIST, ask_at, get, read
from tests.faults.edge import Edge, free_port
from tests.faults.origin import Origin, answer
from tests.programs import needed

RULES = """
- {name: stale-list, where: {endpoint: list}, do: {stale-list: v1.8.0}}
- {name: gone, where: {query: "*.golang.org"}, do: {dns: nxdomain}}
- {name: silent, where: {query: "*.example"}, do: {dns: drop}}
- {name: never, where: {chance: 0}, do: {respond: 500}}
"""


@contextmanager
def mitmdump(home: Path, *options: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    script = CliRunner().invoke(command, ["path"]).output.strip()
    program = Path(sys.executable).with_name("mitmdump")
    running = subprocess.Popen(
        [str(program), "-s", script, "--set", f"confdir={home}", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(10)


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    home = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return {"PYTHONPATH": root, "PYTHONUNBUFFERED": "1", **home}


def test_rules_work_in_mitmdump(tmp_path: Path, origin: Origin) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    web, names = free_port(), free_port()
    control = tmp_path / "control.sock"
    options = [
        "--mode", f"reverse:http://127.0.0.1:{origin.port}@127.0.0.1:{web}",
        "--mode", f"dns@127.0.0.1:{names}",
        "--set", f"golab_rules={file}",
        "--set", f"golab_control={control}",
        "--set", "golab_seed=3",
    ]  # fmt: skip
    with mitmdump(tmp_path / "home", *options, env=environment()) as running:
        _wait_for(web, running)
        assert fetch(web) == b"v1.6.1\nv1.7.0\n"
        gone = ask_at(names, "A", "proxy.golang.org")
        assert gone is not None
        assert gone.response_code == 3
        assert ask_at(names, "A", "host.example", wait=0.3) is None
        with Control(control) as talk:
            assert talk.ask("fired") == {
                "stale-list": 1,
                "gone": 1,
                "silent": 1,
                "never": 0,
            }
            talk.ask("off", name="stale-list")
        assert fetch(web) == answer(LIST)[2]
        running.terminate()
        said = running.communicate(timeout=10)[0]
    assert "rule never can never act: chance: 0 is never" in said
    assert said.count("golab: 4 rules are loaded") == 1
    assert f"golab: rule stale-list: stale-list on GET http://127.0.0.1{LIST}" in said
    assert "golab: rule gone: dns on A proxy.golang.org" in said
    assert said.count("golab: rule stale-list: ") == 1
    assert "Traceback" not in said
    assert not control.exists()


def test_a_bad_rule_file_stops_mitmdump(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- {do: {resett: accept}}\n")
    options = ["--listen-port", str(free_port()), "--set", f"golab_rules={file}"]
    with mitmdump(tmp_path / "home", *options, env=environment()) as running:
        said = running.communicate(timeout=20)[0]
    assert running.returncode != 0
    assert f"{file}:1:9: unknown key 'resett'; did you mean 'reset'?" in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_one_rule_is_said_in_the_singular(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- {name: shut, where: {port: 1}, do: {refuse: true}}\n")
    port = free_port()
    options = ["--listen-port", str(port), "--set", f"golab_rules={file}"]
    with mitmdump(tmp_path / "home", *options, env=environment()) as running:
        assert running.stdout
        assert any("golab: 1 rule is loaded" in line for line in running.stdout)


def test_a_bad_seed_stops_mitmdump(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    options = ["--set", f"golab_rules={file}", "--set", "golab_seed=abc"]
    options += ["--listen-port", str(free_port())]
    with mitmdump(tmp_path / "home", *options, env=environment()) as running:
        said = running.communicate(timeout=20)[0]
    assert running.returncode != 0
    assert "golab_seed: 'abc' is not a whole number" in said
    assert "Traceback" not in said


def test_a_start_without_rules_is_said(tmp_path: Path) -> None:
    port = free_port()
    options = ["--listen-port", str(port)]
    with mitmdump(tmp_path / "home", *options, env=environment()) as running:
        assert running.stdout
        assert any("golab: no rules are loaded" in line for line in running.stdout)
        running.terminate()
        assert "golab: no rules" not in running.communicate(timeout=10)[0]


def test_a_refused_port_opens_again_on_every_address(tmp_path: Path, origin: Origin) -> None:
    web, names = free_port(), free_port()
    path = tmp_path / "control.sock"
    options = [
        "--mode", f"reverse:http://127.0.0.1:{origin.port}@{web}",
        "--mode", f"dns@{names}",
        "--set", f"golab_control={path}",
    ]  # fmt: skip
    refuse = {"name": "refuse", "do": {"refuse": True}}
    with mitmdump(tmp_path / "home", *options, env=environment()) as running:
        _wait_for(web, running)
        hosts = [host for host in ("127.0.0.1", "::1") if _answers(host, web)]
        _wait_for_file(path)
        with Control(path) as control:
            control.add([refuse])
            assert not any(_answers(host, port) for host in hosts for port in (web, names))
            control.ask("off", name="refuse")
            assert all(_answers(host, port) for host in hosts for port in (web, names))
            assert [fetch(web, host) for host in hosts] == [answer(LIST)[2]] * len(hosts)


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 5).close()
    except OSError:
        return False
    return True


def _wait_for_file(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def fetch(port: int, host: str = "127.0.0.1") -> bytes:
    with socket.create_connection((host, port), 5) as sock:
        sock.sendall(get(LIST, more="Connection: close\r\n"))
        return read(sock, 2)[0].partition(b"\r\n\r\n")[2]


def _wait_for(port: int, running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and running.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"mitmdump did not start: {running.poll()}")


@pytest.mark.parametrize(
    "mode",
    [
        "regular",
        pytest.param("socks5", marks=pytest.mark.slow),
        pytest.param("upstream", marks=pytest.mark.slow),
    ],
)
def test_rules_work_in_any_mode(tmp_path: Path, origin: Origin, edge: Edge, mode: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- {name: stall, where: {endpoint: list}, do: {stall: 10}}\n")
    port = free_port()
    spec = f"upstream:http://127.0.0.1:{edge.forward}" if mode == "upstream" else mode
    options = ["--mode", f"{spec}@127.0.0.1:{port}", "--set", f"golab_rules={file}"]
    through = "socks5" if mode == "socks5" else "http"
    with mitmdump(tmp_path / "home", *options, env=environment()) as running:
        _wait_for(port, running)
        options = ["--noproxy", "", "--proxy", f"{through}://127.0.0.1:{port}"]
        url = f"http://127.0.0.1:{origin.port}{LIST}"
        asking = [needed("curl"), "-sSN", "--max-time", "20", *options, url]
        with subprocess.Popen(asking, stdout=subprocess.PIPE) as client:
            assert client.stdout
            assert client.stdout.read(10) == answer(LIST)[2][:10]
            more, _, _ = select.select([client.stdout], [], [], 0.3)
            assert (more, client.poll()) == ([], None)
            client.kill()
