"""What a client is made of, without a lab."""

from __future__ import annotations

from typing import cast

import pytest

from lab.client import Client, netrc
from lab.sandbox.interface import Lab

NOWHERE = cast("Lab", None)


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("https://proxy.example/x/@v/list", "me:secret"),
        ("http://proxy.example/x/@v/list", None),  # go sends none where others could read it
        ("https://other.example/x", None),
        ("https://proxy.example:8443/x", None),
        ("https://own.example:8443/x", "me:other"),
    ],
)
def test_credentials_go_to_their_host_and_over_https_only(url: str, login: str | None) -> None:
    logins = {"proxy.example": "me:secret", "own.example:8443": "me:other"}
    assert Client(NOWHERE, {}, logins).login_for(url) == login


def test_a_netrc_has_a_line_for_each_host() -> None:
    assert netrc({"a.example": "me:se:cret", "b.example": "you:x"}) == (
        "machine a.example login me password se:cret\nmachine b.example login you password x\n"
    )
