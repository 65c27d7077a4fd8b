"""A lab from Python: faults are switched while traffic flows, and always back."""

from __future__ import annotations

import pytest

from lab.api.open import open_lab
from lab.errors import LabError, UsageError

STALE = {
    "name": "stale-list",
    "where": {"endpoint": "list", "module": "github.com/spf13/cobra"},
    "do": {"stale-list": {"without": ["v1.8.0", "v1.8.1"]}},
}
LIST = "go list -m -versions github.com/spf13/cobra"


def test_a_fault_is_on_for_the_body_of_a_with_and_no_longer() -> None:
    with open_lab(faults=[STALE]) as lab:
        client = lab.client(env={"GOPROXY": "https://proxy.golang.org"})
        with pytest.raises(UsageError, match=r"^client: env: HOME belongs to the lab"):
            lab.client(env={"HOME": "/root"})
        with pytest.raises(UsageError, match="no credential 'vald'; did you mean 'valid'"):
            lab.client(netrc={"proxy.corp.example": "vald"})
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


def test_faults_are_added_listed_and_removed_while_the_lab_runs() -> None:
    with open_lab(faults=[STALE]) as lab:
        client = lab.client(env={"GOPROXY": "https://proxy.golang.org"})
        gone = {"name": "gone", "where": {"endpoint": "list"}, "do": {"respond": {"status": 410}}}
        assert lab.add_faults([gone]) == []
        assert [(rule["name"], rule["on"]) for rule in lab.faults()] == [
            ("stale-list", False),
            ("gone", False),
        ]
        assert client.run(LIST, limit=10).exit == 0
        with lab.fault("gone"):
            assert client.run(LIST, limit=10).exit == 1
            assert lab.faults()[1]["on"]
        assert [rule["hits"] for rule in lab.faults()] == [0, 2]  # go repeats every 4xx once
        (warning,) = lab.add_faults([{**gone, "where": {"chance": 0}}])
        assert warning == "rule gone can never act: chance: 0 is never"
        lab.remove_fault("stale-list")
        assert [rule["name"] for rule in lab.faults()] == ["gone"]
        with pytest.raises(LabError, match="there is no rule 'stale-list'"):
            lab.remove_fault("stale-list")
        said = r"^rule rule-1: do\.respnd: unknown key 'respnd'; did you mean 'respond'\?$"
        with pytest.raises(UsageError, match=said):
            lab.add_faults([{"do": {"respnd": 503}}])
        assert [rule["name"] for rule in lab.faults()] == ["gone"]


def test_a_bad_rule_is_refused_before_a_lab_is_started() -> None:
    said = (
        "rule stale-list: where.host: 'https://proxy.golang.org' is not a name alone, "
        "it has a scheme: write 'proxy.golang.org'"
    )
    with (
        pytest.raises(UsageError) as caught,
        open_lab(faults=[{**STALE, "where": {"host": "https://proxy.golang.org"}}]),
    ):
        pass
    assert str(caught.value) == said
    with (
        pytest.raises(UsageError, match="rule stale-list: two rules are called"),
        open_lab(faults=[STALE, STALE]),
    ):
        pass
