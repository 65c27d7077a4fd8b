"""What a client is made of, without a lab."""

from __future__ import annotations

from typing import cast

from lab.client import as_it_stands, netrc
from lab.sandbox.interface import Lab
from lab.spec.client import ClientSpec
from tests.lab.replay.fake import SPEC

NOWHERE = cast("Lab", None)


def test_a_netrc_of_the_scenario_is_read_as_go_reads_it() -> None:
    text = "machine a.example password se:cret\n login me\ndefault\nmachine b login x password y"
    spec = ClientSpec.model_validate({"files": {".netrc": text}})
    assert as_it_stands(NOWHERE, SPEC, spec).logins == {"a.example": "me:se:cret"}


def test_a_netrc_has_a_line_for_each_host() -> None:
    assert netrc({"a.example": "me:se:cret", "b.example": "you:x"}) == (
        "machine a.example login me password se:cret\nmachine b.example login you password x\n"
    )
