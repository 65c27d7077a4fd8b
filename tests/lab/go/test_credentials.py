"""The credentials that go sends are found as go finds them."""

from __future__ import annotations

import pytest

from lab.go.credentials import login_for, parse_netrc

NETRC = """\
machine old.example login me
machine a.example login me password se,cr%et # what follows is passed over
machine a.example login me password later
macdef init
machine in.a.macro login a password b

machine
  b.example login x password y
machine c.example:8443/go
  login gopher
  password token
default login anyone password any
"""


def test_a_netrc_is_read_in_pairs_of_words_line_by_line() -> None:
    assert parse_netrc(NETRC) == {"a.example": "me:se,cr%et", "c.example:8443/go": "gopher:token"}


def test_go_reads_no_further_than_a_lone_default() -> None:
    text = (
        "machine a.example login me password x\n\ndefault\nmachine b.example login me password x\n"
    )
    assert parse_netrc(text) == {"a.example": "me:x"}


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("https://a.example/m/@v/list", "me:se,cr%et"),
        ("http://a.example/m/@v/list", None),
        ("https://a.example:8443/m", None),
        ("https://c.example:8443/m", None),
        ("https://c.example:8443/go/m/@v/list", "gopher:token"),
        ("https://you:p%2Cw%40@a.example/m", "you:p,w@"),
        ("https://other.example/", None),
    ],
)
def test_credentials_go_to_their_prefix_and_over_https_only(url: str, login: str | None) -> None:
    assert login_for(url, parse_netrc(NETRC)) == login
