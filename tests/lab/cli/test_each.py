"""One lab that stands in the way does not keep the others."""

from __future__ import annotations

import pytest

from lab.cli.each import each
from lab.errors import LAB, OK, LabError, UsageError


def test_the_worst_status_after_all_were_tried(capsys: pytest.CaptureFixture[str]) -> None:
    done = []

    def act(name: str) -> None:
        if name == "stuck":
            raise LabError("stuck stays", "look there")
        if name == "unknown":
            raise UsageError("unknown is none")
        done.append(name)

    assert each(["a", "stuck", "b", "unknown", "c"], act) == LAB
    assert done == ["a", "b", "c"]
    said = "golab: stuck stays; look there\ngolab: unknown is none\n"
    assert capsys.readouterr() == ("", said)
    assert each(["a"], act) == OK
