"""A lab from Python: faults are switched while traffic flows, and always back."""

from __future__ import annotations

import pytest

from lab.api import open_lab
from lab.errors import LabError

STALE = {
    "name": "stale-list",
    "where": {"endpoint": "list", "module": "github.com/spf13/cobra"},
    "do": {"stale-list": {"without": ["v1.8.0", "v1.8.1"]}},
}
LIST = "go list -m -versions github.com/spf13/cobra"


def test_a_fault_is_on_for_the_body_of_a_with_and_no_longer() -> None:
    with open_lab(faults=[STALE]) as lab:
        client = lab.client(env={"GOPROXY": "https://proxy.golang.org"})
        whole = client.run(LIST, limit=10).stdout
        assert "v1.8.1" in whole
        with lab.fault("stale-list"):
            assert "v1.8" not in client.run(LIST, limit=10).stdout
        assert client.run(LIST, limit=10).stdout == whole
        with pytest.raises(ZeroDivisionError), lab.fault("stale-list"):
            raise ZeroDivisionError
        assert client.run(LIST, limit=10).stdout == whole
        assert lab.fired() == {"stale-list": 1}
        fired = [record["fired"] for record in lab.records() if record.get("endpoint") == "list"]
        assert [len(rules) for rules in fired] == [0, 1, 0, 0]
        with pytest.raises(LabError, match="no rule"), lab.fault("no-such-rule"):
            pass
