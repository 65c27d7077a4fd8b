"""Rules are changed while traffic flows: over the socket, from Python, and always undone."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import control, reference
from faults.control import Control, ControlError
from tests.faults.clients import H1, H2, LIST, NAME, ZIP, connect, curl, get, read
from tests.faults.edge import Edge
from tests.faults.origin import TRUE_LIST, answer

STALE = {
    "name": "stale-list",
    "where": {"endpoint": "list"},
    "do": {"stale-list": {"without": ["v1.8.0"]}},
}


@pytest.fixture
def path(edge: Edge, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "control.sock"
    server = edge.wait(control.serve(edge.faults, path))
    yield path
    edge.call(server.close)


def test_list_add_switch_remove(edge: Edge, path: Path) -> None:
    with Control(path) as talk:
        talk.add([STALE])
        assert curl(edge, LIST).body == b"v1.6.1\nv1.7.0\n"
        (rule,) = talk.rules()
        assert (rule["name"], rule["on"], rule["seen"], rule["hits"]) == ("stale-list", True, 1, 1)
        talk.ask("off", name="stale-list")
        assert curl(edge, LIST).body == TRUE_LIST
        talk.ask("on", name="stale-list")
        assert curl(edge, LIST).body == b"v1.6.1\nv1.7.0\n"
        assert talk.ask("fired") == {"stale-list": 2}
        assert [record["kind"] for record in talk.ask("ledger")["records"]].count("http") == 3
        talk.ask("remove", name="stale-list")
        assert (talk.rules(), curl(edge, LIST).body) == ([], TRUE_LIST)


def test_a_rule_of_the_same_name_is_replaced_in_its_place(edge: Edge, path: Path) -> None:
    with Control(path) as talk:
        other = {"name": "other", "where": {"endpoint": "zip"}, "do": {"respond": 503}}
        talk.add([STALE, other])
        talk.add([{**STALE, "do": {"respond": {"status": 500}}}])
        assert [rule["name"] for rule in talk.rules()] == ["stale-list", "other"]
        assert curl(edge, LIST).status == 500


def test_rules_can_come_switched_off(edge: Edge, path: Path) -> None:
    with Control(path) as talk:
        talk.ask("arm", rules=[STALE], on=False)
        assert curl(edge, LIST).body == TRUE_LIST
        talk.ask("add", rules=[{**STALE, "name": "second"}], on=False)
        assert curl(edge, LIST).body == TRUE_LIST
        assert [rule["on"] for rule in talk.rules()] == [False, False]
        talk.ask("on", name="second")
        assert curl(edge, LIST).body == b"v1.6.1\nv1.7.0\n"


def test_from_python_and_off_again_whatever_happens(edge: Edge, path: Path) -> None:
    with Control(path) as talk:
        talk.add([STALE])
        talk.ask("off", name="stale-list")
        with contextlib.suppress(ZeroDivisionError), talk.fault("stale-list"):
            assert curl(edge, LIST).body != TRUE_LIST
            raise ZeroDivisionError
        assert curl(edge, LIST).body == TRUE_LIST

    async def inside() -> bool:
        with edge.faults.fault("stale-list"):
            return all(one.on for one in edge.faults.ruleset)

    assert edge.wait(inside())
    assert not any(edge.call(lambda: [one.on for one in edge.faults.ruleset]))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({"do": "explode"}, "unknown command 'explode'"),
        ({"do": "of", "name": "x"}, "did you mean 'off'?"),
        ({"do": "off", "name": "nobody"}, "there is no rule 'nobody'"),
        ({"do": "add", "rules": [{"do": {"resett": "accept"}}]}, "did you mean 'reset'?"),
        ({"do": "add", "rules": [STALE, STALE]}, "two rules are called 'stale-list'"),
        ({"do": "list", "extra": 1}, "unknown key 'extra'"),
        ({"do": "list", "name": 3}, "control: name: must be text; put quotes round 3"),
        ([], "a request is an object"),
        (
            {"do": "arm", "rules": [{"do": {"stall": 1}}, {**STALE, "where": {"host": "a[b"}}]},
            "rule stale-list: where.host: bad glob 'a[b'",
        ),
        (
            {"do": "add", "rules": [STALE, {"where": {"hst": "a.b"}}]},
            "rule rule-2: the key 'do' is missing\nrule rule-2: where.hst: unknown key 'hst'",
        ),
        ({"do": "add", "rules": [3]}, "rule rule-1: must be a mapping, not 3"),
        ({"do": "add", "rules": 3}, "control: rules: must be a list, not 3"),
    ],
)
def test_a_refusal_changes_nothing(edge: Edge, path: Path, line: object, error: str) -> None:
    edge.arm(f"[{json.dumps(STALE)}]")
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(json.dumps(line).encode() + b"\n")
        answered = json.loads(raw.makefile("rb").readline())
    assert "value" not in answered
    assert error in answered["error"]
    with Control(path) as talk:
        assert [rule["name"] for rule in talk.rules()] == ["stale-list"]


def test_junk_gets_an_answer_or_a_hang_up_and_the_edge_lives(edge: Edge, path: Path) -> None:
    for junk in (b"\n", b"{\n", b"\xff\xfe\n", b"null\n", b"[" * 100_000 + b"\n", b"half"):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(path))
            raw.sendall(junk)
            raw.shutdown(socket.SHUT_WR)
            said = raw.makefile("rb").readline()
            assert not said or json.loads(said)["error"]
    with Control(path) as talk:
        assert talk.rules() == []


def test_an_id_comes_back_and_answers_keep_the_order_of_the_requests(path: Path) -> None:
    asked: list[dict[str, object]] = [
        {"id": 7, "do": "fired"},
        {"id": ["any", None], "do": "explode"},
        {"do": "fired"},
        {"id": None, "do": "clear"},
    ]
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in asked))
        lines = raw.makefile("rb")
        answers = [json.loads(lines.readline()) for _ in asked]
    assert answers[0] == {"id": 7, "value": {}}
    assert answers[1]["id"] == ["any", None]
    assert "unknown command" in answers[1]["error"]
    assert answers[2:] == [{"value": {}}, {"id": None, "value": None}]


def test_only_the_owner_may_talk_and_a_dead_socket_is_replaced(edge: Edge, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(OSError, match="somebody listens here already"):
        edge.wait(control.serve(edge.faults, path))
    stale = path.with_name("stale.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(stale))
    server = edge.wait(control.serve(edge.faults, stale))
    with Control(stale) as talk:
        assert talk.rules() == []
    edge.call(server.close)
    with pytest.raises(ControlError, match="is the edge running"):
        Control(path.with_name("nobody.sock"))


def test_the_ledger_gives_only_what_is_new(edge: Edge, path: Path) -> None:
    with Control(path) as talk:
        first = talk.ask("ledger")["total"]
        curl(edge, LIST)
        everything = talk.ask("ledger")
        new = talk.ask("ledger", after=first)
        assert everything["total"] == new["total"] == first + len(new["records"])
        assert new["records"]
        assert new["records"] == everything["records"][-len(new["records"]) :]
        talk.ask("clear")
        curl(edge, LIST)
        later = talk.ask("ledger", after=new["total"])
        assert len(later["records"]) == later["total"] - new["total"] > 0
        assert talk.ask("ledger", after=later["total"])["records"] == []


def test_a_switch_ends_rules_that_wait_for_it(edge: Edge, path: Path) -> None:
    edge.arm("[{name: it, where: {endpoint: list, until: deployed}, do: {respond: 503}}]")
    assert curl(edge, LIST).status == 503
    with Control(path) as talk:
        talk.ask("throw", switch="deployed")
        assert not talk.rules()[0]["acting"]
    assert curl(edge, LIST).status == 200


def test_a_switch_that_no_rule_names_is_refused(edge: Edge, path: Path) -> None:
    edge.arm("[{name: it, where: {endpoint: list, until: deployed}, do: {respond: 503}}]")
    with Control(path) as talk, pytest.raises(ControlError, match="did you mean 'deployed'"):
        talk.ask("throw", switch="deploid")
    assert curl(edge, LIST).status == 503


def test_rules_that_can_never_act_are_reported(edge: Edge, path: Path) -> None:
    never = {"name": "never", "where": {"chance": 0}, "do": {"respond": 503}}
    said = ["rule never can never act: chance: 0 is never"]
    with Control(path) as talk:
        assert talk.add([STALE]) == []
        assert talk.add([never]) == said
        assert talk.ask("arm", rules=[never]) == said


def test_a_refused_port_is_closed_when_the_answer_comes(edge: Edge, path: Path) -> None:
    with Control(path) as talk:
        talk.add([{"name": "refuse", "where": {"port": edge.port}, "do": {"refuse": True}}])
        for _ in range(5):
            assert curl(edge, LIST).exit == 7
            talk.ask("off", name="refuse")
            assert curl(edge, LIST).status == 200
            talk.ask("on", name="refuse")


def test_until_a_time(edge: Edge) -> None:
    edge.arm("[{name: it, where: {endpoint: list, until: 300ms}, do: {respond: 503}}]")
    assert curl(edge, LIST).status == 503
    assert edge.eventually(lambda: curl(edge, LIST).status == 200)


def test_what_hangs_goes_on_when_the_time_is_up(edge: Edge) -> None:
    do = "{hang: before-headers}"
    edge.arm(f"[{{name: it, where: {{endpoint: list, until: 300ms}}, do: {do}}}]")
    seen = curl(edge, LIST)
    assert (seen.status, seen.body) == (200, TRUE_LIST)
    assert 0.2 < seen.seconds < 1.5


def test_a_change_meets_a_connection_that_is_kept_alive(edge: Edge, path: Path) -> None:
    with connect(edge) as sock, Control(path) as talk:
        sock.sendall(get(LIST))
        assert read(sock)[0].endswith(TRUE_LIST)
        talk.add([STALE])
        sock.sendall(get(LIST))
        assert read(sock)[0].endswith(b"v1.7.0\n")


def test_a_change_of_handshakes_closes_the_connections_it_concerns(edge: Edge, path: Path) -> None:
    rule = {"name": "block", "where": {"sni": NAME}, "do": {"reset": "handshake"}}
    with connect(edge) as mine, connect(edge, "goproxy.cn") as other, Control(path) as talk:
        for sock in (mine, other):
            sock.sendall(get(LIST))
            assert read(sock)[1] == "silence"
        talk.add([rule])
        assert read(mine) == (b"", "fin")
        assert read(other, 0.1) == (b"", "silence")


def test_a_busy_connection_finishes_its_answer_first(edge: Edge, path: Path) -> None:
    edge.arm("[{name: slow, where: {endpoint: zip}, do: {hang: {at: before-headers, for: 300ms}}}]")
    rule = {"name": "block", "where": {"sni": NAME}, "do": {"certificate": "expired"}}
    with connect(edge) as sock, Control(path) as talk:
        sock.sendall(get(ZIP))
        assert read(sock, 0.1) == (b"", "silence")
        talk.add([rule])
        got, ended = read(sock, 1.0)
    assert got.endswith(answer(ZIP)[2])
    assert ended == "fin"


def test_changes_under_fire_lose_no_exchange(edge: Edge, path: Path) -> None:
    """Requests and changes race; every answer is either the true list or the stale one."""
    stop = threading.Event()

    def change() -> None:
        with Control(path) as talk:
            while not stop.is_set():
                talk.add([STALE])
                talk.ask("off", name="stale-list")
                talk.ask("remove", name="stale-list")

    changer = threading.Thread(target=change)
    changer.start()
    try:
        bodies = {curl(edge, LIST, *version).body for version in (H1, H2) for _ in range(15)}
    finally:
        stop.set()
        changer.join()
    assert bodies <= {TRUE_LIST, b"v1.6.1\nv1.7.0\n"}
    assert not edge.records("error")


def test_the_documents_name_every_command(edge: Edge, path: Path) -> None:
    _, _, section = reference.page().partition("## The control socket")
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    documented = sorted(word for cell in cells for word in re.findall(r"`(.+?)`", cell))
    with Control(path) as talk:
        for word in documented:
            with contextlib.suppress(ControlError):
                talk.ask(word)
        with pytest.raises(ControlError) as caught:
            talk.ask("?")
    assert str(caught.value) == f"unknown command '?'; one of {', '.join(documented)}"
