"""What the canary notices, and that it is quiet where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import golab

CANARY = str(Path(__file__).with_name("canary.py"))


@pytest.mark.golab("auth-fallback")
def test_an_empty_list_is_noticed_until_it_is_mended(golab_lab: golab.OpenLab) -> None:
    expected = "alarm" if golab_lab.arm == "broken" else "quiet"
    assert golab_lab.check(CANARY).state == expected


@pytest.mark.golab("stale-list", arm="broken")
def test_what_go_sees_there(golab_lab: golab.OpenLab) -> None:
    got = golab_lab.run("go list -m -versions github.com/spf13/cobra")
    assert got.exit == 0
    assert "v1.8.1" not in got.stdout


@pytest.mark.golab("pseudo-versions-only", "head-refused", "vendored")
def test_it_is_quiet_where_nothing_is_wrong(golab_lab: golab.OpenLab) -> None:
    found = golab_lab.check(CANARY)
    assert found.state == "quiet", found.said


@pytest.mark.golab(world={"modules": {"example.com/mine": {"versions": ["v0.1.0"]}}})
def test_modules_and_faults_of_ones_own(golab_lab: golab.OpenLab) -> None:
    golab_lab.add_faults([{"name": "gone", "where": {"endpoint": "list"}, "do": {"respond": 410}}])
    golab_lab.client(env={"GOPROXY": "https://proxy.golang.org", "GONOSUMDB": "*"})
    listed = "go list -m -versions example.com/mine"
    assert golab_lab.run(listed).stdout == "example.com/mine v0.1.0\n"
    with golab_lab.fault("gone"):
        assert "410 Gone" in golab_lab.run(listed).stderr
    assert golab_lab.fired() == {"gone": 2}
