"""Other people's validators have nothing against what golab writes for code hosts and CI."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from lab.report.junit import junit
from lab.report.sarif import as_sarif
from lab.results.findings import Found
from tests.lab.matrix.sample import a_report, a_result, a_row
from tests.lab.report.test_junit import EVIL, some
from tests.lab.report.test_sarif import FOUND, diagnosis
from tests.programs import needed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def verdict(file: Path) -> tuple[int, list[str]]:
    """What the validator of the SARIF project says: its exit status, and its errors.

    It has the schema of the standard, and rules for what the schema cannot say.
    """
    command = [needed("sarif-multitool"), "validate", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=file.parent)
    return done.returncode, [line for line in done.stdout.splitlines() if ": error " in line]


@pytest.mark.parametrize("findings", [(), FOUND], ids=["none", "some"])
def test_sarif(findings: tuple[Found, ...], tmp_path: Path) -> None:
    file = tmp_path / "found.sarif"
    file.write_text(as_sarif(diagnosis(*findings)))
    assert verdict(file) == (0, [])


def test_the_validator_of_sarif_does_find_fault(tmp_path: Path) -> None:
    file = tmp_path / "found.sarif"
    data = json.loads(as_sarif(diagnosis(*FOUND)))
    data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    file.write_text(json.dumps(data))
    assert verdict(file)[1]


@pytest.fixture(scope="module")
def jenkins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schema by which Jenkins reads JUnit XML; the sources of pytest have it for their own."""
    folder = tmp_path_factory.mktemp("pytest")
    wanted = ("--no-deps", "--no-binary", "pytest", f"pytest=={pytest.__version__}")
    command = [sys.executable, "-m", "pip", "download", "-q", *wanted, "-d", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"the sources of pytest cannot be had: {done.stderr.strip().splitlines()[-1]}")
    (archive,) = folder.glob("*.tar.gz")
    file = folder / "junit-10.xsd"
    with tarfile.open(archive) as sources:
        name = next(name for name in sources.getnames() if name.endswith(f"/{file.name}"))
        found = sources.extractfile(name)
        assert found
        file.write_bytes(found.read())
    return file


def complaints(text: str, schema: Path, folder: Path) -> str:
    file = folder / "junit.xml"
    file.write_text(text)
    command = [needed("xmllint"), "--noout", "--schema", str(schema), str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


@pytest.mark.usefixtures("index")
def test_junit_xml(jenkins: Path, tmp_path: Path) -> None:
    row = a_row(EVIL, "tool", "miss")
    evil = a_result("r", row, verdict="changed", reason=EVIL, title=EVIL, family="a<b")
    left = some().model_copy(update={"unfinished": ["late", "later/v"]})
    for text in (junit(some()), junit(left), junit(a_report(evil), EVIL), junit(a_report())):
        assert not complaints(text, jenkins, tmp_path)
    told = complaints(
        junit(some()).replace("<testcase ", '<testcase colour="red" '), jenkins, tmp_path
    )
    assert "The attribute 'colour' is not allowed" in told
