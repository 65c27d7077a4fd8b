"""golab as a plug-in of pytest: labs for tests, and next to nothing for tests without any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import golab
from golab.pytest_labs import Wanted, opened
from lab.api.warm import WarmLabs
from tests.lab.replay.fake import a_run
from tests.lab.test_session import OLD, FakeBackend

SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample"


def tried(folder: Path, *options: str, **files: str) -> subprocess.CompletedProcess[str]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    words = ["-q", "--strict-markers", "-p", "no:cacheprovider", *options, "."]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )  # fmt: skip


@pytest.mark.golab("auth-fallback", arm="broken")
def test_a_lab_in_an_arm(golab_lab: golab.OpenLab) -> None:
    assert golab_lab.run("go list -m -versions git.corp.example/lib").stdout.split()[1:] == []
    assert golab_lab.arm == "broken"


@pytest.mark.golab("auth-fallback", "head-refused")
def test_a_lab_in_every_arm(golab_lab: golab.OpenLab, golab_labs: WarmLabs) -> None:
    assert golab_lab.replay().differences == []
    assert golab_labs.started == 1  # for all of these


def test_a_lab_without_a_scenario(golab_lab: golab.OpenLab, tmp_path: Path) -> None:
    assert golab_lab.scenario is None
    (tmp_path / "hello.sh").write_text("echo hello")
    golab_lab.copy(tmp_path / "hello.sh")
    golab_lab.copy(tmp_path, "/tmp/folder")
    assert golab_lab.run("sh hello.sh; cat /tmp/folder/hello.sh").stdout == "hello\necho hello"
    for call in (lambda: golab_lab.enter("broken"), golab_lab.replay):
        with pytest.raises(golab.UsageError, match="scenario"):
            call()


@pytest.mark.golab(world={"modules": {"example.com/mine": {"versions": ["v0.1.0"]}}})
def test_a_world_of_ones_own(golab_lab: golab.OpenLab) -> None:
    found = golab_lab.run("go list -m -versions example.com/mine").stdout
    assert found == "example.com/mine v0.1.0\n"


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("'auth-falback'", "no scenario 'auth-falback'; did you mean 'auth-fallback'?"),
        ("'auth-fallback', arm='brokn'", "there is no arm 'brokn'; did you mean 'broken'?"),
        ("'head-refused', arm='broken'", "none of head-refused has such an arm"),
        ("'auth-fallback', arms='broken'", "it got an unexpected keyword argument 'arms'"),
        ("arm='broken'", "the broken arm of which scenario?"),
        ("'auth-fallback', all=True", "name scenarios, or say family or all, but not both"),
    ],
)
def test_a_marker_that_is_wrong_is_one_line(tmp_path: Path, marker: str, said: str) -> None:
    from golab.pytest_labs import wanted

    mark: pytest.Mark = eval(f"pytest.mark.golab({marker})").mark
    with pytest.raises(pytest.Collector.CollectError) as caught:
        wanted(mark, "test_x.py::test_x")
    assert str(caught.value).startswith("test_x.py::test_x: the marker golab: ")
    assert said in str(caught.value)


def test_a_family_and_what_is_slow_of_it() -> None:
    from golab.pytest_labs import wanted

    every = wanted(pytest.mark.golab(all=True).mark, "")
    assert {"dns-failure/servfail-repaired", "head-refused-healthy"} <= {str(one) for one in every}
    assert len(every) > 200
    broken = wanted(pytest.mark.golab(all=True, arm="broken", skip_slow=True).mark, "")
    assert {one.arm for one in broken} == {"broken"}
    assert not [one for one in broken if one.run and one.run.scenario.slow]
    assert len(wanted(pytest.mark.golab(family="auth").mark, "")) < len(every) / 2


def test_it_loads_nothing_until_a_test_asks(tmp_path: Path) -> None:
    test = (
        "import sys, pytest\n"
        "@pytest.mark.golab('auth-fallback')\n"
        "def test_x(): assert 'golab.pytest_plugin' in sys.modules; print(*sys.modules)\n"
    )
    done = tried(tmp_path, "-s", "-p", "no:hypothesispytest", test_x=test)
    assert done.returncode == 0, done.stdout
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    ours = {name for name in done.stdout.split() if name.startswith(("lab.", "golab."))}
    assert ours == {"golab.pytest_plugin"}
    assert loaded.isdisjoint({"pydantic", "mitmproxy", "click", "yaml", "rich", "docker"})


@pytest.mark.slow
def test_what_a_machine_or_a_version_lacks_is_a_line_or_skipped(tmp_path: Path) -> None:
    test = "def test_x(golab_lab): pass\n"
    done = tried(tmp_path, "--golab-go", "1.3", test_x=test)
    assert "golab: go 1.3 is too old; golab needs 1.21 or later" in done.stdout.splitlines()
    assert "Traceback" not in done.stdout


@pytest.mark.slow
def test_a_scenario_that_is_not_about_this_go_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(since="1.26")
    monkeypatch.setattr(WarmLabs, "place", lambda _: (FakeBackend(), OLD))
    with pytest.raises(pytest.skip.Exception, match=rf"^{run.name}-broken: .* since 1\.26"):
        opened(WarmLabs(), Wanted(run, "broken"))


@pytest.mark.slow
def test_the_sample_project_with_several_workers(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    done = tried(tmp_path, "-n", "2")
    assert "8 passed" in done.stdout, done.stdout
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in left
