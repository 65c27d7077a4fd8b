"""A proxy that means harm is one that is broken: it costs neither memory nor time, and is said."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest

from lab.diagnostics.archive import opened
from lab.diagnostics.own import OwnMachine
from lab.diagnostics.reply import Reply
from lab.diagnostics.versions import MOST_LISTED
from lab.sandbox.interface import Request
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, look, ok, status, view

MUX = "github.com/gorilla/mux"
LIST = f"{PUBLIC}/{MUX}/@v/list"


def bomb(method: int) -> bytes:
    """Return a zip with 100 MB of nothing, and a directory that says ten bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        archive.writestr(f"{MUX}@v1.0.0/x.go", bytes(100 << 20))
    data = bytearray(whole.getvalue())
    for at in (22, data.rfind(b"PK\x01\x02") + 24):
        data[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_of_a_zip_no_more_is_unpacked_than_it_says(method: int) -> None:
    reply = Reply((PUBLIC,), 200, body=bomb(method))
    tracemalloc.start()
    found = opened(reply, MUX, "v1.0.0")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.wrong
    assert peak < 10 << 20


def test_a_list_without_an_end_is_said_and_not_read_through() -> None:
    machine = FakeMachine({LIST: ok(b"v1.0.0\n" * MOST_LISTED)})
    started = time.monotonic()
    finding = look("version-list-plausible", machine, MUX)
    assert (finding.state, finding.said) == (
        "alarm",
        f"{PUBLIC}: the list is longer than 1 MB",
    )
    assert time.monotonic() - started < 5


def test_a_redirect_to_no_url_is_an_answer_that_is_none() -> None:
    machine = FakeMachine({LIST: status(302, location="http://[::1")})
    reply = view(machine).get(LIST)
    assert (reply.ok, reply.said) == (
        False,
        "HTTP 302, then redirected to no URL: Invalid IPv6 URL",
    )


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 70}.example"])
def test_a_host_that_can_be_none_is_not_waited_for(
    host: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = OwnMachine(".").request(Request(f"https://{host}/", 20))
    assert (answer.stage, host in answer.error) == ("dns", True)
    assert answer.seconds < 10
    assert capfd.readouterr().err == ""
